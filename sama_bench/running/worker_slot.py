"""One worker as the supervisor sees it: its process, its videos, its failures."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from sama_bench.launch.devices import Device
from sama_bench.launch.local_process import Link
from sama_bench.running.questions import Declared
from sama_bench.running.schedule import Ask, CostModel, Unit
from sama_bench.worker.hello import Hello


@dataclass
class Lane:
    """Questions that one worker answers one after the other.

    Attributes:
        asks: not yet sent.
        one_by_one: each waits for the answer before it (the dialogue needs it).
        running: keys that were sent and not answered.
    """

    asks: deque[Ask]
    one_by_one: bool
    running: set[str] = field(default_factory=set)

    def ready(self) -> bool:
        """Tell whether a question can be sent now."""
        return bool(self.asks) and not (self.one_by_one and self.running)


@dataclass
class WorkerSlot:
    """One worker's place.

    Attributes:
        name: of the worker, for people and logs.
        device: what it computes on.
        link: to its process; None while there is none.
        generation: counts its processes, so that a late message of a dead one is recognised.
        declared: what its adapter declared; None until its hello.
        lanes: what it holds.
        sent: questions sent and not answered, in order.
        video: that its process was asked about last; None before its first answer.
        began: monotonic time at which it began each question.
        heard: monotonic time of its last message.
        started: monotonic time at which its process was started.
        deaths: processes lost since its last answer.
        not_before: monotonic time before which it is not started again.
        retired: it could not be started again and again, or its GPU has no room for it, and is
            given up.
    """

    name: str
    device: Device
    link: Link | None = None
    generation: int = 0
    declared: Declared | None = None
    concurrency: int = 1
    lanes: list[Lane] = field(default_factory=list)
    sent: dict[str, Ask] = field(default_factory=dict)
    video: str | None = None
    began: dict[str, float] = field(default_factory=dict)
    heard: float = 0.0
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0
    retired: bool = False

    def hold(self, unit: Unit, one_by_one: bool) -> None:
        """Take a unit; with ``one_by_one`` each target's dialogue is a lane of its own."""
        asks: dict[int, deque[Ask]] = {}
        for ask in unit.asks:
            asks.setdefault(ask.target if one_by_one else -1, deque()).append(ask)
        self.lanes.extend(Lane(found, one_by_one) for found in asks.values())

    def next_ask(self) -> Ask | None:
        """Return the next question that can be sent, and count it as sent."""
        for lane in self.lanes:
            if lane.ready():
                ask = lane.asks.popleft()
                lane.running.add(ask.key)
                self.sent[ask.key] = ask
                return ask
        return None

    def guards(self, suspects: Collection[str]) -> bool:
        """Tell whether a question that may crash a worker is asked, or next: it is asked alone."""
        if not self.sent:
            return False
        ready = next((lane for lane in self.lanes if lane.ready()), None)
        following = None if ready is None else ready.asks[0].key
        return following in suspects or any(key in suspects for key in self.sent)

    def answered(self, key: str) -> Ask | None:
        """Forget a question that was answered; None for one that it does not hold."""
        ask = self.sent.pop(key, None)
        self.began.pop(key, None)
        for lane in self.lanes:
            lane.running.discard(key)
        self.lanes = [lane for lane in self.lanes if lane.asks or lane.running]
        return ask

    def waiting(self) -> int:
        """Count questions that it holds and that are not sent."""
        return sum(len(lane.asks) for lane in self.lanes)

    def seconds_left(self, costs: CostModel, now: float) -> float:
        """Predict when what was sent will be answered; what is not sent is not counted."""
        seconds, video = 0.0, self.video
        for key, ask in self.sent.items():
            cost = costs.seconds(ask.entry.frames, ask.entry.video != video)
            seconds += max(0.0, cost - (now - self.began.get(key, now)))
            video = ask.entry.video
        return seconds / max(1, self.concurrency)

    def is_new(self, video: str) -> bool:
        """Tell whether neither its last answer nor what it was sent is about a video."""
        return video != self.video and all(ask.entry.video != video for ask in self.sent.values())

    def give_up(self, lane: Lane, number: int) -> list[Ask]:
        """Return the last questions of a lane, which it holds no longer."""
        gone = [lane.asks.pop() for _ in range(number)][::-1]
        self.lanes = [lane for lane in self.lanes if lane.asks or lane.running]
        return gone

    def idle(self) -> bool:
        """Tell whether it holds nothing."""
        return not self.lanes and not self.sent

    def take_back(self) -> list[Ask]:
        """Return all that it holds and forget it: first what it was sent."""
        asks = list(self.sent.values()) + [ask for lane in self.lanes for ask in lane.asks]
        self.lanes, self.sent, self.began = [], {}, {}
        return asks

    def on_hello(self, hello: Hello) -> None:
        """Note what its adapter declared."""
        self.declared = Declared.of(hello)
        self.concurrency = hello.concurrency
