"""Two tiny Gemma 3 checkpoints in the Hugging Face layout and what transformers computes with them.

gemma3      as transformers 5 writes it: f32, layer_types and rope_parameters by kind of layer with a linear scaling of
            the full ones, processor_config.json, pictures seen once (pan and scan off, as published).
gemma3-pas  as published: torch_dtype, rope_scaling and sliding_window_pattern, most keys of the text left out, bf16, the
            first tensor names, preprocessor_config.json that turns pan and scan on.

Windows are shorter than a picture's tokens, which see each other both ways all the same.
"""

import json
from pathlib import Path

import torch
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma3ImageProcessorPil,
    GenerationConfig,
    PreTrainedTokenizerFast,
)
from transformers.models.gemma3.processing_gemma3 import Gemma3Processor

import tiny_tokenizers
from common import empty_folder, formula_image, randomise, write_json, write_tensors
from family_goldens import Parts, image_part, text_part, turn, write_goldens

MARKS = ["<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"]
MARKS += ["<start_of_image>", "<end_of_image>", "<image_soft_token>"]
FIRST = tiny_tokenizers.VOCABULARY - len(MARKS)
IDS = {name: FIRST + i for i, name in enumerate(MARKS)}
SIDE, PATCH, TOKENS, WINDOW = 84, 14, 9, 7

# The published one: the system's words go before the first user turn, turns alternate, the model is called model.
TEMPLATE = """\
{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\\n\\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\\n\\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] -%}
    {{ '<start_of_turn>' + role + '\\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- else -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ '<end_of_turn>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{ '<start_of_turn>model\\n' }}
{%- endif -%}
"""

CASES = {
    "images": ("wide", "tall", "strip"),
    "prompts": {
        "one_image": [turn("user", image_part("wide"), text_part("How many red circles are there in the picture?"))],
        "two_images": [
            turn("user", text_part("Compare"), image_part("tall"), text_part("with"), image_part("strip"), text_part("!"))
        ],
        "two_turns_two_images": [
            turn("user", image_part("strip"), text_part("Is there a heart?")),
            turn("assistant", text_part("Yes, there is.")),
            turn("user", text_part("And here?"), image_part("square")),
        ],
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
        "vision_use_head": False,
    }


def text() -> dict:
    """Heads of 16 whose scores are scaled as if they were 24 wide; full layers are every second one."""
    return {
        "model_type": "gemma3_text",
        "vocab_size": tiny_tokenizers.VOCABULARY,
        "hidden_size": 48,
        "intermediate_size": 64,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "query_pre_attn_scalar": 24,
        "sliding_window": WINDOW,
        "max_position_embeddings": 1024,
        "pad_token_id": IDS["<pad>"],
        "bos_token_id": IDS["<bos>"],
        "eos_token_id": IDS["<eos>"],
    }


def config() -> Gemma3Config:
    return Gemma3Config(
        vision_config=vision(),
        text_config=text()
        | {"sliding_window_pattern": 2, "rope_scaling": {"rope_type": "linear", "factor": 8.0}, "rope_theta": 1e6},
        mm_tokens_per_image=TOKENS,
        image_token_index=IDS["<image_soft_token>"],
        boi_token_index=IDS["<start_of_image>"],
        eoi_token_index=IDS["<end_of_image>"],
    )


def build_processor(pan_and_scan: bool) -> Gemma3Processor:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizers.chat(MARKS),
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        padding_side="left",
        model_max_length=1024,
        extra_special_tokens={
            "image_token": "<image_soft_token>",
            "boi_token": "<start_of_image>",
            "eoi_token": "<end_of_image>",
        },
    )
    crops = {"do_pan_and_scan": True, "pan_and_scan_min_crop_size": 30, "pan_and_scan_max_num_crops": 3} if pan_and_scan else {}
    pictures = Gemma3ImageProcessorPil(
        size={"height": SIDE, "width": SIDE}, image_mean=[0.5] * 3, image_std=[0.5] * 3, **crops
    )
    processor = Gemma3Processor(pictures, tokenizer, image_seq_length=TOKENS, chat_template=TEMPLATE)
    if pan_and_scan:
        # The class turns it off for every call; a file that turns it on is what users have.
        processor.images_kwargs = Gemma3Processor.images_kwargs | {
            "do_pan_and_scan": True,
            "pan_and_scan_min_crop_size": 30,
            "pan_and_scan_max_num_crops": 3,
        }
    return processor


def save_current(model, processor, folder: Path) -> None:
    model.save_pretrained(folder, save_original_format=False)
    processor.tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    pictures = json.loads(processor.image_processor.to_json_string())
    write_json(
        folder / "processor_config.json",
        {
            "image_processor": pictures | {"image_processor_type": "Gemma3ImageProcessor"},
            "image_seq_length": TOKENS,
            "processor_class": "Gemma3Processor",
        },
    )


