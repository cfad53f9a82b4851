"""Tiny random weights in the layouts in which the authors of learned techniques publish theirs.

One folder for each technique under published/, beside the tests of fovea-techniques: files, names and shapes as in the
authors' checkpoints, sizes as the tiny LLaVA checkpoint llava-mha needs them. The names were held against the authors'
own modules: a strict load_state_dict of these files succeeds there, and learned-official.safetensors holds what those
modules computed from them (docs/results/README.md says from which commit, and how far Fovea is from it).
"""

from pathlib import Path

import torch
from safetensors import safe_open

from common import GOLDEN, write_json, write_tensors

OUT = GOLDEN.parents[4] / "fovea-techniques/src/test/resources/published"
ENCODER, WIDTH, INNER, LAYERS, GRID = 32, 48, 64, 4, 4


class Filling:
    """Tensors by name from one seeded stream."""

    def __init__(self, seed: int, dtype: torch.dtype = torch.float32) -> None:
        self.stream = torch.Generator().manual_seed(seed)
        self.dtype = dtype
        self.tensors: dict[str, torch.Tensor] = {}

    def put(self, name: str, *shape: int, std: float, around: float = 0) -> None:
        noise = torch.randn(shape, generator=self.stream)
        self.tensors[name] = (around + std * noise).to(self.dtype)

    def linear(self, name: str, out: int, inputs: int, bias: bool = True, gain: float = 1) -> None:
        self.put(name + ".weight", out, inputs, std=gain * inputs**-0.5)
        if bias:
            self.put(name + ".bias", out, std=0.2)

    def norm(self, name: str, width: int) -> None:
        self.put(name + ".weight", width, std=0.2, around=1)
        self.put(name + ".bias", width, std=0.2)


def base(name: str) -> torch.Tensor:
    """A tensor of llava-mha."""
    for shard in sorted((GOLDEN / "llava-mha").glob("model-*.safetensors")):
        with safe_open(shard, "pt") as file:
            if name in file.keys():
                return file.get_tensor(name)
    raise KeyError(name)


def language_model() -> dict[str, torch.Tensor]:
    """What checkpoints of whole models hold beside a technique's own tensors: here those of llava-mha, some of them."""
    own = "model.language_model."
    names = ["norm.weight"] + [f"layers.{i}.self_attn.q_proj.weight" for i in range(LAYERS)]
    return {"model." + name: base(own + name) for name in names}


def folder(name: str) -> Path:
    path = OUT / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def vlora() -> None:
    """VLoRA-7b-v1: a whole model whose mm_projector is the generator; sizes stand in its config.json."""
    width, blocks, rank, kinds, step = 16, 2, 3, "qkvom", 2
    queries = LAYERS // step
    fill = Filling(2405)
    own = "model.mm_projector."
    fill.linear(own + "visual_proj", width, ENCODER)
    fill.put(own + "pos_embed", 1, GRID * GRID, width, std=1)
    for kind in range(len(kinds)):
        at = f"{own}gen.{kind}."
        fill.put(at + "queries", 1, queries, width, std=1)
        for block in range(blocks):
            for attention in ("self_attn", "multihead_attn"):
                name = f"{at}decoders.{block}.{attention}."
                fill.put(name + "in_proj_weight", 3 * width, width, std=width**-0.5)
                fill.put(name + "in_proj_bias", 3 * width, std=0.2)
                fill.linear(name + "out_proj", width, width)
            fill.linear(f"{at}decoders.{block}.linear1", 4 * width, width)
            fill.linear(f"{at}decoders.{block}.linear2", width, 4 * width)
            for norm in (1, 2, 3):
                fill.norm(f"{at}decoders.{block}.norm{norm}", width)
        fill.norm(at + "norm", width)
        fill.linear(at + "weights_head", WIDTH * rank, width, gain=0.3)
    fill.put(own + "Bs", 1, len(kinds) * queries, WIDTH * rank, std=0.05)
    path = folder("vlora")
    write_tensors(path / "model.safetensors", language_model() | fill.tensors)
    write_json(
        path / "config.json",
        {
            "model_type": "llava_vlora",
            "num_hidden_layers": LAYERS,
            "hidden_size": WIDTH,
            "vlora_dim": width,
            "vlora_depth": blocks,
            "vlora_visual_dim": ENCODER,
            "vlora_pos_num": GRID * GRID,
            "vlora_llm_dim": WIDTH,
            "vlora_llm_depth": LAYERS,
            "vlora_rank": rank,
            "vlora_type": kinds,
            "vlora_alpha": 6,
            "weights_sep": True,
            "skip_layers": step,
        },
    )


