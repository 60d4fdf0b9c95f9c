"""Which process of a cluster job this one is, from what SLURM and torchrun put in the environment.

Ranks need not know of each other: they share a run folder and claim videos in it. The rank only
names the file that a process writes its answers to, and its share of the node's GPUs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sama_bench.errors import UserError
from sama_bench.storage.safe_names import safe_name


@dataclass(frozen=True)
class Rank:
    """One process of a cluster job.

    Attributes:
        name: of this process, the same when the scheduler restarts it; fit for the name of a file.
        number: 0 for the first.
        size: how many processes there are.
        local: place among the processes of this node.
        local_size: how many processes this node has.
    """

    name: str
    number: int
    size: int
    local: int
    local_size: int


def cluster_rank(environ: Mapping[str, str]) -> Rank | None:
    """Return this process's rank; None outside a job of several processes.

    Raises:
        UserError: a variable of the job holds no number.
    """
    if "RANK" in environ and "WORLD_SIZE" in environ and "LOCAL_RANK" in environ:
        number = _number(environ, "RANK")
        return Rank(
            safe_name(f"torchrun-{environ.get('TORCHELASTIC_RUN_ID', 'job')}-{number}"),
            number,
            _number(environ, "WORLD_SIZE"),
            _number(environ, "LOCAL_RANK"),
            max(1, _number(environ, "LOCAL_WORLD_SIZE", 1)),
        )
    if "SLURM_JOB_ID" not in environ:
        return None
    number = _number(environ, "SLURM_PROCID", 0)
    size = _number(environ, "SLURM_STEP_NUM_TASKS", 1)  # set by srun, not in a batch script
    task = environ.get("SLURM_ARRAY_TASK_ID")
    if task is None and size == 1:
        return None
    per_node = environ.get("SLURM_STEP_TASKS_PER_NODE", "1")
    array = "" if task is None else f"_{task}"
    job = environ.get("SLURM_ARRAY_JOB_ID", environ["SLURM_JOB_ID"])
    return Rank(
        safe_name(f"slurm-{job}{array}-{number}"),
        number,
        size,
        _number(environ, "SLURM_LOCALID", 0),
        max(1, _first_count(per_node)),
    )


def _number(environ: Mapping[str, str], name: str, default: int | None = None) -> int:
    value = environ.get(name)
    if value is None and default is not None:
        return default
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 9:
        raise UserError(
            f"{name}={value!r} in the environment is no number; unset it, or start the command as "
            "srun and torchrun do"
        )
    return int(value)


def _first_count(per_node: str) -> int:
    """Read the first number of SLURM's ``4(x2),3``; nodes of one job have the same in practice."""
    digits = per_node.split(",")[0].split("(")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 1
