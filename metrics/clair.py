"""CLAIR: a language model judges whether two captions describe the same thing.

Source: Chan et al., "CLAIR" (2023), as the SAMA protocols use it (SAMA-Bench-G protocol, section
8). This module writes the requests, reads the replies and averages; asking the judge is
the engine's part.

``released``: the CLAIR prompt (it speaks of an image), up to three replies a sample, forgiving
parsing without clamping; a sample that raises zeroes its whole group. ``strict``: video wording,
one JSON reply with a score from 0 to 100, anything else is missing and counted. A request that
failed is no judgement under either protocol.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.metric import Golden, Metric, Quirk
from sama_bench.metrics._captions.text_cuts import cut

_SECTION = "SAMA-Bench-G protocol, section 10"
UNPINNED_JUDGE = Quirk(
    26,
    "unpinned_judge",
    "the judge is an unpinned alias at temperature 0.5 whose prompt speaks of an image",
    ("clair",),
    _SECTION,
)
UNCHECKED_VERDICTS = Quirk(
    27,
    "unchecked_verdicts",
    "verdicts are not checked, and one that raises makes the whole video 0",
    ("clair",),
    _SECTION,
)
QUIRKS = (UNPINNED_JUDGE, UNCHECKED_VERDICTS)

PROMPT = (Path(__file__).parent / "_judged" / "clair_prompt.txt").read_text("utf-8")
"""The released user message, with places for the two lists of statements."""

STRICT_PROMPT = PROMPT.replace("the same image", "the same video")
"""The strict user message: the captions are of videos."""

SYSTEM_MESSAGE = "You are a helpful assistant."
ATTEMPTS = 3
"""Replies that the released code asks for before it gives a sample 0."""

RELEASED_REQUEST: Mapping[str, Any] = {"temperature": 0.5, "max_tokens": 100}
STRICT_REQUEST: Mapping[str, Any] = {
    "temperature": 0.0,
    "max_tokens": 300,
    "response_format": {"type": "json_object"},
}
"""Parameters of a request, by protocol. The released code asks ``gpt-3.5-turbo`` (unpinned)."""

_MARKS = "think|thinking|thought|thoughts|reasoning|analysis"
_THINKING_BEGINS = re.compile(rf"<({_MARKS})>|\[THINK\]|\u25c1think\u25b7", re.IGNORECASE)
_THINKING_ENDS = re.compile(rf"</({_MARKS})>|\[/THINK\]|\u25c1/think\u25b7", re.IGNORECASE)
"""What models put around their thinking: R1 and Qwen, Mistral's, Kimi's."""

_MOST_BRACES = 100
"""In a reply that is read: a hostile one may hold very many."""

_NUMBER = re.compile(r"\d*\.?\d+")
_REASON = re.compile(r"(?i)reason(.*)")


def messages(prediction: str, reference: str, *, protocol: str) -> list[dict[str, str]]:
    """Return the chat messages that ask the judge about one sample.

    Under ``released`` the texts are cut to 300 words and 2,000 characters first.

    >>> asked = messages("a cat", "the cat sleeps", protocol="strict")
    >>> [message["role"] for message in asked]
    ['system', 'user']
    """
    if protocol == "released":
        prompt, prediction, reference = PROMPT, cut(prediction), cut(reference)
    elif protocol == "strict":
        prompt = STRICT_PROMPT
    else:
        raise ValueError(f"unknown protocol {protocol!r}: released or strict")
    filled = prompt.format(
        candidate_statements=f"- {prediction}\n", target_statements=f"- {reference}\n"
    )
    return [
        {"role": "system", "content": SYSTEM_MESSAGE},
        {"role": "user", "content": filled},
    ]


@dataclass(frozen=True)
class Judgement:
    """What one reply says: ``score`` / 100 (not clamped), and the judge's reason as given."""

    score: float
    reason: object = None


@dataclass(frozen=True)
class SampleClair:
    """CLAIR of one sample: ``score`` / 100, or None with the ``cause``.

    ``calls`` is how many replies were read, ``reason`` the judge's, as given. ``failed`` where no
    reply could be had: that is no judgement, and never a 0. ``unreadable`` where the score is the
    0 that the released code gives after three replies that it cannot read.
    """

    score: float | None
    calls: int = 0
    reason: object = None
    cause: str | None = None
    failed: bool = False
    unreadable: bool = False


@dataclass(frozen=True)
class GroupClair:
    """Released CLAIR of one group (a video): 0 with the cause where the reference stores 0.

    None with the cause where the judge gave no reply on one of its samples.
    """

    value: float | None
    cause: str | None = None


