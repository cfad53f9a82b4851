"""Three tiny checkpoints of the Idefics3 kind in the Hugging Face layout and what transformers computes with them.

idefics3   as transformers 5 writes it: f32, own head, rope_parameters, processor_config.json, tiles of 56 pixels of which
           four patches make one token (scale factor 2).
smolvlm    as the published SmolVLM2 checkpoints are: torch_dtype and rope_theta, bf16, tied head,
           preprocessor_config.json, chat_template.json, scale factor 4 (sixteen patches make one token).
granite-docling  the keys and files of granite-docling-258M: an idefics3 with every key of its parts written out, `dtype`
           and a `rope_scaling` of null, bf16, tied head, scale factor 4, preprocessor_config.json beside
           chat_template.jinja.

Pictures of other shapes become grids of tiles with separators and a global picture; one is small enough not to be split.
"""

import json
from pathlib import Path

import torch
from transformers import (
    GenerationConfig,
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3ImageProcessorPil,
    PreTrainedTokenizerFast,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
)
from transformers.models.idefics3.processing_idefics3 import Idefics3Processor
from transformers.models.smolvlm.processing_smolvlm import SmolVLMProcessor

import tiny_tokenizers
from common import empty_folder, formula_image, randomise, write_json, write_tensors
from family_goldens import Parts, image_part, text_part, turn, write_goldens

MARKS = ["<|endoftext|>", "<|im_start|>", "<end_of_utterance>", "<fake_token_around_image>", "<image>", "<global-img>"]
MARKS += [f"<row_{row}_col_{col}>" for row in range(1, 4) for col in range(1, 4)]
FIRST = tiny_tokenizers.VOCABULARY - len(MARKS)
IDS = {name: FIRST + i for i, name in enumerate(MARKS)}
TILE, PATCH = 56, 14

TEMPLATE = """\
<|im_start|>
{%- for message in messages -%}
{{ message.role | capitalize }}
{%- if message.content[0].type == 'image' -%}{{ ':' }}{%- else -%}{{ ': ' }}{%- endif -%}
{%- for part in message.content -%}
{%- if part.type == 'text' -%}{{ part.text }}
{%- elif part.type == 'image' -%}{{ '<image>' }}
{%- endif -%}
{%- endfor -%}
{{ '<end_of_utterance>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ 'Assistant:' }}{%- endif -%}
"""

CASES = {
    # Tiles of the longer side scaled to three: 3x3, 3x2 and 1x3, each with a global picture behind them.
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
    # Processors of this kind take no prompt without pictures beside others.
    "batch": ("one_image", "two_images", "two_turns_two_images"),
}


def vision() -> dict:
    return {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "image_size": TILE,
        "patch_size": PATCH,
        "hidden_act": "gelu_pytorch_tanh",
    }


def text(tied: bool, pad: int) -> dict:
    return {
        "model_type": "llama",
        "vocab_size": tiny_tokenizers.VOCABULARY,
        "hidden_size": 48,
        "intermediate_size": 64,
        "num_hidden_layers": 4,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "max_position_embeddings": 1024,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
        "pad_token_id": pad,
        "bos_token_id": IDS["<|im_start|>"],
        "eos_token_id": IDS["<end_of_utterance>"],
        "tie_word_embeddings": tied,
    }


def build_tokenizer() -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizers.chat(MARKS),
        bos_token="<|im_start|>",
        eos_token="<end_of_utterance>",
        pad_token="<|endoftext|>",
        padding_side="left",
        model_max_length=1024,
    )


def build_pictures() -> Idefics3ImageProcessorPil:
    return Idefics3ImageProcessorPil(
        size={"longest_edge": 3 * TILE},
        max_image_size={"longest_edge": TILE},
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )


class StillProcessor(SmolVLMProcessor):
    """Without the video processor, which needs torchvision."""

    def check_argument_for_proper_class(self, argument_name, argument):
        return type(argument) if argument_name == "video_processor" else super().check_argument_for_proper_class(argument_name, argument)

    def apply_chat_template(self, conversation, **given):
        return super(SmolVLMProcessor, self).apply_chat_template(conversation, **given)


