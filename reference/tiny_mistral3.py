"""Two tiny Mistral 3 checkpoints in the Hugging Face layout and what transformers computes with them.

mistral3            Pixtral's encoder with rows and columns that take the rotary frequencies in turns, a patch merger and a
                    Mistral with heads of a width of their own, as transformers 5 writes it.
mistral3-published  as Mistral-Small-3.1-24B-Instruct-2503 is: its tensor names and keys, bf16.

Pictures of any size, with a token of the vocabulary behind each row.
"""

import json
from pathlib import Path

import torch
from transformers import (
    GenerationConfig,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    MistralConfig,
    PixtralImageProcessorPil,
    PixtralVisionConfig,
    PreTrainedTokenizerFast,
)

import tiny_tokenizers
from common import empty_folder, formula_image, randomise, write_json, write_tensors
from family_goldens import Parts, image_part, text_part, turn, write_goldens

MARKS = ["<pad>", "<s>", "</s>", "[INST]", "[/INST]", "[IMG]", "[IMG_BREAK]", "[IMG_END]"]
FIRST = tiny_tokenizers.VOCABULARY - len(MARKS)
IDS = {name: FIRST + i for i, name in enumerate(MARKS)}
PATCH, MERGE = 14, 2

TEMPLATE = """\
{{- bos_token }}
{%- for message in messages -%}
{%- if message['role'] == 'user' -%}
{{ '[INST]' }}
{%- for part in message['content'] -%}
{%- if part['type'] == 'image' -%}{{ '[IMG]' }}
{%- elif part['type'] == 'text' -%}{{ part['text'] }}
{%- endif -%}
{%- endfor -%}
{{ '[/INST]' }}
{%- else -%}
{{ message['content'][0]['text'] + eos_token }}
{%- endif -%}
{%- endfor -%}
"""

CASES = {
    "images": ("wide", "tall", "strip", "large"),
    "prompts": {
        "one_image": [turn("user", image_part("wide"), text_part("How many red circles are there in the picture?"))],
        "two_images": [
            turn("user", text_part("Compare"), image_part("tall"), text_part("with"), image_part("strip"), text_part("!"))
        ],
        "two_turns_two_images": [
            turn("user", image_part("strip"), text_part("Is there a heart?")),
            turn("assistant", text_part("Yes, there is.")),
            turn("user", text_part("And here?"), image_part("large")),
        ],
        "text_only": [turn("user", text_part("Which shape is larger, the cross or the diamond?"))],
    },
    "detailed": ("one_image", "two_images"),
    "batch": ("one_image", "two_images", "two_turns_two_images"),
}


class Processor:
    """What PixtralProcessor does, which cannot be made without torchvision."""

    def __init__(self, pictures, tokenizer):
        self.image_processor, self.tokenizer = pictures, tokenizer

    def apply_chat_template(self, messages, tokenize, add_generation_prompt):
        return self.tokenizer.apply_chat_template(
            messages, chat_template=TEMPLATE, tokenize=tokenize, add_generation_prompt=add_generation_prompt
        )

    def __call__(self, text, images=(), **given):
        flat = [picture for prompt in images for picture in prompt]
        pixels = self.image_processor(flat, patch_size={"height": PATCH * MERGE, "width": PATCH * MERGE}, return_tensors="pt") if flat else {}
        sizes = iter(pixels["image_sizes"].tolist() if flat else [])
        expanded = []
        for prompt in text:
            parts = prompt.split("[IMG]")
            out = parts[0]
            for part in parts[1:]:
                height, width = (side // (PATCH * MERGE) for side in next(sizes))
                rows = ["[IMG]" * width] * height
                out += "[IMG_BREAK]".join(rows) + "[IMG_END]" + part
            expanded.append(out)
        return {**self.tokenizer(expanded, **given), **pixels}


def mistral3():
    vision = PixtralVisionConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=140,
        patch_size=PATCH,
        hidden_act="silu",
    )
    words = MistralConfig(
        vocab_size=tiny_tokenizers.VOCABULARY,
        hidden_size=48,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=6,
        num_key_value_heads=2,
        head_dim=12,
        max_position_embeddings=1024,
        rms_norm_eps=1e-5,
        sliding_window=None,
        pad_token_id=IDS["<pad>"],
        bos_token_id=IDS["<s>"],
        eos_token_id=IDS["</s>"],
        rope_parameters={"rope_type": "default", "rope_theta": 1000000000.0},
        tie_word_embeddings=False,
    )
    config = Mistral3Config(
        vision_config=vision.to_dict(),
        text_config=words.to_dict(),
        image_token_index=IDS["[IMG]"],
        spatial_merge_size=MERGE,
        tie_word_embeddings=False,
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizers.chat(MARKS),
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        padding_side="left",
        model_max_length=1024,
        extra_special_tokens={"image_token": "[IMG]", "image_break_token": "[IMG_BREAK]", "image_end_token": "[IMG_END]"},
    )
    pictures = PixtralImageProcessorPil(size={"longest_edge": 140}, patch_size={"height": PATCH, "width": PATCH})
    return Mistral3ForConditionalGeneration(config), Processor(pictures, tokenizer)


