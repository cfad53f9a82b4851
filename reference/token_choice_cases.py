"""What the authors' code of six techniques chooses, recorded so that ours can be held against it.

Nothing of that code is kept here: give a folder with checkouts of Theia-4869/VisPruner, FasterVLM and CDPruner,
vbdi/divprune, Gumpest/SparseVLMs and ZichenWen1/DART in subfolders of these names, and the functions are taken from them
by name and run in f32 on the CPU. A second folder holds what `fovea ask ... --record` wrote on peek, one file for each
technique (dart.safetensors, sparsevlm-1.safetensors, ...); what is needed of it is kept beside the results.
"""

import ast
import math
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from safetensors.torch import load_file

from common import write_json, write_tensors

TARGET = Path(__file__).resolve().parent.parent / "fovea-techniques/src/test/resources"
VISPRUNER = [(106, 128, 0.5), (100, 64, 0.75), (108, 32, 0.5)]
DIVPRUNE = [(200, 0.098), (206, 0.2222)]
BEFORE, TOKENS, TEXT, WIDTH, HEADS = 35, 576, 60, 4096, 32  # LLaVA-1.5-7B behind Vicuna's prompt


# ---- numbers from integer arithmetic, the same in Java ----

def uniform(seed: int, rows: int, cols: int) -> np.ndarray:
    """24 random bits for every row and column, as f32 in [-0.5, 0.5)."""
    r = np.arange(rows, dtype=np.uint32)[:, None]
    c = np.arange(cols, dtype=np.uint32)[None, :]
    h = np.uint32(seed * 0x9E3779B1 & 0xFFFFFFFF) + r * np.uint32(0x85EBCA77) + c * np.uint32(0xC2B2AE3D)
    h = (h ^ h >> np.uint32(15)) * np.uint32(0x2C1B3C6D)
    h = (h ^ h >> np.uint32(12)) * np.uint32(0x297A2D39)
    h = h ^ h >> np.uint32(15)
    return (h >> np.uint32(8)).astype(np.float32) / np.float32(1 << 24) - np.float32(0.5)


def matrix(seed: int, rows: int, cols: int) -> torch.Tensor:
    return torch.from_numpy(uniform(seed, rows, cols))


def tokens(seed: int, rows: int, cols: int, groups: int) -> torch.Tensor:
    """Tokens that resemble each other in groups, as those of one object do."""
    own = matrix(seed, rows, cols)
    shared = matrix(seed + 1, groups, cols)
    return shared[torch.arange(rows) * 7 % groups] + 0.5 * own


def whole_numbers(seed: int, rows: int, cols: int, groups: int) -> torch.Tensor:
    """Tokens of length 2048 made of whole numbers, of which every product and sum is exact in f32 in any order."""
    magnitudes = torch.tensor([c * 37 % 110 for c in range(cols - 4)] + [209, 0, 138, 337], dtype=torch.float32)
    assert int((magnitudes ** 2).sum()) == 2048 ** 2
    negative = (matrix(seed + 1, groups, cols)[torch.arange(rows) * 7 % groups] < 0) ^ (matrix(seed, rows, cols) > 0.2)
    return torch.where(negative, -magnitudes, magnitudes)


def positive(seed: int, rows: int, cols: int) -> torch.Tensor:
    return matrix(seed, rows, cols) + 0.5


# ---- the authors' functions ----

class Watched:
    """torch, with the arguments of some of its functions remembered or replaced."""

    def __init__(self, **replaced):
        self.__dict__.update(replaced)

    def __getattr__(self, name):
        return getattr(torch, name)


def function(folder: Path, name: str, names: dict, holds: str = ""):
    """A function or method of that name out of a checkout, whose text holds the given words."""
    for file in sorted(folder.rglob("*.py")):
        text = file.read_text(encoding="utf-8", errors="replace")
        if f"def {name}(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name == name and holds in ast.get_source_segment(text, node):
                node.decorator_list, node.returns = [], None
                for argument in node.args.args:
                    argument.annotation = None
                exec(compile(ast.Module([node], []), str(file), "exec"), names)
                return names[name], node
    sys.exit(f"{folder} does not define {name}; is it a checkout of the authors' code?")


def chosen(mask: torch.Tensor) -> list[int]:
    return mask.nonzero().flatten().tolist()


def fastervlm(folder: Path, attention: torch.Tensor, count: int) -> list[int]:
    run, _ = function(folder / "FasterVLM", "encode_images", {"torch": torch}, "topk")
    features = torch.zeros(1, attention.numel(), 1)
    model = SimpleNamespace(
        get_vision_tower=lambda: lambda images: (features, attention.view(1, 1, -1)), mm_projector=lambda x: x)
    return chosen(run(SimpleNamespace(get_model=lambda: model, get_visual_token_num=lambda: count), None)[1][0])


