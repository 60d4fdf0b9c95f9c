"""Memory of a process together with its children, looked at while they run (Linux)."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

EVERY = 0.1
"""Seconds between two looks."""


def run_watched(command: Sequence[str]) -> tuple[str, float | None]:
    """Run a command to its end; return its output and the highest memory of its process tree.

    In MB, pages that processes share counted once (proportional set size); None where the system
    does not tell.

    Raises:
        RuntimeError: the command failed.
    """
    highest: float | None = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            sizes = [size for pid in _tree(process.pid) if (size := _size(pid)) is not None]
            if sizes:
                highest = max(highest or 0.0, sum(sizes))
            time.sleep(EVERY)
        output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with status {process.returncode}")
    return output, highest


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
