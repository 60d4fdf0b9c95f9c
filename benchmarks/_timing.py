"""Timing side by side: every way in turn, and the fastest run of each.

Processor time of one thread is counted, not time on the wall, so that other work on the machine
disturbs less.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock


def side_by_side(ways: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the seconds of the fastest run of each way, taken in turns for some rounds.

    A way that needs less than 20 ms runs several times a round.
    """
    seconds = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            spent = 0.0
            while spent < 0.02:
                start = time.process_time()
                way()
                last = time.process_time() - start
                spent += last
                seconds[name] = min(seconds[name], last)
    return seconds


def using(kernel: str, way: Callable[[], Any]) -> Callable[[], Any]:
    """Return a way that counts with the named kernel (``numba`` or ``numpy``)."""

    def call() -> Any:
        with mock.patch.dict(os.environ, {"SAMA_BENCH_KERNEL": kernel}):
            return way()

    return call


def peak_memory(function: Callable[..., Any], *arguments: Any) -> float | None:
    """Return by how many MB a fresh process grows at most while it calls a function.

    The function is called once with ``warm=True`` before, for imports and compiled code. None
    where the system does not tell (anything but Linux).
    """
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_measure, args=(queue, function, arguments))
    process.start()
    grown: float | None = queue.get()
    process.join()
    return grown


def _measure(queue: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    function(*arguments, warm=True)
    if not Path("/proc/self/clear_refs").exists():
        queue.put(None)
        return
    Path("/proc/self/clear_refs").write_text("5")  # forget the highest mark so far
    before = _highest_mark()
    function(*arguments)
    queue.put((_highest_mark() - before) / 1024)


def _highest_mark() -> int:
    """Return the largest resident size of this process so far, in KB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])
