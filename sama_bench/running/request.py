"""One run as asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sama_bench.adapter import ModelSpec, Setup
from sama_bench.benchmark import Dataset
from sama_bench.launch.devices import Device
from sama_bench.launch.local_process import Launch, Launcher
from sama_bench.nouns import History
from sama_bench.running.fetching import Fetch
from sama_bench.running.limits import Limits


@dataclass(frozen=True)
class Request:
    """One run as asked for.

    Attributes:
        model: the registered model, or the one behind ``path.py:Class``.
        setup: what it is loaded with.
        datasets: what is asked.
        runs: folder of the run folders.
        benchmark_options: given to the benchmarks when they were opened.
        history: how earlier rounds reach the model.
        limit: ask only the first samples of each dataset, or None for all.
        fresh: put earlier answers aside and begin again.
        data_root: where the datasets lie, for those who score later; None when embedded.
        devices: one per worker.
        fill_gpus: add workers to a GPU as far as its memory holds them.
        limits: patience and limits.
        launch: starts workers.
        fetch: fetches weights first, or None where there is nothing to fetch.
    """

    model: ModelSpec
    setup: Setup
    datasets: Sequence[Dataset]
    runs: Path = Path("runs")
    benchmark_options: Mapping[str, str] = field(default_factory=dict)
    history: History = "independent"
    limit: int | None = None
    fresh: bool = False
    data_root: Path | None = None
    devices: Sequence[Device] = (Device(),)
    fill_gpus: bool = False
    limits: Limits = field(default_factory=Limits)
    launch: Launch = field(default_factory=Launcher)
    fetch: Fetch | None = None
