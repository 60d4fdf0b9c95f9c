"""What the engine itself costs: overhead, makespan, frames decoded, memory and growth of scoring.

Each row has the measured value, the bound that it is held to, and what it stands beside.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks._chart import line_chart
from benchmarks._clips import Clips, ask
from benchmarks._scoring_load import growth_rows, memory_row
from benchmarks._virtual import (
    engine_makespan,
    lower_bound,
    real_shape,
    round_robin_makespan,
    shared_shape,
)

Row = dict[str, Any]
CHARTS = Path(__file__).resolve().parents[1] / "docs" / "images"


def run(quick: bool = False) -> list[Row]:
    """Measure everything; ``quick`` with fewer and shorter questions."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = (500, 2000) if quick else (500, 1500, 5000, 15_000, 50_000)
        growth = growth_rows(folder, sizes)
        if not quick:
            draw(growth, CHARTS)
        return [
            *(_overhead(folder, workers, 20 if quick else 60) for workers in (1, 8)),
            *(_makespan(workers) for workers in (8, 64)),
            *(_makespan(workers, looks_once=True) for workers in (8, 64)),
            _decoded(folder, 8 if quick else 24),
            memory_row(folder, 40 if quick else 400),
            *growth,
        ]


def draw(growth: list[Row], folder: Path) -> None:
    """Draw time and memory of scoring and merging by the number of samples."""
    for column, title, unit in (
        ("value", "Time of scoring and merging", "CPU seconds"),
        ("megabytes", "Peak memory of scoring and merging", "MB"),
    ):
        series = {
            what: [(row["samples"], row[column]) for row in growth if row["what"] == what]
            for what in ("score", "merge")
        }
        chart = line_chart(series, title, "samples", unit)
        name = "growth-time.svg" if column == "value" else "growth-memory.svg"
        (folder / name).write_text(chart)


def _overhead(folder: Path, workers: int, each: int) -> Row:
    """Wall time of a model that sleeps a second a question, over the sleeps of one worker."""
    data = Clips(folder / f"sleep{workers}", workers * each // 5, 5, 1, "overhead")
    start = time.monotonic()
    result = ask(folder / f"runs{workers}", "Sleeper", [data], workers)
    wall = time.monotonic() - start
    ideal = result.asked * 1.0 / workers
    return {
        "measure": f"overhead, {workers} worker{'s' * (workers > 1)}, {result.asked} questions",
        "value": wall / ideal,
        "bound": 1.03 if workers == 1 else 1.05,
        "unit": "wall / sleeps",
        "beside": f"{ideal:.0f} s of sleep per worker",
    }


def _makespan(workers: int, looks_once: bool = False) -> Row:
    shape = shared_shape() if looks_once else real_shape()
    bound = lower_bound(shape, workers)
    static = round_robin_makespan(shape, workers) / bound
    return {
        "measure": f"makespan, {workers} workers, 5067 questions"
        + ", dear first questions" * looks_once,
        "value": engine_makespan(shape, workers) / bound,
        "bound": 1.03,
        "unit": "time / lower bound",
        "beside": f"static round-robin {static:.3f}",
    }


def _decoded(folder: Path, videos: int) -> Row:
    """Frames decoded when both tasks ask about the same videos, as often as in SAMA-Bench."""
    frames = 16
    both = [
        Clips(folder / "clips", videos, rounds, frames, task)
        for task, rounds in (("task-g", 7), ("task-c", 3))
    ]
    result = ask(folder / "runs-decoded", "Looker", both, workers=2)
    last: dict[str, int] = {}
    for path in result.folders:
        for line in (path / "events.jsonl").read_text().splitlines():
            event = json.loads(line)
            if event["event"] == "sample":
                last[event["worker"]] = max(last.get(event["worker"], 0), event["decoded"])
    reference = result.asked * frames
    return {
        "measure": f"frames decoded, {result.asked} questions",
        "value": reference / sum(last.values()),
        "bound": 8.0,
        "unit": "times fewer",
        "beside": f"one full decode a question: {reference} frames",
    }
