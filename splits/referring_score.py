"""Scoring a split of referring expressions: values of expressions, then rows, groups and videos.

Definition: referring video protocol, section 3; quirks Q35 to Q43.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sama_bench.benchmark import (
    Answers,
    Coverage,
    Entry,
    Outcome,
    Protocol,
    Row,
    SampleScore,
    Scores,
    Tools,
    VideoScore,
)
from sama_bench.errors import IncompleteError
from sama_bench.metrics.refvos_aggregate import by_group, mean_of_expressions
from sama_bench.splits.coverage import coverage, listed
from sama_bench.splits.expression_values import (
    Counted,
    Rules,
    Value,
    measure,
    rules,
    zero_scores,
)
from sama_bench.splits.referring import ReferringDataset
from sama_bench.splits.settings import Option, settle

UNITED = "union of all masks"
"""The variant of strict's second figure (Q35)."""


@dataclass(frozen=True)
class Scheme:
    """What a benchmark does with the values of its expressions.

    Attributes:
        options: of the benchmark.
        groups: ``type_id`` to group; expressions of other types are in no figure. Empty: the
            figure is the mean of all expressions.
        foreground: from a video's id to the pixels of all its annotated objects per frame, where
            R is computed, else None.
    """

    options: Mapping[str, Option]
    groups: Mapping[int, str]
    foreground: Callable[[str], Sequence[int]] | None = None


def score_expressions(
    dataset: ReferringDataset,
    answers: Answers,
    protocols: Sequence[Protocol],
    tools: Tools,
    scheme: Scheme,
) -> Scores:
    """Score the answers to all expressions of a split, one video in memory at a time.

    Raises:
        IncompleteError: only ``released`` is asked for, and it refuses incomplete answers.
        DataError: a reference is missing or broken.
    """
    applied = {
        protocol: rules(protocol, settle(scheme.options, tools.options, protocol), tools.quirks)
        for protocol in protocols
    }
    values: dict[Protocol, list[Value]] = {protocol: [] for protocol in protocols}
    united: list[Value] = []
    several = False
    for entry in dataset.entries:
        outcome = answers(entry.id)
        several |= outcome.answer is not None and len(outcome.answer.segments) > 1
        counted = _counted(dataset, entry, outcome)
        foreground = None if scheme.foreground is None else scheme.foreground(entry.video)
        for protocol in protocols:
            values[protocol].append(_value(entry, outcome, counted, applied[protocol], foreground))
        if "strict" in applied:
            second = replace(applied["strict"], mask_choice="union")
            united.append(_value(entry, outcome, counted, second, foreground))
    rows = [
        row
        for protocol in protocols
        for row in _rows(dataset.split, protocol, values[protocol], applied[protocol], scheme)
    ]
    if several and "strict" in applied and applied["strict"].mask_choice == "first":
        rows += _second_rows(dataset.split, united, applied["strict"], scheme)
    _refuse(rows, values, applied)
    return Scores(
        coverage={protocol: _coverage(values[protocol]) for protocol in protocols},
        rows=rows,
        videos=[
            item for protocol in protocols for item in _video_scores(protocol, values[protocol])
        ],
        samples=[
            _sample_score(protocol, value) for protocol in protocols for value in values[protocol]
        ],
    )


def _counted(dataset: ReferringDataset, entry: Entry, outcome: Outcome) -> Counted | None:
    if outcome.answer is None:
        return None
    return Counted(dataset.annotations(entry.id), dataset.video(entry.id), outcome.answer)


def _value(
    entry: Entry,
    outcome: Outcome,
    counted: Counted | None,
    applied: Rules,
    foreground: Sequence[int] | None,
) -> Value:
    status = outcome.status
    notes: dict[str, Any] = {} if outcome.error is None else {"error": outcome.error}
    scores = None
    if counted is not None:
        try:
            scores, notes = measure(counted, applied, foreground)
        except ValueError as error:
            status, notes = "failed", {"error": f"unusable answer: {error}"}
    return Value(
        id=entry.id,
        video=entry.video,
        group=entry.group,
        type_id=entry.attributes["type_id"],
        status=status,
        scores=zero_scores(foreground is not None) if scores is None else scores,
        counted=scores is not None or applied.missing == "zero",
        notes=notes,
    )


def _lacking(values: Iterable[Value]) -> list[str]:
    return [value.id for value in values if value.status in ("failed", "missing")]


def _rows(
    split: str, protocol: Protocol, values: Sequence[Value], applied: Rules, scheme: Scheme
) -> list[Row]:
    lacking = _lacking(values)
    refused = bool(lacking) and applied.missing == "refuse"
    figures = _figures([] if refused else values, applied, scheme)
    notes = [_lacking_note(lacking, applied)] if lacking else []
    borderless = sum(value.notes.get("frames_without_boundary", 0) for value in values)
    rows = []
    for group, scores in figures.items():
        members = _members(values, group, scheme)
        for metric, percent in scores.items():
            said = [*notes]
            if metric in ("f", "j_and_f") and borderless and protocol == "strict":
                said.append(f"{borderless} frames are filled by a mask and have no boundary (Q43)")
            if not members:
                said.append("no expression of this kind")
            rows.append(
                _row(
                    f"{split}:{group}" if group else split,
                    protocol,
                    metric,
                    None if percent is None else percent / 100,
                    members,
                    "; ".join(said) or None,
                )
            )
    rows.append(_refusal_rate(split, protocol, values))
    return rows


