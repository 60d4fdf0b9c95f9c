"""An adapter on a GPU that is none and that several processes share: files say what each holds."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path

from sama_bench.adapter import Adapter
from sama_bench.media.sharing import Sharing
from sama_bench.nouns import Answer, Masklet, Segment
from sama_bench.worker import gpu_memory

TOTAL = 80


class FakeGPU:
    """Memory in units; what a process held is free once it has ended, as on a GPU."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._own = (folder / f"held-{os.getpid()}").open("w+")
        fcntl.flock(self._own, fcntl.LOCK_EX)
        self.held = 0

    def allocate(self, size: int) -> None:
        """Hold ``size`` units in all, as far as they are there."""
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._others() + size > TOTAL:
                raise RuntimeError(f"CUDA out of memory. Tried to allocate {size} GiB")
            self.held = max(self.held, size)
            self._own.seek(0)
            self._own.write(str(self.held))
            self._own.flush()

    def _others(self) -> int:
        found = 0
        for path in self._folder.glob("held-*"):
            if path.name != f"held-{os.getpid()}":
                with path.open() as file, contextlib.suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    continue  # its process has ended
                found += int(path.read_text() or 0)
        return found

    def processes(self) -> int:
        """Count those that ever held anything."""
        return sum(path.stat().st_size > 0 for path in self._folder.glob("held-*"))

    def reading(self) -> list[dict]:
        free = TOTAL - self._others() - self.held
        told = {"total": TOTAL, "free": free, "held": self.held, "peak": self.held}
        return [{"name": "Fake 80", **{key: value * 10**9 for key, value in told.items()}}]


class OnGPU(Adapter):
    """Holds ``weights`` units once loaded, ``answer`` units with its first answer.

    With ``later``: that much once three processes are there, for which the fourth answer waits.
    """

    def load(self, setup):
        self.options = setup.options
        self.gpu = FakeGPU(Path(setup.options["gpu"]))
        gpu_memory.gpu_memory = self.gpu.reading
        self.gpu.allocate(int(setup.options.get("weights", 10)))
        self.answers = 0
        self.sharing = Sharing()
        self.look = self.sharing.kept(len, "look")

    def predict(self, sample):
        self.sharing.begin(sample.video.id)
        self.look(sample.video.id)
        self.answers += 1
        units = self.options.get("answer", 20)
        if later := self.options.get("later"):
            while self.answers > 3 and self.gpu.processes() < 3:
                time.sleep(0.01)
            units = later if self.gpu.processes() >= 3 else units
        self.gpu.allocate(int(units))
        time.sleep(float(self.options.get("sleep", 0)))
        track = Masklet.from_rles([sample.regions[0].mask] * len(sample.video), 6, 8)
        return Answer(f"It is [SEG] {sample.id} {sample.seed}", (Segment("it", track),))
