"""Two tiny Qwen3-VL checkpoints in the Hugging Face layout and what transformers computes with them.

qwen3-vl          as transformers 5 writes it: rope_parameters, f32, an own head, processor_config.json; features of blocks
                  0 and 2 are added behind the first two decoder layers.
qwen3-vl-first    as the published checkpoints are: rope_theta beside rope_scaling, vision_config of model_type qwen3_vl,
                  bf16, tied head, preprocessor_config.json and video_preprocessor_config.json; features of blocks 0, 1
                  and 3, the last of which is also what the tokens are made of.

The learned table has 4x4 cells, so that every picture's grid is interpolated. A head of the decoder is wider than its
share of the width.
"""

import json
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast, Qwen2VLImageProcessorPil, Qwen3VLConfig, Qwen3VLForConditionalGeneration
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor
from transformers.models.qwen3_vl.video_processing_qwen3_vl import smart_resize

import tiny_tokenizers
from common import empty_folder, write_json, write_tensors
from family_goldens import Parts
from tiny_qwen import CASES, FILMS, IDS, PARTS, SPECIALS, TEMPLATE, fill, finish, record, save_current

PATCH = 16
MEAN = [0.5, 0.5, 0.5]
SECTIONS = [4, 2, 2]


class StillProcessor(Qwen3VLProcessor):
    """Without the video processor, which needs torchvision."""

    def check_argument_for_proper_class(self, argument_name, argument):
        return type(argument) if argument_name == "video_processor" else super().check_argument_for_proper_class(argument_name, argument)


def build_processor(max_pixels: int) -> Qwen3VLProcessor:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizers.chat(SPECIALS),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        padding_side="left",
        model_max_length=1024,
    )
    pictures = Qwen2VLImageProcessorPil(
        size={"shortest_edge": 4096, "longest_edge": max_pixels}, patch_size=PATCH, image_mean=MEAN, image_std=MEAN
    )
    return StillProcessor(image_processor=pictures, tokenizer=tokenizer, chat_template=TEMPLATE)


def config(tied: bool, deep: list[int]) -> Qwen3VLConfig:
    return Qwen3VLConfig(
        vision_config={
            "depth": 4,
            "hidden_size": 32,
            "intermediate_size": 44,
            "num_heads": 4,
            "out_hidden_size": 48,
            "patch_size": PATCH,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": deep,
        },
        text_config={
            "vocab_size": tiny_tokenizers.VOCABULARY,
            "hidden_size": 48,
            "intermediate_size": 64,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "max_position_embeddings": 1024,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 10000.0, "mrope_section": SECTIONS, "mrope_interleaved": True
            },
            "bos_token_id": IDS["<|endoftext|>"],
            "eos_token_id": IDS["<|im_end|>"],
            "tie_word_embeddings": tied,
        },
        image_token_id=IDS["<|image_pad|>"],
        video_token_id=IDS["<|video_pad|>"],
        vision_start_token_id=IDS["<|vision_start|>"],
        vision_end_token_id=IDS["<|vision_end|>"],
        tie_word_embeddings=tied,
    )  # fmt: skip


