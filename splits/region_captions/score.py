"""Scoring region captions: METEOR and CIDEr over all regions (image protocol, section 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sama_bench.benchmark import (
    Aggregation,
    Answers,
    Coverage,
    Option,
    Outcome,
    Protocol,
    Row,
    SampleScore,
    Scores,
    Tools,
    VideoScore,
)
from sama_bench.metric import Quirk
from sama_bench.metrics._captions.cleaning import (
    WORDS_DAMAGED,
    region_caption,
    region_caption_strict,
)
from sama_bench.metrics._captions.scores import CaptionPair
from sama_bench.nouns import Answer
from sama_bench.splits._scores.caption_rows import CaptionFigures, caption_figures, failures
from sama_bench.splits._scores.coverage import lacking_note, refuse_without
from sama_bench.splits._scores.options import settle
from sama_bench.splits.region_captions.dataset import RegionCaptionDataset

_AGGREGATION: Mapping[tuple[Protocol, str], Aggregation] = {("released", "meteor"): "whole"}
"""What is no mean over regions: the figure that METEOR gives a whole corpus."""


@dataclass(frozen=True)
class Corpus:
    """What one protocol scores.

    Attributes:
        missing: what it does without an answer: ``refuse``, ``drop`` or ``zero``.
        pairs: cleaned prediction and references by id; none where it refuses.
    """

    missing: str
    pairs: Mapping[str, CaptionPair]


def score_region_captions(
    dataset: RegionCaptionDataset,
    answers: Answers,
    protocols: Sequence[Protocol],
    tools: Tools,
    options: Mapping[str, Option],
    metrics: Sequence[str],
) -> Scores:
    """Score the answers to all regions as one corpus.

    Raises:
        IncompleteError: only ``released`` is asked for, and it refuses incomplete answers.
        DataError: a region has no reference caption.
    """
    outcomes = {entry.id: answers(entry.id) for entry in dataset.entries}
    share = Coverage.of(outcome.status for outcome in outcomes.values())
    corpora = {
        name: _corpus(
            dataset, outcomes, name, settle(options, tools.options, name)["missing"], tools.quirks
        )
        for name in protocols
    }
    lacking = [id for id, outcome in outcomes.items() if outcome.answer is None]
    if not any(corpus.pairs for corpus in corpora.values()):
        refuse_without("regions", dict.fromkeys(protocols, lacking))
    pairs = {name: list(corpus.pairs.values()) for name, corpus in corpora.items()}
    figures = caption_figures(pairs, tools.captions)
    samples = [
        sample
        for name in protocols
        for sample in _samples(name, corpora[name], figures[name], outcomes, metrics)
    ]
    rows = [
        row
        for name in protocols
        for row in _rows(dataset.split, name, corpora[name], figures[name], share, lacking, metrics)
    ]
    videos = [
        VideoScore(item.video, None, item.protocol, 1, item.values)
        for item in samples
        if any(value is not None for value in item.values.values())
    ]
    coverages = dict.fromkeys(protocols, share)
    return Scores(coverages, rows, videos, samples, lacking=failures(figures))


def _corpus(
    dataset: RegionCaptionDataset,
    outcomes: Mapping[str, Outcome],
    protocol: Protocol,
    missing: str,
    quirks: frozenset[Quirk] | None,
) -> Corpus:
    pairs: dict[str, CaptionPair] = {}
    released = protocol == "released" and (quirks is None or WORDS_DAMAGED in quirks)
    incomplete = any(outcome.answer is None for outcome in outcomes.values())
    if incomplete and missing == "refuse":
        return Corpus(missing, pairs)
    for id, outcome in outcomes.items():
        if outcome.answer is not None or missing == "zero":
            said = "" if outcome.answer is None else _said(outcome.answer, released)
            dataset.reference(id, protocol)
            pairs[id] = CaptionPair(said, tuple(dataset.references(id)))
    return Corpus(missing, pairs)


def _said(answer: Answer, released: bool) -> str:
    """Clean a reply; captions that other code saved are cleaned already and stay as they are."""
    if answer.notes.get("cleaned") is True:
        return answer.text
    return region_caption(answer.text) if released else region_caption_strict(answer.text)


def _rows(
    split: str,
    protocol: Protocol,
    corpus: Corpus,
    figures: CaptionFigures,
    share: Coverage,
    lacking: Sequence[str],
    metrics: Sequence[str],
) -> list[Row]:
    said = [lacking_note(lacking, corpus.missing)] if lacking else []
    rows = []
    for metric in metrics:
        value = figures.values.get(metric)
        reason = figures.note(metric)
        notes = [*said, *([reason] if reason and not (lacking and not corpus.pairs) else [])]
        rows.append(
            Row(
                split=split,
                protocol=protocol,
                metric=metric,
                value=value,
                samples=len(corpus.pairs),
                videos=len(corpus.pairs),
                coverage=share.share,
                note="; ".join(notes) or None,
                aggregation=_AGGREGATION.get((protocol, metric), "videos"),
            )
        )
    return rows


def _samples(
    protocol: Protocol,
    corpus: Corpus,
    figures: CaptionFigures,
    outcomes: Mapping[str, Outcome],
    metrics: Sequence[str],
) -> list[SampleScore]:
    scored = dict(zip(corpus.pairs, figures.samples, strict=False))
    found = []
    for id, outcome in outcomes.items():
        values = {metric: scored.get(id, {}).get(metric) for metric in metrics}
        notes = {} if outcome.error is None else {"error": outcome.error}
        found.append(SampleScore(id, id, None, protocol, outcome.status, values, notes=notes))
    return found
