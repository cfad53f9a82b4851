"""Eight tiny language models without an encoder in the Hugging Face layout and what transformers computes with them.

text-qwen2     as Qwen2 and Qwen2.5 are published (transformers 4): rope_theta, a window that is switched off, tied head,
               bf16; biases at q, k and v.
text-qwen3     as transformers 5 writes it: rope_parameters, f32, an own head; norms of each head's queries and keys, heads
               wider than their share of the width.
text-llama     as SmolLM2 is published (transformers 4): tied head, bf16, three heads a key.
text-mistral   as transformers 5 writes it, without a window: f32, `<s>` written by the template and added by the
               tokenizer, which must not make two of them.
text-qwen2-window    windows of 12 tokens from the third layer on, as transformers 5 writes it, f32.
text-mistral-window  windows of 16 tokens everywhere, as Mistral 7B v0.1 was published, bf16.
text-gemma2    as Gemma 2 is published (transformers 4): every other layer sees 9 tokens, capped scores and logits, bf16.
text-gemma3    as transformers 5 writes it: two layers of three see 9 tokens, positions by kind of layer, f32.
"""

import json
from pathlib import Path

import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

import tiny_tokenizers
from common import empty_folder, randomise, write_json, write_tensors
from family_goldens import Parts, write_goldens

MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TURNS = """\
{%- for message in messages -%}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '<|im_start|>assistant\\n' }}
{%- endif -%}
"""
INSTRUCTIONS = """\
{{ bos_token }}
{%- for message in messages -%}
{%- if message['role'] == 'user' -%}
{{ '[INST] ' + message['content'] + ' [/INST]' }}
{%- else -%}
{{ ' ' + message['content'] + eos_token }}
{%- endif -%}
{%- endfor -%}
"""
CASES = {
    "images": (),
    "prompts": {
        "short": [{"role": "user", "content": "Is there a heart?"}],
        "turns": [
            {"role": "user", "content": "Which shape is larger, the cross or the diamond?"},
            {"role": "assistant", "content": "The cross."},
            {"role": "user", "content": "How many red circles are there in the picture?"},
        ],
        "long": [{"role": "user", "content": "  ".join(tiny_tokenizers.SENTENCES)}],
    },
    "detailed": (),  # nothing looks into the layers of a prompt without visual tokens
    "batch": ("long", "short", "turns"),
}
SIZES = {
    "vocab_size": tiny_tokenizers.VOCABULARY,
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "rms_norm_eps": 1e-5,
}


