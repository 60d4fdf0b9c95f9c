"""A worker: one process that holds one model and answers what it is sent.

Started as ``python -m sama_bench.worker READ WRITE`` with the file descriptors of its pipes. It
runs in the model's own environment, so it imports little of sama-bench. What the model prints
goes to the log that the engine opened as its standard output, never to the pipe.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from typing import Any

from sama_bench.adapter import Adapter, Oracle, Setup
from sama_bench.errors import SamaBenchError
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.media.frames import SHARED
from sama_bench.nouns import Answer, Reference, Sample, Video
from sama_bench.worker.adapter_import import adapter_class
from sama_bench.worker.answer_check import check_answer
from sama_bench.worker.handshake import hello, log_error, one_line, out_of_memory
from sama_bench.worker.messages import VERSION, Channel, Message
from sama_bench.worker.prefetch import Prefetcher


class Worker:
    """Answers the samples of one channel, several at a time if the adapter says so."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.name = ""
        self._adapter: Any = None
        self._prefetcher = Prefetcher()
        self._work: queue.Queue[Message | None] = queue.Queue()

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
            self._adapter = adapter_class(first.data["adapter"])()
            getattr(self._adapter, "load", lambda setup: None)(setup)
        except BaseException as error:  # SystemExit too: its reason would be lost
            log_error()
            self._fatal(str(error) if isinstance(error, SamaBenchError) else one_line(error))
            return 2
        try:
            said = hello(self._adapter, first.data["adapter"], setup)
        except BaseException as error:
            log_error()
            self._fatal(one_line(error))
            return 2
        self.channel.send(Message("hello", said))
        self._answer_all(said["concurrency"])
        getattr(self._adapter, "close", lambda: None)()
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
        self._prefetcher.current(sample.video)
        start = time.monotonic()
        try:
            answer = check_answer(self._predict(sample, message), sample)
            record = self._record(sample, answer, start)
            line = to_line(record)
        except BaseException as error:  # SystemExit and cancellation too: a thread of ours runs on
            log_error()
            reason = out_of_memory(error) or one_line(error)
            record = Prediction(sample.id, "failed", error=reason, **self._stamp(start))
            line = to_line(record)
        facts = {
            "key": key,
            "status": record.status,
            "text": record.text,
            "error": record.error,
            "seconds": record.seconds,
            "worker": self.name,
            "decoded": SHARED.decoded,
        }
        return Message("answer", facts, line)

    def _record(self, sample: Sample, answer: Answer, start: float) -> Prediction:
        refused = "masks" in sample.wants and not answer.segments
        return Prediction(
            sample.id,
            "refused" if refused else "answered",
            answer.text,
            tuple(segment.to_json() for segment in answer.segments),
            answer.notes,
            **self._stamp(start),
        )

    def _predict(self, sample: Sample, message: Message) -> Answer:
        """Ask the adapter; only an oracle is sent a reference, and only it is given one."""
        adapter: Adapter = self._adapter
        if isinstance(adapter, Oracle):
            reference = Reference.from_json(message.data["reference"])
            return adapter.predict_knowing(sample, reference)
        return adapter.predict(sample)

    def _stamp(self, start: float) -> dict[str, Any]:
        return {"seconds": time.monotonic() - start, "worker": self.name}

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

    def _fatal(self, error: str) -> None:
        self.channel.send(Message("fatal", {"error": error}))


def _die_with_the_engine() -> None:
    """Have the kernel end this process when its maker ends, also inside C code (Linux)."""
    import ctypes
    import signal

    parent = os.getppid()
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    except (OSError, AttributeError, TypeError):
        return  # another system: the pipe's end is noticed by a thread
    if os.getppid() != parent:  # it ended in between
        os._exit(3)


def main() -> int:
    """Serve on the two file descriptors of the command line."""
    _die_with_the_engine()
    read, write = (int(number) for number in sys.argv[1:3])
    channel = Channel(os.fdopen(read, "rb"), os.fdopen(write, "wb"))
    try:
        return Worker(channel).serve()
    except BrokenPipeError:
        return 3
