"""What the authors' code of four techniques keeps and merges, recorded so that ours can be held against it.

Nothing of that code is kept here: give a folder with checkouts of dvlab-research/VisionZip, 42Shawn/LLaVA-PruMerge,
liuting20/MustDrop and OPPO-Mente-Lab/PixelPrune in subfolders of these names (VisionZip, LLaVA-PruMerge, MustDrop,
PixelPrune). The functions are taken from them by name and run in f32 on the CPU. Features are one-hot, so that a row of
the output says which patches went into a token, and with which weights.
"""

import ast
import math
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Callable, Tuple

import numpy as np
import torch
import torch.nn.functional as F

from common import write_json

TARGET = Path(__file__).resolve().parent.parent / "fovea-techniques/src/test/resources/merging-official.json"
PATCHES, SIDE, WIDTH, HEADS = 576, 24, 1024, 16  # CLIP ViT-L/14-336


def uniform(seed: int, rows: int, cols: int) -> torch.Tensor:
    """24 random bits for every row and column, as f32 in [-0.5, 0.5); the same in Java."""
    r = np.arange(rows, dtype=np.uint32)[:, None]
    c = np.arange(cols, dtype=np.uint32)[None, :]
    h = np.uint32(seed * 0x9E3779B1 & 0xFFFFFFFF) + r * np.uint32(0x85EBCA77) + c * np.uint32(0xC2B2AE3D)
    h = (h ^ h >> np.uint32(15)) * np.uint32(0x2C1B3C6D)
    h = (h ^ h >> np.uint32(12)) * np.uint32(0x297A2D39)
    h = h ^ h >> np.uint32(15)
    return torch.from_numpy((h >> np.uint32(8)).astype(np.float32) / np.float32(1 << 24) - np.float32(0.5))


def tokens(seed: int, rows: int, cols: int, groups: int, own: float = 0.5) -> torch.Tensor:
    """Tokens that resemble each other in groups, as those of one object do."""
    return uniform(seed + 1, groups, cols)[torch.arange(rows) * 7 % groups] + own * uniform(seed, rows, cols)


