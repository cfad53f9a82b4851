"""A tiny CLIP dual encoder in the Hugging Face layout, stored as bf16, and what transformers computes with it in f32."""

from pathlib import Path

import torch
import transformers
from transformers import (
    AutoTokenizer,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTextConfig,
    CLIPVisionConfig,
    PreTrainedTokenizerFast,
)
from transformers.image_utils import load_image

import tiny_tokenizers
from common import empty_folder, formula_image, randomise, write_json, write_tensors

IMAGE_SIZE, PATCH, CONTEXT, SEED = 56, 14, 32, 7
TEXTS = ("star", "a red circle above a blue square", "Is there a striped heart in the top left corner? Yes, there is.")
IMAGES = ("wide", "tall")


def build_tokenizer() -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizers.clip(),
        bos_token="<|startoftext|>",
        eos_token="<|endoftext|>",
        unk_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        model_max_length=CONTEXT,
        padding_side="right",
    )


def build_model(tokenizer: PreTrainedTokenizerFast) -> CLIPModel:
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        projection_dim=24,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=CONTEXT,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    vision = CLIPVisionConfig(
        hidden_size=40,
        intermediate_size=72,
        projection_dim=24,
        num_hidden_layers=3,
        num_attention_heads=5,
        image_size=IMAGE_SIZE,
        patch_size=PATCH,
    )
    model = CLIPModel(CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=24)).eval()
    randomise(model, SEED, linear_std=0.2)
    return model


def write_checkpoint() -> Path:
    folder = empty_folder("clip")
    tokenizer = build_tokenizer()
    model = build_model(tokenizer).to(torch.bfloat16)
    model.config.architectures, model.config.dtype = ["CLIPModel"], torch.bfloat16
    model.config.save_pretrained(folder)
    tensors = dict(model.state_dict())
    # Published CLIP files carry these two index tables; a reader has no use for them.
    tensors["text_model.embeddings.position_ids"] = torch.arange(CONTEXT)[None]
    tensors["vision_model.embeddings.position_ids"] = torch.arange((IMAGE_SIZE // PATCH) ** 2 + 1)[None]
    write_tensors(folder / "model.safetensors", tensors)
    tokenizer.save_pretrained(folder)
    CLIPImageProcessorPil(
        size={"shortest_edge": IMAGE_SIZE}, crop_size={"height": IMAGE_SIZE, "width": IMAGE_SIZE}
    ).save_pretrained(folder)
    (folder / "images").mkdir()
    formula_image(90, 61, phase=0).save(folder / "images/wide.png")
    formula_image(47, 73, phase=2).save(folder / "images/tall.png")
    return folder


def text_goldens(model: CLIPModel, tokenizer) -> dict[str, torch.Tensor]:
    """Each text alone, without padding: `[tokens, width]`."""
    tensors, embeddings = {}, []
    for index, text in enumerate(TEXTS):
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        seen = model.text_model(ids, output_hidden_states=True)
        tensors[f"text.{index}.input_ids"] = ids[0]
        tensors[f"text.{index}.embeddings"] = seen.hidden_states[0][0]
        for layer, hidden in enumerate(seen.hidden_states[1:]):
            tensors[f"text.{index}.hidden.{layer}"] = hidden[0]  # on leaving the layer
        tensors[f"text.{index}.after_norm"] = seen.last_hidden_state[0]
        tensors[f"text.{index}.pooled"] = seen.pooler_output[0]
        embeddings.append(model.text_projection(seen.pooler_output)[0])
    tensors["text.projected"] = torch.stack(embeddings)  # before they are scaled to length one
    return tensors


def image_goldens(model: CLIPModel, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    seen = model.vision_model(pixels, output_hidden_states=True, output_attentions=True)
    tensors = {
        "image.pixel_values": pixels,
        "image.embeddings": seen.hidden_states[0],  # after pre-layernorm: what the first layer is given
        "image.pooled": seen.pooler_output,
        "image.projected": model.visual_projection(seen.pooler_output),
    }
    for layer, hidden in enumerate(seen.hidden_states[1:]):
        tensors[f"image.hidden.{layer}"] = hidden  # on leaving the layer
    for layer, attention in enumerate(seen.attentions):
        tensors[f"image.cls_attention.{layer}"] = attention[:, :, 0, 1:]
    return tensors


def main() -> None:
    folder = write_checkpoint()
    model = CLIPModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    processor = CLIPImageProcessorPil.from_pretrained(folder)
    pictures = [load_image(str(folder / f"images/{name}.png")) for name in IMAGES]
    pixels = processor(pictures, return_tensors="pt")["pixel_values"]
    padded = tokenizer(list(TEXTS), padding=True, return_tensors="pt")
    with torch.inference_mode():
        tensors = text_goldens(model, tokenizer) | image_goldens(model, pixels)
        both = model(**padded, pixel_values=pixels)
    # The whole model, all texts padded into one batch, must agree with the parts run one by one.
    alone = torch.nn.functional.normalize(tensors["text.projected"], dim=-1)
    if (both.text_embeds - alone).abs().max() > 1e-5:
        raise SystemExit("Padding changed a text's embedding.")
    tensors |= {
        "padded.input_ids": padded["input_ids"],
        "padded.attention_mask": padded["attention_mask"],
        "text_embeds": both.text_embeds,
        "image_embeds": both.image_embeds,
        "logits_per_image": both.logits_per_image,
        "logit_scale": model.logit_scale.detach().exp(),
    }
    write_tensors(folder / "golden.safetensors", tensors)
    write_json(
        folder / "golden.json",
        {
            "made_with": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]},
            "images": [f"images/{name}.png" for name in IMAGES],
            "texts": list(TEXTS),
            "logits_per_image": both.logits_per_image.tolist(),
            "tokenizer": tiny_tokenizers.round_trips(tokenizer),
        },
    )
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"clip: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
