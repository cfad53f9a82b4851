"""SmolLM2 from GGUF files: whether Fovea says what llama.cpp says, and finds a text as likely.

    python quality.py RUNS --classes "$(cat ../../fovea-cli/target/class-path):../../fovea-cli/target/fovea-cli.jar"

Of `models.py smollm2-135m` in RUNS: the twenty questions of smollm2.py to Q8_0.gguf, greedily, at most 48 tokens each; and the
perplexity of a fixed text, as the answer to a question, from Q8_0.gguf and Q4_1.gguf. Fovea decodes the blocks and computes
in f32. llama.cpp makes eight bits of activations too, so it is asked twice: as it is, and with the same weights written out as
f32, where both compute alike. Where answers part, how far apart llama.cpp holds the two tokens is printed.

Exit codes: 0 the answers to the weights written out are the same and the perplexities within 1 %, 1 they are not.
"""

import argparse
import json
import math
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import llama_cpp
import numpy as np
from transformers import PreTrainedTokenizerFast

from smollm2 import NEW_TOKENS, QUESTIONS

HERE = Path(__file__).resolve().parent
ASKED = "Tell a story about a lighthouse."
CLOSE = 0.01


def text() -> str:
    from models import TALE

    return TALE


def opened(file: Path, **more) -> llama_cpp.Llama:
    return llama_cpp.Llama(model_path=str(file), n_ctx=1024, n_threads=2, n_threads_batch=2, verbose=False, logits_all=True, **more)


def written_out(file: Path) -> Path:
    """The same weights as f32."""
    out = file.with_name(f"{file.stem}-as-F32.gguf")
    if not out.exists():
        options = llama_cpp.llama_model_quantize_default_params()
        options.ftype, options.allow_requantize = llama_cpp.LLAMA_FTYPE_ALL_F32, True
        if llama_cpp.llama_model_quantize(bytes(file), bytes(out), options):
            raise SystemExit(f"llama.cpp did not write {out}")
    return out


def ids(model: llama_cpp.Llama, tokenizer, question: str) -> list[int]:
    turns = [{"role": "user", "content": question}]
    rendered = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return model.tokenize(rendered.encode(), add_bos=False, special=True)


def answer(model: llama_cpp.Llama, prompt: list[int]) -> list[int]:
    model.reset()
    out = []
    for token in model.generate(prompt, temp=0.0, top_k=1, repeat_penalty=1.0):
        if token == model.token_eos() or len(out) == NEW_TOKENS:
            break
        out.append(token)
    return out


def said(model: llama_cpp.Llama, tokens: list[int]) -> str:
    return model.detokenize(tokens).decode(errors="replace").strip()


def parting(model: llama_cpp.Llama, prompt: list[int], mine: list[int], theirs: list[int]) -> float:
    """How far apart llama.cpp holds the first two tokens that differ, in the logits."""
    mine, theirs = mine + [model.token_eos()], theirs + [model.token_eos()]
    at = next(i for i, pair in enumerate(zip(mine, theirs)) if pair[0] != pair[1])
    model.reset()
    model.eval(prompt + theirs[:at])
    logits = model.scores[len(prompt) + at - 1]
    return float(logits[theirs[at]] - logits[mine[at]])


def log_probability(model: llama_cpp.Llama, prompt: list[int], text_ids: list[int]) -> float:
    model.reset()
    model.eval(prompt + text_ids)
    rows = np.asarray(model.scores[len(prompt) - 1 : len(prompt) + len(text_ids) - 1], dtype=np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    found = rows[np.arange(len(text_ids)), text_ids] - np.log(np.exp(rows).sum(axis=1))
    return float(found.sum())


def fovea(command: list[str]) -> dict:
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def answers(launcher: list[str], file: Path) -> list[str]:
    """Fovea's to all questions."""
    options = ["--model", str(file), "--precision", "f32", "--max-tokens", str(NEW_TOKENS), "--json"]
    return [fovea([*launcher, "ask", "-q", question, *options])["answer"].strip() for question in QUESTIONS]


def compare(mine: list[str], model: llama_cpp.Llama, tokenizer, what: str) -> int:
    """How many of Fovea's answers a model of llama.cpp gives too."""
    same = 0
    for question, found in zip(QUESTIONS, mine):
        prompt = ids(model, tokenizer, question)
        tokens = answer(model, prompt)
        expected = said(model, tokens)
        same += found == expected
        if found != expected:
            gap = parting(model, prompt, model.tokenize(found.encode(), add_bos=False), tokens)
            print(f"{question}\n  llama.cpp: {expected!r}\n  fovea:     {found!r}\n  parted by {gap:.3f}")
    print(f"{what}: {same} of {len(QUESTIONS)} answers are the same")
    return same


def perplexities(java: list[str], file: Path, tokenizer) -> tuple[float, float]:
    """Fovea's and llama.cpp's."""
    model = opened(file)
    tale_ids = model.tokenize(text().encode(), add_bos=False, special=False)
    theirs = log_probability(model, ids(model, tokenizer, ASKED), tale_ids)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as tale:
        tale.write(text())
        tale.flush()
        mine = fovea([*java, str(HERE / "Perplexity.java"), str(file), ASKED, tale.name])
    if mine["tokens"] != len(tale_ids):
        raise SystemExit(f"The text has {mine['tokens']} tokens in Fovea and {len(tale_ids)} in llama.cpp")
    return tuple(math.exp(-lp / len(tale_ids)) for lp in (mine["log_probability"], theirs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--fovea", default=str(HERE.parent.parent / "fovea"))
    parser.add_argument("--classes", required=True, help="class path of the command line")
    given = parser.parse_args()
    folder = given.runs.resolve() / "smollm2-135m"
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder / "hf")
    java = ["java", "--enable-native-access=ALL-UNNAMED", "--add-modules", "jdk.incubator.vector", "-cp", given.classes]
    file = folder / "Q8_0.gguf"
    mine = answers(shlex.split(given.fovea), file)
    compare(mine, opened(file), tokenizer, "Q8_0 as llama.cpp computes it")
    exact = opened(written_out(file), type_k=llama_cpp.GGML_TYPE_F32, type_v=llama_cpp.GGML_TYPE_F32)
    good = compare(mine, exact, tokenizer, "Q8_0 written out as f32") == len(QUESTIONS)
    for kind in ("Q8_0", "Q4_1"):
        own, theirs = perplexities(java, folder / f"{kind}.gguf", tokenizer)
        good &= abs(own / theirs - 1) <= CLOSE
        print(f"{kind}: perplexity {own:.4f}, llama.cpp {theirs:.4f}, {100 * (own / theirs - 1):+.2f} %")
    raise SystemExit(not good)


if __name__ == "__main__":
    main()
