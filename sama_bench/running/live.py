"""The request to ask a live adapter: one that is loaded, in the calling process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sama_bench.adapter import Adapter, ModelSpec, Setup
from sama_bench.errors import UserError
from sama_bench.launch.in_process import InProcess, ThisProcess
from sama_bench.runfolder.folder import RunFolder, run_path
from sama_bench.running.limits import Limits
from sama_bench.running.options import RunOptions
from sama_bench.running.prepare import asked_data
from sama_bench.running.request import Request


def filed_as(model: object, name: str | None) -> str:
    """Return the name of a model; of a live adapter the one under which its answers are filed.

    Raises:
        UserError: it is neither a name nor an instance of an adapter.
    """
    if isinstance(model, str):
        if name is not None:
            raise UserError(f"name: is for a live adapter; {model} is filed under its own")
        return model
    if not isinstance(model, Adapter):
        what = model.__name__ if isinstance(model, type) else type(model).__name__
        raise UserError(
            f"model: {what} is neither a name nor an instance of sama_bench.adapter.Adapter"
        )
    return type(model).__name__.lower() if name is None else name


def live_request(wanted: RunOptions, adapter: Adapter, say: Callable[[str], None]) -> Request:
    """Look into a request whose model is a live adapter; ``wanted.model`` is its name.

    Args:
        wanted: the request.
        adapter: loaded.
        say: is told when a run folder holds answers under this name.

    Raises:
        UserError: it is wrong in itself, or sets what only a worker can heed.
        DataError: a file of the benchmark is missing or malformed.
    """
    wanted.check()
    for key in wanted.for_workers():
        raise UserError(f"{key}: the model is loaded already; leave it out with an adapter")
    filed = str(wanted.model)
    benchmarks, own, others, datasets, error = asked_data(wanted)
    if others:
        raise UserError(
            f"options: {', '.join(sorted(others))} is no option of "
            f"{', '.join(item.name for item in benchmarks)}; the adapter has its own already"
        )
    if error is not None:
        raise error
    runs = Path(wanted.runs)
    for dataset in datasets:
        folder = RunFolder(run_path(runs, filed, dataset.benchmark, dataset.split))
        if len(folder) and not wanted.fresh:
            say(
                f"{folder.path} holds answers under this name and keeps them; another state of the "
                "weights needs another name, or fresh=True"
            )
    kind = type(adapter)
    return Request(
        model=ModelSpec(filed, f"{kind.__module__}:{kind.__qualname__}", "a live adapter"),
        setup=Setup(filed, seed=wanted.seed),
        datasets=datasets,
        runs=runs,
        benchmark_options=own,
        history=wanted.history,
        limit=wanted.limit,
        fresh=wanted.fresh,
        data_root=None if wanted.data is None else Path(wanted.data).absolute(),
        devices=(ThisProcess(),),
        limits=Limits(max_failures=wanted.max_failures),
        launch=InProcess(adapter),
    )
