"""Memory of a process together with its children, looked at while they run (Linux)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

EVERY = 0.1
"""Seconds between two looks."""


class Watch:
    """Looks at the memory of a process tree until the ``with`` block ends.

    Attributes:
        highest: in MB, pages that processes share counted once (proportional set size); None
            where the system does not tell.
    """

    def __init__(self, pid: int) -> None:
        self.highest: float | None = None
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            sizes = [size for pid in _tree(self._pid) if (size := _size(pid)) is not None]
            if sizes:
                self.highest = max(self.highest or 0.0, sum(sizes))
            if self._done.wait(EVERY):
                return


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:  # the thread is gone
            continue
        for child in found:
            yield from _tree(int(child))


def _size(pid: int) -> float | None:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # gone, or not Linux
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), None)
