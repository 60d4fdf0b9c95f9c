"""Scoring a split of referring expressions: values of expressions, then rows, groups and videos.

Definition: referring video protocol, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sama_bench.benchmark import (
    Answers,
    Coverage,
    Entry,
    Finding,
    Outcome,
    Protocol,
    SampleScore,
    Scores,
    Tools,
    VideoScore,
)
from sama_bench.splits._masks.object_facts import object_facts
from sama_bench.splits._referring.dataset import ReferringDataset
from sama_bench.splits._referring.expression_values import (
    Counted,
    Rules,
    Value,
    measure,
    rules,
    zero_scores,
)
from sama_bench.splits._referring.rows import (
    Scheme,
    refuse_if_nothing,
    row_of,
    rows_of,
    second_rows,
)
from sama_bench.splits._scores.options import settle


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
        facts = _facts(dataset, entry, outcome)
        foreground = None if scheme.foreground is None else scheme.foreground(entry.video)
        for protocol in protocols:
            value = _value(entry, outcome, counted, applied[protocol], foreground)
            if counted is not None and not applied[protocol].fill:
                value = _if_whole(value, dataset.filled(entry.id))
            values[protocol].append(replace(value, attributes=facts))
        if "strict" in applied:
            second = replace(applied["strict"], mask_choice="union")
            united.append(_value(entry, outcome, counted, second, foreground))
    rows = [
        row
        for protocol in protocols
        for row in rows_of(dataset.split, protocol, values[protocol], applied[protocol], scheme)
    ]
    if several and "strict" in applied and applied["strict"].mask_choice == "first":
        rows += second_rows(dataset.split, united, applied["strict"], scheme)
    refuse_if_nothing(rows, values, applied)
    return Scores(
        coverage={protocol: _coverage(values[protocol]) for protocol in protocols},
        rows=rows,
        videos=[
            item
            for protocol in protocols
            for item in _video_scores(protocol, values[protocol], scheme)
        ],
        samples=[
            _sample_score(protocol, value, scheme.metrics)
            for protocol in protocols
            for value in values[protocol]
        ],
        findings=(*_fitted(dataset, applied), *_resized(values)),
    )


def unscored(dataset: ReferringDataset, answers: Answers, protocols: Sequence[Protocol]) -> Scores:
    """Count the answers of a split whose masks a server keeps; no value can be computed here."""
    note = f"masks are kept on a server: sama-bench submit {dataset.benchmark} makes the upload"
    values = [
        Value(entry.id, entry.video, None, None, answers(entry.id).status, {}, counted=False)
        for entry in dataset.entries
    ]
    rows = [
        row_of(dataset.split, protocol, metric, None, values, note)
        for protocol in protocols
        for metric in ("j", "f", "j_and_f")
    ]
    samples = [
        SampleScore(value.id, value.video, None, protocol, value.status, {})
        for protocol in protocols
        for value in values
    ]
    return Scores({protocol: _coverage(values) for protocol in protocols}, rows, [], samples)


def _counted(dataset: ReferringDataset, entry: Entry, outcome: Outcome) -> Counted | None:
    if outcome.answer is None:
        return None
    return Counted(dataset.annotations(entry.id), dataset.video(entry.id), outcome.answer)


def _facts(dataset: ReferringDataset, entry: Entry, outcome: Outcome) -> dict[str, Any]:
    facts = {**entry.attributes, "frames": entry.frames}
    if outcome.answer is not None:
        facts.update(object_facts(dataset.annotations(entry.id)))
    return facts


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


def _if_whole(value: Value, short: int) -> Value:
    """Take the value away where the reference lists too few masks."""
    if not short:
        return value
    reason = f"its reference lacks the masks of {short} frames, where the evaluator breaks off"
    return replace(value, counted=False, short=short, notes={**value.notes, "note": reason})


def _fitted(dataset: ReferringDataset, applied: Mapping[Protocol, Rules]) -> Iterator[Finding]:
    """Report references that did not fit their frames; only some rules fill the lists."""
    filling = frozenset(name for name, rules in applied.items() if rules.fill)
    for finding in dataset.adjusted():
        filled = finding.kind == "filled_frame"
        yield replace(finding, protocols=filling) if filled else finding


def _resized(values: Mapping[Protocol, Sequence[Value]]) -> Iterator[Finding]:
    """Report predicted masks of another size than the video, which strict resizes."""
    for protocol, items in values.items():
        for value in items:
            if number := value.notes.get("resized_masks"):
                under = frozenset({protocol})
                yield Finding("resized_prediction", value.id, value.notes["size"], number, under)


def _coverage(values: Iterable[Value]) -> Coverage:
    return Coverage.of(value.status for value in values)


def _sample_score(protocol: Protocol, value: Value, metrics: Sequence[str]) -> SampleScore:
    scores = _all_scores(value)
    values = {metric: scores[metric] if value.counted else None for metric in metrics}
    return SampleScore(
        id=value.id,
        video=value.video,
        group=value.group,
        protocol=protocol,
        status=value.status,
        values=values,
        attributes=value.attributes,
        notes=value.notes,
    )


def _all_scores(value: Value) -> dict[str, float]:
    return {**value.scores, "j_and_f": (value.scores["j"] + value.scores["f"]) / 2}


def _video_scores(protocol: Protocol, values: Sequence[Value], scheme: Scheme) -> list[VideoScore]:
    """Return the mean over each video's expressions, by group, and the sums behind it.

    Expressions that are in no figure of the benchmark are in none of a video either.
    """
    gathered: dict[tuple[str, str | None], list[dict[str, float]]] = {}
    for value in values:
        if value.counted and (value.group is not None or not scheme.groups):
            gathered.setdefault((value.video, value.group), []).append(_all_scores(value))
    found = []
    for (video, group), members in gathered.items():
        sums = {name: float(np.sum([item[name] for item in members])) for name in scheme.metrics}
        pooled = {name: (total, float(len(members))) for name, total in sums.items()}
        means: dict[str, float | None] = {
            name: total / len(members) for name, total in sums.items()
        }
        found.append(VideoScore(video, group, protocol, len(members), means, pooled))
    return found
