"""Perceptual weights of VLoRA (arXiv 2405.20339, section 3) by torch's own layers, on random weights and features.

One generator for each of five kinds: learned queries pass pre-norm blocks of self-attention, cross-attention to the
features (which have no norm) and an MLP; a head makes the factors A of every changed layer. What they do in a layer is
``x A B^T`` times alpha / rank.

Held against the authors' own generator and its application (FeipengMa6/VLoRA at 623aa52) with these weights: factors differ
by at most 1.0e-6, what they add by 1.5e-5.
"""

from pathlib import Path

import torch
import torch.nn.functional as F

from common import write_tensors

TARGET = Path(__file__).resolve().parent.parent / "fovea-techniques/src/test/resources/vlora.safetensors"
KINDS = "qkvom"
SIDE, ENCODER, WIDTH, BLOCKS, HEADS = 4, 10, 16, 2, 4
LAYERS, STEP, DECODER, RANK, ALPHA = 4, 2, 12, 3, 6.0
QUERIES = LAYERS // STEP


def weights() -> dict[str, torch.Tensor]:
    """As the technique names them; far from what training starts from, so that every part matters."""
    stream = torch.Generator().manual_seed(2405)
    w: dict[str, torch.Tensor] = {}

    def put(name: str, *shape: int, std: float, around: float = 0) -> None:
        w[name] = around + std * torch.randn(shape, generator=stream)

    def linear(name: str, out: int, inputs: int) -> None:
        put(name + ".weight", out, inputs, std=inputs ** -0.5)
        put(name + ".bias", out, std=0.2)

    def norm(name: str) -> None:
        put(name + ".weight", WIDTH, std=0.2, around=1)
        put(name + ".bias", WIDTH, std=0.2)

    linear("features", WIDTH, ENCODER)
    put(f"places.{SIDE}x{SIDE}", SIDE * SIDE, WIDTH, std=1)
    for kind in KINDS:
        put(f"{kind}.queries", QUERIES, WIDTH, std=1)
        for block in range(BLOCKS):
            at = f"{kind}.blocks.{block}."
            for attention in ("self", "cross"):
                linear(at + attention + ".in", 3 * WIDTH, WIDTH)
                linear(at + attention + ".out", WIDTH, WIDTH)
            linear(at + "mlp.first", 4 * WIDTH, WIDTH)
            linear(at + "mlp.second", WIDTH, 4 * WIDTH)
            for number in (1, 2, 3):
                norm(at + f"norm{number}")
        norm(f"{kind}.norm")
        linear(f"{kind}.head", DECODER * RANK, WIDTH)
        put(f"{kind}.shared", QUERIES, DECODER, RANK, std=0.5)
    return w


def attend(name: str, asking: torch.Tensor, asked: torch.Tensor, w: dict[str, torch.Tensor]) -> torch.Tensor:
    attention = torch.nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
    attention.load_state_dict({
        "in_proj_weight": w[name + ".in.weight"],
        "in_proj_bias": w[name + ".in.bias"],
        "out_proj.weight": w[name + ".out.weight"],
        "out_proj.bias": w[name + ".out.bias"],
    })
    return attention(asking[None], asked[None], asked[None], need_weights=False)[0][0]


def generated(kind: str, features: torch.Tensor, w: dict[str, torch.Tensor]) -> torch.Tensor:
    """Factors A of the changed layers: [queries, decoder width, rank]."""

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, (WIDTH,), w[name + ".weight"], w[name + ".bias"], 1e-5)

    def linear(name: str, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, w[name + ".weight"], w[name + ".bias"])

    y = w[f"{kind}.queries"]
    for block in range(BLOCKS):
        at = f"{kind}.blocks.{block}."
        normed = norm(at + "norm1", y)
        y = y + attend(at + "self", normed, normed, w)
        y = y + attend(at + "cross", norm(at + "norm2", y), features, w)
        y = y + linear(at + "mlp.second", F.gelu(linear(at + "mlp.first", norm(at + "norm3", y))))
    return linear(f"{kind}.head", norm(f"{kind}.norm", y)).reshape(QUERIES, DECODER, RANK)


def main() -> None:
    w = weights()
    stream = torch.Generator().manual_seed(20339)
    seen = torch.randn(SIDE * SIDE, ENCODER, generator=stream)
    x = torch.randn(7, DECODER, generator=stream)
    features = F.linear(seen, w["features.weight"], w["features.bias"]) + w[f"places.{SIDE}x{SIDE}"]
    results = {"seen": seen, "x": x}
    with torch.no_grad():
        for kind in KINDS:
            a = generated(kind, features, w)
            results[f"{kind}.A"] = a
            results[f"{kind}.added"] = ALPHA / RANK * x @ a @ w[f"{kind}.shared"].transpose(1, 2)
    write_tensors(TARGET, w | results)


if __name__ == "__main__":
    main()
