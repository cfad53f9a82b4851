"""SmolLM2 from GGUF files: whether Fovea says what llama.cpp says, and finds a text as likely.

    python quality.py RUNS --fovea ../../fovea --classes "$(cat ../../fovea-cli/target/class-path):../../fovea-cli/target/fovea-cli.jar"

Of `models.py smollm2-135m` in RUNS: the twenty questions of smollm2.py to Q8_0.gguf, greedily, at most 48 tokens each; and the
perplexity of a fixed text, as the answer to a question, from Q8_0.gguf and Q4_1.gguf. Fovea decodes the blocks and computes
in f32, llama.cpp makes eight bits of activations too. Exit codes: 0 the bars hold, 1 one does not.
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


def opened(file: Path, logits_all: bool = False) -> llama_cpp.Llama:
    return llama_cpp.Llama(model_path=str(file), n_ctx=1024, n_threads=2, n_threads_batch=2, verbose=False, logits_all=logits_all)


def ids(model: llama_cpp.Llama, tokenizer, question: str) -> list[int]:
    turns = [{"role": "user", "content": question}]
    rendered = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return model.tokenize(rendered.encode(), add_bos=False, special=True)


def answer(model: llama_cpp.Llama, prompt: list[int]) -> str:
    model.reset()
    out = []
    for token in model.generate(prompt, temp=0.0, top_k=1, repeat_penalty=1.0):
        if token == model.token_eos() or len(out) == NEW_TOKENS:
            break
        out.append(token)
    return model.detokenize(out).decode(errors="replace").strip()


def log_probability(model: llama_cpp.Llama, prompt: list[int], said: list[int]) -> float:
    model.reset()
    model.eval(prompt + said)
    rows = np.asarray(model.scores[len(prompt) - 1 : len(prompt) + len(said) - 1], dtype=np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    found = rows[np.arange(len(said)), said] - np.log(np.exp(rows).sum(axis=1))
    return float(found.sum())


def fovea(command: list[str]) -> dict:
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def same_answers(launcher: list[str], file: Path, tokenizer) -> int:
    model, same = opened(file), 0
    for question in QUESTIONS:
        expected = answer(model, ids(model, tokenizer, question))
        asked = [*launcher, "ask", "-q", question, "--model", str(file), "--precision", "f32", "--max-tokens", str(NEW_TOKENS), "--json"]
        found = fovea(asked)["answer"].strip()
        same += found == expected
        print(f"{question}\n  llama.cpp: {expected!r}" + ("" if found == expected else f"\n  fovea:     {found!r}"))
    print(f"{file.name}: {same} of {len(QUESTIONS)} answers are the same")
    return same


def perplexities(java: list[str], file: Path, tokenizer) -> tuple[float, float]:
    """Fovea's and llama.cpp's."""
    model = opened(file, logits_all=True)
    said = model.tokenize(text().encode(), add_bos=False, special=False)
    theirs = log_probability(model, ids(model, tokenizer, ASKED), said)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as tale:
        tale.write(text())
        tale.flush()
        mine = fovea([*java, str(HERE / "Perplexity.java"), str(file), ASKED, tale.name])
    if mine["tokens"] != len(said):
        raise SystemExit(f"The text has {mine['tokens']} tokens in Fovea and {len(said)} in llama.cpp")
    return tuple(math.exp(-lp / len(said)) for lp in (mine["log_probability"], theirs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--fovea", default=str(HERE.parent.parent / "fovea"))
    parser.add_argument("--classes", required=True, help="class path of the command line")
    given = parser.parse_args()
    folder = given.runs.resolve() / "smollm2-135m"
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder / "hf")
    java = ["java", "--enable-native-access=ALL-UNNAMED", "--add-modules", "jdk.incubator.vector", "-cp", given.classes]
    good = same_answers(shlex.split(given.fovea), folder / "Q8_0.gguf", tokenizer) == len(QUESTIONS)
    for kind in ("Q8_0", "Q4_1"):
        mine, theirs = perplexities(java, folder / f"{kind}.gguf", tokenizer)
        good &= abs(mine / theirs - 1) <= CLOSE
        print(f"{kind}: perplexity {mine:.4f}, llama.cpp {theirs:.4f}, {100 * (mine / theirs - 1):+.2f} %")
    raise SystemExit(not good)


if __name__ == "__main__":
    main()
