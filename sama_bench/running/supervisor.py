"""Hands questions to workers, watches them, and starts them again; loses and repeats nothing.

One thread decides everything. Workers are heard by threads of their own, which only put what they
hear into one queue.
"""

from __future__ import annotations

import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from sama_bench.errors import AdapterError, SamaBenchError
from sama_bench.launch.devices import Device
from sama_bench.launch.local_process import Launch
from sama_bench.runfolder.folder import other_than
from sama_bench.running.accounts import Accounts
from sama_bench.running.gpu_room import Filling
from sama_bench.running.limits import Limits, StoppedError
from sama_bench.running.progress import duration
from sama_bench.running.questions import QuestionBuilder
from sama_bench.running.run_writer import RunWriter
from sama_bench.running.schedule import Ask, CostModel, Queue, Unit
from sama_bench.running.worker_slot import WorkerSlot
from sama_bench.worker.hello import Hello
from sama_bench.worker.messages import VERSION, Message

Inbox: TypeAlias = "queue.Queue[tuple[WorkerSlot, int, Message | None]]"


class Supervisor:
    """Works off a queue of units with a fixed set of worker places."""

    def __init__(
        self,
        setup: Mapping[str, Any],
        devices: Sequence[Device],
        launch: Launch,
        questions: QuestionBuilder,
        writer: RunWriter,
        logs: Path,
        limits: Limits,
        one_by_one: bool,
        name: str = "worker",
        on_loading: Callable[[str, float], None] = lambda text, seconds: None,
        inbox: Inbox | None = None,
        clock: Callable[[], float] = time.monotonic,
        accounts: Accounts | None = None,
        fill_gpus: bool = False,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._setup = setup
        self._launch = launch
        self._questions = questions
        self._writer = writer
        self._logs = logs
        self._limits = limits
        self._one_by_one = one_by_one
        self._on_loading = on_loading
        self._heard: Inbox = queue.Queue() if inbox is None else inbox
        self._clock = clock
        self._accounts = Accounts(clock) if accounts is None else accounts
        self._name = name
        self._say = say
        self._filling = Filling(devices if fill_gpus else ())
        self._alone_since: dict[Device, float] = {}
        self._slots = [WorkerSlot(f"{name}-{n}", device) for n, device in enumerate(devices)]
        self._costs = CostModel()
        self._strikes: Counter[tuple[str, bool]] = Counter()
        self._suspects: set[str] = set()  # one of them ended a worker: each is asked alone
        self._in_a_row = 0
        self._last_loss = ""
        self._queue = Queue([], self._costs)

    def work(
        self,
        units: Sequence[Unit],
        claim: Callable[[Unit], Unit | None],
        on_hello: Callable[[Hello], None],
    ) -> None:
        """Ask everything in ``units``.

        Args:
            units: what is open.
            claim: returns what of a unit is this job's to ask, or None.
            on_hello: is told each worker's hello; raises to refuse it.

        Raises:
            AdapterError: the model cannot be loaded, its worker is of another version, or none
                stays alive.
            StoppedError: too many failures in a row.
        """
        self._queue = Queue(units, self._costs)
        try:
            while True:
                self._fill(claim)
                if not self._queue and all(slot.idle() for slot in self._slots):
                    self._end_all(patience=5.0)
                    return
                self._hear(on_hello)
                self._watch()
        finally:
            self._end_all()
            self._accounts.ended()

    # Handing out.

    def _fill(self, claim: Callable[[Unit], Unit | None]) -> None:
        for slot in self._slots:
            if slot.retired:
                continue
            if slot.link is None:
                if (self._queue or not slot.idle()) and self._clock() >= slot.not_before:
                    self._start(slot)
            elif slot.declared is not None:
                self._feed(slot, claim)

    def _feed(self, slot: WorkerSlot, claim: Callable[[Unit], Unit | None]) -> None:
        """Keep one question waiting at the worker, so that it never waits for the engine."""
        while slot.link is not None and len(slot.sent) < slot.concurrency + 1:
            if slot.guards(self._suspects):
                return
            ask = slot.next_ask()
            if ask is not None:
                self._send(slot, ask)
                continue
            if slot.waiting() and len(slot.sent) >= slot.concurrency:
                return  # a dialogue goes on before the worker turns to another video
            unit = self._queue.take() or self._split(slot)
            if unit is None:
                return
            mine = claim(unit)
            if mine is not None:
                slot.hold(mine, self._one_by_one)

    def _split(self, idle: WorkerSlot) -> Unit | None:
        """Take over what another worker holds, when nothing else is left, as far as that pays.

        The idle worker has to look at the video first, which the other has done.
        """
        if self._one_by_one or not idle.idle():
            return None
        now, best, saved = self._clock(), None, 0.0
        for slot in self._slots:
            for lane in slot.lanes:
                asks, busy = list(lane.asks), slot.seconds_left(self._costs, now)
                if asks:
                    video = asks[0].entry.video
                    new = slot.is_new(video)
                    moved = self._costs.worth_moving(asks, busy, new, idle.is_new(video))
                    left = busy + self._costs.unit(asks, new)
                    if moved and left > saved:
                        best, saved = (slot, lane, moved), left
        if best is None:
            return None
        slot, lane, moved = best
        gone = slot.give_up(lane, moved)
        return Unit(gone[0].entry.video, tuple(gone))

    def _send(self, slot: WorkerSlot, ask: Ask) -> None:
        assert slot.link is not None
        assert slot.declared is not None
        try:
            message = self._questions.message(ask, slot.declared)
        except SamaBenchError as error:
            slot.answered(ask.key)
            self._fail(ask, str(error), slot)
            return
        slot.link.send(message)

    # Listening.

    def _hear(self, on_hello: Callable[[Hello], None]) -> None:
        """Wait for a message, then take all that came; answers are on disk before anything else."""
        try:
            heard = [self._heard.get(timeout=0.25)]
        except queue.Empty:
            return
        while not self._heard.empty():
            heard.append(self._heard.get())
        current = [(s, m) for s, generation, m in heard if generation == s.generation]
        self._record([(s, m) for s, m in current if m is not None and m.kind == "answer"])
        for slot, message in current:
            slot.heard = self._clock()
            if slot.link is None:  # it was ended in the meantime
                continue
            if message is None:
                self._lost(slot)
            elif message.kind == "begin" and message.data["key"] in slot.sent:
                slot.began[message.data["key"]] = slot.heard
            elif message.kind == "hello":
                hello = Hello.from_json(message.data)
                on_hello(hello)
                slot.on_hello(hello)
                self._writer.event("hello", worker=slot.name, device=str(slot.device))
            elif message.kind == "fatal":
                if message.data.get("out_of_memory") and len(self._beside(slot)) > 1:
                    self._make_room(slot, [])
                    continue
                raise AdapterError(f"{message.data['error']} (log: {self._log(slot)})")

    def _record(self, answers: Sequence[tuple[WorkerSlot, Message]]) -> None:
        known = []
        for slot, message in answers:
            began = slot.began.get(message.data["key"], 0.0)
            ask = slot.answered(message.data["key"])
            if ask is None:
                continue
            self._accounts.answered(slot.name, slot.generation, message.data)
            first, slot.video = slot.video != ask.entry.video, ask.entry.video
            slot.deaths = 0
            self._suspects.discard(ask.key)
            if message.data.get("out_of_memory") and self._ask_again(slot, ask, began):
                continue
            wrong = other_than(message.body, ask.entry.id, message.data["status"])
            if wrong is None:
                known.append((ask, message, first))
            else:
                self._fail(ask, wrong, slot)
        for slot, message in answers:
            self._fill_gpu(slot, message.data)
        self._writer.answers([(ask, message) for ask, message, _ in known])
        for ask, message, first in known:
            failed = message.data["status"] == "failed"
            if not failed:
                self._costs.learn(ask.entry.frames, message.data["seconds"], first)
            self._count(failed)

    def _fail(self, ask: Ask, why: str, slot: WorkerSlot) -> None:
        self._writer.fail(ask, why, slot.name)
        self._count(failed=True)

    def _count(self, failed: bool) -> None:
        self._in_a_row = self._in_a_row + 1 if failed else 0
        if self._in_a_row >= self._limits.max_failures:
            raise StoppedError(
                f"stopped after {self._in_a_row} failures in a row, the last: "
                f"{self._writer.last_failure}; repair the cause and give the same command to go "
                "on, or raise --max-failures"
            )

    # Sharing GPUs.

    def _beside(self, slot: WorkerSlot) -> list[WorkerSlot]:
        """Return the workers on a worker's GPUs, itself among them."""
        found = [one for one in self._slots if one.device == slot.device and not one.retired]
        return found if slot.device.gpus else [slot]

    def _fill_gpu(self, slot: WorkerSlot, facts: Mapping[str, Any]) -> None:
        """Add as many workers as a GPU holds, once its first has told what it takes."""
        decided = self._filling.more(slot.device, facts, len(self._queue))
        if decided is None:
            return
        number, why = decided
        for _ in range(number):
            self._slots.append(WorkerSlot(f"{self._name}-{len(self._slots)}", slot.device))
        self._say(f"{slot.device}: {number + 1} worker{'s' * (number > 0)}: {why}")
        self._writer.event("workers_added", device=str(slot.device), number=number, why=why)

    def _ask_again(self, slot: WorkerSlot, ask: Ask, began: float) -> bool:
        """Take back a question for which others on the GPU left no memory; False if none did."""
        if len(self._beside(slot)) > 1:
            self._make_room(slot, [ask])
            return True
        if began < self._alone_since.get(slot.device, 0.0):
            self._queue.put_back(Unit(ask.entry.video, (ask,)))
            return True
        return False

    def _make_room(self, slot: WorkerSlot, asks: list[Ask]) -> None:
        """End a worker that ran out of memory beside others, which go on with its questions."""
        assert slot.link is not None
        number = len(self._beside(slot))
        slot.link.kill()
        slot.link, slot.declared, slot.video = None, None, None
        slot.generation += 1
        self._return(slot, [*asks, *slot.take_back()])
        self._hand_back(slot)
        if number == 2:
            self._alone_since[slot.device] = self._clock()
        text = f"out of memory with {number} workers; going on with {number - 1}"
        self._say(f"{slot.device}: {text}")
        self._writer.event("worker_given_up", worker=slot.name, reason=text)

    def _hand_back(self, slot: WorkerSlot) -> None:
        """Retire a worker, and leave what it held to others."""
        slot.retired = True
        for lane in slot.lanes:
            self._queue.put_back(Unit(lane.asks[0].entry.video, tuple(lane.asks)))
        slot.lanes = []

    # Watching.

    def _watch(self) -> None:
        now = self._clock()
        self._tell_loading(now)
        for slot in self._slots:
            if slot.link is None:
                continue
            late = [key for key, start in slot.began.items() if now - start > self._limits.timeout]
            loading = slot.declared is None
            quiet = self._limits.loading if loading else self._limits.silence
            if loading and now - slot.started > self._limits.loading:
                slot.link.kill()
                raise AdapterError(
                    f"the model was not loaded within {self._limits.loading:g} s (--load-timeout); "
                    f"see the log {self._log(slot)}"
                )
            if late:
                for key in late:
                    ask = slot.answered(key)
                    if ask is not None:
                        text = f"no answer within {self._limits.timeout:g} s (--timeout)"
                        self._fail(ask, text, slot)
                self._lost(slot, "it took too long over a sample", blame=False)
            elif now - slot.heard > quiet:
                self._lost(slot, f"it gave no sign of life for {quiet:g} s")

    def _tell_loading(self, now: float) -> None:
        """Say which workers load the model, and for how long the first of them has."""
        slots = [slot for slot in self._slots if slot.link is not None and slot.declared is None]
        if not slots:
            self._on_loading("", 0.0)
            return
        seconds = now - min(slot.started for slot in slots)
        places = dict.fromkeys(str(slot.device) for slot in slots)
        where = ", ".join(places) if len(places) <= 4 else f"{len(slots)} workers"
        limit = duration(self._limits.loading)
        text = f"loading {self._setup['setup']['model']} on {where}: {duration(seconds)}"
        self._on_loading(f"{text} (limit {limit}, --load-timeout)", seconds)

    def _lost(self, slot: WorkerSlot, why: str | None = None, blame: bool = True) -> None:
        """Take back what a dead or hung worker held, blame what it was at, plan its restart."""
        assert slot.link is not None
        if why is not None:
            slot.link.kill()
        reason = why or slot.link.why_gone()
        outside = why is None and slot.link.from_outside()
        at_work = set(slot.began) if blame else set()
        if len(at_work) > 1:  # nobody knows which of them it was
            self._suspects |= at_work
            at_work = set()
        slot.deaths += blame
        slot.link, slot.declared, slot.video = None, None, None
        slot.not_before = self._clock() + self._limits.wait(slot.deaths)
        slot.generation += 1
        self._last_loss = f"{reason} (log: {self._log(slot)})"
        self._writer.event("worker_lost", worker=slot.name, reason=reason, deaths=slot.deaths)
        back: list[Ask] = []
        for ask in slot.take_back():
            if ask.key in at_work and self._struck_out(ask, outside):
                text = f"{reason}, each time it was asked this (log: {self._log(slot)})"
                self._fail(ask, text, slot)
                slot.deaths = 0  # it was the sample's fault
            else:
                back.append(ask)
        if back:
            self._return(slot, back)
        if slot.deaths >= self._limits.starts:
            self._retire(slot)

    def _struck_out(self, ask: Ask, outside: bool) -> bool:
        self._strikes[ask.key, outside] += 1
        allowed = self._limits.kills if outside else self._limits.crashes
        return self._strikes[ask.key, outside] >= allowed

    def _return(self, slot: WorkerSlot, asks: Sequence[Ask]) -> None:
        """Keep a lost worker's questions together, in their order, for whoever is next."""
        by_video: dict[str, deque[Ask]] = {}
        for ask in sorted(asks, key=lambda ask: (ask.target, ask.entry.turn)):
            by_video.setdefault(ask.entry.video, deque()).append(ask)
        for video, found in by_video.items():
            slot.hold(Unit(video, tuple(found)), self._one_by_one)

    def _retire(self, slot: WorkerSlot) -> None:
        self._hand_back(slot)
        self._writer.event("worker_given_up", worker=slot.name, reason=self._last_loss)
        if all(slot.retired for slot in self._slots):
            raise AdapterError(
                f"no worker stays alive: {self._last_loss}; give the same command to go on"
            )

    # Workers.

    def _start(self, slot: WorkerSlot) -> None:
        generation = slot.generation

        def hear(message: Message | None) -> None:
            self._heard.put((slot, generation, message))

        slot.heard = slot.started = self._clock()
        self._accounts.began(slot.device)
        slot.link = self._launch(slot.name, slot.device, self._log(slot), hear)
        setup = {**self._setup["setup"], "device": slot.device.name}
        facts = {
            "protocol": VERSION,
            "worker": slot.name,
            "adapter": self._setup["adapter"],
            "heartbeat": self._limits.heartbeat,
            "setup": setup,
            "asked": self._setup["asked"],
        }
        slot.link.send(Message("setup", facts))
        self._writer.event("worker_started", worker=slot.name, device=str(slot.device))

    def _end_all(self, patience: float = 0.0) -> None:
        links = [slot.link for slot in self._slots if slot.link is not None]
        if patience:
            for link in links:
                link.send(Message("shutdown"))
        until = self._clock() + patience
        for slot in self._slots:
            if slot.link is not None:
                slot.link.kill(max(0.0, until - self._clock()))
                slot.link = None
                slot.generation += 1

    def _log(self, slot: WorkerSlot) -> Path:
        return self._logs / f"{slot.name}.log"