def _row(
    split: str,
    protocol: Protocol,
    metric: str,
    value: float | None,
    members: Sequence[Value],
    note: str | None,
    variant: str | None = None,
) -> Row:
    counted = [member for member in members if member.counted]
    return Row(
        split=split,
        protocol=protocol,
        metric=metric,
        value=value,
        samples=len(counted),
        videos=len({member.video for member in counted}),
        coverage=_coverage(members).share,
        variant=variant,
        note=note,
    )


def _refusal_rate(split: str, protocol: Protocol, values: Sequence[Value]) -> Row:
    """Return the share of answers without any mask (Q35)."""
    answered = [value for value in values if value.status in ("answered", "refused")]
    refused = sum(value.status == "refused" for value in answered)
    rate = refused / len(answered) if answered else None
    return _row(split, protocol, "refusal_rate", rate, answered, None)


def _second_rows(split: str, united: Sequence[Value], applied: Rules, scheme: Scheme) -> list[Row]:
    figures = _figures(united, applied, scheme)[""]
    members = _members(united, "", scheme)
    return [
        _row(split, "strict", metric, percent / 100, members, None, UNITED)
        for metric, percent in figures.items()
        if percent is not None
    ]


def _members(values: Sequence[Value], group: str, scheme: Scheme) -> list[Value]:
    if not scheme.groups:
        return list(values)
    if group in scheme.groups.values():
        return [value for value in values if value.group == group]
    return [value for value in values if value.group is not None]


def _figures(
    values: Sequence[Value], applied: Rules, scheme: Scheme
) -> dict[str, dict[str, float | None]]:
    """Return percentages by group and metric; "" is the mean over all expressions."""
    counted = [value for value in values if value.counted]
    if not scheme.groups:
        return {"": mean_of_expressions([value.scores for value in counted])}
    typed = [(value.type_id, value.scores) for value in counted if value.type_id is not None]
    # The overall figure is the mean of the groups under both protocols (Q40); strict shows the
    # mean over expressions beside it.
    figures = by_group(typed, scheme.groups, applied.quirks | {40})
    every = figures.pop("expressions")
    return {**figures, "": every}


def _lacking_note(lacking: Sequence[str], applied: Rules) -> str:
    what = {
        "refuse": "no figure, the published evaluator would leave out",
        "drop": "left out of the mean:",
        "zero": "scored 0:",
    }[applied.missing]
    return f"{what} {len(lacking)} without a usable answer (Q36): {listed(lacking)}"


def _refuse(
    rows: Sequence[Row],
    values: Mapping[Protocol, Sequence[Value]],
    applied: Mapping[Protocol, Rules],
) -> None:
    if any(row.value is not None for row in rows if row.metric != "refusal_rate"):
        return
    for protocol, rule in applied.items():
        lacking = _lacking(values[protocol])
        if lacking and rule.missing == "refuse":
            raise IncompleteError(
                f"{len(lacking)} expressions have no usable answer, and the {protocol} protocol "
                f"does not score without them: {listed(lacking)}; answer them, or say "
                "--option missing=drop or missing=zero"
            )


def _coverage(values: Iterable[Value]) -> Coverage:
    return coverage(value.status for value in values)


def _sample_score(protocol: Protocol, value: Value) -> SampleScore:
    scores: dict[str, float | None] = dict(value.scores) if value.counted else {}
    if scores:
        scores["j_and_f"] = (value.scores["j"] + value.scores["f"]) / 2
    else:
        scores = dict.fromkeys([*value.scores, "j_and_f"])
    return SampleScore(
        value.id, value.video, value.group, protocol, value.status, scores, notes=value.notes
    )


def _video_scores(protocol: Protocol, values: Sequence[Value]) -> list[VideoScore]:
    """Return the mean over each video's expressions, by group, and the sums behind it."""
    gathered: dict[tuple[str, str | None], list[dict[str, float]]] = {}
    for value in values:
        if value.counted:
            j_and_f = (value.scores["j"] + value.scores["f"]) / 2
            scores = {**value.scores, "j_and_f": j_and_f}
            gathered.setdefault((value.video, value.group), []).append(scores)
    found = []
    for (video, group), members in gathered.items():
        sums = {name: float(np.sum([item[name] for item in members])) for name in members[0]}
        pooled = {name: (total, float(len(members))) for name, total in sums.items()}
        means: dict[str, float | None] = {
            name: total / len(members) for name, total in sums.items()
        }
        found.append(VideoScore(video, group, protocol, len(members), means, pooled))
    return found
