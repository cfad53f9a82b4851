"""Four tiny checkpoints whose pictures lie on canvases of tiles, and what transformers computes with them.

llava-next               CLIP and a Llama with grouped heads, as transformers 5 writes it: f32, own head,
                         processor_config.json. Tiles of 56 pixels, five canvases.
llava-next-mistral       CLIP and a Mistral, as llava-v1.6-mistral-7b-hf is published: its tensor names, a sparse text_config
                         with rope_theta, f16, preprocessor_config.json and chat_template.json.
llava-onevision          SigLIP and a Qwen2, as transformers 5 writes it, canvases of up to 4x4 tiles, `anyres_max_2`: larger
                         ones are interpolated. Tiles of 57 pixels, which patches of 14 do not fill. With a film.
llava-onevision-tied     the same kind as llava-onevision-qwen2-0.5b-ov-hf is published: its tensor names, tied head, bf16.

Pictures of other shapes take other canvases; on all but one there is padding that the language model never sees.
"""

import json
from pathlib import Path

import torch
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    GenerationConfig,
    LlamaConfig,
    LlavaNextConfig,
    LlavaNextForConditionalGeneration,
    LlavaNextImageProcessorPil,
    LlavaNextProcessor,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    LlavaOnevisionImageProcessorPil,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    SiglipVisionConfig,
)
from transformers.models.llava_onevision.processing_llava_onevision import LlavaOnevisionProcessor

import tiny_tokenizers
from common import GOLDEN, empty_folder, formula_image, randomise, write_json, write_tensors
from family_goldens import Captured, Parts, greedy, image_part, text_part, turn, write_goldens

MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>", "<video>"]
FIRST = tiny_tokenizers.VOCABULARY - len(MARKS)
IDS = {name: FIRST + i for i, name in enumerate(MARKS)}
TILE, PATCH = 56, 14
WIDE_TILE = 57  # one pixel more than four patches

TEMPLATE = """\
{%- for message in messages -%}
{{ '<|im_start|>' + message['role'] + '\\n' }}
{%- for part in message['content'] -%}
{%- if part['type'] == 'image' -%}{{ '<image>\\n' }}
{%- elif part['type'] == 'video' -%}{{ '<video>\\n' }}
{%- elif part['type'] == 'text' -%}{{ part['text'] }}
{%- endif -%}
{%- endfor -%}
{{ '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}
"""

CASES = {
    "images": ("wide", "tall", "strip", "square"),
    "prompts": {
        "one_image": [turn("user", image_part("wide"), text_part("How many red circles are there in the picture?"))],
        "two_images": [
            turn("user", text_part("Compare"), image_part("tall"), text_part("with"), image_part("wide"), text_part("!"))
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


def build_tokenizer() -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizers.chat(MARKS),
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        padding_side="left",
        model_max_length=2048,
        extra_special_tokens={"image_token": "<image>", "video_token": "<video>"},
    )


def text(**more) -> dict:
    return {
        "vocab_size": tiny_tokenizers.VOCABULARY,
        "hidden_size": 48,
        "intermediate_size": 64,
        "num_hidden_layers": 4,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-5,
        "pad_token_id": IDS["<|endoftext|>"],
        "bos_token_id": IDS["<|im_start|>"],
        "eos_token_id": IDS["<|im_end|>"],
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
    } | more


def clip() -> dict:
    return CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=TILE,
        patch_size=PATCH,
        hidden_act="quick_gelu",
        projection_dim=32,
    ).to_dict()


def siglip() -> dict:
    return SiglipVisionConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=WIDE_TILE,
        patch_size=PATCH,
        vision_use_head=False,
    ).to_dict()


def next_canvases() -> list[list[int]]:
    return [[TILE, 2 * TILE], [2 * TILE, TILE], [2 * TILE, 2 * TILE], [3 * TILE, TILE], [TILE, 3 * TILE]]


def llava_next(words):
    config = LlavaNextConfig(
        vision_config=clip(),
        text_config=words.to_dict(),
        image_token_index=IDS["<image>"],
        image_grid_pinpoints=next_canvases(),
        image_seq_length=16,
        tie_word_embeddings=False,
    )
    pictures = LlavaNextImageProcessorPil(
        size={"shortest_edge": TILE},
        crop_size={"height": TILE, "width": TILE},
        image_grid_pinpoints=next_canvases(),
    )
    processor = LlavaNextProcessor(
        image_processor=pictures,
        tokenizer=build_tokenizer(),
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    )
    return LlavaNextForConditionalGeneration(config), processor


