"""The contract suite: tries an adapter on generated clips and says in words what is wrong."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sama_bench.adapter import CAPABILITIES, Adapter, Oracle, Setup
from sama_bench.authoring.contract_clips import Trial, trials
from sama_bench.errors import AdapterError, UserError
from sama_bench.nouns import Answer, Reference, Sample
from sama_bench.worker.abilities import tasks_of
from sama_bench.worker.answer_check import BadAnswerError, check_answer

GROWTH = 64 << 20
"""Bytes that Python objects may grow by over the second round of all questions."""


@dataclass(frozen=True)
class Fault:
    """What came of one check.

    Attributes:
        name: what was tried.
        problem: what is wrong and what to do, or None when all is well.
        detail: what the model did, in a few words.
    """

    name: str
    problem: str | None
    detail: str = ""


def check_adapter(adapter: Adapter, setup: Setup, folder: Path) -> Iterator[Fault]:
    """Load an adapter, try it, close it, and yield what came of each check.

    Args:
        adapter: an instance, not yet loaded.
        setup: what it is loaded with.
        folder: for the generated clips.
    """
    try:
        declared = _declarations(adapter)
    except (Exception, SystemExit) as error:  # `can`, `tasks` and the flags may be properties
        declared = Fault("declarations", f"reading them raised {_words(error)}")
    yield declared
    if declared.problem:
        return
    started = time.perf_counter()
    problem = _problem(lambda: adapter.configure(setup)) or _problem(lambda: adapter.load(setup))
    yield Fault("load", problem, f"{time.perf_counter() - started:.1f} s")
    if problem:
        return
    yield _card(adapter)
    asked = list(trials(folder, adapter))
    if not asked:
        yield Fault("questions", "the class declares nothing that could be asked (`tasks`, `can`)")
    first = [_try(adapter, trial) for trial in asked]
    for _, finding in first:
        yield finding
    yield from _second_round(adapter, asked, [answer for answer, _ in first])
    yield Fault("close", _problem(adapter.close))


def _declarations(adapter: Adapter) -> Fault:
    can: object = adapter.can
    if not isinstance(can, (set, frozenset)) or not can <= set(CAPABILITIES):
        names = ", ".join(sorted(CAPABILITIES))
        return Fault("declarations", f"`can` is {can!r}; it must be a set of {names}")
    try:
        tasks = tasks_of(adapter)
    except AdapterError as error:
        return Fault("declarations", str(error))
    flags = {"takes_tracks": adapter.takes_tracks, "takes_history": adapter.takes_history}
    for flag, value in flags.items():
        if not isinstance(value, bool):
            return Fault("declarations", f"`{flag}` must be True or False")
    told = f"can {', '.join(sorted(can))}"
    if adapter.tasks is not None:
        told = f"asked {', '.join(sorted(tasks))}"
    if adapter.takes_tracks:
        told += "; takes whole tracks, which every table will say"
    return Fault("declarations", None, told)


def _card(adapter: Adapter) -> Fault:
    import json

    try:
        content: object = adapter.card()
        json.dumps(content, allow_nan=False)
    except (Exception, SystemExit) as error:
        return Fault("card", f"card() must return JSON values: {_words(error)}")
    if not isinstance(content, dict):
        return Fault("card", f"card() returned {type(content).__name__}, not a dict")
    return Fault("card", None, f"{len(content)} entries")


def _ask(adapter: Adapter, sample: Sample) -> object:
    if isinstance(adapter, Oracle):
        tracks = tuple(region.track for region in sample.regions if region.track is not None)
        return adapter.predict_knowing(sample, Reference("It is there.", tracks))
    return adapter.predict(sample)


def _try(adapter: Adapter, trial: Trial) -> tuple[Answer | None, Fault]:
    started = time.perf_counter()
    try:
        answer = check_answer(_ask(adapter, trial.sample), trial.sample)
    except BadAnswerError as error:
        return None, Fault(trial.name, f"{error}. {_advice(trial)}")
    except (Exception, SystemExit) as error:
        return None, Fault(
            trial.name,
            f"predict raised {_words(error)}; this counts as a failure. To refuse, return an "
            "Answer without segments",
        )
    seconds = time.perf_counter() - started
    problem = _marks(answer, trial.sample)
    told = f"{len(answer.segments)} segments, {len(answer.text)} characters, {seconds:.2f} s"
    if not answer.segments and "masks" in trial.sample.wants:
        told = f"refused, {seconds:.2f} s"
    return answer, Fault(trial.name, problem, told)


def _marks(answer: Answer, sample: Sample) -> str | None:
    wanted = sample.wants
    if answer.segments and "masks" not in wanted:
        return "masks were returned although only text was wanted"
    if "text" in wanted and "masks" in wanted:
        marks = answer.text.count("[SEG]")
        if marks != len(answer.segments):
            return (
                f"the text marks {marks} [SEG] but there are {len(answer.segments)} segments; "
                "write `<p> phrase </p> [SEG]` once per segment, in order"
            )
    if wanted == {"text"} and not answer.text.strip():
        return "no text was returned although text was wanted"
    return None


def _advice(trial: Trial) -> str:
    video = trial.sample.video
    shape = f"({len(video)}, {video.height}, {video.width})"
    return f"Masks of this video have shape {shape}, e.g. Masklet.from_arrays(masks)"


def _second_round(
    adapter: Adapter, asked: list[Trial], before: list[Answer | None]
) -> Iterator[Fault]:
    tracemalloc.start()
    try:
        changed = []
        for trial, answer in zip(reversed(asked), reversed(before), strict=True):
            if answer is not None and _try(adapter, trial)[0] != answer:
                changed.append(trial.name)
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    problem = None
    if changed:
        problem = (
            f"asked again in another order, it answered differently: {', '.join(changed)}. Draw "
            "random numbers from sample.seed, and keep nothing between samples"
        )
    yield Fault("determinism", problem, "same answers when asked again in reverse order")
    leak = f"Python objects grew by {grown / 1e6:.0f} MB while the same questions were asked again"
    yield Fault("memory", leak if grown > GROWTH else None, f"{grown / 1e6:.1f} MB kept")


def _problem(step: Callable[[], object]) -> str | None:
    try:
        step()
    except UserError as error:
        return str(error)
    except (Exception, SystemExit) as error:
        return f"it raised {_words(error)}"
    return None


def _words(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())[:300]
    except (Exception, SystemExit):  # an exception of others whose text raises
        text = "its text cannot be had"
    return f"{type(error).__name__}: {text}"