def vispruner(folder: Path, attention: torch.Tensor, features: torch.Tensor, count: int, important: float) -> dict:
    joined = []
    watched = Watched(cat=lambda parts, dim: joined.append(torch.cat(parts, dim=dim)) or joined[-1])
    run, _ = function(folder / "VisPruner", "encode_images", {"torch": watched}, "distinct_indices")
    model = SimpleNamespace(
        get_vision_tower=lambda: lambda images, output_attentions: (features[None], attention.view(1, 1, -1)),
        mm_projector=lambda x: x)
    mask = run(SimpleNamespace(
        get_model=lambda: model,
        get_visual_token_num=lambda: count,
        get_important_ratio=lambda: important), None)[1][0]
    order = joined[-1][0].tolist()
    assert sorted(order) == chosen(mask)
    return {"count": count, "important": important, "order": order}


def divprune(folder: Path, projected: torch.Tensor, share: float) -> dict:
    names = {"torch": torch}
    cosine, _ = function(folder / "divprune", "pairwise_cosine_similarity", names)
    run, _ = function(folder / "divprune", "DivPrune", names)
    self = SimpleNamespace(pairwise_cosine_similarity=lambda x: cosine(None, x))
    order, _ = run(self, projected, len(projected), threshold_ratio=share)
    return {"count": len(order), "order": order.tolist()}


def cdpruner(folder: Path, projected: torch.Tensor, embedded: torch.Tensor, pieces: torch.Tensor, count: int) -> dict:
    sorted_ones = []
    watched = Watched(sort=lambda x: sorted_ones.append(x) or torch.sort(x))
    run, _ = function(folder / "CDPruner", "encode_images", {"torch": watched}, "di2s")
    model = SimpleNamespace(
        get_vision_tower=lambda: lambda images, texts: (projected[None], embedded[None], pieces),
        mm_projector=lambda x: x)
    mask = run(SimpleNamespace(get_model=lambda: model, visual_token_num=count), None, "")[1][0]
    order = sorted_ones[0][0].tolist()
    assert sorted(order) == chosen(mask)
    return {"count": count, "order": order}


def dart(folder: Path, states: torch.Tensor, keys: torch.Tensor, before: int, visual: int, count: int, pivots) -> dict:
    """states [length, width] behind the last norm, keys [heads, length, d]"""
    run, _ = function(
        folder / "DART", "get_retained_image_token", {"torch": torch, "LlamaConfig": object}, "max_num_trunction")
    config = SimpleNamespace(text_length=None, DART_config={
        "K": 2, "image_token_start_index": before, "image_token_length": visual, "max_num_trunction": count,
        "pivot_image_token": pivots[0], "pivot_text_token": pivots[1]})
    kept = run(config, states[None], keys[None]).tolist()
    return {"before": before, "count": count, "pivots": pivots, "kept": sorted(i - before for i in kept)}


