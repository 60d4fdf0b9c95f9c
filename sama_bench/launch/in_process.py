"""A live adapter in the place of worker processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sama_bench.adapter import Adapter
from sama_bench.launch.devices import Device
from sama_bench.launch.local_process import Hear, Link
from sama_bench.worker.live import LiveWorker
from sama_bench.worker.messages import Message


@dataclass(frozen=True)
class ThisProcess(Device):
    """Wherever the model of a live adapter was put."""

    def __str__(self) -> str:
        return "this process"


@dataclass(frozen=True)
class InProcess:
    """Has a live adapter asked in the calling process, one question after the other.

    Attributes:
        adapter: loaded.
    """

    adapter: Adapter

    def __call__(self, name: str, device: Device, log: Path, hear: Hear) -> Link:
        """Take the adapter for a worker that was started."""
        log.parent.mkdir(parents=True, exist_ok=True)
        return _Here(LiveWorker(self.adapter, hear, log))


class _Here:
    """The engine's end of a live adapter: a message is dealt with while it is sent."""

    def __init__(self, worker: LiveWorker) -> None:
        self._worker = worker

    def send(self, message: Message) -> None:
        """Have the message dealt with; a Ctrl-C meanwhile is passed on."""
        self._worker.take(message)

    def kill(self, patience: float = 0.0) -> None:
        """Let go of the adapter, which lives on."""
        self._worker.close()

    def why_gone(self) -> str:
        """Say how it ended: it does not by itself."""
        return "the calling process let go of it"

    def from_outside(self) -> bool:
        """Tell whether somebody else ended it."""
        return False
