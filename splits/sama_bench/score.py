"""Scores of SAMA-Bench: per sample, per video, and aggregated (sama-bench-g.md 9 and 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sama_bench.benchmark import (
    Answers,
    Coverage,
    Entry,
    Protocol,
    Row,
    SampleScore,
    Scores,
    Tools,
    VideoScore,
)
from sama_bench.metric import Quirk
from sama_bench.metrics import grounding
from sama_bench.metrics._captions.background import scoring_in_background
from sama_bench.splits.sama_bench.dataset import SamaDataset
from sama_bench.splits.sama_bench.expected import expected_corpora
from sama_bench.splits.sama_bench.judging import Judged, judge_all
from sama_bench.splits.sama_bench.rows import Sheet, rows_of
from sama_bench.splits.sama_bench.rules import acting, in_order
from sama_bench.splits.sama_bench.score_texts import TextScores, score_texts


def score(
    dataset: SamaDataset,
    answers: Answers,
    protocols: Sequence[Protocol],
    tools: Tools,
    grounded: bool,
) -> Scores:
    """Score part G (``grounded``) or C of SAMA-Bench.

    A failed or missing sample has no value and leaves every mean; the coverage tells.
    """
    # A video may stand twice in a file, its questions apart; the published shuffle sees the file.
    listed = dataset.in_file_order
    quirks = {protocol: acting(protocol, tools) for protocol in protocols}
    early = tools.captions and grounded  # without masks there is nothing to do meanwhile
    corpora = expected_corpora(dataset, answers, listed, quirks) if early else []
    with scoring_in_background(corpora):
        everything = judge_all(dataset, answers, protocols, tools, grounded)
    judged: dict[Protocol, list[Judged]] = {
        protocol: [
            everything[protocol][entry.id]
            for entry in in_order(listed, protocol, grounded)
            if entry.id in everything[protocol]  # of a dataset narrowed to some of its entries
        ]
        for protocol in protocols
    }
    texts = score_texts(judged, quirks, tools)
    rows: list[Row] = []
    videos: list[VideoScore] = []
    samples: list[SampleScore] = []
    for protocol, items in judged.items():
        scored = _videos(
            items, texts[protocol], protocol, quirks[protocol], grounded, tools.phrases is not None
        )
        sheet = Sheet(dataset, protocol, tools, grounded, items, scored, texts[protocol])
        rows.extend(rows_of(sheet))
        videos.extend(scored)
        samples.extend(_sample(item, texts[protocol], protocol) for item in items)
    coverage = {name: Coverage.of(item.status for item in items) for name, items in judged.items()}
    adjusted = tuple(dataset.adjusted())
    lacking = tuple(dict.fromkeys(line for found in texts.values() for line in found.lacking))
    return Scores(coverage, rows, videos, samples, adjusted, lacking)


def _videos(
    judged: Sequence[Judged],
    texts: TextScores,
    protocol: Protocol,
    quirks: frozenset[Quirk],
    grounded: bool,
    recalled: bool,
) -> list[VideoScore]:
    by_video: dict[str, list[Judged]] = {}
    for item in judged:
        by_video.setdefault(item.entry.video, []).append(item)
    return [
        _video(items, texts, protocol, quirks, grounded, recalled) for items in by_video.values()
    ]


def _video(
    items: Sequence[Judged],
    texts: TextScores,
    protocol: Protocol,
    quirks: frozenset[Quirk],
    grounded: bool,
    recalled: bool,
) -> VideoScore:
    entry: Entry = items[0].entry
    values: dict[str, float | None] = {}
    pooled: dict[str, tuple[float, float]] = {}
    answered = [item for item in items if item.prediction is not None]
    if grounded and answered:
        values, pooled = _grounding(answered, quirks, recalled)
    values.update(texts.videos.get(entry.video, {}))
    pooled.update(_over_samples(answered, texts))
    notes = {**_zeroed(answered, values), **texts.causes.get(entry.video, {})}
    return VideoScore(entry.video, entry.group, protocol, len(answered), values, pooled, notes)


def _zeroed(answered: Sequence[Judged], values: Mapping[str, float | None]) -> dict[str, str]:
    """Say why mIoU and recall of a video are 0 where its masks cannot be compared."""
    error = next((item.masks.error for item in answered if item.masks and item.masks.error), None)
    names = [name for name in ("miou", "recall") if values.get(name) is not None]
    return dict.fromkeys(names, error) if error else {}


def _grounding(
    answered: Sequence[Judged], quirks: frozenset[Quirk], recalled: bool
) -> tuple[dict[str, float | None], dict[str, tuple[float, float]]]:
    masks = [item.masks for item in answered if item.masks is not None]
    broken = any(score.error for score in masks)
    counts = [score.recall for score in masks if score.recall is not None]
    # A video whose masks cannot be compared scores 0, but no recall is ever made up.
    values: dict[str, float | None] = {"miou": 0.0, "recall": 0.0 if recalled else None}
    pooled: dict[str, tuple[float, float]] = {}
    if not broken:
        values["miou"] = grounding.video_miou([score.miou for score in masks])
        values["recall"] = grounding.video_recall(counts, quirks) if counts else None
    silent = [score.predictions == 0 for score in masks if score.targets == 0]
    values["abstention_accuracy"] = sum(silent) / len(silent) if silent else None
    pooled["abstention_accuracy"] = (float(sum(silent)), float(len(silent)))
    return values, pooled


def _over_samples(answered: Sequence[Judged], texts: TextScores) -> dict[str, tuple[float, float]]:
    """Return (sum, number) of the text metrics that are averaged over samples, not videos."""
    pooled = {}
    for metric in texts.whole:
        if not metric.startswith("bleu"):
            found = [texts.samples.get(item.entry.id, {}).get(metric) for item in answered]
            numbers = [value for value in found if value is not None and value == value]
            pooled[metric] = (sum(numbers), float(len(numbers)))
    return pooled


def _sample(item: Judged, texts: TextScores, protocol: Protocol) -> SampleScore:
    values: dict[str, float | None] = {**texts.samples.get(item.entry.id, {})}
    if item.masks is not None:
        values["miou"] = item.masks.miou
        counts = item.masks.recall
        if counts is not None:
            values["recall"] = counts.matched / counts.total if counts.total else None
        if item.masks.targets == 0:
            values["abstention_accuracy"] = float(item.masks.predictions == 0)
    return SampleScore(
        id=item.entry.id,
        video=item.entry.video,
        group=item.entry.group,
        protocol=protocol,
        status=item.status,
        values=values,
        attributes=item.attributes or item.entry.attributes,
        notes=_said_of(item),
    )


def _said_of(item: Judged) -> dict[str, str]:
    """Return why a sample has no score, or what to know about the one that it has."""
    if item.note is None:
        return {}
    return {"error" if item.status == "failed" else "note": item.note}