class SparseVlm:
    """The two blocks of SparseVLMs' forward pass that decide, taken out of it as they are."""

    def __init__(self, folder: Path, plus: bool, count: int):
        os.environ |= {"USE_VERSION": "2_0" if plus else "1_0", "RETAIN_TOKN": str(count)}
        folder = folder / "SparseVLMs/llava/model/language_model"
        # Noise of up to 1e-6 breaks ties between densities, and decides where these are smaller; ours decides without.
        watched = Watched(rand=lambda shape, **kinds: torch.zeros(shape, dtype=kinds["dtype"]))
        names = {"torch": torch, "os": os, "math": math}
        exec(compile((folder / "score.py").read_text(), "score.py", "exec"), names)
        self.names = names | {
            "torch": watched, "V2_0": plus, "apply_rotary_pos_emb": rotated, "ein": SimpleNamespace(rearrange=spread)}
        for helper in ("batch_index_select", "index_points", "cluster_and_merge"):
            function(folder, helper, self.names)
        _, forward = function(folder, "forward", dict(self.names), "Select Text Raters")
        blocks = [node for node in ast.walk(forward) if isinstance(node, ast.If)]
        self.raters_block = next(b.body for b in blocks if any("m_v_t" in ast.unparse(x) for x in b.body))
        stage = next(b for b in blocks if "pruning_loc" in ast.unparse(b.test))
        self.stage_block = next(b.orelse for b in stage.body if isinstance(b, ast.If))[1:]

    def run(self, block, **given) -> dict:
        names = self.names | given
        exec(compile(ast.Module(block, []), "forward", "exec"), names)
        return names

    def raters(self, visual: torch.Tensor, text: torch.Tensor) -> list[int]:
        n = len(visual)
        names = self.run(
            self.raters_block, hidden_states=torch.cat([visual, text])[None], v_token_start=0, text_token_start=n)
        return names["t_token_idx"][1].tolist()

    def stage(self, attention, states, raters, before, visual, layer, positions=None, head_dim=128) -> dict:
        """attention [heads, length, length], states [length, width] leaving the layer"""
        heads, length = attention.shape[:2]
        layer_of = SimpleNamespace(self_attn=SimpleNamespace(num_heads=heads, head_dim=head_dim, rotary_emb=tables))
        ids = torch.arange(length)[None] if positions is None else positions
        got = self.run(
            self.stage_block,
            B=1,
            layer_outputs=(states[None], None, attention[None]),
            hidden_states=states[None],
            decoder_layer=layer_of,
            t_token_idx=(torch.zeros(len(raters), dtype=torch.long), torch.tensor(raters)),
            text_token_start=before + visual,
            v_token_start=before,
            v_token_num=visual,
            layer_idx=layer,
            pre_prompt_length_list=[before],
            image_shape=visual,
            position_ids=ids)
        selected = got["select_token_idx"][0]
        kept = selected[(selected >= before) & (selected < before + visual)] - before
        case = {"visual": visual, "before": before, "raters": raters, "kept": kept.tolist()}
        if not self.names["V2_0"]:
            dropped = got["merge_token_idx_stage1"]
            merged = got["merge_sparse_token"][0]
            case["recycled"] = dropped[got["merge_token_stage2_idx"]].tolist()
            case["merged"] = [[float(f"{v:.7g}") for v in row[:16].tolist()] for row in merged]
            assert got["position_ids"].shape[1] == got["layer_outputs"][0].shape[1]
        return case


def spread(x, pattern):
    return x[:, :, None, :] if pattern.endswith("b l () r") else x[:, None, :, :]


def tables(x, seq_len):
    d = x.shape[-1]
    angles = torch.arange(seq_len)[:, None] * 10000 ** (-torch.arange(0, d, 2) / d)[None, :]
    both = torch.cat([angles, angles], dim=-1)
    return both.cos(), both.sin()


def rotated(q, k, cos, sin, ids):
    def turn(x):
        half = x.shape[-1] // 2
        return x * cos[ids][:, None] + torch.cat([-x[..., half:], x[..., :half]], dim=-1) * sin[ids][:, None]

    return turn(q), turn(k)


# ---- cases ----

def walked(seed: int) -> dict:
    """The order in which Python walks a set of positions, by size and seed."""
    values = [int(v) for v in np.random.default_rng(seed).choice(700 + 40 * seed, 1 + seed % 20, replace=False)]
    return {"values": values, "walked": list(set(values))}


def at_published_geometry(folder: Path) -> dict:
    attention = positive(1, 1, TOKENS)[0]
    projected = tokens(4, TOKENS, WIDTH, 50)
    embedded = tokens(6, TOKENS, 768, 30)
    length = BEFORE + TOKENS + TEXT
    states = tokens(8, length, WIDTH, 45)
    keys = matrix(10, length, WIDTH).view(length, HEADS, 128).transpose(0, 1)
    first = SparseVlm(folder, False, 192)
    raters = first.raters(tokens(12, TOKENS, WIDTH, 20), tokens(14, TEXT, WIDTH, 20))
    stages = []
    for layer, (visual, _) in zip((2, 6, 15), ((576, 300), (309, 200), (204, 110))):
        rows = positive(20 + layer, HEADS * TEXT, visual)
        size = BEFORE + visual + TEXT
        whole = torch.zeros(HEADS, size, size)
        whole[:, BEFORE + visual:, BEFORE:BEFORE + visual] = rows.view(HEADS, TEXT, visual)
        hidden = tokens(40 + layer, size, WIDTH, 30)
        # In f64, so that what decides between two densities is not the order of a sum.
        stages.append({"layer": layer} | first.stage(whole.double(), hidden.double(), raters, BEFORE, visual, layer))
    plus = SparseVlm(folder, True, 192)
    rows = positive(60, HEADS * TEXT, TOKENS)
    whole = torch.zeros(HEADS, length, length)
    whole[:, BEFORE + TOKENS:, BEFORE:BEFORE + TOKENS] = rows.view(HEADS, TEXT, TOKENS)
    return {
        "fastervlm": {str(count): fastervlm(folder, attention, count) for count in (29, 58, 144)},
        # Seeds for which no two similarities that are compared are equal.
        "vispruner": [
            vispruner(folder, attention, whole_numbers(seed, TOKENS, 1024, 40), *case) | {"seed": seed}
            for seed, *case in VISPRUNER],
        "divprune": [
            divprune(folder, tokens(seed, TOKENS, WIDTH, 50), share) | {"seed": seed} for seed, share in DIVPRUNE],
        "cdpruner": [cdpruner(folder, projected, embedded, matrix(16, m, 768), count) for m, count in ((1, 64), (2, 128))],
        "dart": [
            dart(folder, states, keys, before, TOKENS, count, pivots)
            for before, count, pivots in (
                (35, 192, (4, 4)), (35, 128, (4, 4)), (35, 64, (4, 4)), (30, 128, (4, 4)), (35, 60, (3, 2)), (35, 96, (6, 10)))],
        "raters": raters,
        "stages": stages,
        "plus": plus.stage(whole, tokens(42, length, WIDTH, 30), raters, BEFORE, TOKENS, 2),
    }