class StillProcessor(LlavaOnevisionProcessor):
    """Without the video processor, which needs torchvision; the film is laid out by hand in `frames`."""

    def check_argument_for_proper_class(self, argument_name, argument):
        return type(argument) if argument_name == "video_processor" else super().check_argument_for_proper_class(argument_name, argument)


def onevision(tied: bool):
    words = Qwen2Config(**text(tie_word_embeddings=tied))
    canvases = [[rows * WIDE_TILE, cols * WIDE_TILE] for rows in range(1, 5) for cols in range(1, 5)]
    config = LlavaOnevisionConfig(
        vision_config=siglip(),
        text_config=words.to_dict(),
        image_token_index=IDS["<image>"],
        video_token_index=IDS["<video>"],
        image_grid_pinpoints=canvases,
        vision_aspect_ratio="anyres_max_2",
        tie_word_embeddings=tied,
    )
    pictures = LlavaOnevisionImageProcessorPil(
        size={"height": WIDE_TILE, "width": WIDE_TILE},
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
        image_grid_pinpoints=canvases,
    )
    processor = StillProcessor(
        pictures,
        build_tokenizer(),
        None,
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        vision_aspect_ratio="anyres_max_2",
        chat_template=TEMPLATE,
    )
    return LlavaOnevisionForConditionalGeneration(config), processor


def save_current(model, processor, folder: Path) -> None:
    model.save_pretrained(folder, save_original_format=False)
    processor.tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    pictures = json.loads(processor.image_processor.to_json_string())
    kind = type(processor.image_processor).__name__.removesuffix("Pil")
    write_json(folder / "processor_config.json", {"image_processor": pictures | {"image_processor_type": kind}})


def save_published(model, processor, folder: Path, dtype: torch.dtype, text_keys: tuple[str, ...]) -> None:
    """Tensor names, config keys and files as the first checkpoints on the Hub have them."""
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and model.config.tie_word_embeddings:
            continue
        name = name.removeprefix("model.").replace("lm_head", "language_model.lm_head")
        if name.startswith("language_model.") and "lm_head" not in name:
            name = name.replace("language_model.", "language_model.model.", 1)
        tensors[name.replace("vision_tower.", "vision_tower.vision_model.", 1)] = tensor.to(dtype)
    write_tensors(folder / "model.safetensors", tensors)
    config = model.config.to_dict()
    own = config["text_config"]
    kept = {key: own[key] for key in ("model_type", *text_keys)}
    kept |= {"rope_theta": own["rope_parameters"]["rope_theta"], "torch_dtype": str(dtype).removeprefix("torch.")}
    vision_keys = ("hidden_size", "image_size", "intermediate_size", "model_type", "num_attention_heads")
    vision_keys += ("num_hidden_layers", "patch_size", "vision_use_head")
    published = {
        "architectures": [type(model).__name__],
        "ignore_index": -100,
        "image_grid_pinpoints": config["image_grid_pinpoints"],
        "image_token_index": IDS["<image>"],
        "model_type": config["model_type"],
        "projector_hidden_act": "gelu",
        "text_config": kept,
        "tie_word_embeddings": config["tie_word_embeddings"],
        "torch_dtype": str(dtype).removeprefix("torch."),
        "vision_config": {key: config["vision_config"][key] for key in vision_keys if key in config["vision_config"]},
        "vision_feature_layer": config["vision_feature_layer"],
        "vision_feature_select_strategy": config["vision_feature_select_strategy"],
    }
    if "video_token_index" in config or config["model_type"] == "llava_onevision":
        published |= {"video_token_index": IDS["<video>"], "vision_aspect_ratio": config["vision_aspect_ratio"]}
    write_json(folder / "config.json", published)
    processor.tokenizer.save_pretrained(folder)
    write_json(folder / "chat_template.json", {"chat_template": TEMPLATE})
    pictures = json.loads(processor.image_processor.to_json_string())
    kind = type(processor.image_processor).__name__.removesuffix("Pil")
    keys = ("do_center_crop", "do_convert_rgb", "do_normalize", "do_pad", "do_rescale", "do_resize", "image_mean")
    keys += ("image_grid_pinpoints", "image_std", "resample", "rescale_factor", "size")
    write_json(
        folder / "preprocessor_config.json",
        {key: pictures[key] for key in keys if key in pictures} | {"image_processor_type": kind},
    )


