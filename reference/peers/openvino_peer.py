"""OpenVINO on the processor, answering in turns.

    python openvino_peer.py FOLDER --weights bf16 --tokens 32 [--visual 64]

FOLDER is one that models.py and openvino_models.py wrote. The arithmetic is bf16 where weights are not of few bits. The
encoder is called as optimum-intel calls it, the language model directly. --visual hands on so many of a LLaVA's visual tokens.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import openvino as ov
import torch
from optimum.intel import OVModelForCausalLM, OVModelForVisualCausalLM
from safetensors.torch import load_file

from turns import Round, clock, serve

OPTIONS = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "bf16"}


class Asked:
    """A model and what it is asked."""

    def __init__(self, given: argparse.Namespace):
        folder = given.folder / f"openvino-{given.weights}"
        config = json.loads((given.folder / "hf/config.json").read_text(encoding="utf-8"))
        self.sees = "vision_config" in config
        kind = OVModelForVisualCausalLM if self.sees else OVModelForCausalLM
        self.model = kind.from_pretrained(folder, ov_config=OPTIONS | {"INFERENCE_NUM_THREADS": given.threads})
        self.inputs = load_file(given.folder / "inputs.safetensors")
        self.tokens, self.visual = given.tokens, given.visual
        self.placeholder = config.get("image_token_id", config.get("image_token_index"))
        self.encoded = 0.0
        if self.sees:
            self.language = self.model.language_model
            self.encode, self.model.get_vision_embeddings = self.model.get_vision_embeddings, self.encoding
        else:
            self.language = self.model
        self.request = self.language.request
        self.names = {port.get_any_name() for port in self.request.get_compiled_model().inputs}

    def encoding(self, *given, **named):
        features = self.encode(*given, **named)
        self.encoded = clock()
        return features

    @torch.inference_mode()
    def ask(self) -> Round:
        self.request.reset_state()
        self.model.rope_deltas = None
        took, self.encoded = Round(clock()), 0.0
        fed = self.prompt()
        length = fed["attention_mask"].shape[1]
        token = self.likeliest(fed)
        took.read, took.encoded = clock(), self.encoded
        took.ids.append(token)
        first = int(np.max(fed["position_ids"])) + 1 if "position_ids" in fed else length
        while len(took.ids) < self.tokens:
            token = self.likeliest(self.further(token, length + len(took.ids), first + len(took.ids) - 1, fed))
            took.ids.append(token)
        took.end = clock()
        return took

    def prompt(self) -> dict:
        ids = self.inputs["input_ids"]
        if not self.sees:
            return self.fed({"input_ids": ids.numpy()}, ids.shape[1], None)
        if self.visual:
            together = self.few(ids[0])
            return self.fed({"inputs_embeds": together}, together.shape[1], None)
        embedded, _, positions = self.model.get_multimodal_embeddings(**self.inputs)
        return self.fed({"inputs_embeds": np.asarray(embedded)}, ids.shape[1], positions)

    def few(self, ids) -> np.ndarray:
        """The prompt with the first of its visual tokens alone."""
        features = np.asarray(self.model.get_vision_embeddings(self.inputs["pixel_values"]))[0, : self.visual]
        words = np.asarray(self.model.get_text_embeddings(ids[None]))[0]
        shown = (ids == self.placeholder).nonzero().flatten()
        return np.concatenate([words[: int(shown[0])], features, words[int(shown[-1]) + 1 :]])[None]

    def fed(self, given: dict, length: int, positions) -> dict:
        given |= {"attention_mask": np.ones((1, length), dtype=np.int64), "beam_idx": np.zeros(1, dtype=np.int32)}
        if "position_ids" in self.names:
            given["position_ids"] = np.arange(length)[None] if positions is None else np.asarray(positions)
        return given

    def further(self, token: int, length: int, position: int, first: dict) -> dict:
        ids = torch.tensor([[token]])
        given = {"inputs_embeds": self.language.embed_tokens(ids)} if self.sees else {"input_ids": ids.numpy()}
        out = self.fed(given, length, None)
        if "position_ids" in out:
            out["position_ids"] = np.full((*first["position_ids"].shape[:-1], 1), position, dtype=np.int64)
        return out

    def likeliest(self, fed: dict) -> int:
        self.request.start_async(fed, share_inputs=True)
        self.request.wait()
        return int(self.request.get_tensor("logits").data[0, -1].argmax())

    def prompt_tokens(self) -> int:
        ids = self.inputs["input_ids"][0]
        return int((ids != self.placeholder).sum()) + self.visual if self.visual else len(ids)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", required=True, help="bf16, int8 or int4")
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--visual", type=int)
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    asked = Asked(given)
    serve(f"OpenVINO {ov.__version__.split('-')[0]}", asked.prompt_tokens(), asked.ask, given.warm_up)


if __name__ == "__main__":
    main()