def on_peek(folder: Path, recorded: Path) -> tuple[dict, dict]:
    kept = {}

    def of(file: str, signal: str) -> torch.Tensor:
        found = [v for k, v in load_file(recorded / f"{file}.safetensors").items() if signal in k]
        if not found:
            sys.exit(f"{recorded / file}.safetensors does not hold {signal}")
        kept[f"{file}.{signal}"] = found[0]
        return found[0]

    attention = of("vispruner", "EncoderAttention")
    features = of("vispruner", "Features")
    projected = of("cdpruner", "Projected")
    embedded = of("cdpruner", "FeatureImageEmbeddings")
    pieces = of("cdpruner", "QuestionPieces")
    visual = of("dart", "DecoderHidden[tokens=VISUAL")
    text = of("dart", "DecoderHidden[tokens=INSTRUCTION")
    keys = of("dart", "DecoderProjection")
    text_keys = of("dart", "DecoderInstructionProjection")
    positions = of("sparsevlm-plus", "decoder[1].0.DecoderPositions")
    n, t = len(visual), len(text)
    before = len(positions) - n - t
    pad = torch.zeros(before, visual.shape[1])
    states = torch.cat([pad, visual, text])
    all_keys = torch.cat([torch.zeros(before, keys.shape[1]), keys, text_keys]).view(len(states), 8, -1).transpose(0, 1)
    first = SparseVlm(folder, False, 64)
    raters = first.raters(of("sparsevlm-1", "prompt.0.DecoderHidden[tokens=VISUAL"),
                          of("sparsevlm-1", "prompt.0.DecoderHidden[tokens=INSTRUCTION"))
    leaving = of("sparsevlm-1", "decoder[1].0.DecoderHidden")
    rows = of("sparsevlm-1", "decoder[1].0.DecoderInstructionAttention")
    whole = torch.zeros(1, before + n + t, before + n + t)
    whole[0, before + n:, before:before + n] = rows
    stage = first.stage(
        whole.double(), torch.cat([pad, leaving, torch.zeros(t, leaving.shape[1])]).double(), raters, before, n, 2)
    by_head = of("sparsevlm-plus", "decoder[1].0.DecoderInstructionAttention")
    # Of 32 heads 14 are heard: peek's eight and six that see nothing.
    whole = torch.zeros(32, before + n + t, before + n + t)
    whole[:8, before + n:, before:before + n] = by_head.view(8, t, n)
    plus = SparseVlm(folder, True, 64)
    return {
        "fastervlm": fastervlm(folder, attention, 64),
        "vispruner": [vispruner(folder, attention, features, 64, 0.5), vispruner(folder, attention, features, 32, 0.75)],
        "divprune": [divprune(folder, projected, 0.25)],
        "cdpruner": [cdpruner(folder, projected, embedded, pieces, 64)],
        "dart": [dart(folder, states, all_keys, before, n, count, (4, 4)) for count in (64, 32)],
        "raters": raters,
        "stage": stage,
        "plus": plus.stage(
            whole, torch.zeros(before + n + t, 256), raters, before, n, 2, positions.long()[None], head_dim=32),
    }, kept


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: token_choice_cases.py FOLDER RECORDED, the authors' checkouts and what peek's runs recorded")
    checkouts, recorded = Path(sys.argv[1]), Path(sys.argv[2])
    peek, kept = on_peek(checkouts, recorded) if any(recorded.glob("*.safetensors")) else ({}, {})
    if kept:
        write_tensors(TARGET / "token-choice-peek.safetensors", kept)
    write_json(TARGET / "token-choice-official.json", {
        "published": at_published_geometry(checkouts), "peek": peek, "sets": [walked(seed) for seed in range(60)]})


if __name__ == "__main__":
    main()
