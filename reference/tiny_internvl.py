"""Two tiny InternVL checkpoints in the `-hf` layout and what transformers computes with them.

internvl         InternViT and a Qwen2, as transformers 5 writes it: layer norms, layer scale, biases, one grid of at most six
                 tiles of 56 pixels; four patches make one token. With a film.
internvl-large   as the published InternVL3-8B-hf and larger are: their tensor names and keys, bf16, RMS norms and norms of
                 queries and keys over all heads together, preprocessor_config.json with crop_to_patches false.
"""

import json
from pathlib import Path

import torch
from transformers import (
    CLIPImageProcessorPil,
    GenerationConfig,
    GotOcr2ImageProcessorPil,
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLProcessor,
    InternVLVisionConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

import tiny_tokenizers
from common import empty_folder, formula_image, randomise, write_json, write_tensors
from family_goldens import Parts, greedy, image_part, text_part, turn, write_goldens

MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>", "<video>"]
FIRST = tiny_tokenizers.VOCABULARY - len(MARKS)
IDS = {name: FIRST + i for i, name in enumerate(MARKS)}
TILE, PATCH = 56, 14
TOKENS = (TILE // PATCH // 2) ** 2

TEMPLATE = """\
{%- for message in messages -%}
{{ '<|im_start|>' + message['role'] + '\\n' }}
{%- if message['content'] is string -%}{{ message['content'] }}
{%- else -%}
{%- for part in message['content'] -%}
{%- if part['type'] == 'image' -%}{{ '<IMG_CONTEXT>\\n' }}
{%- elif part['type'] == 'video' -%}{{ '<video>\\n' }}
{%- elif part['type'] == 'text' -%}{{ part['text'] }}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{{ '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}
"""

CASES = {
    "images": ("wide", "tall", "strip", "square"),
    "prompts": {
        "one_image": [turn("user", image_part("wide"), text_part("How many red circles are there in the picture?"))],
        "two_images": [
            turn("user", text_part("Compare"), image_part("tall"), text_part("with"), image_part("small"), text_part("!"))
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


def internvl(large: bool):
    vision = InternVLVisionConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        attention_bias=not large,
        use_qk_norm=large,
        norm_type="rms_norm" if large else "layer_norm",
        image_size=[TILE, TILE],
        patch_size=[PATCH, PATCH],
    )
    words = Qwen2Config(
        vocab_size=tiny_tokenizers.VOCABULARY,
        hidden_size=48,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=6,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        rms_norm_eps=1e-6,
        pad_token_id=IDS["<|endoftext|>"],
        bos_token_id=IDS["<|im_start|>"],
        eos_token_id=IDS["<|im_end|>"],
        rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
        tie_word_embeddings=False,
    )
    config = InternVLConfig(
        vision_config=vision.to_dict(),
        text_config=words.to_dict(),
        image_token_id=IDS["<IMG_CONTEXT>"],
        image_seq_length=TOKENS,
        tie_word_embeddings=False,
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizers.chat(MARKS),
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        padding_side="left",
        model_max_length=1024,
        extra_special_tokens={
            "context_image_token": "<IMG_CONTEXT>",
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "video_token": "<video>",
        },
    )
    pictures = GotOcr2ImageProcessorPil(size={"height": TILE, "width": TILE}, max_patches=6, crop_to_patches=not large)
    processor = StillProcessor(pictures, tokenizer, None, image_seq_length=TOKENS, chat_template=TEMPLATE)
    return InternVLForConditionalGeneration(config), processor


class StillProcessor(InternVLProcessor):
    """Without the video processor, which needs torchvision; the film is laid out by hand in `frames`."""

    def check_argument_for_proper_class(self, argument_name, argument):
        return type(argument) if argument_name == "video_processor" else super().check_argument_for_proper_class(argument_name, argument)


def save_current(model, processor, folder: Path) -> None:
    model.save_pretrained(folder, save_original_format=False)
    processor.tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    pictures = json.loads(processor.image_processor.to_json_string())
    write_json(
        folder / "processor_config.json",
        {
            "image_processor": pictures | {"image_processor_type": "GotOcr2ImageProcessor"},
            "image_seq_length": TOKENS,
            "processor_class": "InternVLProcessor",
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
    keys = ("hidden_act", "hidden_size", "intermediate_size", "max_position_embeddings", "model_type")
    keys += ("num_attention_heads", "num_hidden_layers", "num_key_value_heads", "rms_norm_eps", "tie_word_embeddings")
    keys += ("use_cache", "use_sliding_window", "vocab_size")
    words = {key: own[key] for key in keys} | {"rope_scaling": None, "rope_theta": 1000000.0, "sliding_window": None}
    vision_keys = ("attention_bias", "attention_dropout", "hidden_act", "hidden_dropout_prob", "hidden_size", "image_size")
    vision_keys += ("initializer_range", "intermediate_size", "layer_norm_eps", "layer_scale_init_value", "model_type")
    vision_keys += ("norm_type", "num_attention_heads", "num_channels", "num_hidden_layers", "patch_size")
    vision_keys += ("projection_dropout", "use_absolute_position_embeddings", "use_mask_token", "use_mean_pooling")
    vision_keys += ("use_qk_norm",)
    write_json(
        folder / "config.json",
        {
            "architectures": ["InternVLForConditionalGeneration"],
            "downsample_ratio": 0.5,
            "image_seq_length": TOKENS,
            "image_token_id": IDS["<IMG_CONTEXT>"],
            "model_type": "internvl",
            "projector_hidden_act": "gelu",
            "text_config": words | {"torch_dtype": "bfloat16"},
            "tie_word_embeddings": False,
            "torch_dtype": "bfloat16",
            "vision_config": {key: config["vision_config"][key] for key in vision_keys},
            "vision_feature_layer": -1,
            "vision_feature_select_strategy": "default",
        },
    )
    processor.tokenizer.save_pretrained(folder)
    write_json(folder / "chat_template.json", {"chat_template": TEMPLATE})
    pictures = json.loads(processor.image_processor.to_json_string())
    keys = ("crop_to_patches", "do_convert_rgb", "do_normalize", "do_rescale", "do_resize", "image_mean", "image_std")
    keys += ("max_patches", "min_patches", "resample", "rescale_factor", "size")
    write_json(
        folder / "preprocessor_config.json",
        {key: pictures[key] for key in keys}
        | {"image_processor_type": "GotOcr2ImageProcessorFast", "processor_class": "InternVLProcessor"},
    )


def features(model, encoded) -> torch.Tensor:
    return model.model.get_image_features(encoded["pixel_values"], return_dict=True).pooler_output.flatten(0, 1)


PARTS = Parts(
    blocks=lambda model: model.model.vision_tower.encoder.layer,
    connector=lambda model: model.model.multi_modal_projector,
    language=lambda model: model.model.language_model,
    reorder=lambda model, encoded: lambda hidden: hidden,
    pixels=lambda values: values,  # [views, 3, side, side], the overview last
    features=features,
)
WITH_FRAMES = ("internvl",)


def frames(model, processor, folder: Path) -> dict:
    """A film of three frames of 90x70 pixels, half a second apart."""
    pictures = [formula_image(90, 70, phase=i) for i in range(3)]
    (folder / "frames").mkdir()
    for i, picture in enumerate(pictures):
        picture.save(folder / f"frames/{i}.png")
    still = CLIPImageProcessorPil(size={"height": TILE, "width": TILE}, do_center_crop=False)
    pixels = still(pictures, return_tensors="pt")["pixel_values"]
    message = {"role": "user", "content": [{"type": "video"}, text_part("What changes?")]}
    rendered = processor.apply_chat_template([message], tokenize=False, add_generation_prompt=True)
    film = processor.replace_video_token({"pixel_values_videos": pixels[None]}, 0)
    ids = processor.tokenizer(rendered.replace("<video>", film), return_tensors="pt", add_special_tokens=False)
    with torch.inference_mode():
        record, logits = greedy(model, processor, {**ids, "pixel_values": pixels})
    write_tensors(folder / "frames.safetensors", {"pixel_values": pixels, "logits": logits})
    return record | {"rendered": rendered, "frames": [f"frames/{i}.png" for i in range(3)], "frames_per_second": 2.0}


def write_checkpoint(name: str, seed: int, model, processor, save) -> Path:
    folder = empty_folder(name)
    randomise(model.eval(), seed, linear_std=0.2)
    model.tie_weights()
    model.generation_config = GenerationConfig(
        bos_token_id=IDS["<|im_start|>"], eos_token_id=IDS["<|im_end|>"], pad_token_id=IDS["<|endoftext|>"]
    )
    save(model, processor, folder)
    model.generation_config.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)
    (folder / "images").mkdir()
    sizes = {"wide": (90, 61, 0), "tall": (47, 103, 2), "strip": (290, 41, 1), "square": (171, 170, 3), "small": (30, 29, 1)}
    for picture, (width, height, phase) in sizes.items():
        formula_image(width, height, phase=phase).save(folder / f"images/{picture}.png")
    return folder


def main() -> None:
    cases = (
        ("internvl", 121, lambda: internvl(False), save_current),
        ("internvl-large", 132, lambda: internvl(True), save_published),
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
        if name in WITH_FRAMES:
            golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
            write_json(folder / "golden.json", golden | {"frames": frames(model, processor, folder)})
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"{name}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
