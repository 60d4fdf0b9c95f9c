"""Where the seconds of an answer go: decoding, preparing, encoding; what is left is the model's.

Each thread counts its own. A part within another counts once, as the inner one.

    with spent("preparing"):
        inputs = self.processor(images=frames)
"""

from __future__ import annotations

import threading
import time
from typing import Literal

Part = Literal["decoding", "preparing", "encoding"]
PARTS: tuple[Part, ...] = ("decoding", "preparing", "encoding")


class _Counted(threading.local):
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.open: list[list[float]] = []  # of each open part: when it began, seconds within it


_counted = _Counted()


class spent:  # noqa: N801 - used as a with statement
    """Counts the time of a block to a part of the answer that this thread works on."""

    def __init__(self, part: Part) -> None:
        self._part = part

    def __enter__(self) -> None:
        _counted.open.append([time.monotonic(), 0.0])

    def __exit__(self, *raised: object) -> None:
        start, inner = _counted.open.pop()
        seconds = time.monotonic() - start
        _counted.seconds[self._part] = _counted.seconds.get(self._part, 0.0) + seconds - inner
        if _counted.open:
            _counted.open[-1][1] += seconds


def begin_answer() -> None:
    """Count from nothing: this thread begins another answer."""
    _counted.seconds, _counted.open = {}, []


def parts_of(seconds: float) -> dict[str, float]:
    """Return the seconds of each part of an answer that took ``seconds``, the model's too."""
    found: dict[str, float] = {part: _counted.seconds.get(part, 0.0) for part in PARTS}
    found["model"] = max(0.0, seconds - sum(found.values()))
    return {name: round(value, 6) for name, value in found.items()}
