"""What the authors' code of VISTA and GrAInS makes of llava-mha, and a third party's of M3ID.

Give a folder with checkouts of github: LzVv123456/VISTA (folder VISTA), duykhuongnguyen/GrAInS (GrAInS) and
sangminwoo/AvisC (AvisC). Nothing of them is kept here: functions and classes are taken from them by name and run as they
are, in f32 on the CPU, so that `half` does nothing here. They know a language model that reads ids; here it is that of the
tiny checkpoint, which finds the features of a picture behind the ids of image tokens. M3ID's authors published no code: its
formulas are written out below, and what AvisC has under that name is run beside them.
"""

import ast
import copy
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import IntegratedGradients
from safetensors.torch import load_file
from sklearn.decomposition import PCA
from torch import nn
from transformers import LlavaForConditionalGeneration
from transformers.generation.logits_process import LogitsProcessorList
from transformers.generation.stopping_criteria import StoppingCriteriaList
from transformers.modeling_outputs import CausalLMOutputWithPast

from common import GOLDEN, write_tensors

TARGET = GOLDEN.parents[4] / "fovea-techniques/src/test/resources/steering-official.safetensors"
IMAGE, PAD = 4, 3
WORDS = [1, 346, 30, 225, IMAGE, 203, 339, 225, 277, 367, 329, 327, 320, 286, 289, 264, 331, 35, 225, 335, 344, 345, 56, 30]
TOKENS, CLOSE = 8, 0.02

# Of each picture three pairs of answers, as ids.
ANSWERS = [([263, 70], [71, 300, 9]), ([33, 56, 62], [315, 181]), ([200], [90, 12, 44, 151])]
MASKED, STEPS = 6, 20
LAYERS = (1, 3)  # that are steered, one at a time
ALPHA = 0.4


