"""The results of a run as Markdown: what everybody took, Fovea's part of the best peer's, and which bars hold."""

import statistics

FIGURES = {"first_token_ms": "to the first token", "token_ms": "each further token", "whole_ms": "whole"}
# Fovea's time over the best peer's, at most: by kind, to the first token and for each further one.
BARS = {"bf16": (0.95, 0.95), "8 bits": (0.7, 0.7), "4 bits": (0.85, None), "f32": (None, None)}
WHOLE_BAR = 0.85
MEMORY_BAR = 1.15
EIGHT_BITS_BAR = 1.5


def figures(contest: dict, contestant: dict, figure: str) -> list[float]:
    """One figure of each round, of the whole model."""
    out = []
    for depths in contestant["rounds"]:
        values = [round_[figure] for round_ in depths]
        if any(v is None for v in values):
            return []
        if len(values) == 1:
            out.append(values[0])
        elif figure == "first_token_ms":
            # The encoder is the same at both depths: its scatter is nothing that grows with the layers.
            encoders = [round_["encoder_ms"] or 0 for round_ in depths]
            out.append(statistics.mean(encoders) + whole(contest, *(v - e for v, e in zip(values, encoders))))
        else:
            out.append(whole(contest, *values))
    return out


def whole(contest: dict, shallow: float, deep: float) -> float:
    """Of all layers, from what two depths took."""
    first, second = contest["depths"]
    return shallow + (contest["layers"] - first) * (deep - shallow) / (second - first)


def spread(values: list[float], form: str) -> str:
    if not values:
        return "–"
    middle = form.format(statistics.median(values))
    return f"{middle} ({form.format(min(values))} to {form.format(max(values))})"


def milliseconds(values: list[float]) -> str:
    large = values and statistics.median(values) >= 1000
    return spread([v / 1000 for v in values], "{:.2f}") + " s" if large else spread(values, "{:.1f}") + (" ms" if values else "")


def ratios(mine: list[float], other: list[float]) -> list[float]:
    return [m / o for m, o in zip(mine, other)]


def best(contest: dict, peers: list[dict], figure: str) -> dict | None:
    with_it = [p for p in peers if figures(contest, p, figure)]
    return min(with_it, key=lambda p: statistics.median(figures(contest, p, figure)), default=None)


def kinds(contest: dict) -> list[str]:
    return list(dict.fromkeys(c["kind"] for c in contest["contestants"].values()))


def of_kind(contest: dict, kind: str) -> tuple[dict, list[dict]]:
    """Fovea and its peers."""
    all_ = [c for c in contest["contestants"].values() if c["kind"] == kind and not c["beside"]]
    return next(c for c in all_ if c["fovea"]), [c for c in all_ if not c["fovea"]]


def shown(contest: dict) -> list[str]:
    """The figures that say something: the whole question where its words are no extrapolation."""
    return [f for f in FIGURES if f != "whole_ms" or not contest["depths"]]


def rows(contest: dict) -> list[str]:
    wanted = shown(contest)
    heads = ["weights", "engine", *(FIGURES[f] for f in wanted), "peak over the weights"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * 2 + "|---:" * (len(wanted) + 1) + "|"]
    for kind in kinds(contest):
        mine, peers = of_kind(contest, kind)
        for c in [mine, *peers]:
            cells = [milliseconds(figures(contest, c, f)) for f in wanted]
            lines.append("| " + " | ".join([kind, c["name"], *cells, memory(c)]) + " |")
    return lines


def memory(contestant: dict) -> str:
    over = [100 * (peak / held - 1) for peak, held in zip(contestant["peaks"], contestant["weight_bytes"])]
    return f"{over[-1]:+.0f} % of {contestant['weight_bytes'][-1] / 1e6:.0f} MB"


def verdict(value: float, bar: float | None, least: bool = False) -> str:
    if bar is None:
        return "–"
    return f"{'at least' if least else 'at most'} {bar}: " + ("held" if (value >= bar if least else value <= bar) else "**missed**")


def compared(name: str, contest: dict) -> list[str]:
    lines = ["| weights | figure | Fovea over the best peer | which is | bar |", "|---|---|---:|---|---|"]
    for kind in kinds(contest):
        mine, peers = of_kind(contest, kind)
        for index, figure in enumerate(shown(contest)):
            peer = best(contest, peers, figure)
            if peer is None:
                continue
            found = ratios(figures(contest, mine, figure), figures(contest, peer, figure))
            bar = (*BARS[kind], WHOLE_BAR if name == "peek" else None)[index] if name != "peek" or index == 2 else None
            lines.append(
                f"| {kind} | {FIGURES[figure]} | {spread(found, '{:.2f}')} | {peer['name']} | {verdict(statistics.median(found), bar)} |"
            )
    return lines + own(contest)


def own(contest: dict) -> list[str]:
    """Eight bits against bf16, both Fovea's."""
    if not {"bf16", "8 bits"} <= set(kinds(contest)):
        return []
    beside = [c for c in contest["contestants"].values() if c["beside"]]
    plain, eight = beside[0] if beside else of_kind(contest, "bf16")[0], of_kind(contest, "8 bits")[0]
    found = ratios(figures(contest, plain, "prefill_ms"), figures(contest, eight, "prefill_ms"))
    held = verdict(statistics.median(found), EIGHT_BITS_BAR, least=True)
    return [f"| 8 bits | rate of reading the prompt, of bf16's | {spread(found, '{:.2f}')} | Fovea in bf16 | {held} |"]


def agree(contest: dict) -> str:
    """Whether everybody read as many tokens, and who wrote the same ones in f32."""
    read = {c["prompt_tokens"] for c in contest["contestants"].values()}
    said = f"Prompts of {', '.join(map(str, sorted(read)))} tokens"
    exact = [c for c in contest["contestants"].values() if c["kind"] == "f32"]
    if len(exact) == 2:
        answers = [c["rounds"][0][0]["ids"] for c in exact]
        length = min(map(len, answers))
        same = next((i for i in range(length) if answers[0][i] != answers[1][i]), length)
        said += f"; in f32 {exact[0]['name']} and {exact[1]['name']} write the same {same} of {length} tokens"
    return said + "."


def of(results: dict) -> str:
    machine = results["machine"]
    lines = [
        f"{machine['cores']} cores of {machine['processor']} ({', '.join(machine['has'])}), {machine['memory_gb']} GB,"
        f" {machine['when']}, load before {machine['load_before'][0]}.",
        "",
    ]
    for name, contest in results["contests"].items():
        rounds = len(next(iter(contest["contestants"].values()))["rounds"])
        lines += [f"#### {contest['what']}", f"{agree(contest)} {rounds} rounds; median (least to most).", ""]
        lines += [*rows(contest), "", *compared(name, contest), ""]
    return "\n".join(lines)
