"""What LLaVA-Mini's official code (arXiv 2501.03895) makes of pictures and words, on random weights over llava-mha.

Give a folder with a checkout of github: ictnlp/LLaVA-Mini. The resampler, the routine that encodes pictures with the ids
of the words and their labels, and the one that lays out the language model's input are taken from it by name and run as
they are; around them stand the encoder, projector and embeddings of the tiny checkpoint. Decoder layers of transformers'
present version are called in the way that the code knows. What comes out goes through the checkpoint's language model.
"""

import ast
import copy
import math
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn
from transformers import LlavaForConditionalGeneration
from transformers.modeling_attn_mask_utils import _prepare_4d_causal_attention_mask
from transformers.models.llama.modeling_llama import LlamaDecoderLayer, LlamaRotaryEmbedding

from common import GOLDEN, randomise, write_tensors

TARGET = GOLDEN.parents[4] / "fovea-techniques/src/test/resources/llava-mini.safetensors"
WANTED = [
    "get_abs_pos",
    "get_2d_sincos_pos_embed",
    "get_2d_sincos_pos_embed_from_grid",
    "get_1d_sincos_pos_embed_from_grid",
    "Resampler",
    "LlavaMiniMetaForCausalLM",
]
IMAGE, IGNORE = -200, -100
EPS = 1e-5  # of the pre-fusion's norms
WIDE, TALL = 0, 1

# Words before and behind the picture; one question, and two with their answers (labels), of which the last is learned.
ONE = [1, 346, 30, IMAGE, 203, 339, 225, 277]
TAUGHT = [1, 9, IMAGE, 30, 31, 70, 71, 32, 33, 34, 72]
LABELS = [IGNORE] * 5 + [70, 71] + [IGNORE] * 3 + [72]
TINY, TINY_LABELS = [1, IMAGE, 5, 7, 9], [IGNORE] * 4 + [9]


def official(folder: Path) -> SimpleNamespace:
    """The wanted functions and classes of a checkout, without running anything else of it."""
    file = folder / "llavamini/model/llavamini_arch.py"
    names = dict(torch=torch, nn=nn, F=F, np=np, math=math, ABC=ABC, abstractmethod=abstractmethod,
                 IMAGE_TOKEN_INDEX=IMAGE, IGNORE_INDEX=IGNORE,
                 _prepare_4d_causal_attention_mask=_prepare_4d_causal_attention_mask)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = [node for node in tree.body if getattr(node, "name", None) in WANTED]
    if len(found) != len(WANTED):
        sys.exit(f"{file} does not define {WANTED}; is this a checkout of LLaVA-Mini?")
    exec(compile(ast.Module(found, []), str(file), "exec"), names)
    return SimpleNamespace(**names)


class Layer(nn.Module):
    """A decoder layer called as transformers 4 was: positions as ids, the states as the first of a tuple."""

    def __init__(self, config, index: int):
        super().__init__()
        self.inner = LlamaDecoderLayer(config, index)
        self.rotary = LlamaRotaryEmbedding(config)
        self.seen = []

    def forward(self, x, attention_mask, position_ids):
        self.seen.append((attention_mask, position_ids))
        rotary = self.rotary(x, position_ids)
        out = self.inner(x, attention_mask=attention_mask, position_embeddings=rotary)
        return (out[0] if isinstance(out, tuple) else out,)


def system(code, model, side: int, layers: int):
    """The official code around the parts of the tiny checkpoint, with random compressor and pre-fusion."""
    inner = model.model
    text, vision = inner.language_model, inner.vision_tower
    config = copy.deepcopy(text.config)
    config.rms_norm_eps = EPS
    config._attn_implementation = "eager"
    compressor = code.Resampler(grid_size=side, embed_dim=vision.config.hidden_size, num_heads=8)
    table = compressor.pos_embed.detach().clone()
    prefusion = nn.ModuleList(Layer(config, i) for i in range(layers))
    randomise(compressor, 2501 + side, 0.6)
    randomise(prefusion, 3895 + layers, 0.25)
    with torch.no_grad():
        compressor.pos_embed.copy_(table)

    def tower(pixels):
        return vision(pixels, output_hidden_states=True).hidden_states[-2][:, 1:]

    parts = SimpleNamespace(
        get_vision_tower=lambda: tower,
        compressor=compressor,
        mm_projector=inner.multi_modal_projector,
        prefusion_layers=prefusion,
        base_model=SimpleNamespace(config=SimpleNamespace(_attn_implementation="eager")),
    )

    class Whole(code.LlavaMiniMetaForCausalLM):
        config = SimpleNamespace()
        device = torch.device("cpu")

        def get_model(self):
            return parts

        def get_vision_tower(self):
            return tower

        def get_input_embeddings(self):
            return text.embed_tokens

    return Whole(), parts


