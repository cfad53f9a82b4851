"""Two tiny LLaVA checkpoints in the Hugging Face layout and what transformers computes with them.

llava-mha  multi-head attention, untied head, quick_gelu, feature layer -2 without CLS, default rotary embedding;
           today's tensor names and config keys, f32, two shards, byte-level tokenizer that adds <s> itself,
           chat_template.jinja.
llava-gqa  grouped-query attention, tied head, gelu, features of two layers with CLS, Llama-3 rotary scaling;
           the first generation's tensor names and config keys, f16, one file, Llama tokenizer with byte fallback,
           chat_template.json whose template writes <s>.

Everything is computed in f32 with eager attention from the files as written, never from the model that wrote them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import torch
from tokenizers import Tokenizer
from transformers import (
    AutoProcessor,
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    GenerationConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

import tiny_tokenizers
from common import empty_folder, formula_image, randomise, write_json, write_tensors
from llava_goldens import write_goldens

IMAGE_SIZE, PATCH = 56, 14

# The LLaVA-1.5 way: roles in capitals, pictures before words, and the {% generation %} tag that such templates carry.
ROLE_TEMPLATE = """\
{%- for message in messages -%}
{%- if message['role'] == 'system' -%}
{{ message['content'][0]['text'] }}{{ ' ' }}
{%- elif message['role'] == 'user' -%}
{{ message['role'].upper() }}: {% for part in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\\n' }}{% endfor -%}
{%- for part in message['content'] | selectattr('type', 'equalto', 'text') -%}
{{ part['text'] }}{{ ' ' }}
{%- endfor -%}
{%- elif message['role'] == 'assistant' -%}
ASSISTANT: {% generation %}{{ message['content'][0]['text'] | trim }}{{ eos_token }}{% endgeneration %}{{ ' ' }}
{%- else -%}
{{ raise_exception('Unknown role ' ~ message['role']) }}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
ASSISTANT:
{%- endif -%}
"""

# The instruct way: the template itself begins with <s>, turns stand between marks, parts keep their written order.
TURN_TEMPLATE = """\
{{ bos_token }}
{%- set state = namespace(pictures=0) -%}
{%- for message in messages -%}
[{{ message.role }}]
{%- if message.content is string -%}
{{ ' ' + message.content }}
{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'image' -%}
{%- set state.pictures = state.pictures + 1 -%}
{{ ' <image>' }}
{%- elif part.type == 'text' -%}
{{ ' ' + part.text | trim }}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{%- if not loop.last or message.role == 'assistant' -%}
{{ '\\n' }}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '\\n[assistant]' }}
{%- endif -%}
"""


@dataclass(frozen=True)
class Checkpoint:
    """What sets one of the two checkpoints apart; the rest is shared.

    The seeds were chosen: no greedy step is close, and llava-mha writes </s> before the last step in three prompts.
    """

    name: str
    seed: int
    config: LlavaConfig
    tokenizer: Callable[[], Tokenizer]
    template: str
    save: Callable[[LlavaForConditionalGeneration, LlavaProcessor, Path], None]


def vision_config(activation: str) -> dict:
    config = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=4,
        image_size=IMAGE_SIZE,
        patch_size=PATCH,
        hidden_act=activation,
        projection_dim=32,
    )
    return config.to_dict()


def llava_config(vision: dict, text: dict, feature_layer: int | list[int], select: str) -> LlavaConfig:
    return LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=tiny_tokenizers.SPECIALS.index("<image>"),
        image_seq_length=(IMAGE_SIZE // PATCH) ** 2 + (1 if select == "full" else 0),
        vision_feature_layer=feature_layer,
        vision_feature_select_strategy=select,
        tie_word_embeddings=text.get("tie_word_embeddings", False),
    )


def multi_head() -> LlavaConfig:
    text = LlamaConfig(
        vocab_size=tiny_tokenizers.VOCABULARY,
        hidden_size=48,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=512,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        pad_token_id=3,
    )
    return llava_config(vision_config("quick_gelu"), text.to_dict(), -2, "default")


def grouped_query() -> LlavaConfig:
    text = LlamaConfig(
        vocab_size=tiny_tokenizers.VOCABULARY,
        hidden_size=64,
        intermediate_size=80,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=2,
        rms_norm_eps=1e-5,
        max_position_embeddings=512,
        # Heads are 8 wide: wavelengths 6.3, 63, 628 and 6283. With these bounds the first stays, the second is
        # interpolated and the others are divided by the factor, so that every branch of the scaling is taken.
        rope_parameters={
            "rope_type": "llama3",
            "rope_theta": 10000.0,
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 128,
        },
        tie_word_embeddings=True,
        pad_token_id=3,
    )
    return llava_config(vision_config("gelu"), text.to_dict(), [-3, -1], "full")


def save_current(model: LlavaForConditionalGeneration, processor: LlavaProcessor, folder: Path) -> None:
    """As transformers 5 names things, in two shards."""
    model.save_pretrained(folder, max_shard_size="400KB", save_original_format=False)
    processor.save_pretrained(folder)
    # Version 5 folds the image processor into processor_config.json; the older file of its own stands beside it.
    processor.image_processor.save_pretrained(folder)


def save_first_generation(model: LlavaForConditionalGeneration, processor: LlavaProcessor, folder: Path) -> None:
    """As the first LLaVA checkpoints on the Hub: their tensor names, config keys and separate processor files."""
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue  # tied
        name = name.removeprefix("model.")
        name = name.replace("language_model.", "language_model.model.", 1)
        name = name.replace("vision_tower.", "vision_tower.vision_model.", 1)
        tensors[name] = tensor.to(torch.float16)
    write_tensors(folder / "model.safetensors", tensors)

    config = model.config.to_dict()
    # Old files left defaults out, kept rotary scaling apart from its base, and called the dtype torch_dtype.
    text_keys = ("bos_token_id", "eos_token_id", "hidden_size", "intermediate_size", "max_position_embeddings")
    text_keys += ("model_type", "num_attention_heads", "num_hidden_layers", "num_key_value_heads", "pad_token_id")
    text_keys += ("rms_norm_eps", "tie_word_embeddings", "vocab_size")
    text = {key: config["text_config"][key] for key in text_keys}
    rope = dict(config["text_config"]["rope_parameters"])
    text |= {"rope_theta": rope.pop("rope_theta"), "rope_scaling": rope, "torch_dtype": "float16"}
    vision_keys = ("hidden_act", "hidden_size", "image_size", "intermediate_size", "model_type")
    vision_keys += ("num_attention_heads", "num_hidden_layers", "patch_size", "projection_dim")
    first_generation = {
        "architectures": ["LlavaForConditionalGeneration"],
        "ignore_index": -100,
        "image_token_index": config["image_token_index"],
        "model_type": "llava",
        "pad_token_id": 3,
        "projector_hidden_act": config["projector_hidden_act"],
        "text_config": text,
        "torch_dtype": "float16",
        "vision_config": {key: config["vision_config"][key] for key in vision_keys},
        "vision_feature_layer": config["vision_feature_layer"],
        "vision_feature_select_strategy": config["vision_feature_select_strategy"],
        "vocab_size": config["text_config"]["vocab_size"],
    }
    write_json(folder / "config.json", first_generation)

    processor.tokenizer.save_pretrained(folder)
    processor.image_processor.save_pretrained(folder)
    write_json(
        folder / "processor_config.json",
        {
            "image_token": "<image>",
            "num_additional_image_tokens": processor.num_additional_image_tokens,
            "patch_size": processor.patch_size,
            "processor_class": "LlavaProcessor",
            "vision_feature_select_strategy": processor.vision_feature_select_strategy,
        },
    )
    write_json(folder / "chat_template.json", {"chat_template": processor.chat_template})


CHECKPOINTS = (
    Checkpoint("llava-mha", 110, multi_head(), tiny_tokenizers.byte_level, ROLE_TEMPLATE, save_current),
    Checkpoint("llava-gqa", 55, grouped_query(), tiny_tokenizers.llama, TURN_TEMPLATE, save_first_generation),
)


def build_processor(checkpoint: Checkpoint) -> LlavaProcessor:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=checkpoint.tokenizer(),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        padding_side="left",
        model_max_length=512,
        extra_special_tokens={"image_token": "<image>"},
    )
    image_processor = CLIPImageProcessorPil(
        size={"shortest_edge": IMAGE_SIZE}, crop_size={"height": IMAGE_SIZE, "width": IMAGE_SIZE}
    )
    return LlavaProcessor(
        image_processor=image_processor,
        tokenizer=tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy=checkpoint.config.vision_feature_select_strategy,
        num_additional_image_tokens=1,
        chat_template=checkpoint.template,
    )


def write_checkpoint(checkpoint: Checkpoint) -> Path:
    folder = empty_folder(checkpoint.name)
    model = LlavaForConditionalGeneration(checkpoint.config).eval()
    randomise(model, checkpoint.seed, linear_std=0.2)
    model.tie_weights()
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=3)
    checkpoint.save(model, build_processor(checkpoint), folder)
    model.generation_config.save_pretrained(folder)

    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)

    (folder / "images").mkdir()
    formula_image(90, 61, phase=0).save(folder / "images/wide.png")
    formula_image(47, 73, phase=2).save(folder / "images/tall.png")
    return folder


def main() -> None:
    for checkpoint in CHECKPOINTS:
        folder = write_checkpoint(checkpoint)
        model, loading = LlavaForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        unmatched = {kind: list(names) for kind, names in loading.items() if names}
        if unmatched:
            raise SystemExit(f"{folder.name}: transformers did not read every tensor: {json.dumps(unmatched)}")
        write_goldens(model.eval(), AutoProcessor.from_pretrained(folder), folder)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"{folder.name}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
