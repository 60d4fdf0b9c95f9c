"""How far a download of weights is: on the terminal, and in the event log for ``status``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from sama_bench.running.progress import Progress, duration

EVENT = "download"
PAUSE = 5.0
"""Seconds between two signs of progress."""

Fetch = Callable[[Callable[[str, int, int], None]], None]
"""Fetches what a run needs; is given who to tell name, bytes that are here, and bytes in all."""


class FetchView:
    """Shows a download as it comes: bytes, rate, time left."""

    def __init__(
        self,
        progress: Progress,
        record: Callable[..., None],
        pause: float = PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = progress
        self._record = record
        self._pause = pause
        self._clock = clock
        self._name = ""
        self._first: tuple[float, int] = (0.0, 0)
        self._next = 0.0

    def __call__(self, name: str, done: int, total: int) -> None:
        """Take in that ``done`` of ``total`` bytes of ``name`` are here."""
        now = self._clock()
        if name != self._name:
            self._name, self._first, self._next = name, (now, done), now
            if done >= total:
                return
        if now < self._next and done < total:
            return
        self._next = now + self._pause
        seconds = now - self._first[0]
        rate = (done - self._first[1]) / seconds if seconds > 0 else None
        facts = {"name": name, "bytes": done, "of": total, "rate": rate}
        self._progress.say(download_line(facts))
        self._record(EVENT, **facts)


def download_line(facts: Mapping[str, Any]) -> str:
    """Write how far a download is, from an event of the log."""
    done, total, rate = facts["bytes"], facts["of"], facts.get("rate")
    parts = [f"fetching {facts['name']}: {_size(done)} of {_size(total)}"]
    if rate:
        parts.append(f"{_size(rate)} a second")
        if done < total:
            parts.append(f"about {duration((total - done) / rate)} left")
    return ", ".join(parts)


def _size(count: float) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
