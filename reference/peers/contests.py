"""Who takes turns with whom, on which model."""

import dataclasses
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FEW = 64
PEEK_QUESTION = "Describe the picture."
# Rounds that do not count where one takes less than a second: a JVM compiles what it has seen often.
WARM = 12
KINDS = ("bf16", "f32", "8 bits", "4 bits")


@dataclass(frozen=True)
class Contestant:
    """One engine with one kind of weights.

    name: of the engine
    kind: what it computes in; equal kinds are compared
    commands: start it, one for each depth of the model
    files: that hold its weights, for each of them
    fovea: whether it is Fovea
    beside: whether it is there for comparison with Fovea's own other weights, and no peer
    """

    name: str
    kind: str
    commands: list[list[str]]
    files: list[list[Path]]
    fovea: bool = False
    beside: bool = False

    @property
    def label(self) -> str:
        return f"{self.name}, {self.kind}"

    def deeper(self, other: "Contestant") -> "Contestant":
        """The same at two depths."""
        return dataclasses.replace(self, commands=self.commands + other.commands, files=self.files + other.files)


@dataclass(frozen=True)
class Contest:
    """Contestants that take turns, and how often.

    what: for people
    groups: those that are open at the same time
    rounds: of each
    together: whether those of a group are; else one at a time
    depths: layers of the models where a part of them runs, and `layers` of the whole
    """

    what: str
    groups: list[list[Contestant]]
    rounds: int
    together: bool = True
    depths: list[int] = field(default_factory=list)
    layers: int | None = None

    def limited(self, kinds: list[str] | None, rounds: int | None) -> "Contest":
        groups = [[c for c in group if not kinds or c.kind in kinds] for group in self.groups]
        return dataclasses.replace(self, groups=[g for g in groups if g], rounds=rounds or self.rounds)


@dataclass(frozen=True)
class Makes:
    """Contestants for the models in a folder.

    runs: the folder
    launcher: starts Fovea
    java: starts Java
    openvino_python: starts Python with the requirements of OpenVINO, or None
    tokens: of each answer
    warm_up: rounds that do not count, before the first
    """

    runs: Path
    launcher: list[str]
    java: str
    openvino_python: str | None
    tokens: int = 24
    warm_up: int = 2

    def answering(self, tokens: int, warm_up: int) -> "Makes":
        return dataclasses.replace(self, tokens=tokens, warm_up=warm_up)

    def prompt(self, name: str) -> dict:
        return json.loads((self.runs / name / "prompt.json").read_text(encoding="utf-8"))

    def fovea(self, name: str, kind: str, *few: str) -> Contestant:
        """`few`: --visual and how many."""
        folder, prompt = self.runs / name, self.prompt(name)
        model = folder / {"8 bits": "int8", "4 bits": "int4"}.get(kind, "hf")
        if not model.exists():
            made = [*self.launcher, "quantize", str(folder / "hf"), "--weights", model.name, "--out", str(model)]
            subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        pictures = [str(folder / "picture.png")] if prompt["visual_tokens"] else []
        spend = ["-t", "grid", "-b", few[1]] if few else []
        return self.asked(kind, model, [*pictures, prompt["question"]], spend)

    def asked(self, kind: str, model: Path, question: list[str], spend: list[str]) -> Contestant:
        command = [*self.launcher, "time", *question, "--model", str(model), *spend, "--max-tokens", str(self.tokens), "--turns"]
        command += ["--warm-up", str(self.warm_up), "--precision", "f32" if kind == "f32" else "bf16"]
        return Contestant("Fovea", kind, [command], [weights(model)], fovea=True)

    def peer(self, named: str, kind: str, script: str, name: str, files: list[Path], *more: str) -> Contestant:
        command = [sys.executable, str(HERE / script), str(self.runs / name), "--tokens", str(self.tokens)]
        return Contestant(named, kind, [[*command, "--warm-up", str(self.warm_up), *more]], [files])

    def transformers(self, name: str, kind: str, *few: str) -> Contestant:
        files = weights(self.runs / name / "hf")
        return self.peer("transformers", kind, "transformers_peer.py", name, files, "--dtype", kind, *few)

    def llama_cpp(self, name: str, kind: str, *few: str) -> Contestant:
        stored = {"bf16": "BF16", "8 bits": "Q8_0", "4 bits": "Q4_0"}[kind]
        files = [f for f in (self.runs / name / f"{stored}.gguf", self.runs / name / "mmproj.gguf") if f.exists()]
        return self.peer(f"llama.cpp {stored}", kind, "llama_cpp_peer.py", name, files, "--weights", stored, *few)

    def openvino(self, name: str, kind: str, *few: str) -> list[Contestant]:
        """Where its model was made."""
        stored = {"bf16": "bf16", "8 bits": "int8", "4 bits": "int4"}[kind]
        files = sorted((self.runs / name / f"openvino-{stored}").glob("*.bin"))
        if not files or not self.openvino_python:
            return []
        peer = self.peer(f"OpenVINO {stored}", kind, "openvino_peer.py", name, files, "--weights", stored, *few)
        return [dataclasses.replace(peer, commands=[[self.openvino_python, *peer.commands[0][1:]]])]

    def kherud(self, name: str, kind: str) -> list[Contestant]:
        """The JVM's peer, where its jar was fetched."""
        stored = {"bf16": "BF16", "8 bits": "Q8_0", "4 bits": "Q4_0"}[kind]
        jars = sorted((self.runs / "kherud").glob("*.jar"))
        file = self.runs / name / f"{stored}.gguf"
        command = [self.java, "--enable-native-access=ALL-UNNAMED", "-cp", ":".join(map(str, jars)), str(HERE / "KherudPeer.java")]
        command += [str(file), str(self.runs / name / "prompt.json"), str(self.tokens)]
        return [Contestant(f"de.kherud:llama {stored}", kind, [command], [[file]])] if jars else []

    def all(self, name: str, kind: str, *few: str) -> list[Contestant]:
        """Every engine on one model in one kind of weights; Fovea first."""
        if kind == "f32":
            return [self.fovea(name, kind, *few), self.transformers(name, kind, *few)]
        peers = [self.llama_cpp(name, kind, *few), *self.openvino(name, kind, *few)]
        if kind == "bf16":
            peers.append(self.transformers(name, kind, *few))
        return [self.fovea(name, kind, *few), *peers]


