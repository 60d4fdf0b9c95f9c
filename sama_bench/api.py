"""What ``sama-bench run`` does, as functions that return data."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from sama_bench.data.weights import fetch_weights
from sama_bench.environments.manage import python_for
from sama_bench.launch.readiness import refuse_unless_ready
from sama_bench.running.limits import Limits
from sama_bench.running.live import filed_as, live_request
from sama_bench.running.options import RunOptions, takes
from sama_bench.running.plan import Plan, plan_of
from sama_bench.running.prepare import prepare
from sama_bench.running.request import Request
from sama_bench.running.run import RunResult
from sama_bench.running.run import run as run_request
from sama_bench.storage.cache_folder import nothing_kept

__all__ = ["RunOptions", "dry_run", "run"]


@takes(RunOptions)
def run(wanted: RunOptions) -> RunResult:
    """Ask a model all samples of a split that have no answer yet.

    Takes a ``RunOptions``, or its fields as arguments. A live adapter (an instance, taken as
    loaded) in the place of the model's name is asked in this process, one sample after the other;
    what is for workers (devices, weights, timeouts, environments) is then left out.

    Args:
        {fields}

    Returns:
        The run folders and how much of each is answered.

    Raises:
        UserError: the request is wrong, or the run folder holds another run.
        NotReadyError: something is missing; the message lists all, with what mends it.
        AdapterError: the model cannot be loaded, or cannot do what was asked.
        StoppedError: too many failures in a row.
    """
    say, checks = wanted.say, wanted.checks
    filed = filed_as(wanted.model, wanted.name)
    if not isinstance(wanted.model, str):
        return run_request(live_request(replace(wanted, model=filed), wanted.model, say))
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
            runs=Path(wanted.runs),
            benchmark_options=prepared.benchmark_options,
            history=wanted.history,
            limit=wanted.limit,
            fresh=wanted.fresh,
            data_root=None if wanted.data is None else Path(wanted.data).absolute(),
            devices=prepared.devices,
            fill_gpus=str(wanted.workers_per_gpu) == "auto",
            limits=Limits(
                timeout=wanted.timeout,
                loading=wanted.load_timeout,
                max_failures=wanted.max_failures,
            ),
            launch=prepared.launcher(str(python or sys.executable)),
            fetch=partial(fetch_weights, parts) if parts and start.here else None,
        )
    )


@takes(RunOptions)
def dry_run(wanted: RunOptions) -> Plan:
    """Say what ``run`` with the same arguments would do, and whether it could start.

    Nothing is installed, downloaded or written; a hub is asked for a model's list of files alone.

    Args:
        {fields}

    Raises:
        UserError: the request is wrong in itself.
    """
    with nothing_kept():
        return plan_of(prepare(replace(wanted, model=filed_as(wanted.model, None))))
