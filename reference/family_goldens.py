"""What transformers computes with a checkpoint of any family: golden.safetensors and golden.json beside it.

A family gives its model, its processor and a `Parts` that says where its layers are; the recording is shared.
Tensor names are `part.what.layer`; README.md lists them with their shapes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import torch
import transformers
from transformers.image_utils import load_image

import tiny_tokenizers
from common import write_json, write_tensors

NEW_TOKENS = 12
LOGIT_GAP = 0.02  # the runner-up must stay this far behind at every greedy step, or rounding could swap the two


@dataclass(frozen=True)
class Parts:
    """Where a family keeps its layers.

    blocks: the encoder's blocks, each of which returns the hidden states
    connector: what turns encoder features into tokens of the language model
    language: the decoder, with `layers` and `norm`
    reorder: from the order in which a block holds a picture's patches to the processor's order, given the inputs
    pixels: the processor's values without repetition
    features: projected tokens of the pictures in the inputs, `[tokens, width]`
    deep: what is added to them behind each of the first decoder layers, where the family has that
    """

    blocks: Callable
    connector: Callable
    language: Callable
    reorder: Callable
    pixels: Callable
    features: Callable
    deep: Callable = lambda model, encoded: []


def image_part(name: str) -> dict:
    return {"type": "image", "path": f"images/{name}.png"}


def text_part(text: str) -> dict:
    return {"type": "text", "text": text}


def turn(role: str, *parts: dict) -> dict:
    return {"role": role, "content": list(parts)}


def encode(processor, folder: Path, conversations: list[list[dict]]) -> dict[str, torch.Tensor]:
    """Template, pictures and words to model inputs; several conversations are padded on the left."""
    texts = [render(processor, messages) for messages in conversations]
    pictures = [
        [load_image(str(folder / part["path"])) for turn_ in messages for part in turn_["content"] if isinstance(part, dict) and part["type"] == "image"]
        for messages in conversations
    ]
    given = {"images": pictures} if any(pictures) else {}
    if given and flat(processor):
        given = {"images": [picture for prompt in pictures for picture in prompt]}
    return processor(text=texts, padding=True, padding_side="left", return_tensors="pt", add_special_tokens=False, **given)


def flat(processor) -> bool:
    """Whether the processor takes all pictures in one list; others want a list a prompt."""
    return "Qwen" in type(processor).__name__


def render(processor, messages: list[dict], add_generation_prompt: bool = True) -> str:
    return processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt)


def write_goldens(model, processor, folder: Path, parts: Parts, cases: dict) -> None:
    """`cases`: `images` (names), `prompts`, `detailed` and `batch` (names of prompts)."""
    with torch.inference_mode():
        tensors = {}
        for name in cases["images"]:
            tensors |= {f"picture.{name}.{key}": value for key, value in picture(model, processor, folder, parts, name).items()}
        prompts = {}
        for name, messages in cases["prompts"].items():
            encoded = encode(processor, folder, [messages])
            if name in cases["detailed"]:
                tensors |= {f"decoder.{name}.{key}": value for key, value in decoder(model, parts, encoded).items()}
            prompts[name], step_logits = greedy(model, processor, encoded)
            prompts[name] |= {"messages": messages, "rendered": render(processor, messages)}
            tensors[f"greedy.{name}.logits"] = step_logits
        batch = batched(model, processor, folder, cases, prompts)
    write_tensors(folder / "golden.safetensors", tensors)
    write_json(
        folder / "golden.json",
        {
            "made_with": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]},
            "images": [f"images/{name}.png" for name in cases["images"]],
            "new_tokens": NEW_TOKENS,
            "prompts": prompts,
            "batch": batch,
            "tokenizer": tiny_tokenizers.round_trips(processor.tokenizer),
        },
    )


def picture(model, processor, folder: Path, parts: Parts, name: str) -> dict[str, torch.Tensor]:
    """One picture, alone, through processor, encoder and connector."""
    encoded = encode(processor, folder, [[turn("user", image_part(name), text_part("a"))]])
    tensors = {"pixel_values": parts.pixels(encoded["pixel_values"])}
    if "image_grid_thw" in encoded:
        tensors["grid"] = encoded["image_grid_thw"][0]  # steps in time, rows and columns of patches
    blocks = parts.blocks(model)
    order = parts.reorder(model, encoded)
    with Captured(**{f"block{i}": block for i, block in enumerate(blocks)}) as captured:
        tensors["projected"] = parts.features(model, encoded)
    for i, added in enumerate(parts.deep(model, encoded)):
        tensors[f"deep.{i}"] = added
    tensors["entering"] = order(captured.inputs["block0"])
    for i in range(len(blocks)):
        tensors[f"hidden.{i}"] = order(captured.outputs[f"block{i}"])  # on leaving the block
    return tensors


def decoder(model, parts: Parts, encoded: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """One prompt through every layer, without the batch dimension: `[tokens, width]`."""
    language = parts.language(model)
    layers = {f"layer{i}": layer for i, layer in enumerate(language.layers)}
    with Captured(language=language, norm=language.norm, **layers) as captured:
        out = model(**encoded, output_attentions=True, use_cache=True)
    tensors = {
        "input_ids": encoded["input_ids"][0],
        "logits": out.logits[0],
        "after_norm": captured.outputs["norm"][0],
    }
    tensors["cached_key.1"] = out.past_key_values.layers[1].keys[0]  # behind the rotary embedding
    positions = captured.keywords["language"].get("position_ids")
    if positions is not None and positions.dim() == 3:
        tensors["positions"] = positions[-3:, 0]  # time, row, column
    for i, layer in enumerate(language.layers):
        tensors[f"hidden.{i}"] = captured.inputs[f"layer{i}"][0]  # on entering the layer
        tensors[f"last_attention.{i}"] = out.attentions[i][0, :, -1]
    return tensors


def greedy(model, processor, encoded: dict[str, torch.Tensor]) -> tuple[dict, torch.Tensor]:
    out = model.generate(
        **encoded, do_sample=False, max_new_tokens=NEW_TOKENS, return_dict_in_generate=True, output_logits=True
    )
    given = encoded["input_ids"][0]
    new = out.sequences[0, given.shape[0] :]
    logits = torch.stack(out.logits, dim=1)[0]
    best = logits.topk(2).values
    gap = (best[:, 0] - best[:, 1]).min().item()
    if gap < LOGIT_GAP:
        raise SystemExit(f"A greedy step is decided by {gap:.4f} in the logits; choose another seed.")
    record = {
        "input_ids": given.tolist(),
        "continuation_ids": new.tolist(),
        "continuation": processor.tokenizer.decode(new, skip_special_tokens=True),
        "smallest_logit_gap": round(gap, 4),
    }
    return record, logits


def batched(model, processor, folder: Path, cases: dict, prompts: dict[str, dict]) -> dict:
    """Prompts padded on the left and answered together; each must continue as it does alone."""
    names = cases["batch"]
    encoded = encode(processor, folder, [cases["prompts"][name] for name in names])
    out = model.generate(**encoded, do_sample=False, max_new_tokens=NEW_TOKENS)
    new = out[:, encoded["input_ids"].shape[1] :]
    for name, ids in zip(names, new.tolist()):
        alone = prompts[name]["continuation_ids"]
        if ids[: len(alone)] != alone:
            raise SystemExit(f"{name}: in the batch {ids}, alone {alone}")
    return {"prompts": list(names), "continuation_ids": new.tolist()}


class Captured:
    """Keeps what named modules are given and give back while the block runs."""

    def __init__(self, **modules: torch.nn.Module):
        self.modules, self.inputs, self.keywords, self.outputs, self._hooks = modules, {}, {}, {}, []

    def __enter__(self) -> "Captured":
        for name, module in self.modules.items():
            self._hooks.append(module.register_forward_hook(self._keep(name), with_kwargs=True))
        return self

    def _keep(self, name: str):
        def hook(module, inputs, keywords, output):
            self.inputs[name] = inputs[0] if inputs else keywords.get("hidden_states")
            self.keywords[name] = keywords
            self.outputs[name] = output if isinstance(output, torch.Tensor) else output[0]

        return hook

    def __exit__(self, *_) -> None:
        for hook in self._hooks:
            hook.remove()
