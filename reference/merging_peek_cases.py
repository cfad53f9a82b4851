"""What the authors' code of five techniques makes of what `peek` showed their steps, so that ours can be held against it.

Nothing of that code is kept here: the first folder holds checkouts as for `merging_cases.py`, and one of
Chenfei-Liao/VTC-Bench (VTC-Bench). The second holds what `fovea ask PICTURE "How many red circles are there?" --budget 64
--record FILE` wrote on peek:

    visionzip.safetensors   docs/images/scene.png, --technique visionzip
    prumerge.safetensors    docs/images/scene.png, --technique prumerge
    mustdrop.safetensors    docs/images/scene.png, --technique mustdrop:window=2,gamma=0.02475,alpha=0.0225
    pixelprune.safetensors  docs/images/scene.png, --technique pixelprune:tau=0.03
    page.safetensors        the golden one-bit-66x50.png, --technique pixelprune

What is needed of them is kept beside the results. The authors' code is written for 576 patches. Two numbers are changed
in it to run on peek's 256: PruMerge+ takes places at regular intervals up to 575, here up to 255; MustDrop's windows are
of 3 x 3 patches, here of 2 x 2, since 16 patches a side cannot be divided by 3 (its code stops there). And one function is replaced: where PruMerge+ picks a patch twice,
with the fixed count of its training, the authors' complement of the picked patches forgets as many of the others, the
first ones of the picture; here it is the whole complement.
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
from PIL import Image
from safetensors.torch import load_file

from common import write_json, write_tensors
from merging_cases import TARGET, made_of, rearrange, taken

PATCHES, HEADS = 256, 6
SIZES = [(1024, 768), (640, 480), (500, 375), (224, 224), (448, 448), (333, 777), (1400, 300), (900, 901)]
FACTORS = [2, 3, 4, 5, 10]


class Recorded:
    """Signals by file and a part of their name; remembers what was asked for."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.kept = {}

    def __call__(self, file: str, signal: str) -> torch.Tensor:
        found = [v for k, v in load_file(self.folder / f"{file}.safetensors").items() if signal in k]
        if len(found) != 1:
            sys.exit(f"{self.folder / file}.safetensors holds {len(found)} of {signal}")
        pixels = found[0].to(torch.uint8) if signal == "PatchPixels" else found[0]
        assert torch.equal(pixels.float(), found[0].float())
        self.kept[f"{file}.{signal}"] = pixels
        return found[0]


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def branch(file: Path, test: str, holds: str) -> list:
    """The statements behind the first `if` with this condition that hold these words."""
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.If) and ast.unparse(node.test) == test and holds in ast.unparse(node):
            return node.body
    sys.exit(f"{file} has no 'if {test}' about {holds}")


def run(body: list, names: dict) -> dict:
    exec(compile(ast.Module(body, []), "authors", "exec"), names)
    return names


# ---- VisionZip ----

def vision_zip(folder: Path, recorded: Recorded, dominant: int, contextual: int) -> dict:
    code = taken(folder / "VisionZip/visionzip/clip_encoder.py", ["forward"], dict(torch=torch))
    # The recorded row is the sum over heads already.
    attention = torch.zeros(1, 1, PATCHES + 1, PATCHES + 1)
    attention[0, 0, 0, 1:] = recorded("visionzip", "EncoderAttention")
    keys = recorded("visionzip", "EncoderProjection")

    def tower(pixels, output_hidden_states, output_attentions):
        nothing = [None] * 2
        hidden = torch.eye(PATCHES + 1)[None]
        return SimpleNamespace(attentions=nothing + [attention, None], hidden_states=nothing + [hidden, None])

    layer = SimpleNamespace(metric=keys.view(1, PATCHES + 1, HEADS, -1).mean(2))
    tower.vision_model = SimpleNamespace(encoder=SimpleNamespace(layers=[layer, None]))
    tower._info = {"dominant": dominant - 1, "contextual": contextual}
    out, _ = code.forward(
        SimpleNamespace(vision_tower=tower, device="cpu", dtype=torch.float32), torch.zeros(1, 3, 2, 2))
    return {"dominant": dominant, "contextual": contextual, "tokens": made_of(out[0])}


