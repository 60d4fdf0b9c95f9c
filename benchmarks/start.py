"""How long the command line takes to start: processor time of whole processes, in turns.

Each command stands beside ``python -c "import click"``, without which no command can be read. A
ratio is the median over the rounds of the command's time over that of click in the same round, so
that a slower moment of the machine slows both.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]

ROOT = Path(__file__).resolve().parents[1]
CLICK = "import click"
BOUND = 3.0
"""Of ``--help`` and ``--version``: at most so many times the time of click alone."""

HELP = (("--version",), ("--help",))
LISTS = tuple(("list", what) for what in ("models", "splits", "benchmarks", "metrics"))


def run(quick: bool = False) -> list[Row]:
    """Time everything; ``quick`` with fewer rounds."""
    ways = {CLICK: ["-c", CLICK]}
    ways |= {" ".join(words): ["-m", "sama_bench", *words] for words in (*HELP, *LISTS)}
    for arguments in ways.values():  # once before, so that all bytecode is there
        processor_time(arguments)
    rounds = [
        {way: processor_time(arguments) for way, arguments in ways.items()}
        for _ in range(5 if quick else 21)
    ]
    return [row(way, rounds) for way in ways]


def row(way: str, rounds: Sequence[dict[str, float]]) -> Row:
    """Return the row of one way: medians over the rounds."""
    ratio = statistics.median(times[way] / times[CLICK] for times in rounds)
    return {
        "start": f'python -c "{CLICK}"' if way == CLICK else f"sama-bench {way}",
        "CPU ms": 1000 * statistics.median(times[way] for times in rounds),
        "times click": ratio,
        "bound": BOUND if tuple(way.split()) in HELP else None,
    }


def processor_time(arguments: Sequence[str]) -> float:
    """Return the processor time, user and system, of one run of Python, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