def idefics3():
    config = Idefics3Config(
        vision_config=vision(),
        text_config=text(False, IDS["<|endoftext|>"]),
        image_token_id=IDS["<image>"],
        scale_factor=2,
        pad_token_id=IDS["<|endoftext|>"],
        tie_word_embeddings=False,
    )
    processor = Idefics3Processor(build_pictures(), build_tokenizer(), image_seq_len=4, chat_template=TEMPLATE)
    return Idefics3ForConditionalGeneration(config), processor


def smolvlm():
    config = SmolVLMConfig(
        vision_config=vision(),
        text_config=text(True, IDS["<|endoftext|>"]),
        image_token_id=IDS["<image>"],
        scale_factor=4,
        pad_token_id=IDS["<|endoftext|>"],
        tie_word_embeddings=True,
    )
    processor = StillProcessor(build_pictures(), build_tokenizer(), None, image_seq_len=1, chat_template=TEMPLATE)
    return SmolVLMForConditionalGeneration(config), processor


def save_current(model, processor, folder: Path) -> None:
    model.save_pretrained(folder, save_original_format=False)
    processor.tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    pictures = json.loads(processor.image_processor.to_json_string())
    write_json(
        folder / "processor_config.json",
        {
            "image_processor": pictures | {"image_processor_type": "Idefics3ImageProcessor"},
            "image_seq_len": 4,
            "processor_class": "Idefics3Processor",
        },
    )


def save_published(model, processor, folder: Path) -> None:
    """As SmolVLM2 on the Hub."""
    write_tensors(
        folder / "model.safetensors",
        {name: tensor.to(torch.bfloat16) for name, tensor in model.state_dict().items() if name != "lm_head.weight"},
    )
    own = model.config.text_config.to_dict()
    text_keys = ("bos_token_id", "eos_token_id", "hidden_size", "intermediate_size", "max_position_embeddings")
    text_keys += ("model_type", "num_attention_heads", "num_hidden_layers", "num_key_value_heads", "pad_token_id")
    text_keys += ("rms_norm_eps", "vocab_size")
    write_json(
        folder / "config.json",
        {
            "architectures": ["SmolVLMForConditionalGeneration"],
            "image_token_id": IDS["<image>"],
            "model_type": "smolvlm",
            "pad_token_id": IDS["<|endoftext|>"],
            "scale_factor": 4,
            "text_config": {key: own[key] for key in text_keys} | {"rope_theta": 10000.0, "torch_dtype": "bfloat16"},
            "tie_word_embeddings": True,
            "torch_dtype": "bfloat16",
            "transformers_version": "4.47.1",
            "use_cache": False,
            "vision_config": vision()
            | {"max_image_size": {"longest_edge": TILE}, "model_type": "smolvlm_vision", "num_channels": 3},
        },
    )
    processor.tokenizer.save_pretrained(folder)
    write_json(folder / "chat_template.json", {"chat_template": TEMPLATE})
    pictures = json.loads(processor.image_processor.to_json_string())
    keys = ("do_convert_rgb", "do_image_splitting", "do_normalize", "do_pad", "do_rescale", "do_resize", "image_mean")
    keys += ("image_std", "max_image_size", "resample", "rescale_factor", "size")
    write_json(
        folder / "preprocessor_config.json",
        {key: pictures[key] for key in keys}
        | {"image_processor_type": "SmolVLMImageProcessor", "processor_class": "SmolVLMProcessor"},
    )
    write_json(folder / "processor_config.json", {"image_seq_len": 1, "processor_class": "SmolVLMProcessor"})


def docling():
    made, processor = idefics3()
    config = Idefics3Config(
        vision_config=vision(),
        text_config=text(True, IDS["<|endoftext|>"]) | {"head_dim": 8},
        image_token_id=IDS["<image>"],
        scale_factor=4,
        pad_token_id=IDS["<|endoftext|>"],
        tie_word_embeddings=True,
    )
    processor.image_seq_len = 1
    return Idefics3ForConditionalGeneration(config), processor


