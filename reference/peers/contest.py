"""Fovea and its peers in turns, in one run, and one table of what they took.

    python contest.py RUNS NAME ... --fovea ../../fovea --out results.json
    python contest.py --show results.json

NAME is a contest of `contests.py`; `models.py` made the models in RUNS. Each contestant is a process that stays open and has
warmed up. All take turns, one round each, in an order that is turned round with every round: what slows the machine down for
a while slows all of them. A ratio is taken within one round; medians are given with the least and the most. Models too large
to be open beside each other are opened anew for every round.
"""

import argparse
import json
import platform
import shlex
import subprocess
import sys
import time
from pathlib import Path

import table
from contests import CONTESTS, Contest, Contestant, Makes

HERE = Path(__file__).resolve().parent
PATIENCE_SECONDS = 60


class Running:
    """The processes of a contestant: one, or one for each depth of its model."""

    def __init__(self, contestant: Contestant, log):
        self.contestant = contestant
        self.processes = [
            subprocess.Popen(c, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=HERE)
            for c in contestant.commands
        ]
        self.facts = [self._line(process) for process in self.processes]

    def _line(self, process: subprocess.Popen) -> dict:
        """The next line of JSON; libraries may say something in between."""
        text = process.stdout.readline()
        while text and not text.startswith("{"):
            text = process.stdout.readline()
        if not text:
            raise SystemExit(f"{self.contestant.label} ended: {shlex.join(process.args)}")
        return json.loads(text)

    def ask(self) -> list[dict]:
        lines = []
        for process in self.processes:
            process.stdin.write("go\n")
            process.stdin.flush()
            lines.append(self._line(process))
        return lines

    def peaks(self) -> list[int]:
        """Most bytes that each process held, pages of mapped files among them."""
        return [peak(process.pid) for process in self.processes]

    def close(self) -> None:
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def run(name: str, contest: Contest, log) -> dict:
    """What everybody took: for each contestant its facts, its peaks, and its rounds."""
    began, results = time.monotonic(), {}
    for group in contest.groups:
        open_group(contest, group, results, log)
    seconds = round(time.monotonic() - began)
    print(f"{name}: {seconds} s", file=sys.stderr)
    return {"what": contest.what, "layers": contest.layers, "depths": contest.depths, "contestants": results, "seconds": seconds}


def open_group(contest: Contest, group: list[Contestant], results: dict, log) -> None:
    running = {c.label: Running(c, log) for c in group} if contest.together else {}
    for index in range(contest.rounds):
        for contestant in group if index % 2 == 0 else reversed(group):
            own = running.get(contestant.label) or Running(contestant, log)
            result = results.setdefault(contestant.label, described(contestant, own))
            result["rounds"].append(own.ask())
            result["peaks"] = [max(pair) for pair in zip(own.peaks(), result["peaks"])]
            if not contest.together:
                own.close()
            print(f"  {contestant.label}: round {index + 1}", file=sys.stderr)
    for own in running.values():
        own.close()


def described(contestant: Contestant, own: Running) -> dict:
    return {
        "name": contestant.name,
        "kind": contestant.kind,
        "fovea": contestant.fovea,
        "beside": contestant.beside,
        "engine": [facts.get("engine", facts.get("arithmetic")) for facts in own.facts],
        "prompt_tokens": own.facts[0]["prompt_tokens"],
        "answer_tokens": own.facts[0]["answer_tokens"],
        "weight_bytes": [sum(f.stat().st_size for f in files) for files in contestant.files],
        "peaks": [0] * len(own.processes),
        "rounds": [],
    }


def machine() -> dict:
    cpu = next(line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    flags = next(line.split(":")[1].split() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    wanted = ("avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1_000_000
    return {
        "processor": cpu,
        "cores": len([line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("processor")]),
        "has": [flag for flag in wanted if flag in flags],
        "memory_gb": memory,
        "system": platform.platform(),
        "load_before": Path("/proc/loadavg").read_text().split()[:2],
        "when": time.strftime("%B %Y"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="?")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CONTESTS))
    parser.add_argument("--fovea", default=str(HERE.parent.parent / "fovea"), help="the launcher")
    parser.add_argument("--java", default="java", help="starts Java, for de.kherud:llama")
    parser.add_argument("--openvino", help="starts Python with requirements-openvino.txt (default: OpenVINO is left out)")
    parser.add_argument("--rounds", type=int, help="of each contest, instead of its own number")
    parser.add_argument("--only", nargs="*", help="kinds: bf16, f32, '8 bits', '4 bits'")
    parser.add_argument("--out", type=Path, help="write everything here as JSON")
    parser.add_argument("--show", type=Path, help="the table of what was written before")
    given = parser.parse_args()
    if given.show:
        print(table.of(json.loads(given.show.read_text(encoding="utf-8"))))
        return
    unknown = set(given.names) - set(CONTESTS)
    if not given.runs or not given.names or unknown:
        parser.error(f"name contests: {', '.join(CONTESTS)}")
    results = {"machine": machine(), "command": shlex.join(sys.argv), "contests": {}}
    make = Makes(given.runs.resolve(), shlex.split(given.fovea), given.java, given.openvino)
    with (given.runs / "contest.log").open("w", encoding="utf-8") as log:
        for name in given.names:
            contest = CONTESTS[name](make).limited(given.only, given.rounds)
            results["contests"][name] = run(name, contest, log)
            if given.out:
                given.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(table.of(results))


if __name__ == "__main__":
    main()
