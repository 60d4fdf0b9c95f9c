"""A worker: one process that holds one model and answers what it is sent.

Started as ``python -m sama_bench.worker READ WRITE`` with the file descriptors of its pipes. It
runs in the model's own environment, so it imports little of sama-bench. What the model prints
goes to the log that the engine opened as its standard output, never to the pipe.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from typing import Any

from sama_bench.adapter import Adapter, Oracle, Setup
from sama_bench.errors import AdapterError, StopRunError
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.media.frames import SHARED
from sama_bench.media.sharing import shared_calls
from sama_bench.media.spent import begin_answer, parts_of, spent
from sama_bench.nouns import Answer, Reference, Sample, Video
from sama_bench.worker import gpu_memory
from sama_bench.worker.abilities import refuse_tasks
from sama_bench.worker.adapter_import import new_adapter
from sama_bench.worker.answer_check import check_answer
from sama_bench.worker.handshake import (
    hello,
    log_error,
    one_line,
    out_of_memory,
    reason_of,
)
from sama_bench.worker.messages import VERSION, Channel, Message
from sama_bench.worker.prefetch import Prefetcher


class Worker:
    """Answers the samples of one channel, several at a time if the adapter says so.

    Attributes:
        interrupts: what ends the work while a sample is asked; all else is the sample's failure.
    """

    interrupts: tuple[type[BaseException], ...] = ()

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.name = ""
        self._adapter: Adapter
        self._prefetcher = Prefetcher()
        self._work: queue.Queue[Message | None] = queue.Queue()
        self._process = os.getpid()

    def serve(self) -> int:
        """Load the model, answer until told to stop, and return the exit status."""
        first = self.channel.receive()
        if first is None or first.kind != "setup":
            return 2
        if first.data["protocol"] != VERSION:
            self._fatal(f"this worker speaks protocol {VERSION}, not {first.data['protocol']}")
            return 2
        self.name = first.data["worker"]
        threading.Thread(target=self._beat, args=(first.data["heartbeat"],), daemon=True).start()
        threading.Thread(target=self._listen, daemon=True).start()
        setup = Setup(**first.data["setup"])
        try:
            self._adapter = new_adapter(first.data["adapter"])
            self._adapter.configure(setup)
            asked = first.data["asked"]
            refuse_tasks(self._adapter, setup.model, asked)
            done: object = self._adapter.load(setup)  # type: ignore[func-returns-value]
            if hasattr(done, "__await__"):
                raise AdapterError("load() is asynchronous, and nothing awaits it: drop its async")
            refuse_tasks(self._adapter, setup.model, asked)  # the weights may decide
            said = hello(self._adapter, setup)
        except BaseException as error:  # SystemExit too: its reason would be lost
            self._end_a_copy()
            log_error()
            self._fatal(reason_of(error), out_of_memory(error) is not None)
            return 2
        self._end_a_copy()
        self.channel.send(Message("hello", said.to_json()))
        self._answer_all(said.concurrency)
        self._adapter.close()
        return 0

    def _answer_all(self, concurrency: int) -> None:
        threads = [threading.Thread(target=self._answer_some) for _ in range(concurrency - 1)]
        for thread in threads:
            thread.start()
        self._answer_some()
        for thread in threads:
            thread.join()

    def _answer_some(self) -> None:
        while (message := self._work.get()) is not None:
            self.channel.send(self._answer(message))
        self._work.put(None)  # for the next thread

    def _answer(self, message: Message) -> Message:
        key = message.data["key"]
        self.channel.send(Message("begin", {"key": key}))
        sample = Sample.from_json(message.data["sample"])
        id = sample.id  # noted: what an adapter does to its sample changes no line
        self._prefetcher.current(sample.video)
        no_room: str | None = None
        start = time.monotonic()
        begin_answer()
        try:
            given = self._predict(sample, message)
            with spent("encoding"):
                answer = check_answer(given, sample)
                segments = tuple(segment.to_json() for segment in answer.segments)
            record = self._record(id, sample, answer, segments, start)
            line = to_line(record)
        except self.interrupts:
            raise
        except StopRunError as error:
            self._log_error()
            return Message("fatal", {"error": str(error)})
        except BaseException as error:  # SystemExit and cancellation too: a thread of ours runs on
            self._end_a_copy()
            self._log_error()
            no_room = out_of_memory(error)
            reason = no_room or one_line(error)
            record = Prediction(id, "failed", error=reason, **self._stamp(start))
            line = to_line(record)
        self._end_a_copy()
        facts = {
            "key": key,
            "status": record.status,
            "error": record.error,
            "seconds": record.seconds,
            "worker": self.name,
            "decoded": SHARED.decoded,
            "spent": record.spent,
            "gpu_memory": gpu_memory.gpu_memory(),
            "shared": shared_calls(),
            "out_of_memory": no_room is not None,
        }
        return Message("answer", facts, line)

    def _record(
        self,
        id: str,
        sample: Sample,
        answer: Answer,
        segments: tuple[dict[str, Any], ...],
        start: float,
    ) -> Prediction:
        refused = "masks" in sample.wants and not answer.segments
        return Prediction(
            id,
            "refused" if refused else "answered",
            answer.text,
            segments,
            answer.notes,
            **self._stamp(start),
        )

    def _predict(self, sample: Sample, message: Message) -> Answer:
        """Ask the adapter; only an oracle is sent a reference, and only it is given one."""
        adapter = self._adapter
        if isinstance(adapter, Oracle):
            reference = Reference.from_json(message.data["reference"])
            return adapter.predict_knowing(sample, reference)
        return adapter.predict(sample)

    def _end_a_copy(self) -> None:
        """End a copy of this process that an adapter forked and that came back into our code."""
        if os.getpid() != self._process:
            os._exit(0)

    def _log_error(self) -> None:
        log_error()

    def _stamp(self, start: float) -> dict[str, Any]:
        seconds = time.monotonic() - start
        return {"seconds": seconds, "spent": parts_of(seconds), "worker": self.name}

    def _listen(self) -> None:
        """Read the pipe all the time, so that the engine never waits to be heard."""
        while (message := self.channel.receive()) is not None:
            if message.kind == "sample":
                self._work.put(message)
                self._prefetcher.ahead(Video.from_json(message.data["sample"]["video"]))
            elif message.kind == "shutdown":
                self._work.put(None)
                return
        os._exit(3)  # the engine is gone, and with it whoever wanted the answer

    def _beat(self, seconds: float) -> None:
        while True:
            time.sleep(seconds)
            self.channel.send(Message("heartbeat"))

    def _fatal(self, error: str, no_room: bool = False) -> None:
        self.channel.send(Message("fatal", {"error": error, "out_of_memory": no_room}))


def _keep_to_this_process(*pipes: int) -> None:
    """Leave the worker's pipes to no child, which would speak for it, or seem to be it."""

    def cut() -> None:
        nothing = os.open(os.devnull, os.O_RDWR)
        for pipe in pipes:
            os.dup2(nothing, pipe, inheritable=False)
        os.close(nothing)

    for pipe in pipes:
        os.set_inheritable(pipe, False)
    os.register_at_fork(after_in_child=cut)


def main(read: int, write: int) -> int:
    """Serve on two file descriptors; return the exit status."""
    _keep_to_this_process(read, write)
    channel = Channel(os.fdopen(read, "rb"), os.fdopen(write, "wb"))
    try:
        return Worker(channel).serve()
    except BrokenPipeError:
        return 3
