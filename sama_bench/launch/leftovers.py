"""Ends processes by a mark in the environment that they inherited (where there is /proc).

A worker's keeper ends what the worker started. This is for a keeper that was killed itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

MARK = "SAMA_BENCH_WORKER"
"""Variable that names the worker to which a process belongs."""

_ROUNDS = 50


def end_marked(name: str) -> None:
    """Kill all processes of this user that were started with ``MARK`` set to ``name``."""
    mark = f"{MARK}={name}".encode()
    for _ in range(_ROUNDS):  # while one is killed, another may have been started
        found = [process for process in map(int, _processes()) if mark in _environment(process)]
        if not found:
            return
        for process in found:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)


def _processes() -> list[str]:
    try:
        return [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _environment(process: int) -> list[bytes]:
    """Return the variables that a process was started with; of an ended one, and others' none."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    return []
