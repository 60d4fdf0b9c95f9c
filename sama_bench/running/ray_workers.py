"""Workers on the nodes of a Ray cluster (extra ``[ray]``).

An actor on a node holds one worker process, as the engine does on its own machine, and passes
messages on. The engine stays the only writer of answers, so nodes need to share the benchmark's
files, but not the run folder. A lost actor or node is a lost worker: Ray is asked for another.
"""

from __future__ import annotations

import os
import queue
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.errors import UserError
from sama_bench.launch.devices import Device
from sama_bench.launch.local_process import Hear, Link, WorkerProcess
from sama_bench.worker.messages import Message

WAIT = 1.0


class Host:
    """What runs as an actor: one worker process and its messages."""

    def __init__(self, python: str, name: str, threads: int | None, log: str) -> None:
        self._inbox: queue.Queue[Message | None] = queue.Queue()
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")  # Ray sets it to the actor's share
        gpus = tuple(part for part in visible.split(",") if part)
        device = Device(gpus, threads)
        self._worker = WorkerProcess(python, name, device, Path(log), self._inbox.put)

    def send(self, message: Message) -> None:
        """Pass a message on to the worker."""
        self._worker.send(message)

    def receive(self) -> list[Message | None]:
        """Wait a moment for messages of the worker, and return all that came."""
        found: list[Message | None] = []
        try:
            found.append(self._inbox.get(timeout=WAIT))
            while True:
                found.append(self._inbox.get_nowait())
        except queue.Empty:
            return found

    def end(self, patience: float) -> tuple[str, bool]:
        """End the worker; say how it ended, and whether somebody else ended it."""
        self._worker.kill(patience)
        return self._worker.why_gone(), self._worker.from_outside()

    def pid(self) -> int:
        """Return the process id of the worker on its node."""
        return self._worker.pid


@dataclass(frozen=True)
class RayLauncher:
    """Starts workers wherever Ray has room.

    Attributes:
        python: interpreter of the model's environment, at the same path on every node.
        gpus: that each worker needs.
    """

    python: str
    gpus: int = 0

    def __call__(self, name: str, device: Device, log: Path, hear: Hear) -> Link:
        """Ask Ray for a place and start one worker there."""
        return RayWorker(self.python, self.gpus, name, device, log, hear)


class RayWorker:
    """The engine's end of a worker that an actor holds."""

    def __init__(
        self, python: str, gpus: int, name: str, device: Device, log: Path, hear: Hear
    ) -> None:
        ray = import_ray()
        options = {"num_cpus": 1, "num_gpus": gpus, "max_concurrency": 3, "max_restarts": 0}
        actor = ray.remote(Host).options(**options)
        self._ray = ray
        self._actor: Any = actor.remote(python, name, device.threads, str(log.absolute()))
        self._why, self._outside = "its Ray node or actor died", True
        self._hear = hear
        threading.Thread(target=self._listen, name=f"ray {name}", daemon=True).start()

    def send(self, message: Message) -> None:
        """Queue a message; Ray keeps the order."""
        self._actor.send.remote(message)

    def kill(self, patience: float = 0.0) -> None:
        """End the worker and give its place back."""
        self._end(patience)

    def why_gone(self) -> str:
        """Say how the worker ended."""
        return self._why

    def from_outside(self) -> bool:
        """Tell whether somebody else ended it."""
        return self._outside

    def _listen(self) -> None:
        while True:
            try:
                messages = self._ray.get(self._actor.receive.remote())
            except self._ray.exceptions.RayError as error:
                self._why = f"its Ray node or actor died ({' '.join(str(error).split())[:200]})"
                break
            for message in messages:
                if message is not None:
                    self._hear(message)
            if messages and messages[-1] is None:
                self._end(0.0)
                break
        self._hear(None)

    def _end(self, patience: float) -> None:
        try:
            ended = self._actor.end.remote(patience)
            self._why, self._outside = self._ray.get(ended, timeout=patience + 10)
        except self._ray.exceptions.RayError:
            self._outside = True  # the actor or its node is gone already
        self._ray.kill(self._actor)


def connect() -> None:
    """Join the Ray cluster of ``RAY_ADDRESS`` or of this machine, or start one here.

    Raises:
        UserError: Ray is not installed, or the cluster cannot be reached.
    """
    ray = import_ray()
    if ray.is_initialized():
        return
    try:
        ray.init(log_to_driver=False, include_dashboard=False, logging_level="warning")
    except ValueError:  # an existing cluster takes no settings of its own
        ray.init(log_to_driver=False, logging_level="warning")
    except ConnectionError as error:
        address = os.environ.get("RAY_ADDRESS", "this machine")
        raise UserError(f"no Ray cluster answers at {address}: {error}") from None


def ray_devices(text: str | None, gpus_per_worker: int) -> tuple[list[Device], int]:
    """Return one device per worker, and the GPUs that each needs.

    Args:
        text: ``cpu:4``, ``gpu:16`` (numbers of workers), or None for all GPUs of the cluster, else
            one CPU worker per node.
        gpus_per_worker: for a model that is larger than one GPU.

    Raises:
        UserError: not a number of workers; device numbers mean nothing in a cluster.
    """
    ray = import_ray()
    if text is None:
        gpus = int(ray.cluster_resources().get("GPU", 0))
        if gpus:
            return [Device()] * max(1, gpus // gpus_per_worker), gpus_per_worker
        return [Device()] * sum(node["Alive"] for node in ray.nodes()), 0
    kind, _, number = text.partition(":")
    if kind not in ("cpu", "gpu") or not (number or "1").isdigit() or number == "0":
        raise UserError(f"--devices {text}: with --executor ray write cpu:4 or gpu:16 (workers)")
    return [Device()] * int(number or "1"), gpus_per_worker if kind == "gpu" else 0


def import_ray() -> Any:
    """Return the module ``ray``.

    Raises:
        UserError: it is not installed.
    """
    try:
        import ray
    except ImportError:
        raise UserError(
            "--executor ray needs Ray; install it with: pip install 'sama-bench[ray]'"
        ) from None
    return ray
