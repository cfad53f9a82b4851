"""Models at the sizes of published ones, with random weights, and what prepares pictures and words for them."""

import json
from dataclasses import dataclass
from typing import Callable

import torch
from tokenizers import Tokenizer
from transformers import (
    CLIPImageProcessorPil,
    Idefics3ImageProcessorPil,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLImageProcessorPil,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
)

import gguf_models
import tiny_idefics3
import tiny_qwen
import tiny_tokenizers

SEED, DEVIATION = 7, 0.02


@dataclass
class Made:
    """A model, its processor, its template, and the size of the picture that it is shown."""

    model: torch.nn.Module
    processor: object
    template: str
    way: str
    side: int
    pictures: dict
    marker: str


def vocabulary(way: str, marks: list[str], size: int, bos: str | None, eos: str, pad: str) -> PreTrainedTokenizerFast:
    """Byte-level BPE of a few words, its marks behind them, and names for all other rows of the table."""
    small = gguf_models.by_bytes(way, tiny_tokenizers.VOCABULARY, marks)
    described = json.loads(small.to_str())
    words, merges = described["model"]["vocab"], described["model"]["merges"]
    # llama.cpp looks for an empty line as one token.
    words["ĊĊ"] = len(words)
    merges.append(["Ċ", "Ċ"] if isinstance(merges[0], list) else "Ċ Ċ")
    for row in range(len(words), size):
        words[f"<|{row}|>"] = row
    tokenizer = Tokenizer.from_str(json.dumps(described))
    begins = {"bos_token": bos} if bos else {}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=eos, pad_token=pad, **begins)


def rope(theta: float, **more) -> dict:
    return {"rope_parameters": {"rope_type": "default", "rope_theta": theta} | more}


def smolvlm2_256m() -> Made:
    """SmolVLM2-256M-Video-Instruct, its pictures cut into at most two tiles a side."""
    size, tile = 49280, 512
    marks = tiny_idefics3.MARKS
    tokenizer = vocabulary("smollm", marks, size, "<|im_start|>", "<end_of_utterance>", "<|endoftext|>")
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in marks}
    ends = {"bos_token_id": ids["<|im_start|>"], "eos_token_id": ids["<end_of_utterance>"], "pad_token_id": ids["<|endoftext|>"]}
    config = SmolVLMConfig(
        vision_config={
            "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
            "image_size": tile, "patch_size": 16, "hidden_act": "gelu_pytorch_tanh",
        },
        text_config={
            "model_type": "llama", "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
            "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": size, "max_position_embeddings": 8192,
            "rms_norm_eps": 1e-5, "tie_word_embeddings": False,
        } | rope(100000.0) | ends,
        image_token_id=ids["<image>"], scale_factor=4, tie_word_embeddings=False, pad_token_id=ids["<|endoftext|>"],
    )  # fmt: skip
    # The converter goes by what published configurations call the language model.
    config.text_config.architectures = ["VLlama3ForCausalLM"]
    half, edges = [0.5] * 3, ({"longest_edge": 2 * tile}, {"longest_edge": tile})
    images = Idefics3ImageProcessorPil(size=edges[0], max_image_size=edges[1], image_mean=half, image_std=half)
    processor = tiny_idefics3.StillProcessor(images, tokenizer, None, image_seq_len=64, chat_template=tiny_idefics3.TEMPLATE)
    pictures = {
        "image_processor_type": "SmolVLMImageProcessor", "do_convert_rgb": True, "do_image_splitting": True,
        "do_normalize": True, "do_pad": True, "do_rescale": True, "do_resize": True, "image_mean": half, "image_std": half,
        "max_image_size": edges[1], "resample": 1, "rescale_factor": 1 / 255, "size": edges[0],
    }  # fmt: skip
    return Made(model(SmolVLMForConditionalGeneration, config), processor, tiny_idefics3.TEMPLATE, "smollm", 2 * tile, pictures, "<image>")


