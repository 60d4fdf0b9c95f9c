"""``sama_bench.run``: what ``sama-bench run`` does, as a function that returns data."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from sama_bench import registry
from sama_bench.adapter import Setup
from sama_bench.benchmark import Benchmark, Dataset
from sama_bench.environments.manage import python_for
from sama_bench.errors import UserError, did_you_mean
from sama_bench.launch.devices import Device, check_gpus, parse_devices, share_of, visible_gpus
from sama_bench.launch.local_process import Launch, Launcher
from sama_bench.nouns import History
from sama_bench.running.cluster import cluster_rank
from sama_bench.running.limits import Limits
from sama_bench.running.ray_workers import RayLauncher, connect, ray_devices
from sama_bench.running.request import Request
from sama_bench.running.run import RunResult
from sama_bench.running.run import run as run_request


def print_line(line: str) -> None:
    """Print a line of progress to standard error."""
    print(line, file=sys.stderr, flush=True)


EXECUTORS = ("auto", "local", "ray")
SAMA_BENCH = {"g": "sama-bench-g", "c": "sama-bench-c"}


def run(
    model: str,
    split: str | None = None,
    *,
    benchmark: str | None = None,
    task: str | None = None,
    data: str | Path | None = None,
    runs: str | Path = "runs",
    devices: str | None = None,
    gpus_per_worker: int = 1,
    limit: int | None = None,
    fresh: bool = False,
    history: History = "independent",
    options: Mapping[str, str] | None = None,
    seed: int = 0,
    checkpoint: str | None = None,
    revision: str | None = None,
    dtype: str = "auto",
    attention: str | None = None,
    device_map: str | None = None,
    offline: bool = False,
    trust_remote_code: bool = False,
    timeout: float = 1800.0,
    max_failures: int = 20,
    env_python: str | Path | None = None,
    no_env: bool = False,
    executor: str = "auto",
    say: Callable[[str], None] = print_line,
) -> RunResult:
    """Ask a model all samples of a split that have no answer yet.

    Args:
        model: a registered name, or ``path/to/file.py:ClassName``.
        split: of the benchmark; None for the one its papers report.
        benchmark: name, or None for SAMA-Bench, both tasks.
        task: of SAMA-Bench, ``g`` or ``c``, or None for both.
        data: root of the benchmark's files; None for an embedded split.
        runs: folder of the run folders.
        devices: ``0,1,2,3``, ``cpu``, ``cpu:4``, or None for all GPUs, else the CPU.
        gpus_per_worker: for a model that is larger than one GPU.
        limit: ask only the first samples of each benchmark.
        fresh: put earlier answers aside and begin again.
        history: ``independent``, ``teacher-forced`` or ``free-running``.
        options: settings of the model and of the benchmark.
        seed: of the run.
        checkpoint: folder or hub id of other weights than the model's own.
        revision: of the hub repository.
        dtype: ``auto``, ``float32``, ``bfloat16`` or ``float16``.
        attention: attention implementation.
        device_map: placement over several GPUs.
        offline: never ask a hub.
        trust_remote_code: allow the checkpoint's own Python code to run.
        timeout: seconds for one sample.
        max_failures: failures in a row after which the run stops.
        env_python: interpreter for the workers, instead of the model's own environment.
        no_env: run the workers in the current environment.
        executor: ``local`` for processes on this machine (each rank its own, under srun or
            torchrun), ``ray`` for a Ray cluster, ``auto`` for Ray where ``RAY_ADDRESS`` is set.
        say: receives lines of progress while an environment is made.

    Returns:
        The run folders and how much of each is answered.

    Raises:
        UserError: the request is wrong, or the run folder holds another run.
        AdapterError: the model cannot be loaded, or cannot do what was asked.
        StoppedError: too many failures in a row.
    """
    for name, value, least in (
        ("--limit", limit, 1),
        ("--timeout", timeout, 0.001),
        ("--max-failures", max_failures, 1),
    ):
        if value is not None and value < least:
            raise UserError(f"{name} {value}: at least {least:g}")
    spec = registry.model(model)
    benchmarks = chosen_benchmarks(benchmark, task)
    of_benchmark = {key for item in benchmarks for key in item.options}
    given = dict(options or {})
    shared = {key: value for key, value in given.items() if key in of_benchmark}
    datasets = open_datasets(benchmarks, split, data, shared)
    if not any(dataset.entries for dataset in datasets):
        names = ", ".join(item.name for item in benchmarks)
        raise UserError(
            f"split {datasets[0].split} of {names} has no sample to ask; 'sama-bench data verify' "
            "says what was dropped"
        )
    setup = Setup(
        model=spec.name,
        checkpoint=checkpoint or spec.checkpoint,
        revision=revision,
        options={**spec.options, **{k: v for k, v in given.items() if k not in of_benchmark}},
        seed=seed,
        dtype=dtype,
        attention=attention,
        device_map=device_map,
        offline=offline,
        trust_remote_code=trust_remote_code,
    )
    launcher, workers = executor_of(executor, devices, gpus_per_worker)
    if devices is not None and (note := check_gpus(workers, spec.name, spec.uses_gpu)):
        say(note)
    python = python_for(spec, None if env_python is None else Path(env_python), no_env, say)
    return run_request(
        Request(
            model=spec,
            setup=setup,
            datasets=datasets,
            runs=Path(runs),
            benchmark_options=shared,
            history=history,
            limit=limit,
            fresh=fresh,
            data_root=None if data is None else Path(data).absolute(),
            devices=workers,
            limits=Limits(timeout=timeout, max_failures=max_failures),
            launch=launcher(str(python or sys.executable)),
        )
    )


def chosen_benchmarks(benchmark: str | None, task: str | None) -> list[Benchmark]:
    """Return the benchmarks that a request means: SAMA-Bench's two unless another is named.

    Raises:
        UserError: no such benchmark, or a task without SAMA-Bench.
    """
    if benchmark is not None:
        if task is not None:
            raise UserError("--task belongs to SAMA-Bench; leave it out with --benchmark")
        return [registry.benchmark(benchmark)]
    if task is not None and task not in SAMA_BENCH:
        raise UserError(f"--task {task}: choose g (grounded chat) or c (region description)")
    names = SAMA_BENCH.values() if task is None else [SAMA_BENCH[task]]
    return [registry.benchmark(name) for name in names]


def open_datasets(
    benchmarks: Sequence[Benchmark],
    split: str | None,
    data: str | Path | None,
    options: Mapping[str, str],
) -> list[Dataset]:
    """Open one split of each benchmark.

    Raises:
        DataError: a file is missing, malformed or unsafe.
        UserError: there is no such split.
    """
    root = None if data is None else Path(data)
    for item in benchmarks:
        if split is not None and split not in item.splits:
            raise did_you_mean(f"split of {item.name}", split, item.splits)
    return [item.open(root, split or item.default_split, options) for item in benchmarks]


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
