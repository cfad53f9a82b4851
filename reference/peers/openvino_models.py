"""The models of models.py as OpenVINO's, by optimum-intel and NNCF: weights of 16, of eight and of four bits.

    python openvino_models.py RUNS NAME ...

As `optimum-cli` does it: with eight bits every part has them, one scale to each output; with four bits the language model,
in groups of 32 as Q4_0 and Fovea have them, its table and its head excepted, which have eight like the other parts. Of a
prompt's tokens the last alone meets the head, as in OpenVINO GenAI.
"""

import argparse
import json
import os
import shutil
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import nncf
import openvino as ov
from openvino import opset13 as ops
from optimum.exporters.openvino import main_export
from optimum.intel import OVConfig

LANGUAGE = ("openvino_language_model", "openvino_model")
EIGHT = {"mode": nncf.CompressWeightsMode.INT8_SYM}
FOUR = {"mode": nncf.CompressWeightsMode.INT4_SYM, "group_size": 32, "ratio": 1.0}


def export(folder: Path, out: Path) -> None:
    sees = "vision_config" in json.loads((folder / "hf/config.json").read_text(encoding="utf-8"))
    task = "image-text-to-text" if sees else "text-generation-with-past"
    main_export(str(folder / "hf"), out, task=task, ov_config=OVConfig(dtype="fp16"), library_name="transformers")
    for name in LANGUAGE:
        if (out / f"{name}.xml").exists():
            rewritten(out / f"{name}.xml", last_token_alone)


def last_token_alone(model: ov.Model) -> ov.Model:
    """Cuts the hidden states down to the last token before the product with the head."""
    node = next(r for r in model.get_results() if "logits" in r.input_value(0).get_names()).input_value(0).get_node()
    while node.get_type_name() != "MatMul":
        node = node.input_value(0).get_node()
    last = ops.gather(node.input_value(0), ops.constant([-1]), ops.constant(1))
    node.input(0).replace_source_output(last.output(0))
    model.validate_nodes_and_infer_types()
    return model


def rewritten(file: Path, change) -> None:
    """The model in a file, changed."""
    # Weights are mapped from the file, so another one is written.
    beside = file.with_name("changed.xml")
    ov.save_model(change(ov.Core().read_model(file)), beside, compress_to_fp16=False)
    for end in (".bin", ".xml"):
        beside.with_suffix(end).replace(file.with_suffix(end))


def compress(source: Path, out: Path, bits: int) -> None:
    # Linked, not copied: `rewritten` puts new files in the place of those that change.
    shutil.copytree(source, out, copy_function=os.link)
    for file in out.glob("*.xml"):
        options = FOUR if bits == 4 and file.stem in LANGUAGE else EIGHT
        rewritten(file, lambda model, options=options: nncf.compress_weights(model, **options))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("names", nargs="+", metavar="NAME")
    given = parser.parse_args()
    for name in given.names:
        folder = given.runs / name
        plain = folder / "openvino-bf16"
        makes = {"bf16": lambda out, f=folder: export(f, out)}
        makes |= {f"int{bits}": lambda out, b=bits, p=plain: compress(p, out, b) for bits in (8, 4)}
        for kind, make in makes.items():
            out, part = folder / f"openvino-{kind}", folder / "openvino.part"
            if not out.exists():
                shutil.rmtree(part, ignore_errors=True)
                make(part)
                part.rename(out)


if __name__ == "__main__":
    main()
