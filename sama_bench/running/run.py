"""Running a model on a split: ask what is missing or failed, record every answer as it comes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sama_bench.benchmark import Coverage, Dataset
from sama_bench.environments.commands import stopped_by_sigterm
from sama_bench.errors import UserError
from sama_bench.nouns import HISTORIES
from sama_bench.runfolder.folder import RunFolder, run_path
from sama_bench.running.cluster import cluster_rank
from sama_bench.running.job import Job
from sama_bench.running.request import Request
from sama_bench.running.schedule import Target


@dataclass(frozen=True)
class RunResult:
    """What came of a run.

    Attributes:
        folders: run folders, one per dataset.
        coverage: per folder, of all samples of its split (of the first ``limit``, if given).
        failures: (benchmark, id, reason) of the samples that failed this time.
        asked: how many samples were asked this time.
        seconds: that it took.
    """

    folders: Sequence[Path]
    coverage: Sequence[Coverage]
    failures: Sequence[tuple[str, str, str]]
    asked: int
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether every sample has an answer."""
        return all(found.failed == found.missing == 0 for found in self.coverage)


def run(request: Request) -> RunResult:
    """Ask a model everything that a run folder does not hold yet, and record it.

    Safe to interrupt at any moment, and to start several times at once on one folder.

    Raises:
        UserError: the request contradicts itself, the folder holds another run, or cannot be
            written.
        AdapterError: the model cannot be loaded or cannot do what was asked.
        StoppedError: too many failures in a row.
    """
    if request.history not in HISTORIES:
        raise UserError(f"--history {request.history}: choose from {', '.join(HISTORIES)}")
    start = time.monotonic()
    targets = [_target(request, dataset) for dataset in request.datasets]
    with (
        stopped_by_sigterm(),  # schedulers send it before they kill
        Job(request, targets, cluster_rank(os.environ)) as job,
    ):
        job.work()
    return RunResult(
        folders=[target.folder.path for target in targets],
        coverage=[coverage(target, request.limit) for target in targets],
        failures=job.writer.failures,
        asked=job.writer.counts.total(),
        seconds=time.monotonic() - start,
    )


def coverage(target: Target, limit: int | None = None) -> Coverage:
    """Count what is known of each sample of a target."""
    target.folder.refresh()  # others may work on it, or have begun it afresh
    entries = target.dataset.entries[:limit]
    return Coverage.of(target.folder.status(entry.id) or "missing" for entry in entries)


def _target(request: Request, dataset: Dataset) -> Target:
    path = run_path(request.runs, request.setup.model, dataset.benchmark, dataset.split)
    return Target(dataset.benchmark, dataset, RunFolder(path))
