"""A GGUF file with a tensor of random blocks of every type, and what the `gguf` package decodes of each, bit for bit.

    python gguf_blocks.py

The scales in the blocks are kept finite: what a scale that is no number gives is nobody's promise.
"""

import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter, GGUFEndian
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize

from common import empty_folder, write_tensors

# Where in a block its numbers of half precision lie.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "IQ4_NL": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}
ROWS, BLOCKS = 5, 4


def blocks(rng: np.random.Generator, name: str) -> np.ndarray:
    weights, size = GGML_QUANT_SIZES[Type[name]]
    per_row = BLOCKS if weights == 32 else 2
    raw = rng.integers(0, 256, (ROWS, per_row, size), dtype=np.uint8)
    for at in HALVES[name]:
        scale = rng.normal(0, 0.05, (ROWS, per_row)).astype(np.float16)
        scale[0, 0] = np.float16(6e-8)  # the smallest there is
        raw[:, :, at : at + 2] = scale.view(np.uint8).reshape(ROWS, per_row, 2)
    return raw.reshape(ROWS, per_row * size)


def main() -> None:
    folder = empty_folder("gguf")
    rng = np.random.default_rng(20261129)
    writer = GGUFWriter(str(folder / "blocks.gguf"), "llama", endianess=GGUFEndian.LITTLE)
    writer.add_uint32("test.whole", 4_000_000_000)
    writer.add_int8("test.negative", -7)
    writer.add_float32("test.real", 0.25)
    writer.add_bool("test.flag", True)
    writer.add_string("test.text", "Zeichen: ä € 🦉")
    writer.add_array("test.words", ["", "a", "ßt"])
    writer.add_array("test.numbers", [1, -2, 3])
    wanted = {}
    for name in HALVES:
        raw = blocks(rng, name)
        writer.add_tensor(name, raw, raw_dtype=Type[name])
        wanted[name] = torch.from_numpy(dequantize(raw, Type[name]).astype(np.float32))
    for name, dtype in {"F32": np.float32, "F16": np.float16}.items():
        values = rng.normal(size=(3, 7)).astype(dtype)
        writer.add_tensor(name, values)
        wanted[name] = torch.from_numpy(values.astype(np.float32))
    bf16 = torch.from_numpy(rng.normal(size=(2, 3, 4)).astype(np.float32)).to(torch.bfloat16)
    writer.add_tensor("BF16", bf16.view(torch.int16).numpy().view(np.uint8), raw_dtype=Type.BF16)
    wanted["BF16"] = bf16.float()
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    write_tensors(folder / "decoded.safetensors", wanted)


if __name__ == "__main__":
    main()