def save_published(model, processor, folder: Path) -> None:
    """As Gemma 3 on the Hub."""
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue  # tied
        name = name.removeprefix("model.")
        name = name.replace("language_model.", "language_model.model.", 1)
        name = name.replace("vision_tower.", "vision_tower.vision_model.", 1)
        tensors[name] = tensor.to(torch.bfloat16)
    write_tensors(folder / "model.safetensors", tensors)
    left_out = ("pad_token_id", "bos_token_id", "eos_token_id")
    write_json(
        folder / "config.json",
        {
            "architectures": ["Gemma3ForConditionalGeneration"],
            "boi_token_index": IDS["<start_of_image>"],
            "eoi_token_index": IDS["<end_of_image>"],
            "eos_token_id": [IDS["<eos>"], IDS["<end_of_turn>"]],
            "image_token_index": IDS["<image_soft_token>"],
            "initializer_range": 0.02,
            "mm_tokens_per_image": TOKENS,
            "model_type": "gemma3",
            "text_config": {key: value for key, value in text().items() if key not in left_out}
            | {"rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window_pattern": 2},
            "torch_dtype": "bfloat16",
            "transformers_version": "4.50.0.dev0",
            "vision_config": vision(),
        },
    )
    processor.tokenizer.save_pretrained(folder)
    write_json(folder / "chat_template.json", {"chat_template": TEMPLATE})
    write_json(
        folder / "preprocessor_config.json",
        {
            "do_convert_rgb": None,
            "do_normalize": True,
            "do_pan_and_scan": True,
            "do_rescale": True,
            "do_resize": True,
            "image_mean": [0.5, 0.5, 0.5],
            "image_processor_type": "Gemma3ImageProcessor",
            "image_seq_length": TOKENS,
            "image_std": [0.5, 0.5, 0.5],
            "pan_and_scan_max_num_crops": 3,
            "pan_and_scan_min_crop_size": 30,
            "pan_and_scan_min_ratio_to_activate": None,
            "processor_class": "Gemma3Processor",
            "resample": 2,
            "rescale_factor": 0.00392156862745098,
            "size": {"height": SIDE, "width": SIDE},
        },
    )
    write_json(folder / "processor_config.json", {"image_seq_length": TOKENS, "processor_class": "Gemma3Processor"})


PARTS = Parts(
    blocks=lambda model: model.model.vision_tower.encoder.layers,
    connector=lambda model: model.model.multi_modal_projector,
    language=lambda model: model.model.language_model,
    reorder=lambda model, encoded: lambda hidden: hidden,
    pixels=lambda values: values,  # [views, 3, side, side], the whole picture first
    features=lambda model, encoded: model.model.get_image_features(encoded["pixel_values"]).pooler_output.flatten(0, 1),
)


def write_checkpoint(name: str, seed: int, pan_and_scan: bool, save) -> tuple[Path, Gemma3Processor]:
    folder = empty_folder(name)
    model = Gemma3ForConditionalGeneration(config())
    randomise(model.eval(), seed, linear_std=0.2)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "norm" in key and key.endswith("weight") and ("language_model" in key or "mm_soft" in key):
                parameter.sub_(1)  # counted from one
            if "embed_tokens" in key:
                parameter.mul_(0.12)  # scaled by the root of the width again, or no layer would matter
    model.tie_weights()
    model.generation_config = GenerationConfig(
        bos_token_id=IDS["<bos>"], eos_token_id=[IDS["<eos>"], IDS["<end_of_turn>"]], pad_token_id=IDS["<pad>"]
    )
    processor = build_processor(pan_and_scan)
    save(model, processor, folder)
    model.generation_config.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)
    (folder / "images").mkdir()
    sizes = {"wide": (90, 61, 0), "tall": (47, 73, 2), "strip": (150, 33, 1), "square": (171, 170, 3)}
    for picture, (width, height, phase) in sizes.items():
        formula_image(width, height, phase=phase).save(folder / f"images/{picture}.png")
    return folder, processor


def main() -> None:
    for name, seed, crops, save in (("gemma3", 283, False, save_current), ("gemma3-pas", 107, True, save_published)):
        folder, processor = write_checkpoint(name, seed, crops, save)
        model, loading = Gemma3ForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        unmatched = {kind: list(names) for kind, names in loading.items() if names}
        if unmatched:
            raise SystemExit(f"{name}: transformers did not read every tensor: {json.dumps(unmatched)}")
        cases = CASES | {"detailed": ("one_image",)} if crops else CASES
        write_goldens(model.eval(), processor, folder, PARTS, cases)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"{name}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
