"""Tiny SigLIP and SigLIP 2 dual encoders in the Hugging Face layout, and what transformers computes with them in f32.

siglip   pictures of one size, as published checkpoints of SigLIP (and of SigLIP 2 at one size) are; f32, texts end with
         </s>, which also fills them up to the context.
siglip2  pictures of any aspect ratio (NaFlex); bf16, texts in lower case end with <eos> and are filled up with <pad>.

No attention mask goes to the text tower: it was trained on what fills the texts, and the last token stands for them.
"""

from pathlib import Path

import torch
import transformers
from tokenizers import normalizers, processors
from transformers import (
    AutoModel,
    PreTrainedTokenizerFast,
    Siglip2Config,
    Siglip2ImageProcessorPil,
    Siglip2Model,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
)
from transformers.image_utils import load_image

import tiny_tokenizers
from common import empty_folder, formula_image, randomise, write_json, write_tensors

SIDE, PATCH, CONTEXT = 56, 14, 24
TEXTS = (
    "star",
    "A red circle above a blue Square",
    "Is there a striped heart in the top left corner? Yes, there is, and there are three red circles and one blue square.",
)
PICTURES = {"wide": (90, 61, 0), "tall": (47, 73, 2), "strip": (150, 33, 1)}


def build_tokenizer(second: bool) -> PreTrainedTokenizerFast:
    marks = ["<pad>", "<eos>", "<unk>"] if second else ["<unk>", "</s>"]
    end = "<eos>" if second else "</s>"
    tokenizer = tiny_tokenizers.chat(marks)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {end}", special_tokens=[(end, tokenizer.token_to_id(end))]
    )
    if second:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.NFC()])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=end,
        unk_token="<unk>",
        pad_token="<pad>" if second else "</s>",
        padding_side="right",
        model_max_length=CONTEXT,
        model_input_names=["input_ids"],
    )


def build_model(second: bool, tokenizer: PreTrainedTokenizerFast):
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "max_position_embeddings": CONTEXT,
        "projection_size": 40,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    vision = {
        "hidden_size": 40,
        "intermediate_size": 56,
        "num_hidden_layers": 3,
        "num_attention_heads": 5,
        "patch_size": PATCH,
    }
    if second:
        model = Siglip2Model(Siglip2Config(text_config=text, vision_config=vision | {"num_patches": 25})).eval()
    else:
        model = SiglipModel(SiglipConfig(text_config=text, vision_config=vision | {"image_size": SIDE})).eval()
    randomise(model, 17 if second else 16, linear_std=0.2)
    with torch.no_grad():
        model.logit_scale.fill_(2.3)
        model.logit_bias.fill_(-4.1)
    return model


def write_checkpoint(name: str, second: bool) -> tuple[Path, PreTrainedTokenizerFast]:
    folder = empty_folder(name)
    tokenizer = build_tokenizer(second)
    model = build_model(second, tokenizer)
    (model.to(torch.bfloat16) if second else model).save_pretrained(folder, save_original_format=False)
    (folder / "model.safetensors").chmod(0o644)
    tokenizer.save_pretrained(folder)
    if second:
        Siglip2ImageProcessorPil(patch_size=PATCH, max_num_patches=25).save_pretrained(folder)
    else:
        SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    (folder / "images").mkdir()
    for picture, (width, height, phase) in PICTURES.items():
        formula_image(width, height, phase=phase).save(folder / f"images/{picture}.png")
    return folder, tokenizer


def main() -> None:
    for name, second in (("siglip", False), ("siglip2", True)):
        folder, tokenizer = write_checkpoint(name, second)
        model = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        kind = Siglip2ImageProcessorPil if second else SiglipImageProcessorPil
        pictures = [load_image(str(folder / f"images/{picture}.png")) for picture in PICTURES]
        pixels = kind.from_pretrained(folder)(pictures, return_tensors="pt")
        ids = tokenizer(list(TEXTS), padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            both = model(input_ids=ids, **pixels)
        tensors = {
            "input_ids": ids,
            "text.projected": both.text_model_output.pooler_output,
            "image.projected": both.vision_model_output.pooler_output,
            "logits_per_image": both.logits_per_image,
            "probabilities": torch.sigmoid(both.logits_per_image),
        }
        for index, picture in enumerate(PICTURES):
            patches = int(pixels["spatial_shapes"][index].prod()) if second else (SIDE // PATCH) ** 2
            own = pixels["pixel_values"][index]
            tensors[f"{picture}.pixel_values"] = own[:patches] if second else own
            tensors[f"{picture}.hidden"] = both.vision_model_output.last_hidden_state[index, :patches]
            if second:
                tensors[f"{picture}.grid"] = pixels["spatial_shapes"][index]
            # What the pooling head makes of each patch alone.
            with torch.inference_mode():
                alone = both.vision_model_output.last_hidden_state[index, :patches, None]
                head = model.vision_model.head
                tensors[f"{picture}.patches"] = head(alone)
        write_tensors(folder / "golden.safetensors", tensors)
        write_json(
            folder / "golden.json",
            {
                "made_with": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]},
                "images": [f"images/{picture}.png" for picture in PICTURES],
                "texts": list(TEXTS),
                "tokenizer": tiny_tokenizers.round_trips(tokenizer),
            },
        )
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"{name}: {size / 1024:.0f} KiB", both.logits_per_image.tolist())


if __name__ == "__main__":
    main()
