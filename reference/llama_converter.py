"""Folders of Hugging Face's layout as GGUF files, by llama.cpp's own converter.

Whoever imports this has put the folder of llama.cpp, and `gguf-py` in it, on the path. Two things are not the converter's:
vocabularies, because it knows a tokenizer by a hash of what a published one makes of a long text; and LLaVA's mmproj.gguf,
which is written in the words of convert_image_encoder_to_gguf.py, which does not run with the `transformers` of today.
"""

from pathlib import Path

import gguf
import numpy as np
import torch
from conversion import ModelBase, get_model_architecture, get_model_class
from conversion.base import ModelType
from transformers import PreTrainedTokenizerFast

import gguf_models
import tiny_tokenizers


def write_vocabulary(writer: gguf.GGUFWriter, tokenizer: PreTrainedTokenizerFast, way: str, template: str | None) -> None:
    core = tokenizer.backend_tokenizer
    tokens = gguf_models.ordered(core)
    special = {t.content for t in core.get_added_tokens_decoder().values() if t.special}
    kinds = [2 if t == "<unk>" else 3 if t in special else 6 if t.startswith("<0x") else 1 for t in tokens]
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    merges = tiny_tokenizers._merges(core)
    if way in ("llama", "gemma"):
        rank = {"".join(pair): -float(i) for i, pair in enumerate(merges)}
        writer.add_tokenizer_model("llama")
        writer.add_token_scores([rank.get(t, -1e6) for t in tokens])
        writer.add_unk_token_id(tokens.index("<unk>"))
        writer.add_add_space_prefix(way == "llama")
    else:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(way)
        writer.add_token_merges([" ".join(pair) for pair in merges])
    if tokenizer.bos_token:
        writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_pad_token_id(tokenizer.pad_token_id)
    if template:
        writer.add_chat_template(template)


def convert(source: Path, out: Path, vocabulary, pictures: bool, kind: str = "MOSTLY_BF16", eager: bool = True) -> None:
    """`vocabulary` writes that of a language model; not `eager`, a large model is never in memory as a whole."""
    hparams = ModelBase.load_hparams(source, False)
    architecture = get_model_architecture(hparams, ModelType.MMPROJ if pictures else ModelType.TEXT)
    found = get_model_class(architecture, mmproj=pictures)
    own = {"model_arch": found.model_arch}
    if not pictures:
        own["set_vocab"] = lambda self: vocabulary(self.gguf_writer)
    with torch.inference_mode():
        type(found.__name__, (found,), own)(source, gguf.LlamaFileType[kind], out, eager=eager).write()


def write_llava_pictures(model, out: Path, kind: str = "F16") -> None:
    """CLIP without its last block, and the two maps of the connector; matrices in f16 or what `kind` says, the kernel in f16."""
    c = model.config.vision_config
    writer = gguf.GGUFWriter(str(out), "clip")
    for key in ("text_encoder", "vision_encoder", "llava_projector"):
        writer.add_bool(f"clip.has_{key}", key != "text_encoder")
    writer.add_string("clip.projector_type", "mlp")
    numbers = {
        "image_size": c.image_size, "patch_size": c.patch_size, "embedding_length": c.hidden_size,
        "feed_forward_length": c.intermediate_size, "projection_dim": c.projection_dim,
        "attention.head_count": c.num_attention_heads, "block_count": c.num_hidden_layers - 1,
    }  # fmt: skip
    for key, number in numbers.items():
        writer.add_uint32(f"clip.vision.{key}", number)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", c.layer_norm_eps)
    writer.add_array("clip.vision.image_mean", [0.48145466, 0.4578275, 0.40821073])
    writer.add_array("clip.vision.image_std", [0.26862954, 0.26130258, 0.27577711])
    writer.add_bool("clip.use_gelu", c.hidden_act == "gelu")
    short = {
        "embeddings.class_embedding": "class_embd", "embeddings.patch_embedding.weight": "patch_embd.weight",
        "embeddings.position_embedding.weight": "position_embd.weight", "pre_layrnorm": "pre_ln", "encoder.layers": "blk",
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.out_proj": "attn_out", "layer_norm": "ln", "mlp.fc1": "ffn_down", "mlp.fc2": "ffn_up",
    }  # fmt: skip
    for full, tensor in model.state_dict().items():
        _, tower, name = full.partition("vision_tower.")
        if "multi_modal_projector." in full:
            name = "mm." + full.rpartition("multi_modal_projector.")[2].replace("linear_1", "0").replace("linear_2", "2")
        elif not tower or "post_layernorm" in name or f"layers.{c.num_hidden_layers - 1}." in name:
            continue
        else:
            name = "v." + name.removeprefix("vision_model.")
            for old, new in short.items():
                name = name.replace(old, new)
        values = tensor.detach().float().numpy()
        if tensor.dim() < 2 or "position_embd" in name:
            writer.add_tensor(name, values)
        elif kind == "F16" or tensor.dim() > 2:
            writer.add_tensor(name, values.astype(np.float16))
        else:
            stored = gguf.GGMLQuantizationType[kind]
            writer.add_tensor(name, gguf.quants.quantize(values, stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