# ---- PruMerge ----

class Shorter(ast.NodeTransformer):
    """The grid of 576 patches becomes peek's."""

    def visit_Constant(self, node):
        return ast.copy_location(ast.Constant(PATCHES - 1), node) if node.value == 575 else node


def others(idx: torch.Tensor, dim: int) -> torch.Tensor:
    """What is not in idx [1, picked], also where idx holds a patch twice."""
    return torch.tensor([sorted(set(range(dim)) - set(idx[0].tolist()))])


def pru_merge(folder: Path, recorded: Recorded, plus: bool, adaptive: bool) -> dict:
    name = "token_prune_merge_advanced" + ("_plus" if plus else "")
    file = folder / "LLaVA-PruMerge/llava/model/multimodal_encoder/clip_encoder.py"
    keys, queries = recorded("prumerge", "projection=KEY"), recorded("prumerge", "projection=QUERY")
    names = dict(torch=torch, F=F, np=np, outputs={"desired_k": keys[None], "desired_q": queries[None]}, hook_k=0, hook_q=0)
    wanted = ["complement_idx", "outlier_dectection", name] if adaptive or not plus else ["outlier_dectection", name]
    names["complement_idx"] = others
    found = [n for n in ast.walk(parsed(file)) if isinstance(n, ast.FunctionDef) and n.name in wanted]
    run([ast.fix_missing_locations(Shorter().visit(n)) for n in found], names)
    hook = SimpleNamespace(register_forward_hook=lambda hook: SimpleNamespace(remove=lambda: None))
    layer = SimpleNamespace(self_attn=SimpleNamespace(k_proj=hook, q_proj=hook))
    width = keys.shape[1]
    outs = []
    # The features have the width of the keys, below the number of patches: one-hot in blocks.
    for first in range(0, PATCHES, width):
        features = torch.zeros(PATCHES + 1, width)
        for i in range(first, min(first + width, PATCHES)):
            features[1 + i, i - first] = 1

        def tower(pixels, output_hidden_states):
            return SimpleNamespace(hidden_states=[features[None], None])

        tower.vision_model = SimpleNamespace(encoder=SimpleNamespace(layers=[layer] * 24))
        self = SimpleNamespace(
            vision_tower=tower, device="cpu", dtype=torch.float32, select_layer=-2,
            feature_select=lambda seen: seen.hidden_states[-2][:, 1:])
        outs.append(names[name](self, torch.zeros(1, 3, 2, 2), if_adaptive=adaptive)[0])
    out = torch.cat(outs, dim=1)[:, :PATCHES]
    return {"plus": plus, "adaptive": adaptive, "count": len(out), "tokens": made_of(out[:-1]) if len(out) < 160 else
            [[row.argmax().item()] for row in out[:-1]], "rest": out[-1].nonzero().flatten().tolist()}


# ---- MustDrop ----

def must_drop(folder: Path, recorded: Recorded, similarity: float, gamma: float, alpha: float) -> dict:
    merging = folder / "MustDrop/llava/model/multimodal_encoder"
    names = dict(torch=torch, F=F, math=math, rearrange=rearrange, Callable=Callable, Tuple=Tuple)
    code = taken(merging / "local_merge.py", ["conditional_pooling", "merge_wavg"], names)
    merge = code.conditional_pooling(recorded("mustdrop", "EncoderStates")[None], similarity, (2, 2))
    merged, _ = code.merge_wavg(merge, torch.eye(PATCHES + 1)[None])

    row = recorded("mustdrop", "EncoderAttention")
    attention = torch.zeros(1, 1, len(row) + 1, len(row) + 1)
    attention[0, 0, 0, 1:] = row
    block = branch(merging / "clip_encoder.py", "idx == 23", "keep_rate")
    key_set = run(block, dict(
        torch=torch, math=math, hidden_states=torch.zeros(1, len(row) + 1, 1), layer_outputs=(None, attention),
        self=SimpleNamespace()))["index"][0]

    decoder = folder / "MustDrop/llava/model/language_model/modelling_sparse_llama.py"
    dual = taken(decoder, ["dual_attention_filter"], dict(torch=torch)).dual_attention_filter
    stages = []
    now = key_set
    for depth in (1, 2, 3):
        rows = recorded("mustdrop", f"decoder[{depth}].0.DecoderInstructionAttention")
        text, visual = rows.shape
        assert not stages or visual == len(stages[-1]["kept"]), "the run and the authors' code part ways"
        whole = torch.zeros(1, 1, visual + text, visual + text)
        whole[0, 0, visual:, :visual] = rows
        kept, _ = dual(None, whole, 0, visual, global_thr=gamma, individual_thr=alpha)
        kept = torch.unique(torch.cat((kept, now)))
        stages.append({"depth": depth, "key": sorted(now.tolist()), "kept": kept.tolist()})
        now = torch.nonzero(torch.isin(kept, now)).flatten()
    return {"gamma": gamma, "alpha": alpha, "tokens": made_of(merged[0][1:, 1:]), "key": sorted(key_set.tolist()),
            "stages": stages}