LLAVA_TEMPLATE = (
    "{% for message in messages %}{{ message['role'].upper() + ': ' }}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}{{ '<image>\\n' }}{% else %}{{ part['text'] + ' ' }}{% endif %}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


def llava_7b(layers: int) -> Made:
    """LLaVA-1.5-7B with some of its 32 layers."""
    size, side = 32064, 336
    marks = ["<unk>", "<s>", "</s>", "<pad>", "<image>"]
    tokenizer = vocabulary("gpt-2", marks, size, "<s>", "</s>", "<pad>")
    config = LlavaConfig(
        vision_config={
            "model_type": "clip_vision_model", "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
            "num_attention_heads": 16, "image_size": side, "patch_size": 14, "projection_dim": 768, "hidden_act": "quick_gelu",
        },
        text_config={
            "model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": layers,
            "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": size, "max_position_embeddings": 4096,
            "rms_norm_eps": 1e-5, "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 3,
        } | rope(10000.0),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"), image_seq_length=576, vision_feature_layer=-2,
        vision_feature_select_strategy="default", tie_word_embeddings=False,
    )  # fmt: skip
    images = CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
    processor = LlavaProcessor(
        images, tokenizer, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1,
        chat_template=LLAVA_TEMPLATE, image_token="<image>",
    )  # fmt: skip
    pictures = {
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": side},
        "crop_size": {"height": side, "width": side}, "do_center_crop": True, "resample": 3,
    }  # fmt: skip
    return Made(model(LlavaForConditionalGeneration, config), processor, LLAVA_TEMPLATE, "gpt-2", side, pictures, "<image>")


def qwen2_5_vl_3b() -> Made:
    """Qwen2.5-VL-3B-Instruct, shown a picture of 448 pixels: 256 tokens."""
    size, side = 151936, 448
    tokenizer = vocabulary("qwen2", tiny_qwen.SPECIALS, size, None, "<|im_end|>", "<|endoftext|>")
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in tiny_qwen.SPECIALS}
    config = Qwen2_5_VLConfig(
        text_config={
            "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36, "num_attention_heads": 16,
            "num_key_value_heads": 2, "vocab_size": size, "max_position_embeddings": 128000, "rms_norm_eps": 1e-6,
            "tie_word_embeddings": True, "bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"],
        } | rope(1000000.0, mrope_section=[16, 24, 24]),
        vision_config={
            "depth": 32, "hidden_act": "silu", "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16,
            "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31], "out_hidden_size": 2048, "tokens_per_second": 2,
        },
        image_token_id=ids["<|image_pad|>"], video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"], vision_end_token_id=ids["<|vision_end|>"], tie_word_embeddings=True,
    )  # fmt: skip
    images = Qwen2VLImageProcessorPil(size={"shortest_edge": 3136, "longest_edge": 12_845_056})
    processor = tiny_qwen.StillProcessor(image_processor=images, tokenizer=tokenizer, chat_template=tiny_qwen.TEMPLATE)
    pictures = {
        "image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 3136, "max_pixels": 12_845_056, "patch_size": 14,
        "merge_size": 2, "temporal_patch_size": 2, "image_mean": images.image_mean, "image_std": images.image_std,
    }  # fmt: skip
    # llama.cpp puts the marks around a picture itself.
    marker = "<|vision_start|><|image_pad|><|vision_end|>"
    return Made(model(Qwen2_5_VLForConditionalGeneration, config), processor, tiny_qwen.TEMPLATE, "qwen2", side, pictures, marker)


GEOMETRIES: dict[str, Callable[[], Made]] = {
    "smolvlm2-256m": smolvlm2_256m,
    "llava-7b-1": lambda: llava_7b(1),
    "llava-7b-3": lambda: llava_7b(3),
    "qwen2.5-vl-3b": qwen2_5_vl_3b,
}


def model(kind, config) -> torch.nn.Module:
    """With normal weights; norms leave what they get as it is and biases are nought."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device("meta"):
            made = kind(config)
        made = made.to_empty(device="cpu").eval()
    finally:
        torch.set_default_dtype(before)
    made.tie_weights()
    stream = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, DEVIATION, generator=stream)
            else:
                parameter.fill_(1 if name.endswith("weight") and parameter.dim() == 1 and "embedding" not in name else 0)
    return made
