"""transformers, with torch's scaled-dot-product attention, answering in turns.

    python transformers_peer.py FOLDER --dtype bf16 --tokens 32 [--visual 64]
    python transformers_peer.py MODEL --dtype f32 --tokens 32 --picture PNG --question TEXT

FOLDER is one that models.py wrote: pictures are prepared and words are tokens before the first round. With --picture and
--question MODEL is a checkpoint, and every round prepares both, which is in `whole_ms` alone. Tokens are fed one by one
to the model itself: `generate` would add its own work to each. --visual hands on so many of a LLaVA's visual tokens.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from PIL import Image
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText, AutoProcessor
from transformers.utils import logging

from turns import Round, clock, serve

logging.set_verbosity_error()
logging.disable_progress_bar()


class Asked:
    """A model and what it is asked."""

    def __init__(self, given: argparse.Namespace):
        self.dtype = {"bf16": torch.bfloat16, "f32": torch.float32}[given.dtype]
        folder = given.folder if given.question else given.folder / "hf"
        config = AutoConfig.from_pretrained(folder)
        sees = hasattr(config, "vision_config")
        kind = AutoModelForImageTextToText if sees else AutoModelForCausalLM
        self.model = kind.from_pretrained(folder, dtype=self.dtype, attn_implementation="sdpa").eval()
        self.tokens, self.visual, self.given = given.tokens, given.visual, given
        ends = self.model.generation_config.eos_token_id
        self.ends = set(ends if isinstance(ends, list) else [ends])
        self.encoder = self._encoder() if sees else None
        if given.question:
            self.processor = AutoProcessor.from_pretrained(folder)
            self.picture = Image.open(given.picture).convert("RGB")
            self.inputs = self.prepared()
        else:
            self.inputs = self.typed(load_file(given.folder / "inputs.safetensors"))

    def _encoder(self) -> torch.nn.Module:
        inner = self.model.model
        return next(getattr(inner, name) for name in ("vision_tower", "vision_model", "visual") if hasattr(inner, name))

    def typed(self, inputs: dict) -> dict:
        return {k: v.to(self.dtype) if v.is_floating_point() else v for k, v in inputs.items()}

    def prepared(self) -> dict:
        turns = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": self.given.question}]}]
        text = self.processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        bos = self.processor.tokenizer.bos_token
        special = not (bos and text.startswith(bos))
        return self.typed(self.processor(images=self.picture, text=text, return_tensors="pt", add_special_tokens=special))

    @torch.inference_mode()
    def ask(self) -> Round:
        before = clock()
        inputs = self.prepared() if self.given.question else self.inputs
        took = Round(clock())
        took.around = took.start - before
        if self.encoder is not None:
            hook = self.encoder.register_forward_hook(lambda *_: setattr(took, "encoded", clock()))
        out = self.few(inputs) if self.visual else self.model(**inputs, use_cache=True, logits_to_keep=1)
        token = int(out.logits[0, -1].argmax())
        took.read = clock()
        if self.encoder is not None:
            hook.remove()
        took.ids.append(token)
        cache = out.past_key_values
        while len(took.ids) < self.tokens and not (self.given.question and token in self.ends):
            # Without a mask: nothing is hidden, and Qwen2.5-VL would take the positions of one that covers the whole cache.
            out = self.model(input_ids=torch.tensor([[token]]), past_key_values=cache, use_cache=True, logits_to_keep=1)
            token = int(out.logits[0, -1].argmax())
            took.ids.append(token)
        if self.given.question:
            self.processor.tokenizer.decode(took.ids, skip_special_tokens=True)
        took.end = clock()
        return took

    def few(self, inputs: dict):
        """The prompt with the first of its visual tokens alone."""
        ids = inputs["input_ids"][0]
        features = self.model.get_image_features(inputs["pixel_values"])
        features = torch.cat(list(getattr(features, "pooler_output", features)))[: self.visual]
        words = self.model.get_input_embeddings()(ids)
        shown = (ids == self.model.config.image_token_id).nonzero().flatten()
        first, last = int(shown[0]), int(shown[-1]) + 1
        together = torch.cat([words[:first], features.to(words.dtype), words[last:]])[None]
        return self.model(inputs_embeds=together, use_cache=True, logits_to_keep=1)

    def prompt_tokens(self) -> int:
        ids = self.inputs["input_ids"][0]
        if not self.visual:
            return len(ids)
        return int((ids != self.model.config.image_token_id).sum()) + self.visual


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dtype", choices=["bf16", "f32"], required=True)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--visual", type=int)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--question")
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    asked = Asked(given)
    engine = f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}"
    serve(engine, asked.prompt_tokens(), asked.ask, given.warm_up)


if __name__ == "__main__":
    main()