# ---- PixelPrune ----

def pixels(folder: Path, recorded: Recorded, file: str) -> dict:
    sys.path.insert(0, str(folder / "PixelPrune"))
    from pixelprune.methods import get_selector

    cells = recorded(file, "PatchPixels") / 255
    grid = torch.tensor([[1, math.isqrt(PATCHES), math.isqrt(PATCHES)]])
    kept = {}
    for method in ["pred_2d", "raster", "serpentine"]:
        for metric in ["max", "mae", "rmse"]:
            for tau in [0.0, 0.03]:
                for anchored in [True, False] if method == "pred_2d" else [True]:
                    given = {"anchored": anchored} if method == "pred_2d" else {}
                    selector = get_selector(method, method=metric, threshold=tau, **given)
                    name = f"{method} {metric} {tau} {anchored}".replace("_", "-")
                    kept[name] = selector.select(cells, grid, 1)[0].tolist()
    return {"picture": file, "kept": kept}


# ---- downsampling ----

def downsample(folder: Path) -> list:
    """For sizes of pictures and factors the grid of tokens that the authors' two steps of resizing end in."""
    bench = folder / "VTC-Bench/external/DART"
    block = branch(bench / "lmms-eval/lmms_eval/models/qwen2_vl.py", "image_ratio > 1", "resize")
    sizes = bench / "Qwen2-VL/qwen-vl-utils/src/qwen_vl_utils/vision_process.py"
    names = dict(math=math, MAX_RATIO=200, IMAGE_FACTOR=28, MIN_PIXELS=4 * 784, MAX_PIXELS=16384 * 784)
    resize = taken(sizes, ["round_by_factor", "ceil_by_factor", "floor_by_factor", "smart_resize"], names).smart_resize

    def grid(size):
        high, wide = resize(*resize(size[1], size[0]), max_pixels=3072 * 784)
        return [high // 28, wide // 28]

    out = []
    for size in SIZES:
        for factor in FACTORS:
            seen = dict(image_ratio=factor, visual=Image.new("RGB", size), Image=Image,
                        eval_logger=SimpleNamespace(info=lambda _: None))
            out.append({"size": size, "factor": factor, "of": grid(size), "to": grid(run(block, seen)["visual"].size)})
    return out


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: merging_peek_cases.py FOLDER RECORDED, the authors' checkouts and what peek's runs recorded")
    torch.Tensor.cuda = lambda self, *_: self
    folder, recorded = Path(sys.argv[1]), Recorded(Path(sys.argv[2]))
    results = {
        "visionzip": [vision_zip(folder, recorded, 54, 10), vision_zip(folder, recorded, 27, 5)],
        "prumerge": [
            pru_merge(folder, recorded, plus, adaptive) for plus in (False, True) for adaptive in (True, False)],
        "mustdrop": must_drop(folder, recorded, 0.8, 0.02475, 0.0225),
        "pixelprune": [pixels(folder, recorded, "pixelprune"), pixels(folder, recorded, "page")],
        "downsample": downsample(folder),
    }
    write_tensors(TARGET.parent / "merging-peek.safetensors", recorded.kept)
    write_json(TARGET.parent / "merging-peek.json", results)


if __name__ == "__main__":
    main()
