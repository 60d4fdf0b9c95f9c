"""A worker that is no process: it asks an adapter that is loaded already, where it was made."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sama_bench.adapter import Adapter, Setup
from sama_bench.errors import AdapterError, SamaBenchError
from sama_bench.media.frames import SHARED
from sama_bench.nouns import Video
from sama_bench.worker.abilities import refuse_tasks
from sama_bench.worker.handshake import hello, log_error, one_line
from sama_bench.worker.messages import Channel, Message
from sama_bench.worker.prefetch import Prefetcher
from sama_bench.worker.process import Worker


class LiveWorker(Worker):
    """Answers in the thread that hands it a question, with the worker's own checks.

    What the model prints stays where it is printed; the tracebacks of its failures go to the log.

    Args:
        adapter: loaded; it is neither configured, loaded nor closed here.
        hear: receives what a worker process would send.
        log: file of the tracebacks.
    """

    interrupts = (KeyboardInterrupt,)

    def __init__(self, adapter: Adapter, hear: Callable[[Message], None], log: Path) -> None:
        super().__init__(_Straight(hear))
        self._adapter = adapter
        self._prefetcher = _NoPrefetching()
        self._log = log

    def take(self, message: Message) -> None:
        """Do at once what a message asks for; what comes of it is heard before this returns.

        Raises:
            AdapterError: the adapter cannot do what is asked, or does not describe itself.
        """
        if message.kind == "setup":
            self.name = message.data["worker"]
            self.channel.send(Message("hello", self._describe(message.data)))
        elif message.kind == "sample":
            self.channel.send(self._answer(message))

    def close(self) -> None:
        """Give back the decoded frames: the process goes on with other work."""
        SHARED.clear()

    def _describe(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        setup = Setup(**asked["setup"])
        try:
            refuse_tasks(self._adapter, setup.model, asked["asked"])
            said = hello(self._adapter, setup)
        except SamaBenchError:
            raise
        except Exception as error:
            raise AdapterError(one_line(error)) from error
        # As if it had been sent: a tuple of the card is a list in the manifest that it is
        # compared with. And nothing waits at this worker, which answers while it is asked.
        return {**json.loads(json.dumps(said.to_json())), "concurrency": 0}

    def _log_error(self) -> None:
        with (
            self._log.open("a", encoding="utf-8", errors="backslashreplace") as file,
            contextlib.redirect_stderr(file),
        ):
            log_error()


class _Straight(Channel):
    """Hands messages on without a pipe."""

    def __init__(self, hear: Callable[[Message], None]) -> None:
        self._hear = hear

    def send(self, message: Message) -> None:
        self._hear(message)


class _NoPrefetching(Prefetcher):
    """Leaves no thread behind in somebody else's process."""

    def current(self, video: Video) -> None:
        """Decode nothing ahead."""