def taken(file: Path, wanted: list[str], **known) -> SimpleNamespace:
    """Functions and classes of a file by name, or methods as Class.method, without running anything else of it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = []
    for name in wanted:
        outer, _, inner = name.partition(".")
        nodes = [node for node in tree.body if getattr(node, "name", None) == outer]
        nodes = [node for n in nodes for node in n.body if getattr(node, "name", None) == inner] if inner else nodes
        if len(nodes) != 1:
            sys.exit(f"{file} does not define {name}; is this the right checkout?")
        found += nodes
    names = dict(torch=torch, nn=nn, F=F, np=np, Optional=Optional, Union=Union, List=List, Tuple=Tuple, Tensor=torch.Tensor,
                 PreTrainedModel=nn.Module) | known
    exec(compile(ast.Module(found, []), str(file), "exec"), names)
    return SimpleNamespace(**names)


class Reader(nn.Module):
    """The language model of the tiny checkpoint; ids of image tokens are looked up in what the picture became."""

    def __init__(self, whole, pixels: torch.Tensor):
        super().__init__()
        self.model = copy.deepcopy(whole.model.language_model)
        self.lm_head = whole.lm_head
        self.device = torch.device("cpu")
        inner = whole.model
        with torch.no_grad():
            states = inner.vision_tower(pixels[None], output_hidden_states=True).hidden_states[-2][:, 1:]
            self.features = inner.multi_modal_projector(states)[0]

    def get_input_embeddings(self):
        return self.embed

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """The picture keeps its place where some of its tokens are replaced by others: all before it are words."""
        place = (torch.arange(ids.shape[1]) - WORDS.index(IMAGE)).clamp(0, len(self.features) - 1)
        return torch.where((ids == IMAGE)[..., None], self.features[place], self.model.embed_tokens(ids))

    def states(self, ids=None, inputs_embeds=None):
        embeds = self.embed(ids) if inputs_embeds is None else inputs_embeds
        return self.model(inputs_embeds=embeds, output_hidden_states=True, use_cache=False)

    def forward(self, input_ids=None, inputs_embeds=None, **ignored):
        """Masks are all ones and caches change nothing, so that both may be left out."""
        out = self.states(input_ids, inputs_embeds)
        return SimpleNamespace(logits=self.lm_head(out.last_hidden_state), hidden_states=out.hidden_states)


def seen(reader: Reader) -> list[int]:
    at = WORDS.index(IMAGE)
    return WORDS[:at] + [IMAGE] * len(reader.features) + WORDS[at + 1:]


def blind() -> list[int]:
    return [i for i in WORDS if i != IMAGE]


def greedy(logits, ids: list[int]) -> dict[str, torch.Tensor]:
    """The likeliest tokens up to the first close decision, and the logits that they were chosen by."""
    said, rows = [], []
    while len(said) < TOKENS:
        row = logits(torch.tensor([ids + said]))[0, -1]
        best = row.topk(2)
        if best.values[0] - best.values[1] < CLOSE:
            break
        said.append(best.indices[0].item())
        rows.append(row)
    assert len(said) >= 3, "an early close decision; take another case"
    return {"tokens": torch.tensor(said, dtype=torch.int32), "logits": torch.stack(rows)}


# ---- VISTA ----


def vista_code(folder: Path) -> SimpleNamespace:
    layers = taken(folder / "llm_layers.py", [
        "VSVLayer", "get_nested_attr", "set_nested_attr", "find_longest_modulelist", "find_module", "get_layers_path",
        "get_layers", "add_vsv_layers"])
    pca = taken(folder / "myutils.py", ["svd_flip", "PCA"]).PCA
    vectors = taken(folder / "steering_vector.py",
                    ["ResidualStream", "ForwardTrace", "ForwardTracer", "get_hiddenstates", "obtain_vsv"],
                    dataclass=dataclass, get_layers=layers.get_layers, PCA=pca)
    head = taken(folder / "llava/model/language_model/llava_llama.py", ["LlavaLlamaForCausalLM.forward"],
                 CausalLMOutputWithPast=CausalLMOutputWithPast)
    return SimpleNamespace(obtain=vectors.obtain_vsv, add=layers.add_vsv_layers, pca=pca, forward=head.forward)


def with_late_layers(code, reader: Reader, layers: str, alpha: float):
    """Logits by the published forward pass, which mixes those of late layers in."""
    self = SimpleNamespace(
        config=SimpleNamespace(output_attentions=False, output_hidden_states=True, use_return_dict=True),
        prepare_inputs_labels_for_multimodal=lambda ids, *rest: (None, None, None, reader.embed(ids), None),
        model=lambda inputs_embeds, **rest: Outputs(reader.states(inputs_embeds=inputs_embeds)),
        lm_head=reader.lm_head, logits_aug=True, logits_layers=layers, logits_alpha=alpha)
    return lambda ids: code.forward(self, input_ids=ids, output_hidden_states=True, return_dict=True).logits


class Outputs:
    """As the published code reads them: the first is the states behind the last norm."""

    past_key_values = attentions = None

    def __init__(self, out):
        self.hidden_states = out.hidden_states
        self.first = out.last_hidden_state

    def __getitem__(self, index):
        return self.first


def stream(reader: Reader, vectors: torch.Tensor, strength: float) -> None:
    """The paper's form, which is not published as code: added to the states behind each layer, whose length stays."""

    def push(v):
        def hook(module, inputs, out):
            there = out + strength * v
            return there * out.norm(dim=-1, keepdim=True) / there.norm(dim=-1, keepdim=True)

        return hook

    for layer, v in zip(reader.model.layers, vectors):
        layer.register_forward_hook(push(v))


@torch.no_grad()
def vista(code, whole, pixels) -> dict[str, torch.Tensor]:
    out = {}
    for p in range(2):
        name = f"vista.{p}."
        reader = Reader(whole, pixels[p])
        ids = seen(reader)
        contexts = [{"input_ids": torch.tensor([blind()])}, {"input_ids": torch.tensor([ids])}]
        direction, _ = code.obtain(None, reader, [contexts])
        # Of one sample there is nothing but its mean; the component of no spread is a unit vector that means nothing.
        component = code.pca(1).fit(direction.reshape(1, -1)).components_.reshape(direction.shape)
        vectors = direction - component
        out |= {name + "vectors": vectors, name + "component": component}

        def steered(v, strength):
            own = Reader(whole, pixels[p])
            code.add(own, torch.stack([v], dim=1), [strength])
            return own

        own = steered(vectors, 0.17)
        states = own.states(torch.tensor([ids])).hidden_states
        out[name + "states"] = torch.stack([layer[0, -1] for layer in states[1:]])
        out |= named(name + "vsv", greedy(lambda i: own(i).logits, ids))
        out |= named(name + "sla", greedy(with_late_layers(code, reader, "1,2", 0.3), ids))
        out |= named(name + "both", greedy(with_late_layers(code, own, "1,2", 0.3), ids))
        odd = steered(direction, 0.17)(torch.tensor([ids])).logits[0, -1]
        print(f"{name} component {component.abs().sum():.3f}, moves logits by {(odd - out[name + 'vsv.logits'][0]).abs().max():.3f}")
        paper = Reader(whole, pixels[p])
        stream(paper, vectors, 0.17)
        out |= named(name + "stream", greedy(lambda i: paper(i).logits, ids))
    return out


