"""Two tiny PaliGemma checkpoints in the Hugging Face layout and what transformers computes with them.

paligemma2  as transformers 5 writes it: f32, a Gemma 2 with capped scores and logits and windows shorter than the prompt,
            all of whose tokens see each other nevertheless; processor_config.json.
paligemma   as published: torch_dtype, a Gemma with one key-value head, most keys of the text left out, bf16, the first
            tensor names, preprocessor_config.json.

There is no chat template: prompts are what PaliGemmaProcessor makes of pictures and words.
"""

import json
from pathlib import Path

import torch
from tokenizers.processors import TemplateProcessing
from transformers import (
    GenerationConfig,
    PaliGemmaConfig,
    PaliGemmaForConditionalGeneration,
    PreTrainedTokenizerFast,
    SiglipImageProcessorPil,
)
from transformers.models.paligemma.processing_paligemma import PaliGemmaProcessor

import tiny_tokenizers
from common import empty_folder, formula_image, randomise, write_json, write_tensors
from family_goldens import Parts, image_part, text_part, turn, write_goldens

MARKS = ["<pad>", "<eos>", "<bos>", "<image>"]
FIRST = tiny_tokenizers.VOCABULARY - len(MARKS)
IDS = {name: FIRST + i for i, name in enumerate(MARKS)}
SIDE, PATCH, WINDOW = 56, 14, 9

CASES = {
    "images": ("wide", "tall", "strip"),
    "prompts": {
        "one_image": [turn("user", image_part("wide"), text_part("How many red circles are there in the picture?"))],
        "two_images": [
            turn("user", text_part("Compare"), image_part("tall"), text_part("with"), image_part("strip"), text_part("!"))
        ],
        # One turn: these models know no others. The pictures stand side by side.
        "two_turns_two_images": [turn("user", image_part("strip"), image_part("square"), text_part("Is there a heart?"))],
        "text_only": [turn("user", text_part("Which shape is larger, the cross or the diamond?"))],
    },
    "detailed": ("one_image", "two_images"),
    "batch": ("one_image", "two_images", "two_turns_two_images"),
}


def vision() -> dict:
    return {
        "model_type": "siglip_vision_model",
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "image_size": SIDE,
        "patch_size": PATCH,
        "projection_dim": 48,
        "vision_use_head": False,
    }


def text(model_type: str) -> dict:
    own = {
        "gemma": {"num_key_value_heads": 1},
        "gemma2": {
            "num_key_value_heads": 2,
            "query_pre_attn_scalar": 24,
            "sliding_window": WINDOW,
            "attn_logit_softcapping": 3.0,
            "final_logit_softcapping": 4.0,
        },
    }
    return {
        "model_type": model_type,
        "vocab_size": tiny_tokenizers.VOCABULARY,
        "hidden_size": 48,
        "intermediate_size": 64,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "head_dim": 16,
        "max_position_embeddings": 512,
        "pad_token_id": IDS["<pad>"],
        "bos_token_id": IDS["<bos>"],
        "eos_token_id": IDS["<eos>"],
    } | own[model_type]


class Plain:
    """The processor for prompts of turns, which it does not know, and of words alone, which it refuses."""

    def __init__(self, processor: PaliGemmaProcessor):
        self.processor, self.tokenizer = processor, processor.tokenizer

    def apply_chat_template(self, messages: list[dict], **_) -> str:
        content = messages[0]["content"]
        text = "".join("<image>" if part["type"] == "image" else part["text"] for part in content)
        if "<image>" not in text:
            return f"<bos>{text}\n"
        _, laid, *_ = self.processor.prepare_inputs_layout(text=[text], images=[[]])
        return laid[0]

    def __call__(self, text: list[str], images=None, **given) -> dict:
        if images is None:
            encoded = self.tokenizer(text, add_special_tokens=False, return_tensors="pt")
            return {key: encoded[key] for key in ("input_ids", "attention_mask")} | {
                "token_type_ids": torch.zeros_like(encoded["input_ids"])
            }
        bare = [one.replace("<bos>", "").removesuffix("\n") for one in text]
        encoded = self.processor(text=bare, images=images, **given)
        encoded.pop("labels")
        return encoded


