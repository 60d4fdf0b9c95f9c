"""What ``sama-bench run`` does, as functions that return data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sama_bench.data.weights import fetch_weights
from sama_bench.environments.manage import python_for
from sama_bench.launch.readiness import refuse_unless_ready
from sama_bench.nouns import History
from sama_bench.running.limits import Limits
from sama_bench.running.live import LiveAdapter, filed_as, live_request
from sama_bench.running.plan import Plan, plan_of
from sama_bench.running.prepare import Wanted, prepare
from sama_bench.running.progress import print_line
from sama_bench.running.request import Request
from sama_bench.running.run import RunResult
from sama_bench.running.run import run as run_request
from sama_bench.storage.cache_folder import nothing_kept


def run(
    model: str | LiveAdapter,
    split: str | None = None,
    *,
    benchmark: str | None = None,
    task: str | None = None,
    data: str | Path | None = None,
    runs: str | Path = "runs",
    devices: str | None = None,
    gpus_per_worker: int = 1,
    limit: int | None = None,
    subset: str | None = None,
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
    load_timeout: float = 3600.0,
    max_failures: int = 20,
    env_python: str | Path | None = None,
    no_env: bool = False,
    executor: str = "auto",
    checks: bool = True,
    name: str | None = None,
    say: Callable[[str], None] = print_line,
) -> RunResult:
    """Ask a model all samples of a split that have no answer yet.

    Args:
        model: a registered name, ``path/to/file.py:ClassName``, or a live adapter: an instance,
            taken as loaded, that is asked in this process, one sample after the other. What is for
            workers (devices, weights, timeouts, environments) is then left out.
        split: of the benchmark; None for the one its papers report.
        benchmark: name, or None for SAMA-Bench, both tasks.
        task: of SAMA-Bench, ``g`` or ``c``, or None for both.
        data: root of the benchmark's files; None for an embedded split.
        runs: folder of the run folders.
        devices: ``0,1,2,3``, ``cpu``, ``cpu:4``, or None for all GPUs, else the CPU.
        gpus_per_worker: for a model that is larger than one GPU.
        limit: ask only the first samples of each benchmark.
        subset: name of the part of the split that the data hold on purpose; the run is filed as
            ``SPLIT@NAME``.
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
        load_timeout: seconds in which the model has to be loaded.
        max_failures: failures in a row after which the run stops.
        env_python: interpreter for the workers, instead of the model's own environment.
        no_env: run the workers in the current environment.
        executor: ``local`` for processes on this machine (each rank its own, under srun or
            torchrun), ``ray`` for a Ray cluster, ``auto`` for Ray where ``RAY_ADDRESS`` is set.
        checks: start only if all that can be known beforehand is there: weights, code, packages,
            GPUs, disk space.
        name: under which the answers of a live adapter are filed; by default its class's.
        say: receives lines of progress while an environment is made.

    Returns:
        The run folders and how much of each is answered.

    Raises:
        UserError: the request is wrong, or the run folder holds another run.
        NotReadyError: something is missing; the message lists all, with what mends it.
        AdapterError: the model cannot be loaded, or cannot do what was asked.
        StoppedError: too many failures in a row.
    """
    filed = filed_as(model, name)
    wanted = Wanted(
        filed, split, benchmark, task, data, runs, devices, gpus_per_worker, limit, subset, fresh,
        history, options, seed, checkpoint, revision, dtype, attention, device_map, offline,
        trust_remote_code, timeout, load_timeout, max_failures, env_python, no_env, executor,
        checks,
    )  # fmt: skip
    if not isinstance(model, str):
        return run_request(live_request(wanted, model, say))
    prepared = prepare(wanted)
    missing = [check for check in prepared.checks if check.state == "missing"]
    if prepared.data_error is not None and (not checks or len(missing) == 1):
        raise prepared.data_error
    if checks:
        refuse_unless_ready(prepared.model.name, prepared.checks)
    for check in prepared.checks:
        if check.state == "note":
            say(check.text)
    start = prepared.start
    python = python_for(start.spec, start.env_python, start.no_env, say)
    parts = prepared.weights.to_fetch
    return run_request(
        Request(
            model=prepared.model,
            setup=prepared.setup,
            datasets=prepared.datasets,
            runs=Path(runs),
            benchmark_options=prepared.benchmark_options,
            history=history,
            limit=limit,
            fresh=fresh,
            data_root=None if data is None else Path(data).absolute(),
            devices=prepared.devices,
            limits=Limits(timeout=timeout, loading=load_timeout, max_failures=max_failures),
            launch=prepared.launcher(str(python or sys.executable)),
            fetch=partial(fetch_weights, parts) if parts and start.here else None,
        )
    )


def dry_run(model: str, split: str | None = None, **settings: Any) -> Plan:
    """Say what ``run`` with the same arguments would do, and whether it could start.

    Nothing is installed, downloaded or written; a hub is asked for a model's list of files alone.

    Raises:
        UserError: the request is wrong in itself.
    """
    with nothing_kept():
        return plan_of(prepare(Wanted(filed_as(model, None), split, **settings)))