# ---- GrAInS ----


def grains_code(folder: Path) -> SimpleNamespace:
    spread = taken(folder / "src/attribution/gradient/utils.py", [
        "compute_signed_attributions", "apply_smoothgrad", "apply_smoothgrad_contrastive", "apply_integrated_gradients",
        "apply_integrated_gradients_contrastive"],
        log_softmax=F.log_softmax,
        IntegratedGradients=IntegratedGradients)
    tokens = taken(folder / "src/attribution/gradient/vlm_grad.py", ["get_token_attributions_contrastive", "ablate"],
                   **(vars(spread) | {"log_softmax": F.log_softmax}))
    reading = taken(folder / "src/utils/model.py", ["get_all_layer_hidden_states", "get_log_prob", "get_top_token_indices"],
                    log_softmax=F.log_softmax)
    masking = taken(folder / "src/token_ablation_vlm.py", ["run_token_ablation_contrastive"],
                    **(vars(reading) | {"vlm_grad": tokens}))
    steering = taken(folder / "src/utils/steering.py", ["compute_steering_vector", "add_steering_hook"], PCA=PCA)
    return SimpleNamespace(scores=tokens.get_token_attributions_contrastive, choose=reading.get_top_token_indices,
                           mask=masking.run_token_ablation_contrastive, vector=steering.compute_steering_vector,
                           hook=steering.add_steering_hook)


class Encoded(dict):
    def to(self, device):
        return self


class Processor:
    """Texts are ids with blanks between them."""

    tokenizer = SimpleNamespace(pad_token_id=PAD, unk_token_id=0)

    def __call__(self, images, text: str, return_tensors: str):
        ids = torch.tensor([[int(word) for word in text.split()]])
        return Encoded(input_ids=ids, attention_mask=torch.ones_like(ids))


def text(ids: list[int]) -> str:
    return " ".join(map(str, ids))


def grains(code, whole, pixels) -> dict[str, torch.Tensor]:
    out, states = {}, {"pos": {}, "neg": {}}
    for number, (p, (preferred, other)) in enumerate((p, a) for p in range(2) for a in ANSWERS):
        reader = Reader(whole, pixels[p])
        own = (reader, Processor(), None, text(seen(reader)), text(preferred), text(other))
        for method in ("integrated_gradients", "vanilla"):
            for side, (scores, ids) in code.scores(*own, method=method).items():
                out[f"grains.{number}.{method}.{side}"] = torch.from_numpy(np.asarray(scores)).float()
                if method != "vanilla":
                    for top in ("pos", "neg"):
                        chosen = [int(i) for i in code.choose(np.asarray(scores), ids, MASKED, top)]
                        out[f"grains.{number}.{top}.{side}"] = torch.tensor(chosen, dtype=torch.int32)
        for top, kept in states.items():
            shown = code.mask(*own, top_k=MASKED, top=top, attribution_method="integrated_gradients")
            out[f"grains.{number}.{top}.values"] = torch.tensor([shown["base_delta"], shown["ablated_delta"]])
            for key, value in shown.items():
                if key.startswith("hidden_"):
                    kept.setdefault(key, []).append(value)
    for top, kept in states.items():
        shown = {key: np.stack(value) for key, value in kept.items()}
        for key, value in shown.items():
            out[f"grains.{top}.{key}"] = torch.from_numpy(value)
        for method in ("pca", "mean"):
            out[f"grains.{top}.{method}"] = torch.stack(
                [code.vector(shown, layer, method).float() for layer in range(len(whole.model.language_model.layers))])
    with torch.no_grad():
        for layer in LAYERS:
            v = out["grains.pos.pca"][layer] - out["grains.neg.pca"][layer]
            for p in range(2):
                reader = Reader(whole, pixels[p])
                assert len(code.hook(reader, layer, v, ALPHA)) == 1
                out |= named(f"grains.{layer}.{p}", greedy(lambda i: reader(i).logits, seen(reader)))
    return out


