"""Small models as GGUF files, laid out as llama.cpp's converter does, and what `transformers` computes from the very files.

    python gguf_models.py

Each file has a vocabulary of another kind and weights of several types; `transformers` opens the file itself, so names,
the order of channels and blocks of few bits are read by code of other authors. Token ids come from the tokenizers that the
vocabularies were taken from.
"""

import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter
from gguf.quants import quantize
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM
from transformers import Qwen3Config, Qwen3ForCausalLM

from common import GOLDEN, empty_folder, randomise, write_json, write_tensors
from tiny_tokenizers import PROBES, SENTENCES, VOCABULARY, _merges, _special, llama

FOLDER = GOLDEN / "gguf-models"
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
QUESTION = "How many red circles are there?"
NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}
WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


# ---- vocabularies ----

def by_bytes(way: str, size: int = VOCABULARY, marks: list[str] = MARKS) -> Tokenizer:
    """Byte-level BPE, cut in one of the ways that llama.cpp knows by name, with marks before the words."""
    tokenizer = Tokenizer(models.BPE())
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=way in ("gpt-2", "smollm"))
    if way == "smollm":
        cuts = [pre_tokenizers.Digits(individual_digits=True), level]
    elif way == "gpt-2":
        cuts = [level]
    else:
        pattern = LLAMA3 if way == "llama-bpe" else LLAMA3.replace("{1,3}", "")
        cuts = [pre_tokenizers.Split(Regex(pattern), "isolated"), level]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cuts)
    if way == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[_special(text) for text in marks],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return tokenizer


def ordered(tokenizer: Tokenizer) -> list[str]:
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    return [name for name, _ in sorted(vocabulary.items(), key=lambda item: item[1])]


def write_vocabulary(writer: GGUFWriter, tokenizer: Tokenizer, way: str) -> None:
    tokens = ordered(tokenizer)
    writer.add_token_list(tokens)
    if way == "llama":
        # Merges come first in the order of scores; pieces of one character are never made by a merge.
        merged = {"".join(pair): -float(i) for i, pair in enumerate(_merges(tokenizer))}
        kinds = [6 if t.startswith("<0x") else 2 if t == "<unk>" else 3 if t.startswith("<") else 1 for t in tokens]
        writer.add_tokenizer_model("llama")
        writer.add_token_scores([merged.get(t, -1e6) for t in tokens])
        writer.add_token_types(kinds)
        writer.add_bos_token_id(tokens.index("<s>"))
        writer.add_eos_token_id(tokens.index("</s>"))
        writer.add_unk_token_id(tokens.index("<unk>"))
        return
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(way)
    writer.add_token_types([3 if t in MARKS else 1 for t in tokens])
    writer.add_token_merges([" ".join(pair) for pair in _merges(tokenizer)])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_chat_template(TEMPLATE)


# ---- weights ----

def turned(weight: np.ndarray, heads: int) -> np.ndarray:
    """The two halves of every head's channels become neighbours, as llama.cpp rotates them."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def stored(index: int, name: str, weight: np.ndarray):
    """Matrices take the types in turn; vectors stay f32."""
    if weight.ndim == 1:
        return weight.astype(np.float32), None
    kind = [Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.F16, Type.F32, Type.BF16][index % 8]
    if kind in (Type.F16, Type.F32):
        return weight.astype(np.float16 if kind == Type.F16 else np.float32), None
    return quantize(weight.astype(np.float32), kind), kind


def write_model(name: str, architecture: str, model, tokenizer: Tokenizer, way: str) -> None:
    config = model.config
    path = FOLDER / f"{name}.gguf"
    writer = GGUFWriter(str(path), architecture)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    if architecture == "qwen3":
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    write_vocabulary(writer, tokenizer, way)
    index = 0
    for full, parameter in sorted(model.state_dict().items()):
        part, _, kind = full.rpartition(".")
        if part == "lm_head" and config.tie_word_embeddings:
            continue
        weight = parameter.detach().numpy()
        if part in WHOLE:
            short = WHOLE[part]
        else:
            _, _, layer, own = part.split(".", 3)
            short = f"blk.{layer}.{NAMES[own]}"
        if architecture == "llama" and short.endswith(("attn_q", "attn_k")):
            weight = turned(weight, config.num_attention_heads if short.endswith("q") else config.num_key_value_heads)
        data, dtype = stored(index, short, weight)
        index += weight.ndim - 1
        writer.add_tensor(f"{short}.{kind}", data, raw_dtype=dtype)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# ---- what they compute ----

def record(name: str, config, tokenizer: Tokenizer, way: str) -> None:
    # The configuration is given, because what `transformers` reads of it lacks the width of heads.
    model = AutoModelForCausalLM.from_pretrained(
        FOLDER, gguf_file=f"{name}.gguf", config=config, dtype=torch.float32
    ).eval()
    text = (
        f"USER: {QUESTION} ASSISTANT:"
        if way == "llama"
        else f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
    )
    # Vocabularies of this kind have a beginning put before every text, unless a file says otherwise.
    ids = tokenizer.encode(text, add_special_tokens=way == "llama").ids
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
        greedy = []
        sequence = list(ids)
        for _ in range(8):
            step = model(torch.tensor([sequence])).logits[0, -1]
            best = torch.topk(step, 2).values
            assert best[0] - best[1] > 0.02, "a step is decided by too little"
            greedy.append(int(step.argmax()))
            sequence.append(greedy[-1])
    write_tensors(FOLDER / f"{name}.safetensors", {"logits": logits})
    probes = [{"text": p, "ids": tokenizer.encode(p, add_special_tokens=False).ids} for p in PROBES]
    write_json(FOLDER / f"{name}.json", {"question": QUESTION, "prompt": ids, "greedy": greedy, "probes": probes})


def main() -> None:
    empty_folder("gguf-models")
    sizes = dict(
        hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=512, vocab_size=VOCABULARY,
    )
    rope = lambda theta: {"rope_type": "default", "rope_theta": theta}
    cases = [
        ("llama", "llama", "llama", LlamaForCausalLM,
         LlamaConfig(**sizes, rms_norm_eps=1e-5, rope_parameters=rope(10_000.0), tie_word_embeddings=False)),
        ("smollm", "llama", "smollm", LlamaForCausalLM,
         LlamaConfig(**sizes, rms_norm_eps=1e-5, rope_parameters=rope(100_000.0), tie_word_embeddings=True)),
        ("llama3", "llama", "llama-bpe", LlamaForCausalLM,
         LlamaConfig(**sizes, rms_norm_eps=1e-5, rope_parameters=rope(500_000.0), tie_word_embeddings=False)),
        ("qwen2", "qwen2", "qwen2", Qwen2ForCausalLM,
         Qwen2Config(**sizes, rms_norm_eps=1e-6, rope_parameters=rope(1_000_000.0), tie_word_embeddings=True)),
        ("qwen3", "qwen3", "qwen2", Qwen3ForCausalLM,
         Qwen3Config(**sizes, head_dim=32, rms_norm_eps=1e-6, rope_parameters=rope(1_000_000.0),
                     tie_word_embeddings=False)),
    ]
    for seed, (name, architecture, way, kind, config) in enumerate(cases):
        tokenizer = llama() if way == "llama" else by_bytes(way)
        config.vocab_size = len(ordered(tokenizer))
        model = kind(config).eval()
        randomise(model, 400 + seed, 0.25)
        write_model(name, architecture, model, tokenizer, way)
        record(name, config, tokenizer, way)


if __name__ == "__main__":
    main()