def save_docling(model, processor, folder: Path) -> None:
    write_tensors(
        folder / "model.safetensors",
        {name: tensor.to(torch.bfloat16) for name, tensor in model.state_dict().items() if name != "lm_head.weight"},
    )
    config = model.config.to_dict()
    own = config["text_config"]
    keys = ("attention_bias", "attention_dropout", "bos_token_id", "eos_token_id", "head_dim", "hidden_act", "hidden_size")
    keys += ("initializer_range", "intermediate_size", "max_position_embeddings", "mlp_bias", "model_type")
    keys += ("num_attention_heads", "num_hidden_layers", "num_key_value_heads", "pad_token_id", "pretraining_tp")
    keys += ("rms_norm_eps", "tie_word_embeddings", "vocab_size")
    vision_keys = ("attention_dropout", "hidden_act", "hidden_size", "image_size", "initializer_range", "intermediate_size")
    vision_keys += ("layer_norm_eps", "model_type", "num_attention_heads", "num_channels", "num_hidden_layers", "patch_size")
    edges = {"max_image_size": {"longest_edge": TILE}, "size": {"longest_edge": TILE}}
    write_json(
        folder / "config.json",
        {
            "architectures": ["Idefics3ForConditionalGeneration"],
            "bos_token_id": IDS["<|im_start|>"],
            "dtype": "bfloat16",
            "eos_token_id": IDS["<end_of_utterance>"],
            "image_token_id": IDS["<image>"],
            "model_type": "idefics3",
            "pad_token_id": IDS["<|endoftext|>"],
            "scale_factor": 4,
            "text_config": {key: own[key] for key in keys}
            | {"dtype": "bfloat16", "rope_scaling": None, "rope_theta": 10000.0, "use_cache": False},
            "tie_word_embeddings": True,
            "transformers_version": "4.56.1",
            "use_cache": True,
            "vision_config": {key: config["vision_config"][key] for key in vision_keys} | edges,
            "vocab_size": tiny_tokenizers.VOCABULARY,
        },
    )
    processor.tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    pictures = json.loads(processor.image_processor.to_json_string())
    keys = ("do_convert_rgb", "do_image_splitting", "do_normalize", "do_pad", "do_rescale", "do_resize", "image_mean")
    keys += ("image_std", "max_image_size", "resample", "rescale_factor", "size")
    write_json(
        folder / "preprocessor_config.json",
        {key: pictures[key] for key in keys}
        | {"image_processor_type": "Idefics3ImageProcessor", "processor_class": "Idefics3Processor"},
    )
    write_json(folder / "processor_config.json", {"image_seq_len": 1, "processor_class": "Idefics3Processor"})


def features(model, encoded) -> torch.Tensor:
    found = model.model.get_image_features(encoded["pixel_values"], encoded["pixel_attention_mask"])
    return torch.cat(list(found.pooler_output)).reshape(-1, model.config.text_config.hidden_size)


PARTS = Parts(
    blocks=lambda model: model.model.vision_model.encoder.layers,
    connector=lambda model: model.model.connector,
    language=lambda model: model.model.text_model,
    reorder=lambda model, encoded: lambda hidden: hidden,
    pixels=lambda values: values[0],  # [tiles, 3, side, side], the global picture last
    features=features,
)


def write_checkpoint(name: str, seed: int, model, processor, save) -> Path:
    folder = empty_folder(name)
    randomise(model.eval(), seed, linear_std=0.2)
    model.tie_weights()
    model.generation_config = GenerationConfig(
        bos_token_id=IDS["<|im_start|>"], eos_token_id=IDS["<end_of_utterance>"], pad_token_id=IDS["<|endoftext|>"]
    )
    save(model, processor, folder)
    model.generation_config.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)
    (folder / "images").mkdir()
    sizes = {"wide": (90, 61, 0), "tall": (47, 73, 2), "strip": (150, 33, 1), "square": (171, 170, 3)}
    for picture, (width, height, phase) in sizes.items():
        formula_image(width, height, phase=phase).save(folder / f"images/{picture}.png")
    return folder


def main() -> None:
    cases = (
        ("idefics3", 61, idefics3, save_current),
        ("smolvlm", 62, smolvlm, save_published),
        ("granite-docling", 73, docling, save_docling),
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
