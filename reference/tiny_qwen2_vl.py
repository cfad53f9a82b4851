"""Two tiny Qwen2-VL checkpoints in the Hugging Face layout and what transformers computes with them.

qwen2-vl        as transformers 5 writes it: nested text config with rope_parameters, `model.language_model...` names,
                f32, an own head, processor_config.json.
qwen2-vl-flat   as the published checkpoints are: text keys at the top level, rope_scaling of type mrope, `visual...` and
                `model.layers...` names, bf16, tied head, preprocessor_config.json with min_pixels and max_pixels, two
                shards.
"""

from pathlib import Path

from transformers import PreTrainedTokenizerFast, Qwen2VLConfig, Qwen2VLForConditionalGeneration, Qwen2VLImageProcessorPil
from transformers.models.qwen2_vl.processing_qwen2_vl import Qwen2VLProcessor

import tiny_tokenizers
from common import empty_folder, write_json
from family_goldens import Parts
from tiny_qwen import CASES, IDS, PARTS, SPECIALS, TEMPLATE, fill, finish, record, save_current, write_first_processor, write_shards

VISION = {
    "depth": 4,
    "embed_dim": 32,
    "hidden_size": 48,  # of the language model
    "mlp_ratio": 2,
    "num_heads": 4,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}
TEXT = {
    "vocab_size": tiny_tokenizers.VOCABULARY,
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "rms_norm_eps": 1e-6,
}
SECTIONS = [2, 3, 1]


class StillProcessor(Qwen2VLProcessor):
    """Without the video processor, which needs torchvision."""

    def check_argument_for_proper_class(self, argument_name, argument):
        return type(argument) if argument_name == "video_processor" else super().check_argument_for_proper_class(argument_name, argument)


def build_processor(max_pixels: int) -> Qwen2VLProcessor:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizers.chat(SPECIALS),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        padding_side="left",
        model_max_length=1024,
    )
    pictures = Qwen2VLImageProcessorPil(size={"shortest_edge": 3136, "longest_edge": max_pixels})
    return StillProcessor(image_processor=pictures, tokenizer=tokenizer, chat_template=TEMPLATE)


def config(tied: bool) -> Qwen2VLConfig:
    return Qwen2VLConfig(
        vision_config=VISION,
        text_config=TEXT
        | {
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": SECTIONS},
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


def save_published(model, processor, folder: Path) -> None:
    """As the checkpoints on the Hub: flat config, first names, bf16, two shards."""
    write_shards(model, folder)
    vision = {key: value for key, value in VISION.items() if key != "num_heads"}
    write_json(
        folder / "config.json",
        {
            "architectures": ["Qwen2VLForConditionalGeneration"],
            "bos_token_id": IDS["<|endoftext|>"],
            "eos_token_id": IDS["<|im_end|>"],
            "vision_start_token_id": IDS["<|vision_start|>"],
            "vision_end_token_id": IDS["<|vision_end|>"],
            "image_token_id": IDS["<|image_pad|>"],
            "video_token_id": IDS["<|video_pad|>"],
            "hidden_act": "silu",
            "model_type": "qwen2_vl",
            **TEXT,
            "rope_theta": 10000.0,
            "rope_scaling": {"type": "mrope", "mrope_section": SECTIONS},
            "sliding_window": 32768,
            "max_window_layers": 28,
            "use_sliding_window": False,
            "tie_word_embeddings": True,
            "torch_dtype": "bfloat16",
            "transformers_version": "4.41.2",
            "vision_config": vision | {"num_heads": 4, "in_chans": 3, "spatial_patch_size": 14, "model_type": "qwen2_vl"},
        },
    )
    write_first_processor(processor, folder)


STILL = Parts(
    blocks=PARTS.blocks,
    connector=PARTS.connector,
    language=PARTS.language,
    reorder=lambda model, encoded: lambda hidden: hidden,  # no windows: blocks keep the processor's order
    pixels=PARTS.pixels,
    features=PARTS.features,
)


def main() -> None:
    checkpoints = (
        ("qwen2-vl", 31, False, 28 * 28 * 40, save_current),
        ("qwen2-vl-flat", 100, True, 28 * 28 * 30, save_published),
    )
    for name, seed, tied, max_pixels, save in checkpoints:
        folder = empty_folder(name)
        model = Qwen2VLForConditionalGeneration(config(tied)).eval()
        fill(model, seed)
        save(model, build_processor(max_pixels), folder)
        finish(model, folder)
        processor = build_processor(max_pixels)
        record(name, folder, Qwen2VLForConditionalGeneration, processor, STILL, {"seconds": False}, CASES)


if __name__ == "__main__":
    main()