def save_current(model, processor, folder: Path) -> None:
    model.save_pretrained(folder, save_original_format=False)
    processor.tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    pictures = json.loads(processor.image_processor.to_json_string())
    write_json(
        folder / "processor_config.json",
        {
            "image_processor": pictures | {"image_processor_type": "PixtralImageProcessor"},
            "patch_size": PATCH,
            "processor_class": "PixtralProcessor",
            "spatial_merge_size": MERGE,
        },
    )


def save_published(model, processor, folder: Path) -> None:
    tensors = {}
    for name, tensor in model.state_dict().items():
        name = name.removeprefix("model.").replace("lm_head", "language_model.lm_head")
        if name.startswith("language_model.") and "lm_head" not in name:
            name = name.replace("language_model.", "language_model.model.", 1)
        tensors[name] = tensor.to(torch.bfloat16)
    write_tensors(folder / "model.safetensors", tensors)
    config = model.config.to_dict()
    own = config["text_config"]
    keys = ("attention_dropout", "head_dim", "hidden_act", "hidden_size", "initializer_range", "intermediate_size")
    keys += ("max_position_embeddings", "model_type", "num_attention_heads", "num_hidden_layers", "num_key_value_heads")
    keys += ("rms_norm_eps", "sliding_window", "use_cache", "vocab_size")
    vision_keys = ("attention_dropout", "head_dim", "hidden_act", "hidden_size", "image_size", "initializer_range")
    vision_keys += ("intermediate_size", "model_type", "num_attention_heads", "num_channels", "num_hidden_layers", "patch_size")
    write_json(
        folder / "config.json",
        {
            "architectures": ["Mistral3ForConditionalGeneration"],
            "image_token_index": IDS["[IMG]"],
            "model_type": "mistral3",
            "multimodal_projector_bias": False,
            "projector_hidden_act": "gelu",
            "spatial_merge_size": MERGE,
            "text_config": {key: own[key] for key in keys} | {"rope_theta": 1000000000.0},
            "torch_dtype": "bfloat16",
            "vision_config": {key: config["vision_config"][key] for key in vision_keys} | {"rope_theta": 10000.0},
            "vision_feature_layer": -1,
        },
    )
    processor.tokenizer.save_pretrained(folder)
    write_json(folder / "chat_template.json", {"chat_template": TEMPLATE})
    pictures = json.loads(processor.image_processor.to_json_string())
    keys = ("do_convert_rgb", "do_normalize", "do_rescale", "do_resize", "image_mean", "image_std", "patch_size", "resample")
    keys += ("rescale_factor", "size")
    write_json(
        folder / "preprocessor_config.json",
        {key: pictures[key] for key in keys}
        | {"image_processor_type": "PixtralImageProcessor", "processor_class": "PixtralProcessor"},
    )


def features(model, encoded) -> torch.Tensor:
    found = model.model.get_image_features(encoded["pixel_values"], encoded["image_sizes"], return_dict=True)
    return torch.cat(list(found.pooler_output))


PARTS = Parts(
    blocks=lambda model: model.model.vision_tower.transformer.layers,
    connector=lambda model: model.model.multi_modal_projector,
    language=lambda model: model.model.language_model,
    reorder=lambda model, encoded: lambda hidden: hidden,
    pixels=lambda values: values,  # [1, 3, height, width]
    features=features,
)


def write_checkpoint(name: str, seed: int, model, processor, save) -> Path:
    folder = empty_folder(name)
    randomise(model.eval(), seed, linear_std=0.2)
    model.generation_config = GenerationConfig(
        bos_token_id=IDS["<s>"], eos_token_id=IDS["</s>"], pad_token_id=IDS["<pad>"]
    )
    save(model, processor, folder)
    model.generation_config.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)
    (folder / "images").mkdir()
    sizes = {"wide": (90, 61, 0), "tall": (47, 103, 2), "strip": (139, 13, 1), "large": (311, 177, 3)}
    for picture, (width, height, phase) in sizes.items():
        formula_image(width, height, phase=phase).save(folder / f"images/{picture}.png")
    return folder


def main() -> None:
    cases = (
        ("mistral3", 91, mistral3, save_current),
        ("mistral3-published", 102, mistral3, save_published),
    )
    for name, seed, make, save in cases:
        made, processor = make()
        folder = write_checkpoint(name, seed, made, processor, save)
        model, loading = type(made).from_pretrained(
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
