"""Whether `transformers` opens what `fovea quantize` writes, and answers as Fovea does.

    python quantized_check.py ../models/peek ../docs/images/scene.png --fovea ../fovea

The folder is a LLaVA checkpoint in the Hugging Face layout. For eight and for four bits Fovea writes it once more and answers
questions about the picture in f32; `transformers`, with the package compressed-tensors, opens the same folder as any other.
Its weights must be the products of codes and scales, bit for bit, and it must write the same words, with nearly the same
log-probability in the mean of an answer. In eight bits activations are rounded too, by a scale that each library has of its
own.

Exit codes: 0 all agree, 1 some differ, 2 unusable input.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import compressed_tensors
import torch
from safetensors.torch import load_file
from transformers import AutoProcessor, LlavaForConditionalGeneration
from transformers.image_utils import load_image

import common  # noqa: F401  (one thread, offline, quiet)

QUESTIONS = ["What is in row 2 column 3?", "Describe the picture."]
# How far log-probabilities may lie apart.
WEIGHTS = {"int8": 0.02, "int4:group=32": 2e-4}
NEW_TOKENS = 24


def fail(sentence: str) -> None:
    print(f"quantized_check: {sentence}", file=sys.stderr)
    raise SystemExit(2)


def fovea(command: str, *given) -> str:
    ran = subprocess.run(shlex.split(command) + [str(g) for g in given], capture_output=True, text=True)
    if ran.returncode:
        fail(f"{command} {given[0]} ended with {ran.returncode}: {ran.stderr.strip()}")
    return ran.stdout


def opened(folder: Path) -> LlavaForConditionalGeneration:
    model, loading = LlavaForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    unmatched = {kind: sorted(map(str, names)) for kind, names in loading.items() if names}
    if unmatched:
        fail(f"transformers did not find every tensor where it looks for it: {json.dumps(unmatched)[:400]}")
    return model.eval()


def check_weights(model, folder: Path) -> int:
    """How many matrices lie in few bits, all of which were read as they should be; they are numbers once they were used."""
    read = dict(model.named_parameters())
    stored = load_file(folder / "model.safetensors")
    scales = [name for name in stored if name.endswith(".weight_scale")]
    for name in scales:
        stem = name.removesuffix("_scale")
        scale = stored[name].float()
        if stem in stored:
            wanted = stored[stem].float() * scale
        else:
            words, shape = stored[stem + "_packed"], stored[stem + "_shape"].tolist()
            codes = torch.stack([((words >> 4 * i) & 15) - 8 for i in range(8)], -1).reshape(*scale.shape, -1)
            wanted = (codes * scale[:, :, None]).reshape(shape)
        layer = stem.partition("language_model.model.")[2] or stem.partition("language_model.")[2]
        found = next(value for key, value in read.items() if key.endswith("language_model." + layer))
        if not torch.equal(found, wanted):
            fail(f"transformers reads other weights than are in {stem}.")
    return len(scales)


@torch.inference_mode()
def said(model, processor, picture: Path, question: str) -> tuple[str, int, float]:
    """The greedy answer, how many tokens it has, and their mean log-probability."""
    content = [{"type": "image"}, {"type": "text", "text": question}]
    prompt = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False)
    bos = processor.tokenizer.bos_token
    inputs = processor(
        images=load_image(str(picture)), text=prompt, return_tensors="pt",
        add_special_tokens=not (bos and prompt.startswith(bos)),
    )  # fmt: skip
    before = inputs["input_ids"].shape[1]
    new = model.generate(**inputs, do_sample=False, max_new_tokens=NEW_TOKENS)[:, before:]
    inputs["input_ids"] = torch.cat([inputs["input_ids"], new], 1)
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    if "token_type_ids" in inputs:
        inputs["token_type_ids"] = torch.zeros_like(inputs["input_ids"])
    scores = model(**inputs).logits[0, before - 1 : -1].log_softmax(-1)
    words = processor.tokenizer.decode(new[0], skip_special_tokens=True).strip()
    return words, new.shape[1], scores.gather(1, new.T).mean().item()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--fovea", required=True, help="the command, for example ../fovea")
    given = parser.parse_args()
    if not (given.model / "config.json").is_file():
        fail(f"{given.model} holds no config.json; name the folder of a LLaVA checkpoint.")
    model_folder, picture = given.model.resolve(), given.picture.resolve()
    processor = AutoProcessor.from_pretrained(model_folder)
    print(f"compressed-tensors {compressed_tensors.__version__}")
    different = 0
    with tempfile.TemporaryDirectory() as temporary:
        for weights, near in WEIGHTS.items():
            folder = Path(temporary) / weights.replace(":", "-")
            fovea(given.fovea, "quantize", model_folder, "--weights", weights, "--out", folder)
            model = opened(folder)
            for question in QUESTIONS:
                report = json.loads(
                    fovea(
                        given.fovea, "ask", picture, "-q", question, "--model", folder, "--precision", "f32",
                        "--max-tokens", NEW_TOKENS, "--json",
                    )
                )  # fmt: skip
                answer, tokens, theirs = said(model, processor, picture, question)
                ours = report["log_probability"] / tokens
                agrees = answer == report["answer"].strip() and abs(ours - theirs) <= near
                different += not agrees
                print(f"{weights} {question} -> {report['answer']!r} {ours:.4f}, transformers {answer!r} {theirs:.4f}"
                      + ("" if agrees else "  DIFFERENT"))  # fmt: skip
            print(f"{weights}: {check_weights(model, folder)} matrices are read as they were written")
    print(f"{different} of {len(WEIGHTS) * len(QUESTIONS)} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
