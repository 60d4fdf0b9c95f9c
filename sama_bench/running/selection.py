"""What a request means: which benchmarks and data, and which devices of this machine or cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from sama_bench import registry
from sama_bench.benchmark import Benchmark, Dataset, split_and_subset, subset_of
from sama_bench.errors import UserError, did_you_mean
from sama_bench.launch.devices import Device, parse_devices, share_of, visible_gpus
from sama_bench.launch.local_process import Launch, Launcher
from sama_bench.running.cluster import cluster_rank
from sama_bench.running.options import EXECUTORS
from sama_bench.running.ray_workers import RayLauncher, connect, ray_devices


def chosen_benchmarks(benchmark: str | None, task: str | None) -> list[Benchmark]:
    """Return the benchmarks that a request means: unless one is named, those that have a task.

    Raises:
        UserError: no such benchmark, no such task, or both are named.
    """
    if benchmark is not None:
        if task is not None:
            raise UserError(
                "--task chooses among the benchmarks that are asked by default; leave it out with "
                "--benchmark"
            )
        return [registry.benchmark(benchmark)]
    tasks = {item.task: item for item in registry.benchmarks().values() if item.task is not None}
    if task is not None and task not in tasks:
        choices = (f"{name} ({item.title})" for name, item in tasks.items())
        raise UserError(f"--task {task} is not one of {', '.join(choices)}")
    return list(tasks.values()) if task is None else [tasks[task]]


def open_datasets(
    benchmarks: Sequence[Benchmark],
    split: str | None,
    data: str | Path | None,
    options: Mapping[str, str],
    subset: str | None = None,
) -> list[Dataset]:
    """Open one split of each benchmark, or what the files hold of it as a named subset.

    Raises:
        DataError: a file is missing, malformed or unsafe.
        UserError: there is no such split.
    """
    root = None if data is None else Path(data)
    for item in benchmarks:
        if split is not None and split_and_subset(split)[0] not in item.splits:
            raise did_you_mean(f"split of {item.name}", split, item.splits)
    return [
        item.opened(root, subset_of(split or item.default_split, subset), options)
        for item in benchmarks
    ]


def executor_of(
    executor: str, devices: str | None, gpus_per_worker: int
) -> tuple[Callable[[str], Launch], list[Device]]:
    """Return what makes a starter of workers from their interpreter, and their devices.

    Raises:
        UserError: no such executor, or it cannot be had here.
    """
    if executor == "auto":
        executor = "ray" if os.environ.get("RAY_ADDRESS") else "local"
    if executor == "local":
        return Launcher, worker_devices(devices, gpus_per_worker)
    if executor != "ray":
        raise did_you_mean("executor", executor, EXECUTORS)
    connect()
    workers, gpus = ray_devices(devices, gpus_per_worker)
    return partial(RayLauncher, gpus=gpus), workers


def worker_devices(text: str | None, gpus_per_worker: int) -> list[Device]:
    """Return this process's devices: those named, or its share of the node's GPUs.

    Raises:
        UserError: not a device, or GPUs that do not divide.
    """
    rank = cluster_rank(os.environ)
    if text is None and rank is not None:
        gpus = share_of(visible_gpus(), rank.local, rank.local_size)
        text = ",".join(gpus) or None
    return parse_devices(text, gpus_per_worker)