MATRICES = {
    "self_attn.q_proj": (WIDTH, WIDTH),
    "self_attn.k_proj": (WIDTH, WIDTH),
    "self_attn.v_proj": (WIDTH, WIDTH),
    "self_attn.o_proj": (WIDTH, WIDTH),
    "mlp.gate_proj": (INNER, WIDTH),
    "mlp.up_proj": (INNER, WIDTH),
    "mlp.down_proj": (WIDTH, INNER),
}


def adapter(path: Path, seed: int, rank: int, alpha: int) -> None:
    """Low-rank factors as PEFT saves them."""
    fill = Filling(seed)
    for layer in range(LAYERS):
        for matrix, (out, inputs) in MATRICES.items():
            at = f"base_model.model.model.layers.{layer}.{matrix}."
            fill.put(at + "lora_A.weight", rank, inputs, std=inputs**-0.5)
            fill.put(at + "lora_B.weight", out, rank, std=0.1)
    write_tensors(path / "adapter_model.safetensors", fill.tensors)
    write_json(
        path / "adapter_config.json",
        {
            "peft_type": "LORA",
            "base_model_name_or_path": "tiny-vicuna",
            "r": rank,
            "lora_alpha": alpha,
            "bias": "none",
            "fan_in_fan_out": False,
            "target_modules": sorted(m.split(".")[1] for m in MATRICES),
        },
    )


def llava_sp(maps: str) -> None:
    """llava-sp-*-lora: an adapter, and beside it what was trained in full (there a pickle, converted here)."""
    channels, grid = 3, 24
    pooling = maps == "pooling"
    fill = Filling(2507 + pooling, torch.float16)
    at = "base_model.model.model."
    for side in range(4, grid + 1, 4):
        part = ".1" if pooling and side < grid else ""
        fill.put(f"{at}conv_{side}{part}.weight", channels, ENCODER, side, side, std=1.5 / (ENCODER * side * side) ** 0.5)
    fill.put(f"{at}conv_CM.weight", channels, ENCODER, 16, 16, std=1.5 / (ENCODER * 256) ** 0.5)
    for part in ("query", "key", "value"):
        fill.norm(f"{at}{part}_projector.0", channels)
        fill.linear(f"{at}{part}_projector.1", channels, channels)
    fill.linear(at + "conv_linear.1", WIDTH, 2 * channels, bias=not pooling)
    fill.linear(at + "mm_projector.0", WIDTH, ENCODER)
    fill.linear(at + "mm_projector.2", WIDTH, WIDTH)
    path = folder("llava-sp-" + maps)
    write_tensors(path / "non_lora_trainables.safetensors", fill.tensors)
    adapter(path, 505 + pooling, rank=3, alpha=6)
    write_json(path / "config.json", {"model_type": "llava_llama", "mm_projector_type": "mlp2x_gelu"})


def dyvte() -> None:
    """A whole model with a gate to every layer."""
    fill = Filling(6)
    for layer in range(LAYERS):
        at = f"model.visual_gates_router.{layer}."
        fill.linear(at + "w1", 16, 2 * WIDTH, bias=False)
        fill.linear(at + "w2", 2, 16, bias=False)
    path = folder("dyvte")
    write_tensors(path / "model.safetensors", language_model() | fill.tensors)
    write_json(path / "config.json", {"model_type": "llava_llama"})


def voco_llama() -> None:
    """A whole model whose table of embeddings has one row more: the compression token."""
    fill = Filling(2406)
    fill.put("token", 1, WIDTH, std=0.5)
    words = base("model.language_model.embed_tokens.weight")
    path = folder("voco-llama")
    write_tensors(
        path / "model.safetensors",
        language_model() | {"model.embed_tokens.weight": torch.cat([words, fill.tensors["token"]])},
    )
    write_json(path / "config.json", {"model_type": "llava_llama"})


def main() -> None:
    vlora()
    llava_sp("pooling")
    llava_sp("cropping")
    dyvte()
    voco_llama()


if __name__ == "__main__":
    main()
