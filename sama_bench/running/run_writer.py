"""Writes what becomes of each sample to its run folder, and what happens to the event log."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sama_bench.runfolder.folder import failed_line
from sama_bench.running.schedule import Ask, Target
from sama_bench.storage.append import Appender
from sama_bench.worker.messages import Message


class RunWriter:
    """The only writer of answers in this job; what it counted is on disk.

    Attributes:
        counts: samples recorded by this job, by status.
        failures: (benchmark, id, reason) of the samples that failed in this job.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        job: str,
        part: str | None,
        seen: Callable[[bool], None],
        moved: Callable[[], None],
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.failures: list[tuple[str, str, str]] = []
        self._targets = targets
        self._job = job
        self._seen = seen
        self._appenders = [target.folder.appender(part, moved) for target in targets]
        self._events = [target.folder.events(part) for target in targets]

    @property
    def last_failure(self) -> str:
        """Id and reason of the last failure."""
        return ": ".join(self.failures[-1][1:]) if self.failures else ""

    def answers(self, answers: Sequence[tuple[Ask, Message]]) -> None:
        """Write the lines that workers sent, with one wait for the disk, then count them."""
        for target, appender in enumerate(self._appenders):
            lines = [message.body for ask, message in answers if ask.target == target]
            if lines:
                appender.append(b"".join(lines))
                self._targets[target].folder.refresh()
        for ask, message in answers:
            facts = message.data
            self._count(ask, facts["status"], facts["error"], facts["seconds"], facts)

    def fail(self, ask: Ask, error: str, worker: str) -> None:
        """Record a sample as failed for a reason that no worker could report."""
        self._appenders[ask.target].append(failed_line(ask.entry.id, error, worker))
        self._targets[ask.target].folder.refresh()
        self._count(ask, "failed", error)

    def event(self, kind: str, **facts: Any) -> None:
        """Add an event to the log of every target."""
        for events in self._events:
            self._log(events, kind, facts)

    def close(self) -> None:
        """Close all files."""
        for appender in (*self._appenders, *self._events):
            appender.close()

    def _count(
        self,
        ask: Ask,
        status: str,
        error: str | None,
        seconds: float = 0.0,
        told: Mapping[str, Any] | None = None,
    ) -> None:
        self.counts[status] += 1
        facts: dict[str, Any] = {"id": ask.entry.id, "status": status, "seconds": seconds}
        if told is not None:  # frames that the worker decoded since it was started
            facts |= {"worker": told["worker"], "decoded": told["decoded"]}
            facts |= {"spent": told["spent"]} if told.get("spent") else {}
        if status == "failed":
            benchmark = self._targets[ask.target].benchmark
            self.failures.append((benchmark, ask.entry.id, error or ""))
            facts["error"] = error
        self._log(self._events[ask.target], "sample", facts)
        self._seen(status == "failed")

    def _log(self, events: Appender, kind: str, facts: dict[str, Any]) -> None:
        line = {"time": round(time.time(), 3), "job": self._job, "event": kind, **facts}
        events.append(json.dumps(line).encode() + b"\n", wait=False)
