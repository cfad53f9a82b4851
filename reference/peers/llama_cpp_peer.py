"""llama.cpp, as llama-cpp-python builds it from source, answering in turns.

    python llama_cpp_peer.py FOLDER --weights BF16 --tokens 32 [--visual 64]

FOLDER is one that models.py wrote. Pictures are prepared and words are tokens before the first round; a round encodes, reads
and continues. Every token is the likeliest, taken from the logits here. --visual hands on so many of a LLaVA's visual tokens.
"""

import argparse
import ctypes
import json
from pathlib import Path

import llama_cpp
import numpy as np
from llama_cpp import mtmd_cpp as mtmd
from PIL import Image

from turns import Round, clock, serve

# llama.cpp reads prompts 512 tokens at a time unless told otherwise.
AT_ONCE = 512


def fail(sentence: str) -> None:
    raise SystemExit(f"llama_cpp_peer: {sentence}")


@llama_cpp.llama_log_callback
def silent(*_):
    pass


# No callback behind a picture.
NOTHING = ctypes.cast(None, mtmd.mtmd_helper_post_decode_callback)


class Asked:
    """A model and what it is asked, as chunks: token ids, or a picture."""

    def __init__(self, given: argparse.Namespace):
        llama_cpp.llama_log_set(silent, None)
        mtmd.mtmd_log_set(silent, None)
        mtmd.mtmd_helper_log_set(silent, None)
        llama_cpp.llama_backend_init()
        options = llama_cpp.llama_model_default_params()
        options.n_gpu_layers = 0
        file = given.folder / f"{given.weights}.gguf"
        self.model = llama_cpp.llama_model_load_from_file(bytes(file), options) or fail(f"{file} does not open")
        self.vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self.words = llama_cpp.llama_vocab_n_tokens(self.vocabulary)
        self.width = llama_cpp.llama_model_n_embd(self.model)
        self.prompt = json.loads((given.folder / "prompt.json").read_text(encoding="utf-8"))
        self.tokens, self.visual = given.tokens, given.visual
        self.context = self._context(given)
        self.batch = llama_cpp.llama_batch_init(AT_ONCE, 0, 1)
        self.pictures = self._pictures(given.folder / "mmproj.gguf", given.threads) if self.prompt["visual_tokens"] else None
        self.chunks = self._chunks(given.folder / "picture.png")

    def _context(self, given: argparse.Namespace):
        options = llama_cpp.llama_context_default_params()
        options.n_ctx = self.prompt["prompt_tokens"] + given.tokens + 64
        options.n_batch = options.n_ubatch = AT_ONCE
        options.n_threads = options.n_threads_batch = given.threads
        return llama_cpp.llama_init_from_model(self.model, options) or fail("no context was made")

    def _pictures(self, file: Path, threads: int):
        options = mtmd.mtmd_context_params_default()
        options.use_gpu = options.print_timings = options.warmup = False
        options.n_threads = threads
        return mtmd.mtmd_init_from_file(bytes(file), self.model, options) or fail(f"{file} does not open")

    def _chunks(self, picture: Path) -> list:
        text = self.prompt["marked"].encode()
        if self.pictures is None:
            ids = (llama_cpp.llama_token * (len(text) + 8))()
            count = llama_cpp.llama_tokenize(self.vocabulary, text, len(text), ids, len(ids), False, True)
            return [list(ids[:count])]
        image = Image.open(picture).convert("RGB")
        pixels = (ctypes.c_uint8 * (3 * image.width * image.height)).from_buffer_copy(image.tobytes())
        bitmap = mtmd.mtmd_bitmap_init(image.width, image.height, pixels)
        self.kept = mtmd.mtmd_input_chunks_init()
        said = mtmd.mtmd_input_text(text, len(text), False, True)
        bitmaps = (mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap)
        if mtmd.mtmd_tokenize(self.pictures, self.kept, ctypes.byref(said), bitmaps, 1):
            fail("the prompt was not taken")
        return [self._chunk(i) for i in range(mtmd.mtmd_input_chunks_size(self.kept))]

    def _chunk(self, index: int):
        chunk = mtmd.mtmd_input_chunks_get(self.kept, index)
        if mtmd.mtmd_input_chunk_get_type(chunk) != mtmd.MTMD_INPUT_CHUNK_TYPE_TEXT:
            return chunk
        count = ctypes.c_size_t()
        ids = mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(count))
        return list(ids[: count.value])

    def prompt_tokens(self) -> int:
        count = 0
        for chunk in self.chunks:
            count += len(chunk) if isinstance(chunk, list) else self.visual or mtmd.mtmd_input_chunk_get_n_tokens(chunk)
        return count

    def ask(self) -> Round:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), False)
        took, at, encoding = Round(clock()), 0, 0.0
        for chunk in self.chunks:
            if isinstance(chunk, list):
                at = self._read(chunk, at)
                continue
            before = clock()
            if mtmd.mtmd_encode_chunk(self.pictures, chunk):
                fail("a picture was not encoded")
            encoding += clock() - before
            at = self._show(chunk, at)
        token = self._likeliest()
        took.read, took.encoded = clock(), took.start + encoding
        took.ids.append(token)
        while len(took.ids) < self.tokens:
            at = self._read([token], at)
            token = self._likeliest()
            took.ids.append(token)
        took.end = clock()
        return took

    def _read(self, ids: list[int], at: int) -> int:
        """Reads words from a position on; gives the next."""
        for begin in range(0, len(ids), AT_ONCE):
            part = ids[begin : begin + AT_ONCE]
            self.batch.n_tokens = len(part)
            for i, token in enumerate(part):
                self.batch.token[i], self.batch.pos[i], self.batch.n_seq_id[i] = token, at + begin + i, 1
                self.batch.seq_id[i][0], self.batch.logits[i] = 0, begin + i == len(ids) - 1
            if llama_cpp.llama_decode(self.context, self.batch):
                fail("tokens were not read")
        return at + len(ids)

    def _show(self, chunk, at: int) -> int:
        """Reads what was encoded last."""
        features = mtmd.mtmd_get_output_embd(self.pictures)
        if self.visual:
            return self._show_few(features, at)
        after = llama_cpp.llama_pos()
        failed = mtmd.mtmd_helper_decode_image_chunk(
            self.pictures, self.context, chunk, features, at, 0, AT_ONCE, ctypes.byref(after), NOTHING, None
        )
        return fail("visual tokens were not read") if failed else after.value

    def _show_few(self, features, at: int) -> int:
        batch = llama_cpp.llama_batch_init(self.visual, self.width, 1)
        batch.n_tokens = self.visual
        ctypes.memmove(batch.embd, features, 4 * self.visual * self.width)
        for i in range(self.visual):
            batch.pos[i], batch.n_seq_id[i], batch.seq_id[i][0], batch.logits[i] = at + i, 1, 0, False
        failed = llama_cpp.llama_decode(self.context, batch)
        llama_cpp.llama_batch_free(batch)
        return fail("visual tokens were not read") if failed else at + self.visual

    def _likeliest(self) -> int:
        logits = llama_cpp.llama_get_logits_ith(self.context, -1)
        return int(np.ctypeslib.as_array(logits, shape=(self.words,)).argmax())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", required=True, help="name of a GGUF file in the folder, without its end")
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--visual", type=int)
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    asked = Asked(given)
    serve(f"llama.cpp of llama-cpp-python {llama_cpp.__version__}", asked.prompt_tokens(), asked.ask, given.warm_up)


if __name__ == "__main__":
    main()