def own(parts) -> dict[str, torch.Tensor]:
    """The weights as the technique names them."""
    w = {"compressor." + n: p for n, p in parts.compressor.named_parameters() if n != "pos_embed"}
    for i, layer in enumerate(parts.prefusion_layers):
        w |= {f"prefusion_layers.{i}.{n}": p for n, p in layer.inner.named_parameters()}
    return w


def fused(whole, model, images, ids, labels=None) -> dict[str, torch.Tensor]:
    """Vision tokens and words as the language model gets them, its whole input, and the logits behind its last token."""
    ids = torch.tensor([ids])
    labels = None if labels is None else torch.tensor([labels])
    if isinstance(images, list):
        encoded = None
    else:
        encoded = whole.encode_images_mini(images, ids, labels)
    laid = whole.prepare_inputs_labels_for_multimodal(ids, None, None, None, labels, images)
    inputs = laid[4]
    out = {"inputs": inputs[0], "logits": model(inputs_embeds=inputs).logits[0]}
    if encoded is not None:
        out |= {"vision": encoded[0][0], "words": encoded[1][0]}
    return out


def cut(pixels: torch.Tensor) -> torch.Tensor:
    """Five pictures as four crops, row by row, and the whole that they would be of."""
    wide, tall = pixels
    return torch.stack([wide, tall, wide.flip(-1), tall.flip(-2), wide.flip(-2)])[None]


def named(prefix: str, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"{prefix}.{name}": value for name, value in values.items()}


def check_example(whole, parts, model, images) -> None:
    """The masking example: valid flags and positions that the code gives its layers."""
    fused(whole, model, images, TINY, TINY_LABELS)
    mask, positions = parts.prefusion_layers[0].seen[-1]
    patches = positions.shape[1] - len(TINY) - 1
    assert positions[0, patches:].tolist() == [patches, patches + 1, 1, patches + 2, patches + 3, 1]
    seen = (mask[0, 0, -1] == 0).tolist()[patches:]
    assert seen[:5] == [True, True, False, True, True]


@torch.no_grad()
def main() -> None:
    code = official(Path(sys.argv[1]))
    model = LlavaForConditionalGeneration.from_pretrained(GOLDEN / "llava-mha", attn_implementation="eager").eval()
    pixels = load_file(GOLDEN / "llava-mha/golden.safetensors")["vision.pixel_values"]
    results = {}
    for side, layers in ((1, 2), (2, 1)):
        whole, parts = system(code, model, side, layers)
        results |= named(f"c{side}", own(parts))
        alone = pixels[:, None]
        for name, picture in (("wide", WIDE), ("tall", TALL)):
            results |= named(f"c{side}.{name}", fused(whole, model, alone[picture:picture + 1], ONE))
        results |= named(f"c{side}.taught", fused(whole, model, alone[:1], TAUGHT, LABELS))
        results |= named(f"c{side}.film", fused(whole, model, [pixels[:, None]], ONE))
        results |= named(f"c{side}.still", fused(whole, model, [pixels[:1, None].repeat(3, 1, 1, 1, 1)], ONE))
        if side == 1:
            check_example(whole, parts, model, alone[:1])
        else:
            results |= named(f"c{side}.cut", fused(whole, model, cut(pixels), ONE))
    whole, parts = system(code, model, 1, 0)
    results |= named("plain", own(parts)) | named("plain.wide", fused(whole, model, pixels[:1, None], ONE))
    table = code.get_2d_sincos_pos_embed(16, 2)
    results["table"] = torch.from_numpy(np.asarray(table)).float()
    results["table.3x3"] = code.get_abs_pos(results["table"], 9)
    results["table.24x24"] = code.get_abs_pos(results["table"], 576)
    write_tensors(TARGET, results)


if __name__ == "__main__":
    main()
