"""Progress of a run, read from its run folder by any process on any machine."""

from __future__ import annotations

import contextlib
import heapq
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.errors import DataError
from sama_bench.runfolder.folder import RunFolder, event_files
from sama_bench.running.costs import Costs, costs_of
from sama_bench.running.fetching import EVENT, download_line
from sama_bench.running.leases import Leases
from sama_bench.storage.untrusted_files import read_regular

RECENT = 200
"""Samples over which the rate is taken."""


@dataclass(frozen=True)
class RunStatus:
    """How far a run is.

    Attributes:
        path: of the run folder.
        expected: samples of the split; None without a manifest.
        counts: recorded samples of the split by status.
        jobs: names of the jobs that seem to work on it now.
        rate: samples a second lately, None unless a job works.
        seconds_left: until done at that rate, None where there is no rate.
        failures: (id, reason) of samples whose last word is a failure.
        notes: what a user should know: duplicates, damaged lines, lost workers.
        costs: what it has cost so far.
    """

    path: Path
    expected: int | None
    counts: Mapping[str, int]
    jobs: tuple[str, ...]
    rate: float | None
    seconds_left: float | None
    failures: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    costs: Costs

    @property
    def missing(self) -> int | None:
        """Samples that have no line."""
        return None if self.expected is None else max(0, self.expected - sum(self.counts.values()))


def run_status(path: Path) -> RunStatus:
    """Look at a run folder; nothing in it is changed.

    Raises:
        DataError: there is no run folder at ``path``, or it cannot be read.
    """
    folder = RunFolder(path)
    manifest = folder.manifest()
    if manifest is None and not len(folder):
        raise DataError(f"{path} is no run folder: it holds no manifest.json and no predictions")
    expected = None if manifest is None else manifest.samples
    strangers = _strangers(folder, expected)
    counts: Counter[str] = Counter(
        folder.status(id) or "missing" for id in folder.ids() if id not in strangers
    )
    jobs = tuple(Leases(path, "").others())
    events = list(read_events(path))
    rate = _rate(events) if jobs else None
    open_samples = None if expected is None else expected - counts["answered"] - counts["refused"]
    return RunStatus(
        path=path,
        expected=expected,
        counts=dict(counts),
        jobs=jobs,
        rate=rate,
        seconds_left=open_samples / rate if rate and open_samples is not None else None,
        failures=tuple(found for found in _failures(folder) if found[0] not in strangers),
        notes=tuple(_notes(folder, events, expected, strangers)),
        costs=costs_of(manifest, events),
    )


def _strangers(folder: RunFolder, expected: int | None) -> Mapping[str, None]:
    """Return the ids that have a line and that the split does not have, as far as that is known."""
    known = folder.expected()
    if known is None or len(known) != expected:
        return {}
    return {id: None for id in folder.ids() if id not in known}


def read_events(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the events of a run folder, oldest first; a torn line is passed over.

    Raises:
        DataError: a file cannot be read.
    """
    found = [list(_events_of(file)) for file in event_files(path)]
    yield from found[0] if len(found) == 1 else heapq.merge(*found, key=_time)


def _time(event: Mapping[str, Any]) -> float:
    time = event.get("time")
    return float(time) if isinstance(time, int | float) else 0.0


def _events_of(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        lines = read_regular(file).splitlines()
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from None
    for line in lines:
        with contextlib.suppress(ValueError, RecursionError):
            event = json.loads(line)
            if isinstance(event, dict) and isinstance(event.get("event"), str):
                yield event


def _rate(events: list[Mapping[str, Any]]) -> float | None:
    found = [event.get("time") for event in events if event["event"] == "sample"]
    times = [time for time in found if isinstance(time, int | float)][-RECENT:]
    span = times[-1] - times[0] if len(times) > 1 else 0.0
    return (len(times) - 1) / span if span > 0 else None


def _failures(folder: RunFolder) -> Iterator[tuple[str, str]]:
    for id in folder.ids():
        if folder.status(id) == "failed":
            yield id, folder.outcome(id).error or ""


def _notes(
    folder: RunFolder,
    events: list[Mapping[str, Any]],
    expected: int | None,
    strangers: Mapping[str, None],
) -> Iterator[str]:
    if expected is None:
        yield "there is no manifest.json that says how many samples are expected"
    more = max(len(strangers), 0 if expected is None else len(folder) - expected)
    if more > 0:
        shown = ", ".join(list(strangers)[:3]) + ", ..." * (more > 3)
        yield (
            f"{more} line{'s are' if more > 1 else ' is'} of samples that the split does not have"
            + f" ({shown})" * bool(strangers)
            + "; not scored"
        )
    if folder.duplicates:
        shown = ", ".join(sorted(folder.duplicates)[:3])
        yield f"{len(folder.duplicates)} samples have several lines ({shown}); the later counts"
    yield from folder.damaged
    if folder.torn():
        yield "the last line is unfinished: it is being written, or its writer died"
    if events and events[-1]["event"] == EVENT:
        with contextlib.suppress(KeyError, TypeError):  # a stranger's event
            yield download_line(events[-1])
    lost = Counter(str(e.get("reason")) for e in events if e["event"] == "worker_lost")
    for reason, times in lost.most_common(3):
        yield f"a worker was lost {times} time{'s' * (times > 1)}: {reason}"
