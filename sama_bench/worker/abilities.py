"""What an adapter declares that it can do, and what it is not asked therefore."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sama_bench.adapter import CAPABILITIES, Adapter, Capability
from sama_bench.errors import AdapterError
from sama_bench.nouns import MASK_TASKS, TASKS, Task


def abilities_of(adapter: Adapter) -> frozenset[Capability]:
    """Return what an adapter can do in broad words: its ``can``, checked.

    Raises:
        AdapterError: ``can`` is no set of capabilities.
    """
    can: object = adapter.can
    if isinstance(can, (set, frozenset, list, tuple)) and set(can) <= set(CAPABILITIES):
        return frozenset(can)
    raise AdapterError(f"can is {can!r}; it is a set of {', '.join(CAPABILITIES)}")


def tasks_of(adapter: Adapter) -> frozenset[Task]:
    """Return what an adapter can be asked: its ``tasks``, else what follows from its ``can``.

    Raises:
        AdapterError: ``tasks`` is no set of tasks, or ``can`` none of capabilities.
    """
    tasks: object = adapter.tasks
    if tasks is None:
        can = abilities_of(adapter)
        masks = MASK_TASKS if can & {"segment", "ground"} else frozenset[Task]()
        words = frozenset(TASKS) - MASK_TASKS if can & {"describe", "ground"} else frozenset()
        return masks | words
    if isinstance(tasks, (set, frozenset, list, tuple)) and set(tasks) <= set(TASKS):
        return frozenset(tasks)
    raise AdapterError(f"tasks is {tasks!r}; it is a set of {', '.join(TASKS)}")


def refuse_tasks(adapter: Adapter, model: str, asked: Mapping[str, Iterable[Task]]) -> None:
    """Refuse an adapter that cannot do what it is to be asked: nothing of it would be an answer.

    Args:
        adapter: configured, loaded or not.
        model: its name.
        asked: tasks by the name of the benchmark that asks them.

    Raises:
        AdapterError: which benchmark asks what it cannot do.
    """
    able = tasks_of(adapter)
    for benchmark, tasks in asked.items():
        lacking = sorted(set(tasks) - able)
        if not lacking:
            continue
        if adapter.tasks is None:
            what = "masks" if lacking[0] in MASK_TASKS else "text"
            can = ", ".join(sorted(adapter.can)) or "do nothing"
            why = f"which wants {what}: it declares that it can {can} (can)"
        else:
            can = ", ".join(sorted(able)) or "nothing"
            why = f"which asks {', '.join(lacking)}: it is for {can} (tasks)"
        part = ", or with --task the part that it is for" if len(asked) > 1 else ""
        raise AdapterError(
            f"{model} cannot be asked by {benchmark}, {why}; choose another benchmark{part}"
        )
