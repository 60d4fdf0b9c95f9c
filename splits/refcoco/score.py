"""Scoring referring image segmentation: cIoU and gIoU (image protocol, section 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sama_bench.benchmark import (
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
from sama_bench.media.rle import encode
from sama_bench.metric import Quirk
from sama_bench.metrics.ciou import (
    FIRST_IN_FLOAT32,
    UNANSWERED_SKIPPED,
    SentenceCounts,
    ciou_giou,
    count_sentence,
)
from sama_bench.metrics.refusals import refusal_rate
from sama_bench.nouns import Answer
from sama_bench.splits._images.polygons import SUMMED_POLYGONS
from sama_bench.splits._masks.alignment import unite
from sama_bench.splits._scores.coverage import UNANSWERED_REFUSED, lacking_note, refuse_without
from sama_bench.splits._scores.options import settle
from sama_bench.splits.refcoco.dataset import RefcocoDataset


@dataclass(frozen=True)
class Manner:
    """How sentences are counted and summed.

    Attributes:
        missing: ``refuse``, ``drop`` or ``zero`` for a sentence without a usable answer.
        merge: ``first`` mask of an answer or ``union`` of all.
        target: protocol whose reference counts (SUMMED_POLYGONS).
        quirks: of ``metrics.ciou`` that act.
    """

    missing: str
    merge: str
    target: Protocol
    quirks: frozenset[Quirk]


def manner(
    protocol: Protocol, settings: Mapping[str, str], acting: frozenset[Quirk] | None
) -> Manner:
    """Return how a protocol counts; of its quirks only the ``acting`` ones, or all."""

    def acts(quirk: Quirk) -> bool:
        return protocol == "released" and (acting is None or quirk in acting)

    explained = protocol == "released" and acting is not None
    quirks = set()
    if settings["no_mask"] == "skip" and (acts(UNANSWERED_SKIPPED) or not explained):
        quirks.add(UNANSWERED_SKIPPED)
    if acts(FIRST_IN_FLOAT32):
        quirks.add(FIRST_IN_FLOAT32)
    return Manner(
        missing="zero" if explained and not acts(UNANSWERED_REFUSED) else settings["missing"],
        merge="union" if explained and not acts(FIRST_IN_FLOAT32) else settings["seg_merge"],
        target="released" if acts(SUMMED_POLYGONS) else "strict",
        quirks=frozenset(quirks),
    )


@dataclass(frozen=True)
class Counted:
    """One sentence under one protocol."""

    id: str
    image: str
    status: str
    counts: SentenceCounts
    notes: Mapping[str, Any]

    @property
    def lacking(self) -> bool:
        """Whether there is no usable answer (an answer without mask is one)."""
        return self.status in ("failed", "missing")


def score_sentences(
    dataset: RefcocoDataset,
    answers: Answers,
    protocols: Sequence[Protocol],
    tools: Tools,
    options: Mapping[str, Option],
) -> Scores:
    """Score the answers to all sentences of a split.

    Raises:
        IncompleteError: only ``released`` is asked for, and it refuses incomplete answers.
        DataError: a reference is broken.
    """
    manners = {
        name: manner(name, settle(options, tools.options, name), tools.quirks) for name in protocols
    }
    counted: dict[Protocol, list[Counted]] = {name: [] for name in protocols}
    for entry in dataset.entries:
        outcome = answers(entry.id)
        for name in protocols:
            counted[name].append(_count(dataset, entry.id, outcome, manners[name]))
    rows = [
        row
        for name in protocols
        for row in _rows(dataset.split, name, counted[name], manners[name])
    ]
    _refuse_if_nothing(rows, counted, manners)
    facts = {entry.id: entry.attributes for entry in dataset.entries}
    return Scores(
        coverage={name: Coverage.of(item.status for item in counted[name]) for name in protocols},
        rows=rows,
        videos=[item for name in protocols for item in _images(name, counted[name])],
        samples=[
            _sample(name, item, facts[item.id]) for name in protocols for item in counted[name]
        ],
    )


def _count(dataset: RefcocoDataset, id: str, outcome: Outcome, applied: Manner) -> Counted:
    (target,) = dataset.reference(id, applied.target).masklets
    rle = target.rle(0)
    assert rle is not None
    status, notes = outcome.status, {} if outcome.error is None else {"error": outcome.error}
    counts = replace(count_sentence(rle, None), lacking=True)
    if outcome.answer is not None:
        try:
            mask = _mask(outcome.answer, applied.merge, (target.height, target.width))
            counts = count_sentence(rle, mask)
        except ValueError as error:
            status, notes = "failed", {"error": f"unusable answer: {error}"}
    return Counted(id, id.split("/")[0], status, counts, notes)


def _mask(answer: Answer, merge: str, size: tuple[int, int]) -> dict[str, Any] | None:
    masklets = [segment.masklet for segment in answer.segments]
    if not masklets:
        return None
    for masklet in masklets:
        if len(masklet) != 1:
            raise ValueError(f"{len(masklet)} masks for one image")
        if (masklet.height, masklet.width) != size:
            got = f"{masklet.height}x{masklet.width}"
            raise ValueError(f"a mask of {got} for an image of {size[0]}x{size[1]}")
    chosen = masklets[:1] if merge == "first" else masklets
    return unite(chosen, size, 1).rle(0) or encode(np.zeros(size, np.uint8))


def _rows(split: str, protocol: Protocol, values: Sequence[Counted], applied: Manner) -> list[Row]:
    lacking = [item.id for item in values if item.lacking]
    kept = [item for item in values if not item.lacking] if applied.missing == "drop" else values
    images: dict[str, list[SentenceCounts]] = {}
    for item in kept:
        images.setdefault(item.image, []).append(item.counts)
    notes = [lacking_note(lacking, applied.missing)] if lacking else []
    ciou = giou = None
    broken = _image_without_masks(images) if UNANSWERED_SKIPPED in applied.quirks else None
    if broken is not None:
        notes.append(
            f"no figure: no sentence of image {broken} has a mask, where the published code "
            f"breaks off ({UNANSWERED_SKIPPED}); --option no_mask=zero counts it"
        )
    elif not (lacking and applied.missing == "refuse"):
        totals = ciou_giou(list(images.values()), applied.quirks)
        ciou, giou = totals.ciou, totals.giou
        if totals.unanswered:
            skipped = UNANSWERED_SKIPPED in applied.quirks
            what = f"left out ({UNANSWERED_SKIPPED})" if skipped else "an empty mask each"
            notes.append(f"{totals.unanswered} sentences without a mask: {what}")
    share = Coverage.of(item.status for item in values).share
    answered = [item for item in values if not item.lacking]
    refused = [item.status == "refused" for item in answered]
    figures = {
        "ciou": ciou,
        "giou": giou,
        "refusal_rate": refusal_rate(refused),
    }
    said = "; ".join(notes) or None
    return [
        Row(
            split,
            protocol,
            metric,
            value,
            len(kept),
            len(images),
            share,
            note=said,
            aggregation="whole" if metric == "refusal_rate" else "ratio",
        )
        for metric, value in figures.items()
    ]


def _image_without_masks(images: Mapping[str, Sequence[SentenceCounts]]) -> str | None:
    for image, sentences in images.items():
        if not any(sentence.answered for sentence in sentences):
            return image
    return None


def _refuse_if_nothing(
    rows: Sequence[Row],
    counted: Mapping[Protocol, Sequence[Counted]],
    manners: Mapping[Protocol, Manner],
) -> None:
    if any(row.value is not None for row in rows if row.metric == "ciou"):
        return
    lacking = {name: [item.id for item in counted[name] if item.lacking] for name in manners}
    refuse_without("sentences", {n: lacking[n] for n in manners if manners[n].missing == "refuse"})


def _sample(protocol: Protocol, item: Counted, facts: Mapping[str, Any]) -> SampleScore:
    return SampleScore(
        id=item.id,
        video=item.image,
        group=None,
        protocol=protocol,
        status=item.status,
        values={"giou": _iou(item)},
        attributes=facts,
        notes=item.notes,
    )


def _iou(item: Counted) -> float:
    if item.lacking:
        return 0.0
    return item.counts.intersection / item.counts.union if item.counts.union else 1.0


def _images(protocol: Protocol, values: Sequence[Counted]) -> list[VideoScore]:
    images: dict[str, list[Counted]] = {}
    for item in values:
        images.setdefault(item.image, []).append(item)
    found = []
    for image, items in images.items():
        intersection = float(sum(item.counts.intersection for item in items))
        union = float(sum(item.counts.union for item in items))
        giou = sum(_iou(item) for item in items)
        means: dict[str, float | None] = {
            "ciou": intersection / union if union else None,
            "giou": giou / len(items),
        }
        pooled = {"ciou": (intersection, union), "giou": (giou, float(len(items)))}
        found.append(VideoScore(image, None, protocol, len(items), means, pooled))
    return found