class TextProcessor:
    """A tokenizer where a processor is wanted."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast):
        self.tokenizer = tokenizer
        tokenizer.model_input_names = ["input_ids", "attention_mask"]

    def __call__(self, **given):
        return self.tokenizer(**given)

    def apply_chat_template(self, messages, **options):
        return self.tokenizer.apply_chat_template(messages, **options)


def build_tokenizer(instructions: bool) -> PreTrainedTokenizerFast:
    words = tiny_tokenizers.byte_level() if instructions else tiny_tokenizers.chat(MARKS)
    named = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        **(named if instructions else {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}),
        chat_template=INSTRUCTIONS if instructions else TURNS,
        padding_side="left",
        model_max_length=1024,
    )


def save_current(model, tokenizer, folder: Path) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def save_published(model, tokenizer, folder: Path) -> None:
    """As the checkpoints on the Hub were written by transformers 4: bf16, no tied head, rope_theta at the top."""
    tensors = {name: t.to(torch.bfloat16) for name, t in model.state_dict().items() if name != "lm_head.weight"}
    write_tensors(folder / "model.safetensors", tensors)
    config = json.loads(model.config.to_json_string())
    rope = config.pop("rope_parameters")
    config.pop("dtype", None)
    config.pop("layer_types", None)
    if model.config.model_type == "mistral":
        config |= {"rope_scaling": None}
    elif model.config.model_type == "qwen2":
        config |= {"use_sliding_window": False, "sliding_window": 512, "max_window_layers": 2}
    elif model.config.model_type == "llama":
        config |= {"rope_interleaved": False, "rope_scaling": None, "is_llama_config": True, "pretraining_tp": 1}
    config |= {"rope_theta": rope["rope_theta"], "torch_dtype": "bfloat16", "transformers_version": "4.43.1"}
    write_json(folder / "config.json", config)
    tokenizer.save_pretrained(folder)
    template = folder / "chat_template.jinja"
    named = json.loads((folder / "tokenizer_config.json").read_text())
    write_json(folder / "tokenizer_config.json", named | {"chat_template": template.read_text()})
    template.unlink()


PARTS = Parts(
    blocks=None, connector=None, language=lambda model: model.model, reorder=None, pixels=None, features=None
)


def write_checkpoint(name: str, seed: int, kind, config, save, instructions: bool = False) -> None:
    folder = empty_folder(name)
    tokenizer = build_tokenizer(instructions)
    config.eos_token_id = tokenizer.eos_token_id
    config.bos_token_id = tokenizer.bos_token_id
    model = kind(config).eval()
    randomise(model, seed, linear_std=0.2)
    if config.model_type.startswith("gemma"):
        with torch.no_grad():
            for key, parameter in model.named_parameters():
                if "norm" in key:
                    parameter.sub_(1)  # counted from one
            model.model.embed_tokens.weight.mul_(0.12)  # scaled by the root of the width, or no layer would matter
    model.tie_weights()
    save(model, tokenizer, folder)
    model.generation_config = GenerationConfig(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    model.generation_config.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)
    read, loading = kind.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    unmatched = {kind: list(names) for kind, names in loading.items() if names}
    if unmatched:
        raise SystemExit(f"{name}: transformers did not read every tensor: {json.dumps(unmatched)}")
    write_goldens(read.eval(), TextProcessor(tokenizer), folder, PARTS, CASES)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{name}: {size / 1024:.0f} KiB")


def main() -> None:
    theta = {"rope_type": "default", "rope_theta": 100000.0}
    qwen2 = Qwen2Config(**SIZES, rope_parameters=theta, tie_word_embeddings=True)
    qwen3 = Qwen3Config(**SIZES, rope_parameters=theta, head_dim=16)
    llama = LlamaConfig(**SIZES, rope_parameters=theta, tie_word_embeddings=True)
    mistral = MistralConfig(**SIZES, rope_parameters=theta, sliding_window=None)
    gemma = SIZES | {"head_dim": 16, "query_pre_attn_scalar": 24, "sliding_window": 9}
    capped = {"attn_logit_softcapping": 3.0, "final_logit_softcapping": 4.0}
    gemma2 = Gemma2Config(**gemma, **capped, rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    gemma3 = Gemma3TextConfig(**gemma, sliding_window_pattern=3)
    write_checkpoint("text-gemma2", 205, Gemma2ForCausalLM, gemma2, save_published, instructions=True)
    write_checkpoint("text-gemma3", 15, Gemma3ForCausalLM, gemma3, save_current, instructions=True)
    write_checkpoint("text-qwen2", 12, Qwen2ForCausalLM, qwen2, save_published)
    write_checkpoint("text-qwen3", 11, Qwen3ForCausalLM, qwen3, save_current)
    write_checkpoint("text-llama", 11, LlamaForCausalLM, llama, save_published)
    write_checkpoint("text-mistral", 11, MistralForCausalLM, mistral, save_current, instructions=True)
    windows = {"use_sliding_window": True, "sliding_window": 12, "max_window_layers": 2}
    qwen2 = Qwen2Config(**SIZES, rope_parameters=theta, **windows)
    mistral = MistralConfig(**SIZES, rope_parameters=theta, sliding_window=16, tie_word_embeddings=True)
    write_checkpoint("text-qwen2-window", 11, Qwen2ForCausalLM, qwen2, save_current)
    write_checkpoint("text-mistral-window", 13, MistralForCausalLM, mistral, save_published, instructions=True)


if __name__ == "__main__":
    main()
