"""What every script here shares: where goldens live, seeded weights, and files written in one piece."""

import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing here is ever downloaded

import torch
from PIL import Image
from safetensors.torch import save_file
from transformers.utils import logging

GOLDEN = Path(__file__).resolve().parent.parent / "fovea-core/src/test/resources/golden"

logging.set_verbosity_error()
logging.disable_progress_bar()
torch.set_num_threads(1)  # one order of summation, so that a rerun gives the same bytes
torch.use_deterministic_algorithms(True)


def empty_folder(name: str) -> Path:
    """The golden folder of that name, without the files of an earlier run."""
    folder = GOLDEN / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.rglob("*"), reverse=True):
        old.rmdir() if old.is_dir() else old.unlink()
    return folder


def write_json(path: Path, value) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)


def write_tensors(path: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str] | None = None) -> None:
    beside = path.with_name(path.name + ".part")
    contiguous = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    save_file(contiguous, beside, metadata=metadata or {"format": "pt"})
    beside.chmod(0o644)
    beside.replace(path)


def randomise(model: torch.nn.Module, seed: int, linear_std: float) -> None:
    """Fills every parameter from one seeded stream.

    The standard deviations are far above those of a fresh model: attention is then peaked rather than flat and every
    layer changes its input visibly, so that a wrong sign, scale or order shows up in the goldens.
    """
    stream = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=stream)
            if name.endswith("logit_scale"):
                continue
            if "norm" in name and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            elif "patch_embedding" in name:
                parameter.copy_(0.06 * noise)
            elif "embed" in name or "lm_head" in name:
                parameter.copy_(0.5 * noise)
            else:
                parameter.copy_(linear_std * noise)


def formula_image(width: int, height: int, phase: int = 0) -> Image.Image:
    """An RGB picture from integer arithmetic alone: ramps, a lattice and a bright disc, the same on every machine."""
    image = Image.new("RGB", (width, height))
    pixels = image.load()
    for y in range(height):
        for x in range(width):
            red = (x * 255) // max(1, width - 1)
            green = (y * 255) // max(1, height - 1)
            blue = ((x * 7 + y * 13 + phase * 31) % 64) * 4
            if ((x // 6) + (y // 5) + phase) % 4 == 0:
                red, green = 255 - green, red
            dx, dy = 3 * x - width, 3 * y - 2 * height  # a disc about (w/3, 2h/3)
            if dx * dx + dy * dy < (min(width, height)) ** 2:
                red, green, blue = 240, (40 + 60 * phase) % 256, 30
            pixels[x, y] = (red, green, blue)
    return image
