"""What transformers computes with one LLaVA checkpoint: golden.safetensors and golden.json beside it.

Tensor names are `part.prompt.what.layer`; README.md lists them with their shapes.
"""

from pathlib import Path

import torch
import transformers
from transformers import LlavaForConditionalGeneration, LlavaProcessor
from transformers.image_utils import load_image

import tiny_tokenizers
from common import formula_image, write_json, write_tensors

NEW_TOKENS = 16
PROBE_LAYER = 1  # the layer whose queries, keys and values are kept
IMAGES = ("wide", "tall")
LOGIT_GAP = 0.02  # the runner-up must stay this far behind at every greedy step, or rounding could swap the two


def image_part(name: str) -> dict:
    return {"type": "image", "path": f"images/{name}.png"}


def text_part(text: str) -> dict:
    return {"type": "text", "text": text}


def turn(role: str, *parts: dict) -> dict:
    return {"role": role, "content": list(parts)}


PROMPTS = {
    "one_image": [turn("user", image_part("wide"), text_part("How many red circles are there in the picture?"))],
    "two_images": [
        turn("user", image_part("wide"), image_part("tall"), text_part("Compare the two images: what has changed?"))
    ],
    "two_turns": [
        turn("user", image_part("tall"), text_part("What colour is the star?")),
        turn("assistant", text_part("The star is yellow.")),
        turn("user", text_part("And the ring?")),
    ],
    "two_turns_two_images": [
        turn("system", text_part("You look at pictures and answer in a few words.")),
        turn("user", image_part("wide"), text_part("Is there a heart?")),
        turn("assistant", text_part("Yes, there is.")),
        turn("user", image_part("tall"), text_part("And here?")),
    ],
    "text_only": [turn("user", text_part("Which shape is larger, the cross or the diamond?"))],
}
BATCH = ("text_only", "one_image", "two_turns_two_images")  # three lengths, none, one and two pictures
DETAILED = ("one_image", "two_images", "two_turns")  # prompts whose every layer is kept

# More conversations for the chat template alone.
RENDERED_ONLY = {
    "image_after_text": [turn("user", text_part("Look at this:"), image_part("wide"), text_part("What is it?"))],
    "ends_with_assistant": [
        turn("user", text_part("What does the sign say?")),
        turn("assistant", text_part("  OPEN  ")),
    ],
    "three_turns": [
        turn("user", image_part("wide"), image_part("tall"), text_part("Compare.")),
        turn("assistant", text_part("One is wide.")),
        turn("user", text_part("And the other?")),
        turn("assistant", text_part("Tall.")),
        turn("user", text_part("Thanks!")),
    ],
    "markup_in_text": [turn("user", text_part("{{ 1 + 1 }} <b>&amp;</b> \"quotes\" 'and' \\backslash"))],
}


def write_goldens(model: LlavaForConditionalGeneration, processor: LlavaProcessor, folder: Path) -> None:
    with torch.inference_mode():
        tensors = vision(model, processor, folder)
        prompts = {}
        for name, messages in PROMPTS.items():
            encoded = encode(processor, folder, [messages])
            if name in DETAILED:
                tensors |= {f"decoder.{name}.{key}": value for key, value in decoder(model, encoded).items()}
            prompts[name], step_logits = greedy(model, processor, encoded)
            prompts[name] |= {"messages": messages, "rendered": render(processor, messages)}
            tensors[f"greedy.{name}.logits"] = step_logits
        batch = batched(model, processor, folder, prompts)
    write_tensors(folder / "golden.safetensors", tensors)
    write_json(
        folder / "golden.json",
        {
            "made_with": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]},
            "images": [f"images/{name}.png" for name in IMAGES],
            "probe_layer": PROBE_LAYER,
            "new_tokens": NEW_TOKENS,
            "prompts": prompts,
            "batch": batch,
            "templates": templates(processor),
            "tokenizer": tiny_tokenizers.round_trips(processor.tokenizer),
        },
    )


def render(processor: LlavaProcessor, messages: list[dict], add_generation_prompt: bool = True) -> str:
    return processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt)


def templates(processor: LlavaProcessor) -> list[dict]:
    return [
        {
            "name": name,
            "messages": messages,
            "add_generation_prompt": add_generation_prompt,
            "rendered": render(processor, messages, add_generation_prompt),
        }
        for name, messages in (PROMPTS | RENDERED_ONLY).items()
        for add_generation_prompt in (True, False)
    ]


def encode(processor: LlavaProcessor, folder: Path, conversations: list[list[dict]]) -> dict[str, torch.Tensor]:
    """Template, pictures and words to model inputs; several conversations are padded on the left."""
    located = [
        [
            {
                "role": message["role"],
                "content": [
                    part | {"path": str(folder / part["path"])} if part["type"] == "image" else part
                    for part in message["content"]
                ],
            }
            for message in messages
        ]
        for messages in conversations
    ]
    return processor.apply_chat_template(
        located,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True},
    )