def save_published(model, processor, folder: Path) -> None:
    """As the checkpoints on the Hub: bf16, one file, keys of transformers 4."""
    tensors = {name: t.to(torch.bfloat16) for name, t in model.state_dict().items() if name != "lm_head.weight"}
    write_tensors(folder / "model.safetensors", tensors)
    both = json.loads(model.config.to_json_string(use_diff=False))
    text_keys = ("attention_bias", "bos_token_id", "eos_token_id", "head_dim", "hidden_act", "hidden_size")
    text_keys += ("intermediate_size", "max_position_embeddings", "num_attention_heads", "num_hidden_layers")
    text_keys += ("num_key_value_heads", "rms_norm_eps", "vocab_size")
    vision_keys = ("deepstack_visual_indexes", "depth", "hidden_act", "hidden_size", "in_channels", "intermediate_size")
    vision_keys += ("num_heads", "num_position_embeddings", "out_hidden_size", "patch_size", "spatial_merge_size")
    vision_keys += ("temporal_patch_size",)
    scaling = {"mrope_interleaved": True, "mrope_section": SECTIONS, "rope_type": "default"}
    write_json(
        folder / "config.json",
        {
            "architectures": ["Qwen3VLForConditionalGeneration"],
            "image_token_id": IDS["<|image_pad|>"],
            "model_type": "qwen3_vl",
            "text_config": {key: both["text_config"][key] for key in text_keys}
            | {"dtype": "bfloat16", "model_type": "qwen3_vl_text", "rope_scaling": scaling, "rope_theta": 10000}
            | {"tie_word_embeddings": True, "use_cache": True},
            "tie_word_embeddings": True,
            "transformers_version": "4.57.0.dev0",
            "video_token_id": IDS["<|video_pad|>"],
            "vision_config": {key: both["vision_config"][key] for key in vision_keys} | {"model_type": "qwen3_vl"},
            "vision_end_token_id": IDS["<|vision_end|>"],
            "vision_start_token_id": IDS["<|vision_start|>"],
        },
    )
    processor.tokenizer.save_pretrained(folder)
    write_json(folder / "chat_template.json", {"chat_template": TEMPLATE})
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    shared = {"patch_size": PATCH, "temporal_patch_size": 2, "merge_size": 2, "image_mean": MEAN, "image_std": MEAN}
    write_json(
        folder / "preprocessor_config.json",
        {"size": dict(processor.image_processor.size), **shared}
        | {"processor_class": "Qwen3VLProcessor", "image_processor_type": "Qwen2VLImageProcessorFast"},
    )
    write_json(
        folder / "video_preprocessor_config.json",
        {"size": FILMS, **shared} | {"processor_class": "Qwen3VLProcessor", "video_processor_type": "Qwen3VLVideoProcessor"},
    )


def features(model, encoded):
    return model.model.get_image_features(encoded["pixel_values"], encoded["image_grid_thw"])


STACKED = Parts(
    blocks=PARTS.blocks,
    connector=PARTS.connector,
    language=PARTS.language,
    reorder=lambda model, encoded: lambda hidden: hidden,  # no windows: blocks keep the processor's order
    pixels=lambda values: values.unflatten(1, (3, 2, PATCH, PATCH))[:, :, 0],
    features=lambda model, encoded: torch.cat(list(features(model, encoded).pooler_output)),
    deep=lambda model, encoded: [torch.cat(list(layer)) for layer in features(model, encoded).deepstack_features],
)


def film_sizes() -> list[dict]:
    """How large frames become, by the processor's own rule: too small, within bounds, too large, odd numbers of them."""
    cases = []
    for count, width, height in ((1, 64, 64), (2, 20, 70), (3, 97, 65), (5, 640, 480), (8, 1920, 1080), (7, 33, 2000)):
        given = {"min_pixels": 4096, "max_pixels": 262144}
        rows, columns = smart_resize(max(count, 2), height, width, 2, 2 * PATCH, **given)
        cases.append({"frames": count, "width": width, "height": height, "resized": [columns, rows]} | given)
    return cases


def main() -> None:
    checkpoints = (
        ("qwen3-vl", 52, False, [0, 2], 32 * 32 * 40, save_current),
        ("qwen3-vl-first", 103, True, [0, 1, 3], 32 * 32 * 30, save_published),
    )
    for name, seed, tied, deep, max_pixels, save in checkpoints:
        folder = empty_folder(name)
        model = Qwen3VLForConditionalGeneration(config(tied, deep)).eval()
        fill(model, seed)
        save(model, build_processor(max_pixels), folder)
        finish(model, folder)
        film = {"count": 5, "patch": PATCH, "seconds": False}
        record(name, folder, Qwen3VLForConditionalGeneration, build_processor(max_pixels), STACKED, film, CASES)
        golden = json.loads((folder / "golden.json").read_text())
        write_json(folder / "golden.json", golden | {"film_sizes": film_sizes()})


if __name__ == "__main__":
    main()
