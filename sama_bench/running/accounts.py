"""What a job spends: time of its GPUs, their memory, and calls that sharing saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sama_bench.launch.devices import Device


class Accounts:
    """Adds up what workers tell; a GPU that several workers use counts once.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}
        self._gpu_seconds = 0.0
        self._peak = 0
        self._names: dict[str, None] = {}
        self._calls: dict[tuple[str, int], tuple[int, int]] = {}

    def began(self, device: Device) -> None:
        """Note that a worker was started: its GPUs are in use until ``ended``."""
        for gpu in device.gpus:
            self._since.setdefault(gpu, self._clock())

    def ended(self) -> None:
        """Note that no worker is left."""
        self._gpu_seconds += sum(self._clock() - start for start in self._since.values())
        self._since = {}

    def answered(self, worker: str, process: int, facts: Mapping[str, Any]) -> None:
        """Take in what an answer says of its worker's memory and shared calls so far.

        Args:
            worker: its name.
            process: counts the processes of this worker.
            facts: data of the message.
        """
        for gpu in facts.get("gpu_memory", ()):
            self._names.setdefault(gpu["name"])
            self._peak = max(self._peak, gpu["peak"])
        hits, misses = facts.get("shared", (0, 0))
        self._calls[worker, process] = (hits, misses)

    def facts(self) -> dict[str, Any]:
        """Return the entries of a manifest's session; only what is known.

        ``gpu``: names; ``gpu_memory_peak``: bytes that one worker's process held of one GPU at
        most; ``gpu_seconds``; ``shared_calls``: answered from what was kept, and computed.
        """
        found: dict[str, Any] = {}
        if self._names:
            found["gpu"] = ", ".join(self._names)
            found["gpu_memory_peak"] = self._peak
        if self._gpu_seconds:
            found["gpu_seconds"] = round(self._gpu_seconds, 3)
        hits, misses = (sum(calls[place] for calls in self._calls.values()) for place in (0, 1))
        if hits or misses:
            found["shared_calls"] = {"kept": hits, "computed": misses}
        return found
