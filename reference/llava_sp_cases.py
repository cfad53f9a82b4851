"""Spatial tokens of LLaVA-SP (arXiv 2507.00505, section 3), by torch's own layers, on random weights and features.

One set of kernels for both variants on the paper's 24 x 24 grid, few channels: convolutions without padding over six
maps, one of stride 2 for the details, cross-attention of one head, a last linear map with a bias (cropping) or without
(pooling).

Held against the authors' own encode_images (CnFaker/LLaVA-SP at 24d8a8f, their sizes replaced by these) with these weights
and features: tokens differ by at most 1.4e-6 (cropping), 6.0e-7 (pooling with details) and 2.4e-7 (pooling without).
"""

from pathlib import Path

import torch
import torch.nn.functional as F

from common import write_tensors

TARGET = Path(__file__).resolve().parent.parent / "fovea-techniques/src/test/resources/llava-sp.safetensors"
SIDE, WIDTH, CHANNELS, OUT = 24, 6, 5, 10
KERNELS = (4, 8, 12, 16, 20, 24)
DETAIL = 16


def weights() -> dict[str, torch.Tensor]:
    stream = torch.Generator().manual_seed(2507)

    def noise(*shape: int, std: float) -> torch.Tensor:
        return std * torch.randn(shape, generator=stream)

    w = {f"sfe.{k}of{SIDE}.weight": noise(CHANNELS, WIDTH, k, k, std=1.5 / (WIDTH * k * k) ** 0.5) for k in KERNELS}
    w["dfi.detail.weight"] = noise(CHANNELS, WIDTH, DETAIL, DETAIL, std=1.5 / (WIDTH * DETAIL * DETAIL) ** 0.5)
    for part in ("query", "key", "value"):
        w[f"dfi.{part}.norm.weight"] = 1 + noise(CHANNELS, std=0.3)
        w[f"dfi.{part}.norm.bias"] = noise(CHANNELS, std=0.3)
        w[f"dfi.{part}.weight"] = noise(CHANNELS, CHANNELS, std=1.2)
        w[f"dfi.{part}.bias"] = noise(CHANNELS, std=0.3)
    w["token.weight"] = noise(OUT, 2 * CHANNELS, std=0.5)
    w["token.bias"] = noise(OUT, std=0.5)
    return w


def spatial(grid: torch.Tensor, w: dict[str, torch.Tensor], cropping: bool) -> torch.Tensor:
    made = []
    for k in KERNELS:
        first = SIDE // 2 - k // 2
        if cropping:
            square = grid[:, :, first : first + k, first : first + k]
        else:
            square = F.adaptive_avg_pool2d(grid, k)
        made.append(F.conv2d(square, w[f"sfe.{k}of{SIDE}.weight"]).flatten())
    return torch.stack(made)


def projected(x: torch.Tensor, part: str, w: dict[str, torch.Tensor]) -> torch.Tensor:
    normed = F.layer_norm(x, (CHANNELS,), w[f"dfi.{part}.norm.weight"], w[f"dfi.{part}.norm.bias"], 1e-5)
    return F.linear(normed, w[f"dfi.{part}.weight"], w[f"dfi.{part}.bias"])


def tokens(features: torch.Tensor, w: dict[str, torch.Tensor], cropping: bool, detail: bool = True) -> torch.Tensor:
    grid = features.T.reshape(1, WIDTH, SIDE, SIDE)
    own = spatial(grid, w, cropping)
    if not detail:
        return F.linear(F.gelu(own), w["token.weight"][:, :CHANNELS])
    details = F.conv2d(grid, w["dfi.detail.weight"], stride=2)[0].flatten(1).T
    scores = projected(own, "query", w) @ projected(details, "key", w).T / CHANNELS ** 0.5
    gathered = scores.softmax(-1) @ projected(details, "value", w)
    return F.linear(F.gelu(torch.cat([own, gathered], -1)), w["token.weight"], w["token.bias"] if cropping else None)


def main() -> None:
    w = weights()
    features = torch.randn(SIDE * SIDE, WIDTH, generator=torch.Generator().manual_seed(24))
    results = {
        "features": features,
        "cropping": tokens(features, w, True),
        "pooling": tokens(features, w, False),
        "pooling.plain": tokens(features, w, False, detail=False),
    }
    write_tensors(TARGET, w | results)


if __name__ == "__main__":
    main()