def weights(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


# ---- contests ----

def peek(make: Makes) -> Contest:
    make = make.answering(24, WARM)
    model, picture = ROOT / "models/peek", str(ROOT / "docs/images/scene.png")
    group = []
    for kind in ("f32", "bf16"):
        group.append(make.asked(kind, model, [picture, PEEK_QUESTION], []))
        command = [sys.executable, str(HERE / "transformers_peer.py"), str(model), "--dtype", kind, "--tokens", str(make.tokens)]
        command += ["--picture", picture, "--question", PEEK_QUESTION]
        group.append(Contestant("transformers", kind, [command], [weights(model)]))
    return Contest("peek, a picture and a question to the last word of the answer", [group], rounds=15)


def smollm2(make: Makes) -> Contest:
    make = make.answering(24, WARM)
    name = "smollm2-135m"
    group = [c for kind in KINDS for c in make.all(name, kind)]
    group += [c for kind in ("bf16", "8 bits", "4 bits") for c in make.kherud(name, kind)]
    return Contest("SmolLM2-135M, its own weights, words alone", [group], rounds=7)


def smolvlm2(make: Makes) -> Contest:
    group = [c for kind in KINDS for c in make.all("smolvlm2-256m", kind)]
    return Contest("SmolVLM2-256M, five tiles", [group], rounds=4)


def llava(make: Makes, *few: str) -> Contest:
    """A kind at a time: all engines at two depths fill the memory. Eight bits are held against Fovea's own bf16 too."""
    make, depths = make.answering(12, 2), (1, 3)
    groups = []
    for kind in ("bf16", "8 bits", "4 bits"):
        shallow, deep = (make.all(f"llava-7b-{depth}", kind, *few) for depth in depths)
        groups.append([s.deeper(d) for s, d in zip(shallow, deep)])
    groups[1].append(dataclasses.replace(groups[0][0], name="Fovea in bf16", kind="8 bits", fovea=False, beside=True))
    what = f"LLaVA-1.5-7B, {few[1] if few else 576} visual tokens"
    return Contest(what, groups, rounds=3, depths=list(depths), layers=32)


def qwen(make: Makes) -> Contest:
    make = make.answering(8, 1)
    groups = [make.all("qwen2.5-vl-3b", kind) for kind in ("bf16", "8 bits", "4 bits")]
    return Contest("Qwen2.5-VL-3B, a picture of 448 × 448", groups, rounds=2, together=False)


CONTESTS: dict[str, Callable[[Makes], Contest]] = {
    "peek": peek,
    "smollm2": smollm2,
    "smolvlm2": smolvlm2,
    "llava": llava,
    "llava-few": lambda make: llava(make, "--visual", str(FEW)),
    "qwen": qwen,
}