def features(model, encoded) -> torch.Tensor:
    with Captured(projector=model.model.multi_modal_projector) as captured:
        more = {"batch_num_images": encoded["batch_num_images"]} if "batch_num_images" in encoded else {}
        model.model.get_image_features(encoded["pixel_values"], encoded["image_sizes"], **more)
    return captured.outputs["projector"].flatten(0, 1)


def blocks(model):
    return model.model.vision_tower.encoder.layers


PARTS = Parts(
    blocks=blocks,
    connector=lambda model: model.model.multi_modal_projector,
    language=lambda model: model.model.language_model,
    reorder=lambda model, encoded: lambda hidden: hidden,
    pixels=lambda values: values[0],  # [views, 3, side, side], all of the picture first
    features=features,
)


def frames(model, processor, folder: Path) -> dict:
    """A film of three frames of 90x70 pixels, half a second apart."""
    pictures = [formula_image(90, 70, phase=i) for i in range(3)]
    (folder / "frames").mkdir()
    for i, picture in enumerate(pictures):
        picture.save(folder / f"frames/{i}.png")
    still = CLIPImageProcessorPil(
        size={"height": WIDE_TILE, "width": WIDE_TILE},
        do_center_crop=False,
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )
    pixels = still(pictures, return_tensors="pt")["pixel_values"]
    message = {"role": "user", "content": [{"type": "video"}, text_part("What changes?")]}
    rendered = processor.apply_chat_template([message], tokenize=False, add_generation_prompt=True)
    tokens = 3 * 2 * 2 + 1
    ids = processor.tokenizer(rendered.replace("<video>", "<video>" * tokens), return_tensors="pt", add_special_tokens=False)
    encoded = {**ids, "pixel_values_videos": pixels[None]}
    with torch.inference_mode():
        record, logits = greedy(model, processor, encoded)
    write_tensors(folder / "frames.safetensors", {"pixel_values": pixels, "logits": logits})
    return record | {"rendered": rendered, "frames": [f"frames/{i}.png" for i in range(3)], "frames_per_second": 2.0}


def counts() -> None:
    """Tokens that pictures of many sizes take in the published geometries: what the two processors count."""
    stream = torch.Generator().manual_seed(5)
    sizes = [(1, 1), (336, 336), (384, 384), (672, 336), (4000, 3000), (3000, 4000), (5000, 20), (20, 5000)]
    sizes += [tuple(torch.randint(1, 1 << int(bits), (2,), generator=stream).tolist()) for bits in range(5, 13) for _ in range(25)]
    small = LlavaNextProcessor(
        image_processor=LlavaNextImageProcessorPil(size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336}),
        tokenizer=build_tokenizer(),
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    )
    large = StillProcessor(
        LlavaOnevisionImageProcessorPil(), build_tokenizer(), None, num_image_tokens=729, vision_feature_select_strategy="full"
    )
    rows = []
    for width, height in sizes:
        sides = [(height, width)]
        rows.append(
            [width, height]
            + [p._get_num_multimodal_tokens(image_sizes=sides)["num_image_tokens"][0] for p in (small, large)]
        )
    lines = ",\n".join(json.dumps(row) for row in rows)
    (GOLDEN / "any-resolution.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


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
    sizes = {"wide": (90, 61, 0), "tall": (47, 103, 2), "strip": (290, 41, 1), "square": (171, 170, 3)}
    for picture, (width, height, phase) in sizes.items():
        formula_image(width, height, phase=phase).save(folder / f"images/{picture}.png")
    return folder


def published(dtype: torch.dtype, *keys: str):
    usual = ("hidden_size", "intermediate_size", "max_position_embeddings", "num_attention_heads", "num_hidden_layers")
    usual += ("num_key_value_heads", "rms_norm_eps", "vocab_size")
    return lambda model, processor, folder: save_published(model, processor, folder, dtype, usual + keys)


def main() -> None:
    cases = (
        ("llava-next", 81, lambda: llava_next(LlamaConfig(**text())), save_current),
        (
            "llava-next-mistral",
            142,
            lambda: llava_next(MistralConfig(**text(sliding_window=None, head_dim=8))),
            published(torch.float16, "sliding_window"),
        ),
        ("llava-onevision", 93, lambda: onevision(False), save_current),
        ("llava-onevision-tied", 74, lambda: onevision(True), published(torch.bfloat16, "use_sliding_window")),
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
        if name == "llava-onevision":
            golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
            write_json(folder / "golden.json", golden | {"frames": frames(model, processor, folder)})
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"{name}: {size / 1024:.0f} KiB")
    counts()


if __name__ == "__main__":
    main()
