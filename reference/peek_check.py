"""Opens a LLaVA folder with transformers, answers questions greedily in f32, and compares with another engine's answers.

    python peek_check.py models/peek questions.jsonl --limit 20 --out answers.json
    python peek_check.py models/peek questions.jsonl --limit 20 --expect fovea.jsonl

QUESTIONS has one object a line with `image` (relative to that file), `question` and `answer` (the truth).
EXPECT is a JSON list or JSON lines of objects with `image`, `question` and `answer` (what the other engine said);
what this script writes with --out has that form too. Exit codes: 0 all agree, 1 some differ, 2 unusable input.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from transformers import AutoProcessor, LlavaForConditionalGeneration
from transformers.image_utils import load_image

import common  # noqa: F401  (one thread, offline, quiet)


def fail(sentence: str) -> None:
    print(f"peek_check: {sentence}", file=sys.stderr)
    raise SystemExit(2)


def read_objects(path: Path, fields: tuple[str, ...]) -> list[dict]:
    """A JSON list, or one JSON object a line."""
    try:
        text = path.read_text(encoding="utf-8")
        objects = json.loads(text) if text.lstrip().startswith("[") else [json.loads(l) for l in text.splitlines() if l]
    except OSError as error:
        fail(f"cannot read {path}: {error.strerror}.")
    except json.JSONDecodeError as error:
        fail(f"{path} is neither a JSON list nor JSON lines: {error}.")
    for number, item in enumerate(objects, start=1):
        missing = [field for field in fields if not isinstance(item, dict) or field not in item]
        if missing:
            fail(f"entry {number} of {path} lacks {' and '.join(missing)}.")
    return objects


class Answerer:
    def __init__(self, folder: Path, max_new_tokens: int):
        if not (folder / "config.json").is_file():
            fail(f"{folder} holds no config.json; name the folder of a LLaVA checkpoint.")
        self.processor = AutoProcessor.from_pretrained(folder)
        self.model, loading = LlavaForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        unmatched = {kind: sorted(map(str, names)) for kind, names in loading.items() if names}
        if unmatched:
            fail(f"transformers did not find every tensor of {folder} where it looks for it: {json.dumps(unmatched)}")
        self.model.eval()
        self.max_new_tokens = max_new_tokens

    @torch.inference_mode()
    def answer(self, image: Path, question: str) -> str:
        if not image.is_file():
            fail(f"there is no picture {image}.")
        content = [{"type": "image"}, {"type": "text", "text": question}]
        prompt = self.processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        bos = self.processor.tokenizer.bos_token
        inputs = self.processor(
            images=load_image(str(image)),
            text=prompt,
            return_tensors="pt",
            add_special_tokens=not (bos and prompt.startswith(bos)),  # a template may write <s> itself
        )
        out = self.model.generate(**inputs, do_sample=False, max_new_tokens=self.max_new_tokens)
        new = out[0, inputs["input_ids"].shape[1] :]
        return self.processor.tokenizer.decode(new, skip_special_tokens=True).strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--limit", type=int, help="only the first so many questions")
    parser.add_argument("--max-new-tokens", type=int, default=32)
    parser.add_argument("--out", type=Path, help="write the answers here")
    parser.add_argument("--expect", type=Path, help="compare with these answers")
    options = parser.parse_args()

    questions = read_objects(options.questions, ("image", "question", "answer"))[: options.limit]
    expected = None
    if options.expect:
        given = read_objects(options.expect, ("image", "question", "answer"))
        expected = {(item["image"], item["question"]): item["answer"].strip() for item in given}
        absent = [q for q in questions if (q["image"], q["question"]) not in expected]
        if absent:
            fail(f"{options.expect} has no answer to {absent[0]['question']!r} about {absent[0]['image']}.")

    answerer = Answerer(options.model, options.max_new_tokens)
    answers, different, right = [], 0, 0
    for item in questions:
        said = answerer.answer(options.questions.parent / item["image"], item["question"])
        answers.append({"image": item["image"], "question": item["question"], "answer": said, "truth": item["answer"]})
        right += said.lower() == item["answer"].strip().lower()
        other = expected[item["image"], item["question"]] if expected else None
        if expected and other != said:
            different += 1
            print(f"DIFFERENT {item['image']}: {item['question']}\n  transformers: {said!r}\n  given:        {other!r}")
        else:
            print(f"{item['image']}: {item['question']} -> {said!r}")

    if options.out:
        common.write_json(options.out, answers)
    print(f"{right} of {len(questions)} answers are right", end="")
    print(f"; {len(questions) - different} of {len(questions)} agree with {options.expect}." if expected else ".")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
