"""A worker process on this machine: its start, its messages, its end."""

from __future__ import annotations

import contextlib
import io
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sama_bench.environments.manage import worker_path
from sama_bench.errors import UserError
from sama_bench.launch.devices import Device
from sama_bench.launch.ended_pipe import EndedPipe
from sama_bench.worker.messages import Channel, Message, WireError

Hear = Callable[[Message | None], None]
"""Called from a thread with each message of a worker; None when it is gone."""


OUTSIDE = "import sys; sys.path[:] = [place for place in sys.path if place]; "
"""Begins code for ``python -c`` that takes the working folder off the import path: a file there
called ``queue.py`` or ``numpy.py`` must not be run. (Python's own ``-P`` is not known to 3.10.)"""

START = OUTSIDE + "from sama_bench.worker.__main__ import start; start()"
"""Starts a worker."""

ENDING = 15.0
"""Seconds that a worker's keeper has to end what the worker started, before it is ended itself."""


class Link(Protocol):
    """The engine's end of a worker, wherever the worker runs."""

    def send(self, message: Message) -> None:
        """Queue a message; never waits."""

    def kill(self, patience: float = 0.0) -> None:
        """End the worker, after waiting ``patience`` seconds for it to end by itself."""

    def why_gone(self) -> str:
        """Say how the worker ended, once it is gone."""

    def from_outside(self) -> bool:
        """Tell whether somebody else ended it (a signal that programs do not send themselves)."""


Launch = Callable[[str, Device, Path, Hear], Link]
"""Starts a worker: its name, device, log file, and who hears it."""


@dataclass(frozen=True)
class Launcher:
    """Starts workers on this machine with a chosen Python.

    Attributes:
        python: interpreter of the model's environment.
    """

    python: str = sys.executable

    def __call__(self, name: str, device: Device, log: Path, hear: Hear) -> Link:
        """Start one worker."""
        return WorkerProcess(self.python, name, device, log, hear)


class WorkerProcess:
    """A worker with a private pair of pipes, and threads that read, write and wait for its end.

    The process is the worker's outer keeper (``worker/keeper.py``), which ends as the worker does,
    after all that the worker started.
    """

    def __init__(self, python: str, name: str, device: Device, log: Path, hear: Hear) -> None:
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()
        over, self._over = os.pipe()
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    [python, "-c", START, str(to_read), str(from_write)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(to_read, from_write),
                    env=worker_environment(python, device),
                    start_new_session=True,  # Ctrl-C reaches the engine, which ends its workers
                )
        except OSError as error:
            for end in (to_write, from_read, over, self._over):
                os.close(end)
            raise UserError(f"no worker can be started with {python}: {error}") from None
        finally:
            os.close(to_read)
            os.close(from_write)
        self.pid = self._process.pid
        answers = io.BufferedReader(EndedPipe(from_read, over), 1 << 16)
        self._channel = Channel(answers, os.fdopen(to_write, "wb"))
        self._outbox: queue.Queue[Message | None] = queue.Queue()
        self._hear = hear
        self._fault: str | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._read, name=f"read {name}", daemon=True).start()
        threading.Thread(target=self._await, name=f"await {name}", daemon=True).start()
        threading.Thread(target=self._write, name=f"write {name}", daemon=True).start()

    def send(self, message: Message) -> None:
        """Queue a message; a thread writes it, so that a stopped worker stops nobody else."""
        self._outbox.put(message)

    def kill(self, patience: float = 0.0) -> None:
        """End the worker and what it started, after waiting for it to end by itself."""
        if patience and self._ended.wait(patience):
            return
        self._process.terminate()
        if not self._ended.wait(ENDING):
            self._process.kill()
        self._ended.wait()

    def why_gone(self) -> str:
        """Say how the worker ended."""
        status = self._process.wait()
        if self._fault is not None:
            return self._fault
        if status >= 0:
            return f"the worker ended with exit status {status}"
        name = signal.Signals(-status).name
        hint = "; often the machine ran out of memory" if name == "SIGKILL" else ""
        return f"the worker was ended by {name}{hint}"

    def from_outside(self) -> bool:
        """Tell whether a signal ended it that a program does not raise by a fault of its own."""
        return self._fault is None and -self._process.wait() in (
            signal.SIGKILL,
            signal.SIGTERM,
            signal.SIGHUP,
        )

    def _read(self) -> None:
        try:
            while (message := self._channel.receive()) is not None:
                self._hear(message)
            if not self._ended.wait(ENDING):
                self._fault = "the worker closed its pipe to sama-bench, and went on"
        except (OSError, WireError, ValueError) as error:
            self._fault = f"something in the worker wrote into its pipe to sama-bench: {error}"
        self.kill()
        self._outbox.put(None)
        self._hear(None)

    def _await(self) -> None:
        """Wait for the end of the process, see that nothing is left of its group, and say so."""
        self._process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._ended.set()
        os.close(self._over)

    def _write(self) -> None:
        while (message := self._outbox.get()) is not None:
            try:
                self._channel.send(message)
            except (OSError, ValueError):
                break  # gone; the reading thread says so
        self._channel.close()


def worker_environment(python: str, device: Device) -> dict[str, str]:
    """Return the variables that a worker starts with; sama-bench is importable in any Python."""
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = dict.fromkeys(filter(None, [str(import_folder(python)), *inherited]))
    extra = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **extra, **device.environment()}


def import_folder(python: str) -> Path:
    """Return a folder from which ``python`` can import sama-bench and nothing else of ours.

    A model's own package called ``metrics`` must not be hidden by the one beside sama-bench, and
    another Python must not see this one's packages.
    """
    try:
        return worker_path()
    except OSError:  # no cache can be kept: what lies beside sama-bench is seen as well
        if os.path.abspath(python) == os.path.abspath(sys.executable):
            return Path(__file__).resolve().parents[2]
        raise
