"""What the benchmarks of a run ask, and whether the model can do it, known before it is started."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sama_bench.adapter import ModelSpec, Setup
from sama_bench.benchmark import Dataset
from sama_bench.errors import AdapterError, DataError, SamaBenchError, UserError
from sama_bench.launch.readiness import Check
from sama_bench.nouns import Task
from sama_bench.worker.abilities import refuse_tasks
from sama_bench.worker.adapter_import import new_adapter


def tasks_asked(datasets: Iterable[Dataset]) -> dict[str, list[Task]]:
    """Return what each benchmark asks, as the first sample of each of its groups says.

    Raises:
        UserError: a benchmark says a task that is none.
    """
    asked: dict[str, list[Task]] = {}
    for dataset in datasets:
        firsts = {entry.group: entry for entry in reversed(dataset.entries)}
        tasks = set()
        for entry in firsts.values():
            try:
                tasks.add(dataset.sample(entry.id).task)
            except DataError:
                continue  # it will be said when the sample is asked
            except ValueError as error:
                raise UserError(str(error)) from None
        asked[dataset.benchmark] = sorted(tasks)
    return asked


def task_check(
    spec: ModelSpec, setup: Setup, asked: Mapping[str, Sequence[Task]]
) -> Iterator[Check]:
    """Check that a model can do what is asked, before its environment is made for it.

    Adapters of the registry are imported already and import little; one of a user's file is left
    to the worker, since it may import what only the model's environment has.
    """
    if spec.adapter.rpartition(":")[0] not in sys.modules:
        return
    try:
        adapter = new_adapter(spec.adapter)
        adapter.configure(setup)
    except SamaBenchError:
        return  # the worker says it, beside what else is wrong with the options
    try:
        refuse_tasks(adapter, spec.name, asked)
    except AdapterError as error:
        yield Check("tasks", "missing", str(error))
