"""What TCA's official code computes, recorded so that our technique can be held against it.

The code (github: Jo-wang/TCA) has no licence, so nothing of it is kept here: give a folder with a checkout, and the four
functions and the block are taken from it by name. They are run in f32 on the CPU: `half` and `cuda` do nothing here.
"""

import ast
import math
import operator
import sys
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from common import write_json

TARGET = Path(__file__).resolve().parent.parent / "fovea-techniques/src/test/resources/tca-official.json"
WANTED = {
    "utils.py": ["complement_idx", "cls_feature_similarity"],
    "clip/utils.py": ["k_center_greedy", "coreset_averaging"],
    "clip/model.py": ["LayerNorm", "QuickGELU", "ResidualAttentionBlock_Ours"],
    "runner.py": ["update_reservoir_sim", "compute_reservoir_logits"],
}
CLASSES, CAPACITY, SCALE, LAMBDA, BETA = 3, 3, 0.5, 7.0, 6.0
BLOCKS = 12  # the official code knows no other depth


def official(folder: Path) -> SimpleNamespace:
    """The wanted functions and classes of a checkout, without running anything else of it."""
    names = dict(torch=torch, nn=nn, F=F, np=np, math=math, operator=operator, OrderedDict=OrderedDict)
    for file, wanted in WANTED.items():
        tree = ast.parse((folder / file).read_text(encoding="utf-8"))
        found = [node for node in tree.body if getattr(node, "name", None) in wanted]
        if len(found) != len(wanted):
            sys.exit(f"{folder / file} does not define {wanted}; is this a checkout of TCA?")
        exec(compile(ast.Module(found, []), file, "exec"), names)
    return SimpleNamespace(**names)


def rows(x: torch.Tensor):
    return [[float(f"{v:.9g}") for v in row] for row in x.reshape(-1, x.shape[-1]).tolist()]


def coreset(code, points: int, width: int, seed: int) -> dict:
    torch.manual_seed(seed)
    x = torch.randn(points, width)
    torch.manual_seed(seed)
    first = torch.randint(points, (1,)).item()
    torch.manual_seed(seed)
    return {"points": rows(x), "first": first, "centres": rows(code.coreset_averaging(x.unsqueeze(1), 4))}


def block(code, patches: int, rho: float, anchors: int, seed: int) -> dict:
    """One condensing block: the states behind its attention, the class token's attention, and what the MLP gets."""
    torch.manual_seed(seed)
    width, heads = 12, 3
    layer = code.ResidualAttentionBlock_Ours(width, heads).eval()
    for p in layer.parameters():
        p.data.copy_(0.5 * torch.randn(p.shape))
    x = torch.randn(patches + 1, 1, width)
    table = torch.randn(anchors, width) if anchors else None
    seen = {}
    layer.attn.register_forward_hook(lambda m, given, got: seen.update(attention=got))
    layer.ln_1.register_forward_hook(lambda m, given, got: seen.update(attending=given[0]))
    layer.ln_2.register_forward_hook(lambda m, given, got: seen.update(condensed=given[0]))
    middle = 2 * (patches + 1 - math.ceil((1 - rho) * patches))
    torch.manual_seed(seed)
    first = torch.randint(middle, (1,)).item()
    torch.manual_seed(seed)
    with torch.no_grad():
        layer(x, rho, cls_token_cache=table)
    out, weights = seen["attention"]
    extra = 1 if anchors else 0
    scores = weights[:, :, extra:, extra:][0, :, 0, 1:].mean(dim=0)
    case = {
        "rho": rho,
        "first": first,
        "states": rows(x + out[extra:]),
        "scores": rows(scores)[0],
        "condensed": rows(seen["condensed"]),
    }
    if anchors:
        guest = seen["attending"][0, 0]
        case |= {"anchors": rows(table), "before": rows(x)[0], "nearest": int((table - guest).abs().sum(1).argmin())}
    return case


def stream(code, images: int, seed: int) -> dict:
    """A stream of images: the corrected logits and what the reservoir remembers after each, by image."""
    torch.manual_seed(seed)
    reservoir = {c: [] for c in range(CLASSES)}
    options = SimpleNamespace(div=True, token_sim=True)
    steps = []
    for image in range(images):
        logits = 2 * torch.randn(1, CLASSES)
        # Trajectories have a common part, as those of real images do.
        trajectory = 0.7 + torch.randn(BLOCKS, 4)
        p = logits.softmax(1)
        entropy = -(p * p.log()).sum()
        # The reservoir keeps an image's features beside these, of which nothing reads more than their number.
        item = [torch.full((1, 1), float(image)), entropy, trajectory]
        code.update_reservoir_sim(reservoir, int(logits.argmax()), item, CAPACITY, args=options)
        correction = code.compute_reservoir_logits(trajectory, SCALE, reservoir, LAMBDA, BETA, torch.zeros(1, CLASSES))
        steps.append({
            "logits": rows(logits)[0],
            "trajectory": rows(trajectory),
            "corrected": rows(logits + correction)[0],
            "remembered": [[int(kept[0].item()) for kept in reservoir[c]] for c in range(CLASSES)],
        })
    return {"classes": CLASSES, "capacity": CAPACITY, "scale": SCALE, "lambda": LAMBDA, "beta": BETA, "steps": steps}


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: tca_cases.py FOLDER, a checkout of Jo-wang/TCA")
    torch.Tensor.half = torch.Tensor.float
    torch.Tensor.cuda = lambda self, *_: self
    code = official(Path(sys.argv[1]))
    write_json(TARGET, {
        "coreset": [coreset(code, points, width, seed) for seed, (points, width) in enumerate([(20, 6), (37, 3), (5, 4)])],
        "blocks": [block(code, 48, 0.1, 0, 11), block(code, 49, 0.175, 5, 12), block(code, 60, 0.035, 4, 13)],
        "stream": stream(code, 40, 14),
    })


if __name__ == "__main__":
    main()