@dataclass(frozen=True)
class StrictClair:
    """Strict CLAIR: mean over the samples with a valid score, overall and by group.

    A mean is None where no sample has a score. ``missing`` counts the samples without one.
    """

    value: float | None
    groups: Mapping[str, float | None]
    judged: int
    missing: int


def parse_released(reply: str | None) -> Judgement | None:
    """Read a reply as the released code does; None means that it asks again.

    The text between the first ``{`` and the next brace is decoded as a JSON object; failing that,
    the first number of the reply counts, times 100 if below 1. Raises what the reference raises:
    TypeError or ValueError for a score that is no number, AttributeError for no reply,
    OverflowError for an integer beyond float, RecursionError for absurd nesting.

    >>> parse_released('{"score": 80, "reason": "close"}')
    Judgement(score=0.8, reason='close')
    >>> parse_released("about 0.8").score
    0.8
    """
    if reply is None:
        raise AttributeError("the judge's reply has no text")
    try:
        found = json.loads("{" + reply.split("{")[1].split("}")[0] + "}")
        return Judgement(float(found["score"]) / 100, found.get("reason", "Unknown"))
    except (json.JSONDecodeError, KeyError, IndexError):
        return _first_number(reply)


def _first_number(reply: str) -> Judgement | None:
    number = _NUMBER.search(reply)
    if number is None:
        return None
    score = float(number.group())
    if score < 1:
        score *= 100
    said = _REASON.search(reply)
    reason = said.group(1).replace(":", "").strip() if said else "Unknown"
    return Judgement(score / 100, reason)


def parse_strict(reply: str | None) -> Judgement | None:
    """Read a reply that is a JSON object with a score from 0 to 100; None means missing.

    Thinking aloud (``<think>`` to ``</think>``, also where one of the two is lacking) is taken off
    first: it holds drafts. The object may stand in a fence or in prose; a number in quotes counts
    as that number. Anything outside 0 to 100, a boolean, a word, no object at all, or several
    objects that disagree is missing.

    >>> parse_strict('Sure: {"score": 80, "reason": "close"}').score
    0.8
    >>> parse_strict("about 80") is None
    True
    """
    found = _objects(without_thinking(reply or ""))
    scores = {_score_of(item) for item in found}
    if len(scores) != 1 or None in scores:
        return None
    return Judgement(scores.pop() / 100, found[0].get("reason"))  # type: ignore[operator]


def without_thinking(text: str) -> str:
    """Return a reply without what its model thought aloud.

    A reply that is one JSON object as a whole is left alone. Everything up to the last end of
    thinking goes, and from a beginning without an end everything on: no verdict was reached.

    >>> without_thinking('<think>{"score": 10}</think>{"score": 80}')
    '{"score": 80}'
    """
    with suppress(ValueError, RecursionError):
        if isinstance(json.loads(text), dict):
            return text
    ends = [mark.end() for mark in _THINKING_ENDS.finditer(text)]
    rest = text[ends[-1] :] if ends else text
    begins = _THINKING_BEGINS.search(rest)
    return rest[: begins.start()] if begins else rest


