"""Dynamic visual-token exit (arXiv 2411.19628), as its formulas say, over the tiny LLaVA checkpoint llava-mha.

dyvte.safetensors, beside the tests of fovea-techniques: some sets of random gates; for every set and prompt the layer
behind which the visual tokens leave (-1 where they stay), and the logits behind the prompt and behind each of three
tokens that follow. Gates may open behind the last layer too, where nothing is left to be spared.

Held against the authors' own language model (DoubtedSteam/DyVTE at b4a3399, its fixed place and number of vision tokens
replaced by those here) on the prompts with one picture: the same exits, logits that differ by at most 1.8e-5.
"""

import json
from dataclasses import dataclass

import torch
from safetensors.torch import load_file
from transformers import LlavaForConditionalGeneration

from common import GOLDEN, write_tensors

OUT = GOLDEN.parents[4] / "fovea-techniques/src/test/resources/dyvte.safetensors"
SEEDS, INNER = [15, 22, 26, 39], 16  # together they exit behind every layer, and not at all
PROMPTS = ["one_image", "two_images", "two_turns"]
FOLLOWING = [33, 90, 200]
CLOSE = 0.02


@dataclass
class Gate:
    """Two matrices without biases around an exact GELU; logits of stay and exit."""

    hidden: torch.Tensor
    out: torch.Tensor

    def __call__(self, feature: torch.Tensor) -> torch.Tensor:
        return self.out @ torch.nn.functional.gelu(self.hidden @ feature)


def xavier(out: int, inputs: int, stream: torch.Generator) -> torch.Tensor:
    bound = (6 / (out + inputs)) ** 0.5
    return (2 * torch.rand(out, inputs, generator=stream) - 1) * bound


def causal(rows: int) -> torch.Tensor:
    return torch.full((rows, rows), float("-inf")).triu(1)[None, None]


def feature(states: torch.Tensor, question: int) -> torch.Tensor:
    """Mean over the question without the prompt's last token, beside that token: [2 * width]."""
    return torch.cat([states[question:-1].mean(0), states[-1]])


def read(decoder, embeddings: torch.Tensor, visual: torch.Tensor, decide) -> tuple[torch.Tensor, int]:
    """All layers over one prompt; where decide(layer, states) says so, and never again, visual rows leave.

    Survivors keep their positions. Returns the states behind the last norm and the layer of the exit, -1 for none.
    """
    states = embeddings[None]
    positions = torch.arange(len(embeddings))
    exit_layer = -1
    for index, layer in enumerate(decoder.layers):
        rotary = decoder.rotary_emb(states, positions[None])
        out = layer(states, attention_mask=causal(states.shape[1]), position_embeddings=rotary)
        states = out[0] if isinstance(out, tuple) else out
        if exit_layer < 0 and decide(index, states[0]):
            exit_layer = index
            states, positions = states[:, ~visual], positions[~visual]
    return decoder.norm(states)[0], exit_layer


def by_gates(gates: list[Gate], question: int, margins: list[float]):
    """Whether a gate opens: exit strictly above stay."""

    def decide(layer: int, states: torch.Tensor) -> bool:
        stay, leave = gates[layer](feature(states, question)).tolist()
        margins.append(abs(stay - leave))
        return stay < leave

    return decide


def pictures(prompt: dict) -> list[int]:
    """Which of the two pictures a prompt shows: 0 wide, 1 tall."""
    parts = [part for message in prompt["messages"] for part in message["content"]]
    return [0 if "wide" in part["path"] else 1 for part in parts if part["type"] == "image"]


@torch.no_grad()
def case(model, prompt: dict, pixels: torch.Tensor, gates: list[Gate]) -> tuple[int, torch.Tensor]:
    """The layer of the exit, and the logits behind the prompt and each token that follows."""
    decoder = model.model.language_model
    ids = torch.tensor(prompt["input_ids"])
    seen = model(input_ids=ids[None], pixel_values=pixels[pictures(prompt)], output_hidden_states=True)
    embeddings = seen.hidden_states[0][0]
    visual = ids == model.config.image_token_id
    margins: list[float] = []
    _, exit_layer = read(decoder, embeddings, visual, by_gates(gates, int(visual.nonzero().max()) + 1, margins))
    if min(margins) < CLOSE:
        raise SystemExit(f"a gate is decided by {min(margins)}: take another seed")
    logits = []
    for more in range(len(FOLLOWING) + 1):
        following = decoder.embed_tokens(torch.tensor(FOLLOWING[:more], dtype=torch.long))
        leaving = torch.cat([visual, torch.zeros(more, dtype=torch.bool)])
        states, _ = read(decoder, torch.cat([embeddings, following]), leaving, lambda layer, _: layer == exit_layer)
        logits.append(model.lm_head(states[-1]))
    return exit_layer, torch.stack(logits)


def main() -> None:
    folder = GOLDEN / "llava-mha"
    model = LlavaForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    prompts = json.loads((folder / "golden.json").read_text())["prompts"]
    pixels = load_file(folder / "golden.safetensors")["vision.pixel_values"]
    decoder = model.model.language_model
    tensors: dict[str, torch.Tensor] = {}
    for number, seed in enumerate(SEEDS):
        stream = torch.Generator().manual_seed(seed)
        gates = []
        for layer in range(decoder.config.num_hidden_layers):
            hidden = xavier(INNER, 2 * decoder.config.hidden_size, stream)
            gates.append(Gate(hidden, xavier(2, INNER, stream)))
            tensors[f"{number}.gates.{layer}.hidden.weight"] = gates[-1].hidden
            tensors[f"{number}.gates.{layer}.out.weight"] = gates[-1].out
        for name in PROMPTS:
            exit_layer, logits = case(model, prompts[name], pixels, gates)
            tensors[f"{number}.{name}.exit"] = torch.tensor([exit_layer])
            tensors[f"{number}.{name}.logits"] = logits
    write_tensors(OUT, tensors)


if __name__ == "__main__":
    main()
