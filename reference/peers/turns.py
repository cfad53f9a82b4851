"""What every peer does: get ready, say so, and run one round for each line of its input.

Lines of JSON as `fovea time --turns` prints them. First `engine`, `prompt_tokens` and `answer_tokens`; then for each round
`encoder_ms`, `prefill_ms`, `first_token_ms` (both), `token_ms` (each further token), `whole_ms` and the `ids` of the answer.
"""

import json
import sys
import time
from dataclasses import dataclass, field


@dataclass
class Round:
    """Moments of one round, in seconds of a clock."""

    start: float
    encoded: float = 0.0
    read: float = 0.0
    end: float = 0.0
    around: float = 0.0
    ids: list[int] = field(default_factory=list)

    def line(self) -> dict:
        first = 1000 * (self.read - self.start)
        encoder = 1000 * (self.encoded - self.start) if self.encoded else 0.0
        further = len(self.ids) - 1
        return {
            "encoder_ms": encoder,
            "prefill_ms": first - encoder,
            "first_token_ms": first,
            "token_ms": 1000 * (self.end - self.read) / further if further else None,
            "whole_ms": 1000 * (self.end - self.start + self.around),
            "ids": self.ids,
        }


clock = time.perf_counter


def say(value: dict) -> None:
    print(json.dumps(value), flush=True)


def serve(engine: str, prompt_tokens: int, ask, warm_up: int) -> None:
    """`ask` gives a Round."""
    for _ in range(max(1, warm_up)):
        warm = ask()
    say({"engine": engine, "prompt_tokens": prompt_tokens, "answer_tokens": len(warm.ids)})
    for line in sys.stdin:
        if line.strip():
            say(ask().line())