def _objects(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects of a text that have a score; none where it holds very many braces."""
    decoder = json.JSONDecoder(object_pairs_hook=_one_score)
    found: list[dict[str, Any]] = []
    start = text.find("{")
    for _ in range(_MOST_BRACES):
        if start < 0:
            return found
        end = start + 1
        try:
            item, after = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            item = None
        if isinstance(item, dict) and "score" in item:
            found.append(item)
            end = after
        start = text.find("{", end)
    return []


def _one_score(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs; one that scores twice is as unreadable as two objects."""
    if len({repr(value) for name, value in pairs if name == "score"}) > 1:
        raise ValueError("two scores in one object")
    return dict(pairs)


def _score_of(found: Mapping[str, Any]) -> float | None:
    """Return an object's score from 0 to 100, None for anything else."""
    score = found["score"]
    if isinstance(score, str):
        try:
            score = float(score)
        except ValueError:
            return None
    if isinstance(score, bool) or not isinstance(score, (int, float)):
        return None
    return float(score) if 0 <= score <= 100 else None  # NaN fails as well


def wants_another(reply: str | None) -> bool:
    """Return whether the released code would ask again after this reply.

    >>> wants_another("no idea"), wants_another("80")
    (True, False)
    """
    try:
        return parse_released(reply) is None
    except _REFERENCE_RAISES:
        return False


_REFERENCE_RAISES = (TypeError, ValueError, AttributeError, OverflowError, RecursionError)


def released_sample(replies: Sequence[str | None]) -> SampleClair:
    """Read up to three replies as the released code does.

    Three unreadable ones give 0; a reply on which it raises gives no score but the cause.

    >>> released_sample(["no idea", "90"]).score
    0.9
    >>> released_sample(["no idea"] * 3).score
    0.0
    """
    for calls, reply in enumerate(replies[:ATTEMPTS], start=1):
        try:
            judgement = parse_released(reply)
        except _REFERENCE_RAISES as error:
            return SampleClair(None, calls, cause=f"{type(error).__name__}: {error}")
        if judgement:
            return SampleClair(judgement.score, calls, judgement.reason)
    if len(replies) < ATTEMPTS:
        return SampleClair(None, len(replies), cause="no readable reply, and no further one")
    return SampleClair(0.0, ATTEMPTS, unreadable=True)


def strict_sample(reply: str | None) -> SampleClair:
    """Read one reply strictly; an unreadable one gives no score and says so.

    >>> strict_sample("no idea").score is None
    True
    """
    judgement = parse_strict(reply)
    if judgement is None:
        return SampleClair(None, 1, cause="the reply has no one score from 0 to 100")
    return SampleClair(judgement.score, 1, judgement.reason)


def released_group(samples: Sequence[SampleClair]) -> GroupClair:
    """Average a group's samples; one without a score makes the whole group 0.

    Raises ValueError for a group without samples.

    >>> released_group([SampleClair(0.5), SampleClair(1.0)]).value
    0.75
    >>> released_group([SampleClair(0.5), SampleClair(None, cause="TypeError")]).value
    0.0
    """
    if not samples:
        raise ValueError("CLAIR of a group needs one sample or more")
    failed = next((sample for sample in samples if sample.failed), None)
    if failed is not None:
        return GroupClair(None, failed.cause or "a sample has no reply")
    scores = []
    for sample in samples:
        if sample.score is None:
            return GroupClair(0.0, sample.cause or "a sample has no judgement")
        scores.append(sample.score)
    return GroupClair(sum(scores) / len(scores))


def strict_summary(groups: Mapping[str, Sequence[SampleClair]]) -> StrictClair:
    """Average the valid scores over all samples, and within each group.

    >>> found = strict_summary({"v1": [SampleClair(0.5), SampleClair(None)]})
    >>> found.value, found.missing
    (0.5, 1)
    """
    valid = {
        name: [s.score for s in samples if s.score is not None] for name, samples in groups.items()
    }
    everything = [score for scores in valid.values() for score in scores]
    total = sum(len(samples) for samples in groups.values())
    return StrictClair(
        value=_mean(everything),
        groups={name: _mean(scores) for name, scores in valid.items()},
        judged=len(everything),
        missing=total - len(everything),
    )


def _mean(scores: Sequence[float]) -> float | None:
    return math.fsum(scores) / len(scores) if scores else None


METRICS: tuple[Metric, ...] = (
    Metric(
        "clair",
        "CLAIR",
        "how likely a judge model finds that both texts describe the same video",
        order=170,
        resolution=0.01,
        reads="texts",
    ),
)
"""What ``sama-bench list metrics`` shows of this module."""


def recompute(data: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Recompute a golden file of judge replies: yields (label, expected, computed)."""
    for index, case in enumerate(data["cases"]):
        label, expected = f"{index}:{case['name']}", case["result"]
        replies = [*case["replies"], *case["replies"][-1:] * ATTEMPTS][:ATTEMPTS]
        sample = released_sample(replies)
        yield f"{label} calls", expected["calls"], sample.calls
        if "raises" in expected:
            yield f"{label} raises", expected["raises"], (sample.cause or "").split(":")[0]
            continue
        yield f"{label} score", float(expected["score"]), sample.score
        yield f"{label} reason", json.dumps(expected["reason"]), json.dumps(sample.reason)
    for video in data.get("videos", ()):
        samples = [released_sample([reply] * ATTEMPTS) for reply in video["one_reply_per_pair"]]
        group = released_group(samples)
        name = f"video {video['name']}"
        if "raises" in video["result"]:
            yield f"{name} raises", video["result"]["raises"], (group.cause or "").split(":")[0]
        else:
            yield f"{name} clair", video["result"]["clair"], group.value


GOLDENS = {"clair_parse": Golden("cases", frozenset({"replies"}), recompute)}
"""Golden files that ``sama-bench selftest`` recomputes with this module."""

PROVIDES = {"clair_judge": "sama_bench.metrics._judged.clair_judge:ClairJudge"}
"""What scoring asks the metrics for by name."""
