"""The engine's own supervisor in virtual time: workers that take as long as they are told."""

from __future__ import annotations

import heapq
import itertools
import queue
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sama_bench.benchmark import Entry
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.launch.devices import Device
from sama_bench.running.limits import Limits
from sama_bench.running.questions import Declared
from sama_bench.running.schedule import Ask, Unit, units
from sama_bench.running.supervisor import Supervisor
from sama_bench.worker.hello import Checkpoint, Hello
from sama_bench.worker.messages import Message

HELLO = Hello(
    concurrency=1,
    can=(),
    takes_tracks=False,
    takes_history=False,
    oracle=False,
    card={},
    remarks=(),
    checkpoint=Checkpoint(None, None, None),
    packages={},
    python="",
)


@dataclass(frozen=True)
class Shape:
    """A benchmark's questions and the seconds that each takes.

    Attributes:
        asks: the questions.
        seconds: of each, by its key.
        first: seconds more of the first question that a worker is asked about a video, by video.
    """

    asks: tuple[Ask, ...]
    seconds: dict[str, float]
    first: Mapping[str, float] = field(default_factory=dict)

    def units(self) -> list[Unit]:
        return units(self.asks)


def real_shape(seed: int = 0, videos: int = 522, questions: int = 5067) -> Shape:
    """Questions in the shape of SAMA-Bench: VidSTG's videos are about ten times as long.

    A question takes 1.5 s and 20 ms a frame, give or take a fifth; nobody is told.
    """
    chance = random.Random(seed)
    is_long = [n % 13 >= 5 for n in range(videos)]  # 8 of the 13 shards are VidSTG's
    frames = [round(chance.uniform(0.5, 1.5) * (600 if long else 60)) for long in is_long]
    weights = [chance.uniform(0.5, 1.5) for _ in range(videos)]
    counts = Counter(range(videos))  # every video has a question
    counts.update(chance.choices(range(videos), weights, k=questions - videos))
    asks = tuple(
        Ask(0, Entry(f"v{video}/{turn}", f"v{video}", None, turn=turn, frames=frames[video]))
        for video in range(videos)
        for turn in range(counts[video])
    )
    seconds = {
        ask.key: (1.5 + 0.02 * ask.entry.frames) * chance.lognormvariate(0, 0.2) for ask in asks
    }
    return Shape(asks, seconds)


def shared_shape(seed: int = 0) -> Shape:
    """The same where a model looks at each video once: 40 ms more a frame for its first question.

    Another takes 1.5 s and 5 ms a frame.
    """
    shape = real_shape(seed)
    chance = random.Random(seed)
    seconds = {
        ask.key: (1.5 + 0.005 * ask.entry.frames) * chance.lognormvariate(0, 0.2)
        for ask in shape.asks
    }
    return Shape(shape.asks, seconds, {a.entry.video: 0.04 * a.entry.frames for a in shape.asks})


class _Inbox(queue.Queue):
    """Delivers messages at their time; waiting for one moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.due = 0.0
        self._events: list[tuple[float, int, tuple]] = []
        self._order = itertools.count()

    def put(self, item: tuple, block: bool = True, timeout: float | None = None) -> None:
        heapq.heappush(self._events, (self.due, next(self._order), item))

    def get(self, block: bool = True, timeout: float | None = None) -> tuple:
        if not self._events or self._events[0][0] > self.now + (timeout or 0):
            self.now += timeout or 0
            raise queue.Empty
        time, _, item = heapq.heappop(self._events)
        self.now = max(self.now, time)
        return item

    def empty(self) -> bool:
        return not self._events or self._events[0][0] > self.now


class _Worker:
    """Answers one question after the other, each in its time."""

    def __init__(self, inbox: _Inbox, shape: Shape, deliver) -> None:
        self._inbox, self._shape, self._deliver = inbox, shape, deliver
        self._free = inbox.now
        self._video = ""

    def send(self, message: Message) -> None:
        if message.kind == "setup":
            self._deliver(self._inbox.now, Message("hello", HELLO.to_json()))
        elif message.kind == "sample":
            key = message.data["key"]
            begin = max(self._free, self._inbox.now)
            video = key.partition(":")[2].partition("/")[0]
            seconds = self._shape.seconds[key]
            seconds += self._shape.first.get(video, 0.0) if video != self._video else 0.0
            self._video, self._free = video, begin + seconds
            self._deliver(begin, Message("begin", {"key": key}))
            facts = {"key": key, "status": "answered", "seconds": seconds}
            line = to_line(Prediction(key.partition(":")[2], "answered"))
            self._deliver(self._free, Message("answer", facts, line))

    def kill(self, patience: float = 0.0) -> None:
        pass

    def why_gone(self) -> str:
        return ""

    def from_outside(self) -> bool:
        return False


class _Asker:
    def message(self, ask: Ask, declared: Declared) -> Message:
        return Message("sample", {"key": ask.key})


class _Recorder:
    """Notes when the last answer came, and how often a video went to a worker anew."""

    last_failure = ""

    def __init__(self, inbox: _Inbox) -> None:
        self._inbox = inbox
        self.end = 0.0
        self.answered = 0

    def answers(self, answers) -> None:
        self.end = self._inbox.now
        self.answered += len(answers)

    def event(self, kind: str, **facts) -> None:
        pass


def engine_makespan(shape: Shape, workers: int) -> float:
    """Virtual seconds until the supervisor has every answer."""
    inbox = _Inbox()
    writer = _Recorder(inbox)

    def launch(name, device, log, hear):
        def deliver(time: float, message: Message) -> None:
            inbox.due = time
            hear(message)

        return _Worker(inbox, shape, deliver)

    supervisor = Supervisor(
        setup={"adapter": "", "setup": {}, "asked": {}},
        devices=[Device()] * workers,
        launch=launch,
        questions=_Asker(),
        writer=writer,
        logs=Path(),
        limits=Limits(timeout=1e9, silence=1e9, loading=1e9),
        one_by_one=False,
        inbox=inbox,
        clock=lambda: inbox.now,
    )
    supervisor.work(shape.units(), lambda unit: unit, lambda hello: None)
    assert writer.answered == len(shape.asks)
    return writer.end


def round_robin_makespan(shape: Shape, workers: int) -> float:
    """Virtual seconds of the reference's split: shuffled, question i to rank i mod R."""
    asks = list(shape.asks)
    random.Random(0).shuffle(asks)
    loads = [0.0] * workers
    for number, ask in enumerate(asks):
        loads[number % workers] += shape.seconds[ask.key] + shape.first.get(ask.entry.video, 0.0)
    return max(loads)


def lower_bound(shape: Shape, workers: int) -> float:
    """No schedule is faster: the work divided evenly, or the longest question."""
    work = sum(shape.seconds.values()) + sum(shape.first.values())
    longest = max(shape.seconds[a.key] + shape.first.get(a.entry.video, 0) for a in shape.asks)
    return max(work / workers, longest)