def rearrange(x: torch.Tensor, pattern: str, **sizes) -> torch.Tensor:
    """The three patterns of einops that MustDrop uses."""
    match pattern.replace(" ", ""):
        case "b(hw)c->bchw":
            return x.transpose(1, 2).reshape(x.shape[0], x.shape[2], sizes["h"], -1)
        case "bc(ghps_h)(gwps_w)->bghgwcps_hps_w":
            b, c, h, w = x.shape
            down, across = sizes["gh"], sizes["gw"]
            return x.reshape(b, c, down, h // down, across, w // across).permute(0, 2, 4, 1, 3, 5)
        case "bchw->b(chw)":
            return x.flatten(1)
        case other:
            sys.exit(f"no such pattern: {other}")


def one_hot(rows: int, cols: int) -> torch.Tensor:
    """The class token's row of zeros, then one-hot rows."""
    return torch.cat([torch.zeros(1, cols), torch.eye(rows, cols)])


def made_of(rows: torch.Tensor) -> list:
    """For every token its members, heaviest first, and their weights."""
    out = []
    for row in rows:
        members = row.nonzero().flatten()
        order = torch.sort(row[members], descending=True, stable=True).indices
        members = members[order]
        out.append([members.tolist(), [float(f"{w:.7g}") for w in row[members].tolist()]])
    return out


def taken(file: Path, wanted: list, names: dict) -> SimpleNamespace:
    """Functions and methods of a source file by name, without running anything else of it."""
    found = [
        node
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name in wanted
    ]
    if {node.name for node in found} != set(wanted):
        sys.exit(f"{file} does not define {wanted}")
    for node in found:
        node.decorator_list = []
    exec(compile(ast.Module(found, []), str(file), "exec"), names)
    return SimpleNamespace(**{name: names[name] for name in wanted})


# ---- VisionZip ----

def vision_zip(folder: Path, seed: int, dominant: int, contextual: int) -> dict:
    code = taken(folder / "VisionZip/visionzip/clip_encoder.py", ["forward"], dict(torch=torch))
    attention = torch.zeros(1, HEADS, PATCHES + 1, PATCHES + 1)
    attention[0, :, 0, 1:] = uniform(seed, HEADS, PATCHES) + 0.5
    keys = tokens(seed + 2, PATCHES + 1, WIDTH, 40).view(1, PATCHES + 1, HEADS, WIDTH // HEADS)
    # One more column for the class token, which the code lets through.
    hidden = torch.eye(PATCHES + 1)[None]

    def tower(pixels, output_hidden_states, output_attentions):
        nothing = [None] * 2
        return SimpleNamespace(attentions=nothing + [attention, None], hidden_states=nothing + [hidden, None])

    layer = SimpleNamespace(metric=keys.mean(2))
    tower.vision_model = SimpleNamespace(encoder=SimpleNamespace(layers=[layer, None]))
    tower._info = {"dominant": dominant - 1, "contextual": contextual}
    self = SimpleNamespace(vision_tower=tower, device="cpu", dtype=torch.float32)
    out, _ = code.forward(self, torch.zeros(1, 3, 2, 2))
    return {"seed": seed, "dominant": dominant, "contextual": contextual, "tokens": made_of(out[0])}


# ---- PruMerge ----

def pru_merge(folder: Path, seed: int, plus: bool, adaptive: bool, sharp: float) -> dict:
    name = "token_prune_merge_advanced" + ("_plus" if plus else "")
    outputs = {}
    names = dict(torch=torch, F=F, np=np, outputs=outputs, hook_k=None, hook_q=None)
    wanted = ["complement_idx", "outlier_dectection", name]
    code = taken(folder / "LLaVA-PruMerge/llava/model/multimodal_encoder/clip_encoder.py", wanted, names)
    # A sharp query makes a few outliers; the width is that of the features, as in the authors' model.
    outputs["desired_k"] = tokens(seed, PATCHES + 1, WIDTH, 60)[None]
    outputs["desired_q"] = sharp * uniform(seed + 2, PATCHES + 1, WIDTH)[None]
    hook = SimpleNamespace(register_forward_hook=lambda hook: SimpleNamespace(remove=lambda: None))
    layer = SimpleNamespace(self_attn=SimpleNamespace(k_proj=hook, q_proj=hook))

    def tower(pixels, output_hidden_states):
        return SimpleNamespace(hidden_states=[one_hot(PATCHES, WIDTH)[None], None])

    tower.vision_model = SimpleNamespace(encoder=SimpleNamespace(layers=[layer] * 24))
    self = SimpleNamespace(
        vision_tower=tower, device="cpu", dtype=torch.float32, select_layer=-2,
        feature_select=lambda seen: seen.hidden_states[-2][:, 1:],
    )
    out = getattr(code, name)(self, torch.zeros(1, 3, 2, 2), if_adaptive=adaptive)
    case = {"seed": seed, "plus": plus, "adaptive": adaptive, "sharp": sharp, "count": out.shape[1]}
    # The kept ones in full where there are few; of the last token, which is made of hundreds, the sums say enough.
    case["tokens"] = made_of(out[0][:-1]) if out.shape[1] < 160 else [[row.argmax().item()] for row in out[0][:-1]]
    case["rest"] = out[0][-1].nonzero().flatten().tolist()
    case["rest_sum"] = float(out[0][-1].sum())
    return case


# ---- MustDrop ----

def smooth(seed: int) -> torch.Tensor:
    """Patches that resemble their neighbours, more so in some parts of the picture than in others."""
    base = uniform(seed, 8, 32)
    own = uniform(seed + 1, PATCHES, 32)
    rows = torch.arange(PATCHES) // SIDE
    cols = torch.arange(PATCHES) % SIDE
    noise = 0.1 + (rows * 7 + cols * 3) % 24 / 24.0
    return torch.cat([torch.zeros(1, 32), base[(rows // 6) * 2 + cols // 12] + noise[:, None] * own])


def windows(folder: Path, seed: int) -> dict:
    names = dict(torch=torch, F=F, math=math, rearrange=rearrange, Callable=Callable, Tuple=Tuple)
    file = folder / "MustDrop/llava/model/multimodal_encoder/local_merge.py"
    code = taken(file, ["conditional_pooling", "merge_wavg"], names)
    merge = code.conditional_pooling(smooth(seed)[None], 0.8, (3, 3))
    out, _ = code.merge_wavg(merge, torch.eye(PATCHES + 1)[None])
    return {"seed": seed, "tokens": made_of(out[0][1:, 1:])}


def dual_filter(folder: Path, seed: int, visual: int, gamma: float, alpha: float) -> dict:
    file = folder / "MustDrop/llava/model/language_model/modelling_sparse_llama.py"
    code = taken(file, ["dual_attention_filter"], dict(torch=torch))
    before, text, heads = 35, 40, 4
    logits = 6 * uniform(seed, heads * text, visual).view(heads, text, visual)
    attention = torch.zeros(1, heads, before + visual + text, before + visual + text)
    attention[0, :, before + visual:, before:before + visual] = 0.5 * logits.softmax(-1)
    kept, _ = code.dual_attention_filter(None, attention, before, visual, global_thr=gamma, individual_thr=alpha)
    mean = attention[0, :, before + visual:, before:before + visual].mean(0)
    return {
        "seed": seed, "visual": visual, "gamma": gamma, "alpha": alpha, "kept": kept.tolist(),
        "attention": [[float(f"{v:.8g}") for v in row] for row in mean.tolist()],
    }


# ---- PixelPrune ----

def document(seed: int, rows: int, cols: int) -> torch.Tensor:
    """Cells of four bytes: blocks of one colour, lines of text, slight noise in a corner."""
    r = torch.arange(rows)[:, None].expand(rows, cols)
    c = torch.arange(cols)[None, :].expand(rows, cols)
    block = (r // 5 * 3 + c // 6 * 5 + seed) % 4 * 60
    text = torch.where((r % 4 == 1) & (c % 9 < 6), ((uniform(seed, rows, cols) + 0.5) * 200).floor(), 0)
    noise = torch.where((r > rows // 2) & (c > cols // 2), ((uniform(seed + 1, rows, cols) + 0.5) * 9).floor(), 0)
    value = block + text * 0.25 // 1 + noise
    odd = torch.where((r > rows // 2) & (c <= cols // 2), (r + c) % 2, 0)
    return torch.stack([value, value, value + odd, value], -1).reshape(rows * cols, 4)


def pixels(folder: Path, seed: int, rows: int, cols: int) -> dict:
    sys.path.insert(0, str(folder / "PixelPrune"))
    from pixelprune.methods import get_selector

    cells = document(seed, rows, cols)
    grid = torch.tensor([[1, rows, cols]])
    out = {"rows": rows, "cols": cols, "cells": cells.int().tolist(), "kept": {}}
    for method in ["pred_2d", "raster", "serpentine"]:
        for metric in ["max", "mae", "rmse"]:
            for tau in [0.0, 0.006, 0.03]:
                for anchored in [True, False] if method == "pred_2d" else [True]:
                    given = {"anchored": anchored} if method == "pred_2d" else {}
                    selector = get_selector(method, method=metric, threshold=tau, **given)
                    kept = selector.select(cells / 255, grid, 1)[0].tolist()
                    out["kept"][f"{method} {metric} {tau} {anchored}".replace("_", "-")] = kept
    return out


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: merging_cases.py FOLDER, with checkouts of VisionZip, LLaVA-PruMerge, MustDrop and PixelPrune")
    torch.Tensor.cuda = lambda self, *_: self
    folder = Path(sys.argv[1])
    write_json(TARGET, {
        "visionzip": [vision_zip(folder, seed, d, c) for seed, d, c in [(1, 54, 10), (11, 108, 20), (21, 191, 30)]],
        "prumerge": [
            pru_merge(folder, 31, False, True, 9.0),
            pru_merge(folder, 41, True, True, 9.0),
            pru_merge(folder, 51, True, True, 12.0),
            pru_merge(folder, 61, False, False, 9.0),
        ],
        "windows": [windows(folder, 71), windows(folder, 81)],
        "filters": [dual_filter(folder, 91, 120, 0.0083, 0.016), dual_filter(folder, 92, 60, 0.02, 0.03)],
        "pixels": [pixels(folder, 101, 12, 18), pixels(folder, 102, 9, 9)],
    })


if __name__ == "__main__":
    main()