def build_processor() -> PaliGemmaProcessor:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizers.chat(MARKS),
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        padding_side="left",
        model_max_length=512,
        extra_special_tokens={"image_token": "<image>"},
    )
    # The processor adds 1,152 tokens for places and outlines; a tiny vocabulary has no room for them.
    tokenizer.add_tokens = lambda tokens: 0
    pictures = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}, do_convert_rgb=None)
    pictures.image_seq_length = (SIDE // PATCH) ** 2
    return PaliGemmaProcessor(pictures, tokenizer)


def save_current(model, processor, folder: Path) -> None:
    model.save_pretrained(folder, save_original_format=False)
    del processor.tokenizer.add_tokens
    processor.tokenizer.save_pretrained(folder)
    pictures = json.loads(processor.image_processor.to_json_string())
    write_json(
        folder / "processor_config.json",
        {
            "image_processor": pictures | {"image_processor_type": "SiglipImageProcessor"},
            "processor_class": "PaliGemmaProcessor",
        },
    )


def save_published(model, processor, folder: Path) -> None:
    """As PaliGemma on the Hub."""
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue  # tied
        name = name.removeprefix("model.")
        name = name.replace("language_model.", "language_model.model.", 1)
        name = name.replace("vision_tower.", "vision_tower.vision_model.", 1)
        tensors[name] = tensor.to(torch.bfloat16)
    write_tensors(folder / "model.safetensors", tensors)
    kept = ("hidden_size", "head_dim", "intermediate_size", "model_type", "num_attention_heads", "num_hidden_layers")
    kept += ("num_key_value_heads", "vocab_size")
    write_json(
        folder / "config.json",
        {
            "architectures": ["PaliGemmaForConditionalGeneration"],
            "bos_token_id": IDS["<bos>"],
            "eos_token_id": IDS["<eos>"],
            "hidden_size": 48,
            "image_token_index": IDS["<image>"],
            "model_type": "paligemma",
            "pad_token_id": IDS["<pad>"],
            "projection_dim": 48,
            "text_config": {key: text("gemma")[key] for key in kept} | {"torch_dtype": "float32", "num_image_tokens": 16},
            "torch_dtype": "bfloat16",
            "transformers_version": "4.41.0.dev0",
            "vision_config": vision() | {"num_image_tokens": 16, "projector_hidden_act": "gelu_fast"},
        },
    )
    del processor.tokenizer.add_tokens
    # The published tokenizer frames texts; the processor has it stop, because it writes <bos> where it belongs.
    processor.tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", IDS["<bos>"])]
    )
    processor.tokenizer.save_pretrained(folder)
    pictures = json.loads(processor.image_processor.to_json_string())
    keys = ("do_convert_rgb", "do_normalize", "do_rescale", "do_resize", "image_mean", "image_std", "resample")
    write_json(
        folder / "preprocessor_config.json",
        {key: pictures.get(key) for key in keys + ("rescale_factor", "size")}
        | {
            "image_processor_type": "SiglipImageProcessor",
            "image_seq_length": 16,
            "processor_class": "PaliGemmaProcessor",
        },
    )


PARTS = Parts(
    blocks=lambda model: model.model.vision_tower.encoder.layers,
    connector=lambda model: model.model.multi_modal_projector,
    language=lambda model: model.model.language_model,
    reorder=lambda model, encoded: lambda hidden: hidden,
    pixels=lambda values: values,
    features=lambda model, encoded: model.model.get_image_features(encoded["pixel_values"]).pooler_output.flatten(0, 1),
)


def write_checkpoint(name: str, seed: int, model_type: str, save) -> tuple[Path, Plain]:
    folder = empty_folder(name)
    config = PaliGemmaConfig(
        vision_config=vision(),
        text_config=text(model_type),
        image_token_index=IDS["<image>"],
        projection_dim=48,
        hidden_size=48,
    )
    model = PaliGemmaForConditionalGeneration(config)
    randomise(model.eval(), seed, linear_std=0.2)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "norm" in key and key.endswith("weight") and "language_model" in key:
                parameter.sub_(1)  # counted from one
            if "embed_tokens" in key:
                parameter.mul_(0.12)  # scaled by the root of the width again, or no layer would matter
    model.tie_weights()
    model.generation_config = GenerationConfig(
        bos_token_id=IDS["<bos>"], eos_token_id=IDS["<eos>"], pad_token_id=IDS["<pad>"]
    )
    processor = build_processor()
    save(model, processor, folder)
    model.generation_config.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)
    (folder / "images").mkdir()
    sizes = {"wide": (90, 61, 0), "tall": (47, 73, 2), "strip": (150, 33, 1), "square": (171, 170, 3)}
    for picture, (width, height, phase) in sizes.items():
        formula_image(width, height, phase=phase).save(folder / f"images/{picture}.png")
    return folder, Plain(processor)


CHECKPOINTS = (("paligemma2", 167, "gemma2", save_current), ("paligemma", 210, "gemma", save_published))


def main() -> None:
    for name, seed, model_type, save in CHECKPOINTS:
        folder, processor = write_checkpoint(name, seed, model_type, save)
        model, loading = PaliGemmaForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        unmatched = {kind: list(names) for kind, names in loading.items() if names}
        if unmatched:
            raise SystemExit(f"{name}: transformers did not read every tensor: {json.dumps(unmatched)}")
        write_goldens(model.eval(), processor, folder, PARTS, CASES)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"{name}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