# ---- M3ID ----


class Talker:
    """The tiny checkpoint as AvisC's sampling loop calls a model."""

    config = SimpleNamespace(is_encoder_decoder=False)
    generation_config = SimpleNamespace(pad_token_id=PAD, eos_token_id=None, output_scores=True, output_attentions=False,
                                        output_hidden_states=False, return_dict_in_generate=True)

    def __init__(self, reader: Reader):
        self.reader = reader

    def prepare_inputs_for_generation(self, ids, **rest):
        return {"ids": ids}

    def prepare_inputs_for_generation_m3id(self, ids, **rest):
        return {"ids": ids[ids != IMAGE][None]}

    def __call__(self, ids, **rest):
        return self.reader(ids)

    def _update_model_kwargs_for_generation(self, outputs, rest, **more):
        return rest


def avisc(folder: Path, reader: Reader) -> dict[str, torch.Tensor]:
    code = taken(folder / "avisc_utils/avisc_sample.py", ["sample"], copy=copy, Any=Any, Callable=Callable, Dict=Dict,
                 LogitsProcessorList=LogitsProcessorList, StoppingCriteriaList=StoppingCriteriaList, SampleOutput=Any,
                 SampleDecoderOnlyOutput=SimpleNamespace)
    ids = torch.tensor([seen(reader)])
    drawn = torch.multinomial
    torch.multinomial = lambda probabilities, num_samples: probabilities.argmax(-1, keepdim=True)
    try:
        said = code.sample(Talker(reader), ids, use_avisc=False, use_m3id=True, output_scores=True,
                           stopping_criteria=lambda so_far, scores: so_far.shape[1] == ids.shape[1] + TOKENS)
    finally:
        torch.multinomial = drawn
    return {"tokens": said.sequences[0, ids.shape[1]:].int(), "logits": torch.cat(said.scores)}


def m3id_formulas(reader: Reader, rate: float, alpha: float, before: int) -> dict[str, torch.Tensor]:
    """arXiv 2403.14003, algorithm 1."""
    start = len(seen(reader))

    def logits(ids):
        with_picture = reader(ids).logits[:, -1:].log_softmax(-1)
        without = reader(ids[ids != IMAGE][None]).logits[:, -1:].log_softmax(-1)
        gamma = float(np.exp(-rate * (ids.shape[1] - start + before)))
        unsure = with_picture.max() < np.log(alpha)
        return with_picture + unsure * (1 - gamma) / gamma * (with_picture - without)

    return greedy(logits, seen(reader))


@torch.no_grad()
def m3id(folder: Path, whole, pixels) -> dict[str, torch.Tensor]:
    out = {}
    for p in range(2):
        reader = Reader(whole, pixels[p])
        out |= named(f"m3id.{p}.avisc", avisc(folder, reader))
        out |= named(f"m3id.{p}.gated", m3id_formulas(reader, 0.2, 0.6, 3))
        out |= named(f"m3id.{p}.always", m3id_formulas(reader, 0.2, 2, 0))
    return out


def named(prefix: str, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"{prefix}.{name}": value for name, value in values.items()}


def main() -> None:
    folder = Path(sys.argv[1])
    whole = LlavaForConditionalGeneration.from_pretrained(GOLDEN / "llava-mha", attn_implementation="eager").eval()
    pixels = load_file(GOLDEN / "llava-mha/golden.safetensors")["vision.pixel_values"]
    torch.Tensor.half = lambda self: self
    results = vista(vista_code(folder / "VISTA"), whole, pixels)
    results |= grains(grains_code(folder / "GrAInS"), whole, pixels)
    results |= m3id(folder / "AvisC", whole, pixels)
    write_tensors(TARGET, results)


if __name__ == "__main__":
    main()
