"""What a run has cost so far, from its manifest and its events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sama_bench.runfolder.manifest import Manifest

KNOWN = ("decoding", "preparing", "model", "encoding")
"""Parts of an answer's seconds."""


@dataclass(frozen=True)
class Costs:
    """What a run has cost, over all its sessions.

    Attributes:
        questions: that were asked, failures and repetitions included.
        seconds: that a question took, on average; None before the first answer.
        parts: seconds a question by part, over the answers that say it.
        gpu: its name, or names; None where no worker told any.
        gpu_seconds: in which GPUs were held, each counted once; None where none was.
        gpu_memory: bytes that one worker's process held of a GPU at most; None where not known.
        shared: share of the calls that were answered from what was kept; None without any.
    """

    questions: int
    seconds: float | None
    parts: Mapping[str, float]
    gpu: str | None
    gpu_seconds: float | None
    gpu_memory: int | None
    shared: float | None


def costs_of(manifest: Manifest | None, events: Iterable[Mapping[str, Any]]) -> Costs:
    """Add up what a run has cost.

    A session that was cut off, or is at work, has not noted its GPUs' time: it is taken from its
    events.
    """
    sessions = () if manifest is None else manifest.sessions
    closed = {one.job for one in sessions if one.ended}
    took, parts, spans = [], defaultdict(list), _Spans()
    for event in events:
        if str(event.get("job")) not in closed:
            spans.take(event)
        if event.get("event") == "sample":
            took.append(_number(event.get("seconds")))
            if spent := _dict(event.get("spent")):
                for name in KNOWN:
                    parts[name].append(_number(spent.get(name)))
    gpu_seconds = spans.seconds() + sum(one.gpu_seconds for one in sessions)
    calls: Counter[str] = Counter()
    for one in sessions:
        for name in ("kept", "computed"):
            calls[name] += one.shared_calls.get(name, 0)
    names = dict.fromkeys(one.gpu for one in sessions if one.gpu)
    peak = max((one.gpu_memory_peak for one in sessions), default=0)
    return Costs(
        questions=len(took),
        seconds=sum(took) / len(took) if took else None,
        parts={name: sum(found) / len(found) for name, found in parts.items()},
        gpu=", ".join(names) or None,
        gpu_seconds=gpu_seconds or None,
        gpu_memory=peak or None,
        shared=calls["kept"] / calls.total() if calls.total() else None,
    )


class _Spans:
    """From each job's first use of a GPU to its last event."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], float] = {}
        self._last: dict[str, float] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        job, time = str(event.get("job")), _number(event.get("time"))
        self._last[job] = max(time, self._last.get(job, 0.0))
        device = event.get("device")
        if event.get("event") == "worker_started" and isinstance(device, str):
            kind, _, gpus = device.partition(" ")
            for gpu in gpus.split("+") if kind == "gpu" else ():
                self._first.setdefault((job, gpu), time)

    def seconds(self) -> float:
        return sum(self._last[job] - start for (job, _), start in self._first.items())


def _dicts(value: object) -> list[Mapping[str, Any]]:
    items = value if isinstance(value, list) else []
    return [one for one in items if isinstance(one, dict)]


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float:
    """Return a number that a file of others may hold; 0 for what is none."""
    fine = isinstance(value, int | float) and abs(value) < 1e15
    return float(value) if fine and isinstance(value, int | float) else 0.0
