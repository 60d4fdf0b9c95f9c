"""Metrics of single samples: applied to every benchmark's answers, whatever else it reports.

Each value is of one sample; a row is the mean over the samples that have one, under both protocols,
for the split and for each group that the benchmark itself has rows of. A metric that has no value
on any sample of a benchmark (it reads texts where none are given) has no row there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sama_bench.benchmark import (
    Answers,
    Dataset,
    Protocol,
    Row,
    SampleScore,
    Scores,
    VideoScore,
)
from sama_bench.errors import DataError
from sama_bench.metric import PerSample

Values = Mapping[tuple[str, str], Mapping[str, float]]
"""By sample id and protocol, by metric."""


class _Plain(Mapping[str, Any]):
    """Text and masks as plain data; masks are encoded only for a metric that looks at them."""

    def __init__(self, text: str | None, masklets: Sequence[Any]) -> None:
        self._known: dict[str, Any] = {"text": text}
        self._masklets = masklets

    def __getitem__(self, key: str) -> Any:
        if key == "masks" and key not in self._known:
            self._known[key] = [masklet.rles() for masklet in self._masklets]
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(("text", "masks"))

    def __len__(self) -> int:
        return 2


def with_single_samples(
    scores: Scores, dataset: Dataset, answers: Answers, metrics: Mapping[str, PerSample]
) -> Scores:
    """Add the metrics of single samples to scores; a metric that raises is told of.

    Args:
        scores: of a benchmark; metrics that it reports itself are left as they are.
        dataset: whose references are compared with.
        answers: as they were scored.
        metrics: by name.
    """
    own = {row.metric for row in scores.rows}
    metrics = {name: metric for name, metric in metrics.items() if name not in own}
    if not metrics:
        return scores
    broken: dict[str, list[str]] = {}
    values = _values(scores.samples, dataset, answers, metrics, broken)
    names = [name for name in metrics if any(name in found for found in values.values())]
    samples = [
        replace(sample, values={**sample.values, **values.get((sample.id, sample.protocol), {})})
        for sample in scores.samples
    ]
    return replace(
        scores,
        samples=samples,
        videos=_with_means(scores.videos, samples, names),
        rows=[*scores.rows, *_rows(scores, dataset.split, samples, names)],
        lacking=(*scores.lacking, *(_said(name, found) for name, found in broken.items())),
    )


def _values(
    samples: Sequence[SampleScore],
    dataset: Dataset,
    answers: Answers,
    metrics: Mapping[str, PerSample],
    broken: dict[str, list[str]],
) -> Values:
    found: dict[tuple[str, str], dict[str, float]] = {}
    for sample in samples:
        answer = answers(sample.id).answer if sample.status in ("answered", "refused") else None
        if answer is None:
            continue
        try:
            reference = dataset.reference(sample.id, sample.protocol)
        except DataError:  # a server keeps it, or it was said when the sample was scored
            continue
        said = _Plain(answer.text, [segment.masklet for segment in answer.segments])
        true = _Plain(reference.text, reference.masklets)
        for name, metric in metrics.items():
            try:
                value = metric(said, true)
                if value is None:
                    continue
                if not math.isfinite(number := float(value)):
                    raise ValueError(f"it gave {value!r}")
            except Exception as error:
                broken.setdefault(name, []).append(f"{sample.id}: {type(error).__name__}: {error}")
                continue
            found.setdefault((sample.id, sample.protocol), {})[name] = number
    return found


def _said(name: str, found: Sequence[str]) -> str:
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"the metric {name} failed on {found[0]}{more}"


def _with_means(
    videos: Sequence[VideoScore], samples: Sequence[SampleScore], names: Sequence[str]
) -> list[VideoScore]:
    """Add to each video the mean of its samples, and their sum and number for intervals."""
    members: dict[tuple[str, str], list[SampleScore]] = {}
    for sample in samples:
        members.setdefault((sample.video, sample.protocol), []).append(sample)
    return [_with_mean(video, members, names) for video in videos]


def _with_mean(
    video: VideoScore,
    members: Mapping[tuple[str, str], Sequence[SampleScore]],
    names: Sequence[str],
) -> VideoScore:
    own = [
        sample
        for sample in members.get((video.video, video.protocol), ())
        if video.group is None or sample.group == video.group
    ]
    values, pooled = dict(video.values), dict(video.pooled)
    for name in names:
        found = _known(own, name)
        values[name] = _mean(found)
        pooled[name] = (math.fsum(found), float(len(found)))
    return replace(video, values=values, pooled=pooled)


def _rows(
    scores: Scores, split: str, samples: Sequence[SampleScore], names: Sequence[str]
) -> Iterator[Row]:
    reported = {row.split for row in scores.rows}
    for protocol in scores.coverage:
        whole = [sample for sample in samples if sample.protocol == protocol]
        parts = {split: whole}
        for sample in whole:
            if sample.group is not None and (part := f"{split}:{sample.group}") in reported:
                parts.setdefault(part, []).append(sample)
        for part, members in parts.items():
            for name in names:
                yield _row(part, protocol, name, members)


def _row(part: str, protocol: Protocol, name: str, members: Sequence[SampleScore]) -> Row:
    known = [sample for sample in members if sample.values.get(name) is not None]
    answered = sum(sample.status in ("answered", "refused") for sample in members)
    return Row(
        split=part,
        protocol=protocol,
        metric=name,
        value=_mean(_known(members, name)),
        samples=len(known),
        videos=len({sample.video for sample in known}),
        coverage=answered / len(members) if members else 0.0,
        note=None if known else "no sample with a value",
        aggregation="ratio",
    )


def _known(samples: Iterable[SampleScore], name: str) -> list[float]:
    return [value for sample in samples if (value := sample.values.get(name)) is not None]


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
