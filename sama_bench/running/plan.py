"""What a run would do, without doing any of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sama_bench.launch.readiness import Check
from sama_bench.runfolder.folder import RunFolder, run_path
from sama_bench.running.prepare import Prepared


@dataclass(frozen=True)
class PlannedPart:
    """One benchmark's part of a run.

    Attributes:
        benchmark: name.
        split: of it.
        samples: in all, or the first ``limit``.
        videos: that they are about.
        frames: of these videos, each counted once.
        answered: samples that the run folder holds already.
        folder: the run folder.
    """

    benchmark: str
    split: str
    samples: int
    videos: int
    frames: int
    answered: int
    folder: Path


@dataclass(frozen=True)
class Plan:
    """What a run would do.

    Attributes:
        model: name.
        parts: one a benchmark; empty where the data are not there.
        devices: one a worker, in words.
        to_fetch: bytes of weights that would be downloaded.
        checks: whether it can start.
    """

    model: str
    parts: Sequence[PlannedPart]
    devices: Sequence[str]
    to_fetch: int
    checks: Sequence[Check]

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return all(check.state != "missing" for check in self.checks)


def plan_of(prepared: Prepared) -> Plan:
    """Say what a prepared request would do."""
    return Plan(
        prepared.model.name,
        _parts(prepared),
        [str(device) for device in prepared.devices],
        prepared.weights.bytes,
        prepared.checks,
    )


def _parts(prepared: Prepared) -> list[PlannedPart]:
    wanted = prepared.wanted
    found = []
    for dataset in prepared.datasets:
        entries = dataset.entries[: wanted.limit]
        frames = {entry.video: entry.frames for entry in entries}
        path = run_path(Path(wanted.runs), prepared.model.name, dataset.benchmark, dataset.split)
        held = None if wanted.fresh or not path.is_dir() else RunFolder(path)
        done = ("answered", "refused")
        answered = 0 if held is None else sum(held.status(e.id) in done for e in entries)
        found.append(
            PlannedPart(
                dataset.benchmark,
                dataset.split,
                len(entries),
                len(frames),
                sum(frames.values()),
                answered,
                path,
            )
        )
    return found