def vision(model: LlavaForConditionalGeneration, processor: LlavaProcessor, folder: Path) -> dict[str, torch.Tensor]:
    """Encoder and connector for both pictures, batch first: `[2, tokens, width]`."""
    pictures = [load_image(str(folder / f"images/{name}.png")) for name in IMAGES]
    pixels = processor.image_processor(pictures, return_tensors="pt")["pixel_values"]
    tensors = {"vision.pixel_values": pixels}

    tower = model.model.vision_tower
    probe = tower.encoder.layers[PROBE_LAYER].self_attn
    with Captured(query=probe.q_proj, key=probe.k_proj, value=probe.v_proj,
                  projected=model.model.multi_modal_projector) as captured:  # fmt: skip
        model.model.get_image_features(pixels)
    selected = captured.inputs["projected"]
    tensors["vision.selected"] = selected
    tensors["vision.projected"] = captured.outputs["projected"]
    for part in ("query", "key", "value"):
        tensors[f"vision.{part}.{PROBE_LAYER}"] = split_heads(captured.outputs[part], tower.config.num_attention_heads)

    seen = tower(pixels, output_hidden_states=True, output_attentions=True)
    tensors["vision.embeddings"] = seen.hidden_states[0]  # after pre-layernorm: what the first layer is given
    tensors["vision.pooled"] = seen.pooler_output
    for layer, (hidden, attention) in enumerate(zip(seen.hidden_states[1:], seen.attentions)):
        tensors[f"vision.hidden.{layer}"] = hidden  # on leaving the layer
        tensors[f"vision.cls_attention.{layer}"] = attention[:, :, 0, 1:]
        tensors[f"vision.received_attention.{layer}"] = attention.mean(dim=(1, 2))
    tensors[f"vision.attention.{PROBE_LAYER}"] = seen.attentions[PROBE_LAYER]
    return tensors | interpolated(model, processor)


def interpolated(model: LlavaForConditionalGeneration, processor: LlavaProcessor) -> dict[str, torch.Tensor]:
    """Pictures larger than the trained grid, with position embeddings interpolated: 84x84, and 56 high by 84 wide."""
    tower = model.model.vision_tower
    tensors = {}
    for height, width in ((84, 84), (56, 84)):
        pixels = processor.image_processor(
            [formula_image(width, height, phase=1)], do_resize=False, do_center_crop=False, return_tensors="pt"
        )["pixel_values"]
        seen = tower(pixels, interpolate_pos_encoding=True, output_hidden_states=True)
        name = f"interpolated.{height}x{width}"
        tensors[f"{name}.pixel_values"] = pixels
        tensors[f"{name}.embeddings"] = seen.hidden_states[0]
        tensors[f"{name}.last_hidden"] = seen.hidden_states[-1]
    return tensors


def decoder(model: LlavaForConditionalGeneration, encoded: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """One prompt through every layer, without the batch dimension: `[tokens, width]`."""
    language = model.model.language_model
    probe = language.layers[PROBE_LAYER].self_attn
    with Captured(query=probe.q_proj, key=probe.k_proj, value=probe.v_proj, norm=language.norm) as captured:
        out = model(**encoded, output_hidden_states=True, output_attentions=True, use_cache=True)
    heads, groups = language.config.num_attention_heads, language.config.num_key_value_heads
    tensors = {
        "input_ids": encoded["input_ids"][0],
        "before_norm": captured.inputs["norm"][0],
        "after_norm": captured.outputs["norm"][0],
        "logits": out.logits[0],
        "last_logits": out.logits[0, -1],
        # Before the rotary embedding; `cached_key` is the same key after it.
        f"query.{PROBE_LAYER}": split_heads(captured.outputs["query"], heads)[0],
        f"key.{PROBE_LAYER}": split_heads(captured.outputs["key"], groups)[0],
        f"value.{PROBE_LAYER}": split_heads(captured.outputs["value"], groups)[0],
        f"cached_key.{PROBE_LAYER}": out.past_key_values.layers[PROBE_LAYER].keys[0],
        f"attention.{PROBE_LAYER}": out.attentions[PROBE_LAYER][0],
    }
    for layer, attention in enumerate(out.attentions):
        tensors[f"hidden.{layer}"] = out.hidden_states[layer][0]  # on entering the layer
        tensors[f"last_attention.{layer}"] = attention[0, :, -1]
    return tensors


def split_heads(projected: torch.Tensor, heads: int) -> torch.Tensor:
    """`[batch, tokens, heads * width]` to `[batch, heads, tokens, width]`."""
    return projected.unflatten(-1, (heads, -1)).transpose(1, 2)


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
        "continuation_with_special_tokens": processor.tokenizer.decode(new, skip_special_tokens=False),
        "smallest_logit_gap": round(gap, 4),
    }
    return record, logits


def batched(model, processor, folder: Path, prompts: dict[str, dict]) -> dict:
    """Three prompts padded on the left and answered together; each must continue as it does alone."""
    encoded = encode(processor, folder, [PROMPTS[name] for name in BATCH])
    out = model.generate(**encoded, do_sample=False, max_new_tokens=NEW_TOKENS)
    new = out[:, encoded["input_ids"].shape[1] :]
    for name, ids in zip(BATCH, new.tolist()):
        alone = prompts[name]["continuation_ids"]
        if ids[: len(alone)] != alone:
            raise SystemExit(f"{name}: in the batch {ids}, alone {alone}")
    return {
        "prompts": list(BATCH),
        "input_ids": encoded["input_ids"].tolist(),
        "attention_mask": encoded["attention_mask"].tolist(),
        "continuation_ids": new.tolist(),
    }


class Captured:
    """Keeps what named modules are given and give back while the block runs."""

    def __init__(self, **modules: torch.nn.Module):
        self.modules, self.inputs, self.outputs, self._hooks = modules, {}, {}, []

    def __enter__(self) -> "Captured":
        for name, module in self.modules.items():
            self._hooks.append(module.register_forward_hook(self._keep(name)))
        return self

    def _keep(self, name: str):
        def hook(module, inputs, output):
            self.inputs[name], self.outputs[name] = inputs[0], output

        return hook

    def __exit__(self, *_) -> None:
        for hook in self._hooks:
            hook.remove()
