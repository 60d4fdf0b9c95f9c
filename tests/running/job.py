"""One job as a process, so that a test can kill it: ``job.py RUNS WORKERS [HISTORY]``."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from sama_bench.launch.devices import Device
from tests.running.fakes import QUICK, FakeDataset, ask

VIDEOS, ROUNDS = 16, 5


def dataset() -> FakeDataset:
    return FakeDataset(videos=VIDEOS, rounds=ROUNDS)


def work(runs: Path, workers: int, history: str = "independent", sleep: float = 0.02):
    limits = dataclasses.replace(
        QUICK, starts=1000, kills=1000, back_off=0.01, longest_back_off=0.1
    )
    return ask(
        runs,
        datasets=[dataset()],
        devices=[Device()] * workers,
        history=history,
        options={"sleep": str(sleep)},
        limits=limits,
    )


if __name__ == "__main__":
    result = work(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:4])
    sys.exit(0 if result.complete else 1)
