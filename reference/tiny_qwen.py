"""Two tiny Qwen2.5-VL checkpoints in the Hugging Face layout and what transformers computes with them.

qwen2-5-vl        as transformers 5 writes it: nested text config with rope_parameters, `model.language_model...` names,
                  f32, an own head, processor_config.json.
qwen2-5-vl-flat   as the published checkpoints are: text keys at the top level, rope_scaling of type mrope,
                  `visual...` and `model.layers...` names, bf16, tied head, preprocessor_config.json with min_pixels and
                  max_pixels, two shards.

Windows are 2x2 tokens (4x4 patches), so that odd grids have ragged windows; layers 1 and 3 attend to everything.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import torch
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLImageProcessorPil,
)
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.vision_utils import get_vision_window_index

import tiny_tokenizers
from common import empty_folder, formula_image, randomise, write_json, write_tensors
from family_goldens import Captured, Parts, encode, greedy, image_part, text_part, turn, write_goldens

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
FIRST = tiny_tokenizers.VOCABULARY - len(SPECIALS)
IDS = {name: FIRST + i for i, name in enumerate(SPECIALS)}

# A turn between marks, a picture between marks of its own; who speaks first without a system turn gets one.
TEMPLATE = """\
{%- if messages[0].role != 'system' -%}
{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}
{%- endif -%}
{%- for message in messages -%}
{{ '<|im_start|>' ~ message.role ~ '\\n' }}
{%- if message.content is string -%}
{{ message.content }}
{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'image' or 'image' in part -%}
{{ '<|vision_start|><|image_pad|><|vision_end|>' }}
{%- elif part.type == 'video' or 'video' in part -%}
{{ '<|vision_start|><|video_pad|><|vision_end|>' }}
{%- elif 'text' in part -%}
{{ part.text }}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{{ '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '<|im_start|>assistant\\n' }}
{%- endif -%}
"""

CASES = {
    # Rounded to whole tokens of 28 pixels: 84x56 (3x2 tokens), 56x140, 28x28 after enlarging, and one too large for max_pixels.
    "images": ("wide", "tall", "small", "large"),
    "prompts": {
        "one_image": [turn("user", image_part("wide"), text_part("How many red circles are there in the picture?"))],
        "two_images": [
            turn("user", image_part("tall"), image_part("large"), text_part("Compare the two images: what has changed?"))
        ],
        "two_turns_two_images": [
            turn("system", text_part("You look at pictures and answer in a few words.")),
            turn("user", image_part("small"), text_part("Is there a heart?")),
            turn("assistant", text_part("Yes, there is.")),
            turn("user", text_part("And here?"), image_part("wide")),
        ],
        "text_only": [turn("user", text_part("Which shape is larger, the cross or the diamond?"))],
    },
    "detailed": ("one_image", "two_images", "two_turns_two_images"),
    "batch": ("text_only", "one_image", "two_turns_two_images"),
}


def config(tied: bool) -> Qwen2_5_VLConfig:
    return Qwen2_5_VLConfig(
        vision_config={
            "depth": 4,
            "hidden_size": 32,
            "intermediate_size": 44,
            "num_heads": 4,
            "out_hidden_size": 48,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 56,
            "fullatt_block_indexes": [1, 3],
            "tokens_per_second": 2,
        },
        text_config={
            "vocab_size": tiny_tokenizers.VOCABULARY,
            "hidden_size": 48,
            "intermediate_size": 64,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 1024,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 2, 2]},
            "bos_token_id": IDS["<|endoftext|>"],
            "eos_token_id": IDS["<|im_end|>"],
            "tie_word_embeddings": tied,
        },
        image_token_id=IDS["<|image_pad|>"],
        video_token_id=IDS["<|video_pad|>"],
        vision_start_token_id=IDS["<|vision_start|>"],
        vision_end_token_id=IDS["<|vision_end|>"],
        tie_word_embeddings=tied,
    )


class StillProcessor(Qwen2_5_VLProcessor):
    """Without the video processor, which needs torchvision; films are laid out by hand in `frames`."""

    def check_argument_for_proper_class(self, argument_name, argument):
        return type(argument) if argument_name == "video_processor" else super().check_argument_for_proper_class(argument_name, argument)


def build_processor(max_pixels: int) -> Qwen2_5_VLProcessor:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizers.chat(SPECIALS),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        padding_side="left",
        model_max_length=1024,
    )
    pictures = Qwen2VLImageProcessorPil(size={"shortest_edge": 3136, "longest_edge": max_pixels})
    return StillProcessor(image_processor=pictures, tokenizer=tokenizer, chat_template=TEMPLATE)


def save_current(model, processor, folder: Path) -> None:
    model.save_pretrained(folder, save_original_format=False)
    processor.tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    # Version 5 folds the processors of pictures and films into one file.
    pictures = json.loads(processor.image_processor.to_json_string())
    write_json(
        folder / "processor_config.json",
        {
            "image_processor": pictures | {"image_processor_type": "Qwen2VLImageProcessor"},
            "video_processor": {"video_processor_type": "Qwen2VLVideoProcessor", "size": FILMS},
            "processor_class": "Qwen2_5_VLProcessor",
        },
    )


def write_shards(model, folder: Path) -> None:
    """First names, bf16, no tied head, two shards."""
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue  # tied
        name = name.replace("model.visual.", "visual.", 1).replace("model.language_model.", "model.", 1)
        tensors[name] = tensor.to(torch.bfloat16)
    shards = [{k: v for k, v in tensors.items() if k.startswith("visual.") == first} for first in (True, False)]
    files = [f"model-0000{i + 1}-of-00002.safetensors" for i in range(2)]
    for file, shard in zip(files, shards):
        write_tensors(folder / file, shard)
    write_json(
        folder / "model.safetensors.index.json",
        {
            "metadata": {"total_size": sum(t.numel() * 2 for t in tensors.values())},
            "weight_map": {name: file for file, shard in zip(files, shards) for name in shard},
        },
    )


def write_first_processor(processor, folder: Path) -> None:
    processor.tokenizer.save_pretrained(folder)
    write_json(folder / "chat_template.json", {"chat_template": TEMPLATE})
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    write_json(
        folder / "preprocessor_config.json",
        {
            "min_pixels": processor.image_processor.size["shortest_edge"],
            "max_pixels": processor.image_processor.size["longest_edge"],
            "patch_size": 14,
            "temporal_patch_size": 2,
            "merge_size": 2,
            "image_mean": list(processor.image_processor.image_mean),
            "image_std": list(processor.image_processor.image_std),
            "image_processor_type": "Qwen2VLImageProcessor",
            "processor_class": type(processor).__mro__[1].__name__,
        },
    )


def save_published(model, processor, folder: Path) -> None:
    """As the checkpoints on the Hub: flat config, first names, bf16, two shards."""
    write_shards(model, folder)
    text = model.config.text_config.to_dict()
    vision = model.config.vision_config.to_dict()
    text_keys = ("bos_token_id", "eos_token_id", "hidden_act", "hidden_size", "intermediate_size")
    text_keys += ("max_position_embeddings", "num_attention_heads", "num_hidden_layers", "num_key_value_heads")
    text_keys += ("rms_norm_eps", "vocab_size")
    vision_keys = ("depth", "fullatt_block_indexes", "hidden_act", "hidden_size", "intermediate_size", "num_heads")
    vision_keys += ("out_hidden_size", "patch_size", "spatial_merge_size", "temporal_patch_size", "tokens_per_second")
    vision_keys += ("window_size",)
    write_json(
        folder / "config.json",
        {
            "architectures": ["Qwen2_5_VLForConditionalGeneration"],
            "model_type": "qwen2_5_vl",
            **{key: text[key] for key in text_keys},
            **{key: IDS[f"<|{name}|>"] for key, name in (
                ("vision_start_token_id", "vision_start"), ("vision_end_token_id", "vision_end"),
                ("image_token_id", "image_pad"), ("video_token_id", "video_pad"))},
            "rope_theta": 10000.0,
            "rope_scaling": {"type": "mrope", "mrope_section": [2, 2, 2]},
            "sliding_window": 32768,
            "max_window_layers": 70,
            "use_sliding_window": False,
            "tie_word_embeddings": True,
            "torch_dtype": "bfloat16",
            "transformers_version": "4.41.2",
            "vision_config": {**{key: vision[key] for key in vision_keys}, "in_chans": 3, "spatial_patch_size": 14},
        },
    )  # fmt: skip
    write_first_processor(processor, folder)


def window_order(model, encoded):
    """Blocks hold a picture's tokens window by window; back to the processor's order."""
    visual = model.model.visual
    index, _ = get_vision_window_index(
        encoded["image_grid_thw"],
        spatial_merge_size=visual.spatial_merge_size,
        window_size=visual.window_size,
        patch_size=visual.patch_size,
    )
    back = torch.argsort(index)
    unit = visual.spatial_merge_unit
    return lambda hidden: hidden.reshape(-1, unit, hidden.shape[-1])[back].reshape(hidden.shape)


PARTS = Parts(
    blocks=lambda model: model.model.visual.blocks,
    connector=lambda model: model.model.visual.merger,
    language=lambda model: model.model.language_model,
    reorder=window_order,
    # A still picture stands twice in time: [patches, 3, 2, 14, 14] with two equal halves.
    pixels=lambda values: values.unflatten(1, (3, 2, 14, 14))[:, :, 0],
    features=lambda model, encoded: torch.cat(
        list(model.model.get_image_features(encoded["pixel_values"], encoded["image_grid_thw"]).pooler_output)
    ),
)


def frames(model, processor, folder: Path, count: int = 4, patch: int = 14, seconds: bool = True) -> dict:
    """A film of frames of 6x4 patches, half a second apart, two of them a step in time of 3x2 tokens.

    The frames have their final size, so that nothing but the order of patches, the words between them and the positions
    is tried here. Where they do not fill the last step, the last one is repeated.
    """
    pictures = [formula_image(6 * patch, 4 * patch, phase=i) for i in range(count)]
    (folder / "frames").mkdir()
    for i, picture in enumerate(pictures):
        picture.save(folder / f"frames/{i}.png")
    one = [processor.image_processor(p, return_tensors="pt") for p in pictures]
    merge, rows, columns = 2, 4, 6
    half = one[0]["pixel_values"].shape[1] // 3 // 2  # values of one channel of one frame
    steps = []
    for first in range(0, count, 2):
        pair = [one[min(first + i, count - 1)]["pixel_values"].reshape(-1, 3, 2, half)[:, :, 0] for i in range(2)]
        steps.append(torch.stack(pair, dim=2).reshape(rows * columns, -1))
    grid = torch.tensor([[len(steps), rows, columns]])
    rendered = processor.apply_chat_template(
        [{"role": "user", "content": [{"type": "video"}, text_part("What has changed?")]}],
        tokenize=False,
        add_generation_prompt=True,
    )
    # What the processor writes for a film, of which it asks its video processor no more than these two numbers.
    processor.video_processor = SimpleNamespace(merge_size=merge, temporal_patch_size=2)
    metadata = SimpleNamespace(fps=2.0, frames_indices=list(range(count)))
    words = processor.replace_video_token({"video_grid_thw": grid, "video_metadata": [metadata]}, 0)
    ids = processor.tokenizer(rendered.replace("<|video_pad|>", words), return_tensors="pt")["input_ids"]
    encoded = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "pixel_values_videos": torch.cat(steps),
        "video_grid_thw": grid,
        "mm_token_type_ids": torch.where(ids == IDS["<|video_pad|>"], 2, 0),
    }
    if seconds:
        encoded["second_per_grid_ts"] = torch.tensor([1.0])
    with Captured(language=model.model.language_model) as captured:
        out = model(**encoded)
    record, logits = greedy(model, processor, encoded)
    tensors = {
        "pixel_values": encoded["pixel_values_videos"],
        "projected": torch.cat(list(model.model.get_video_features(encoded["pixel_values_videos"], grid).pooler_output)),
        "positions": captured.keywords["language"]["position_ids"][-3:, 0],
        "logits": out.logits[0],
        "greedy": logits,
    }
    write_tensors(folder / "frames.safetensors", tensors)
    return record | {"rendered": rendered, "grid": grid[0].tolist(), "seconds_per_step": 1.0, "count": count}


# Bounds for films: frames of the goldens keep their size.
FILMS = {"shortest_edge": 1024, "longest_edge": 1024 * 1024}


def save_pictures(folder: Path) -> None:
    (folder / "images").mkdir()
    for picture, (width, height, phase) in {
        "wide": (90, 61, 0), "tall": (47, 131, 2), "small": (19, 23, 1), "large": (301, 222, 3)
    }.items():  # fmt: skip
        formula_image(width, height, phase=phase).save(folder / f"images/{picture}.png")


def fill(model, seed: int) -> None:
    """Numbers for every weight, and when to stop."""
    randomise(model, seed, linear_std=0.2)
    model.tie_weights()
    model.generation_config = GenerationConfig(eos_token_id=[IDS["<|im_end|>"], IDS["<|endoftext|>"]], pad_token_id=IDS["<|endoftext|>"])


def write_checkpoint(name: str, seed: int, tied: bool, max_pixels: int, save) -> Path:
    folder = empty_folder(name)
    model = Qwen2_5_VLForConditionalGeneration(config(tied)).eval()
    fill(model, seed)
    save(model, build_processor(max_pixels), folder)
    finish(model, folder)
    return folder


def finish(model, folder: Path) -> None:
    model.generation_config.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)
    save_pictures(folder)


def record(name: str, folder: Path, kind, processor, parts: Parts, film: dict, cases: dict = CASES) -> None:
    """What transformers computes with the files as written."""
    model, loading = kind.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    unmatched = {kind: list(names) for kind, names in loading.items() if names}
    if unmatched:
        raise SystemExit(f"{name}: transformers did not read every tensor: {json.dumps(unmatched)}")
    model.eval()
    write_goldens(model, processor, folder, parts, cases)
    with torch.inference_mode():
        golden = json.loads((folder / "golden.json").read_text())
        write_json(folder / "golden.json", golden | {"frames": frames(model, processor, folder, **film)})
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{name}: {size / 1024:.0f} KiB")


def main() -> None:
    checkpoints = (
        ("qwen2-5-vl", 71, False, 28 * 28 * 40, save_current),
        ("qwen2-5-vl-flat", 84, True, 28 * 28 * 30, save_published),
    )
    for name, seed, tied, max_pixels, save in checkpoints:
        folder = write_checkpoint(name, seed, tied, max_pixels, save)
        record(name, folder, Qwen2_5_VLForConditionalGeneration, build_processor(max_pixels), PARTS, {})


if __name__ == "__main__":
    main()
