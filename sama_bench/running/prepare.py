"""From a request to all that a run needs, checked before anything is installed or downloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NamedTuple

from sama_bench import registry
from sama_bench.adapter import ModelSpec, Setup
from sama_bench.benchmark import Benchmark, Dataset
from sama_bench.environments.manage import environments_dir
from sama_bench.errors import DataError, NoRootError, UserError
from sama_bench.launch.devices import Device
from sama_bench.launch.gpu_readiness import gpu_checks
from sama_bench.launch.local_process import Launch, Launcher
from sama_bench.launch.readiness import (
    Check,
    Start,
    checkout_checks,
    home_of,
    space_checks,
    trust_check,
)
from sama_bench.launch.weights_readiness import Weights, fetched_into, look_for_weights
from sama_bench.running.gpu_room import on_each, workers_a_gpu
from sama_bench.running.options import RunOptions, about
from sama_bench.running.selection import chosen_benchmarks, executor_of, open_datasets
from sama_bench.running.tasks import task_check, tasks_asked


@dataclass(frozen=True)
class Prepared:
    """A request that was looked into; nothing was written, installed or downloaded for it.

    Attributes:
        wanted: the request.
        model: that it names.
        setup: what the model is loaded with.
        datasets: what is asked; empty where the data are not there.
        benchmark_options: those of the settings that are the benchmarks'.
        devices: of the workers.
        launcher: makes a starter of workers from their interpreter.
        start: the same, as launching sees it.
        checks: what was found.
        weights: what has to be fetched.
        data_error: why there are no datasets.
    """

    wanted: RunOptions
    model: ModelSpec
    setup: Setup
    datasets: Sequence[Dataset]
    benchmark_options: Mapping[str, str]
    devices: Sequence[Device]
    launcher: Callable[[str], Launch]
    start: Start
    checks: Sequence[Check] = ()
    weights: Weights = field(default_factory=Weights)
    data_error: DataError | NoRootError | None = None


def prepare(wanted: RunOptions) -> Prepared:
    """Look into a request.

    Raises:
        UserError: it is wrong in itself: an unknown name, a number out of range.
    """
    wanted.check()
    if not isinstance(wanted.model, str):
        raise UserError("model: a live adapter has nothing to prepare; name a model")
    spec = registry.model(wanted.model)
    asked = asked_data(wanted)
    given = {one.name: getattr(wanted, one.name) for one in fields(Setup) if one.name in about()}
    own = {**spec.options, **asked.other_options}
    session = {key: own.pop(key) for key in spec.session_options if key in own}
    setup = Setup(
        **{
            **given,
            "model": spec.name,
            "checkpoint": wanted.checkpoint or spec.checkpoint,
            "options": own,
            "session": session,
        }
    )
    each = workers_a_gpu(wanted.workers_per_gpu)
    launcher, devices = executor_of(wanted.executor, wanted.devices, wanted.gpus_per_worker)
    if each != 1 and launcher is not Launcher:
        raise UserError("--workers-per-gpu: in a Ray cluster Ray hands out the GPUs; leave it out")
    devices = on_each(devices, each)
    start = Start(
        spec,
        setup,
        devices,
        None if wanted.env_python is None else Path(wanted.env_python),
        wanted.no_env,
        here=launcher is Launcher,
        named=wanted.devices is not None,
    )
    checks, weights = _checks(start)
    checks = [*task_check(spec, setup, tasks_asked(asked.datasets)), *checks]
    if asked.error is not None:
        checks = [Check("data", "missing", str(asked.error)), *checks]
    return Prepared(
        wanted,
        spec,
        setup,
        asked.datasets,
        asked.options,
        devices,
        launcher,
        start,
        checks,
        weights,
        asked.error,
    )


class AskedData(NamedTuple):
    """What a request asks about.

    Attributes:
        benchmarks: that ask.
        options: those of the settings that are the benchmarks'.
        other_options: the other settings.
        datasets: what is asked; empty where the data are not there.
        error: why there are no datasets.
    """

    benchmarks: Sequence[Benchmark]
    options: Mapping[str, str]
    other_options: Mapping[str, str]
    datasets: Sequence[Dataset]
    error: DataError | NoRootError | None


def asked_data(wanted: RunOptions) -> AskedData:
    """Open what a request asks about.

    Raises:
        UserError: no such benchmark, task or split, or nothing in it to ask.
    """
    benchmarks = chosen_benchmarks(wanted.benchmark, wanted.task)
    of_benchmark = {key for item in benchmarks for key in item.options}
    given = wanted.options or {}
    shared = {key: value for key, value in given.items() if key in of_benchmark}
    others = {key: value for key, value in given.items() if key not in of_benchmark}
    return AskedData(benchmarks, shared, others, *_datasets(wanted, benchmarks, shared))


def _datasets(
    wanted: RunOptions, benchmarks: Sequence[Benchmark], options: Mapping[str, str]
) -> tuple[list[Dataset], DataError | NoRootError | None]:
    try:
        datasets = open_datasets(benchmarks, wanted.split, wanted.data, options, wanted.subset)
    except (DataError, NoRootError) as error:
        return [], error
    if not any(dataset.entries for dataset in datasets):
        names = ", ".join(item.name for item in benchmarks)
        raise UserError(
            f"split {datasets[0].split} of {names} has no sample to ask; 'sama-bench data verify' "
            "says what was dropped"
        )
    return datasets, None


def _checks(start: Start) -> tuple[list[Check], Weights]:
    home, of_home = home_of(start)
    weights = look_for_weights(start)
    checks = [*trust_check(start), *of_home, *weights.checks]
    checks += checkout_checks(start, weights.code)
    if start.here:  # elsewhere, workers find other GPUs and disks
        checks += gpu_checks(start, home, weights.code)
        environment = ("the environment", environments_dir(), home.to_make)
        checks += space_checks([environment, *fetched_into(weights)])
    return checks, weights
