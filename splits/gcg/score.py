"""Scoring GCG: AP50, mIoU, recall and captions of images (image protocol, section 2)."""

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
from sama_bench.metrics._captions.cleaning import gcg_caption, gcg_phrases
from sama_bench.metrics._captions.scores import CaptionPair
from sama_bench.metrics._masks.overlap import overlap
from sama_bench.metrics.gcg import (
    RELEASED,
    STRICT,
    UNGUARDED,
    average_precision,
    image_miou,
    image_recall,
    iou_matrix,
)
from sama_bench.metrics.grounding import RecallCounts
from sama_bench.nouns import Answer
from sama_bench.splits._scores.caption_rows import caption_figures, failures
from sama_bench.splits._scores.coverage import lacking_note, refuse_without
from sama_bench.splits._scores.options import settle
from sama_bench.splits.gcg.dataset import GcgDataset, Truth

Rle = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """What an answer comes down to: caption, phrases, and one mask per predicted object."""

    caption: str = ""
    phrases: tuple[str, ...] = ()
    masks: tuple[Rle, ...] = ()


@dataclass(frozen=True)
class Judged:
    """One image under one protocol."""

    id: str
    status: str
    said: Said
    truth: Truth
    miou: float
    recall: RecallCounts | None
    notes: Mapping[str, Any]

    @property
    def lacking(self) -> bool:
        """Whether there is no usable answer."""
        return self.status in ("failed", "missing")


def score_gcg(
    dataset: GcgDataset,
    answers: Answers,
    protocols: Sequence[Protocol],
    tools: Tools,
    options: Mapping[str, Option],
) -> Scores:
    """Score the answers to all images of a split.

    Raises:
        IncompleteError: only ``released`` is asked for, and it refuses incomplete answers.
        DataError: a reference is broken.
    """
    judged: dict[Protocol, list[Judged]] = {name: [] for name in protocols}
    for entry in dataset.entries:
        outcome, truth = answers(entry.id), dataset.truth(entry.id)
        video = dataset.video(entry.id)
        for name in protocols:
            item = _judge(entry.id, outcome, truth, (video.height, video.width), name, tools)
            judged[name].append(item)
    missing = {name: settle(options, tools.options, name)["missing"] for name in protocols}
    kept = {name: _kept(judged[name], missing[name]) for name in protocols}
    if not any(kept.values()):
        refuse_without("images", {name: _lacking(judged[name]) for name in protocols})
    captions = caption_figures(
        {name: [_pair(item) for item in items] for name, items in kept.items()}, tools.captions
    )
    rows: list[Row] = []
    for name in protocols:
        figures, notes = _figures(kept[name], tools)
        for metric in ("meteor", "cider"):
            figures[metric] = captions[name].values.get(metric)
            reason = captions[name].note(metric)
            if reason is not None and kept[name]:
                notes[metric] = reason
        rows += _rows(dataset.split, name, judged[name], kept[name], missing[name], figures, notes)
    samples = [_sample(name, item) for name in protocols for item in judged[name]]
    return Scores(
        coverage={name: Coverage.of(item.status for item in judged[name]) for name in protocols},
        rows=[_marked(row, tools) for row in rows],
        videos=[_image(name, item) for name in protocols for item in kept[name]],
        samples=samples,
        lacking=failures(captions),
    )


def _acting(protocol: Protocol, tools: Tools) -> frozenset[Quirk]:
    released = protocol == "released" and (tools.quirks is None or UNGUARDED in tools.quirks)
    return RELEASED if released else STRICT


def _judge(
    id: str,
    outcome: Outcome,
    truth: Truth,
    size: tuple[int, int],
    protocol: Protocol,
    tools: Tools,
) -> Judged:
    status, notes = outcome.status, {} if outcome.error is None else {"error": outcome.error}
    said = Said()
    if outcome.answer is not None:
        try:
            said = _said(outcome.answer, size)
        except ValueError as error:
            status, notes = "failed", {"error": f"unusable answer: {error}"}
    quirks = _acting(protocol, tools)
    targets = [[mask.rle(0) or _empty(size)] for mask in truth.masks]
    iou = iou_matrix(overlap([[mask] for mask in said.masks], targets, size), quirks)
    recall = None
    if tools.phrases is not None:
        similar = np.zeros((len(truth.labels), len(said.phrases)))
        if similar.size:
            similar = tools.phrases.similarity(list(truth.labels), list(said.phrases))
        recall = image_recall(iou, similar, quirks)
    return Judged(id, status, said, truth, image_miou(iou), recall, notes)


def _said(answer: Answer, size: tuple[int, int]) -> Said:
    masks = []
    for number, segment in enumerate(answer.segments):
        masklet = segment.masklet
        if (masklet.height, masklet.width) != size or len(masklet) < 1:
            got = f"{masklet.height}x{masklet.width}"
            raise ValueError(f"mask {number} of {got} for an image of {size[0]}x{size[1]}")
        masks.append(masklet.rle(0) or _empty(size))
    notes = answer.notes
    if isinstance(notes.get("phrases"), list) and isinstance(notes.get("caption"), str):
        return Said(notes["caption"], tuple(map(str, notes["phrases"])), tuple(masks))
    return Said(gcg_caption(answer.text), tuple(gcg_phrases(answer.text)), tuple(masks))


def _empty(size: tuple[int, int]) -> Rle:
    return encode(np.zeros(size, np.uint8))


def _pair(item: Judged) -> CaptionPair:
    return CaptionPair(item.said.caption, item.truth.captions)


def _lacking(items: Sequence[Judged]) -> list[str]:
    return [item.id for item in items if item.lacking]


def _kept(items: Sequence[Judged], missing: str) -> list[Judged]:
    if missing == "zero":
        return list(items)
    kept = [item for item in items if not item.lacking]
    return [] if missing == "refuse" and len(kept) < len(items) else kept


def _figures(
    kept: Sequence[Judged], tools: Tools
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return the mask metrics over the images, and why one of them does not exist."""
    figures: dict[str, float | None] = {"ap50": None, "miou": None, "recall": None}
    notes: dict[str, str] = {}
    if not kept:
        return figures, notes
    pairs = [([mask.rle(0) for mask in item.truth.masks], list(item.said.masks)) for item in kept]
    figures["ap50"] = average_precision(
        [([mask for mask in targets if mask is not None], said) for targets, said in pairs]
    )["ap50"]
    figures["miou"] = float(np.mean([item.miou for item in kept]))
    counts = [item.recall for item in kept if item.recall is not None]
    total = sum(count.total for count in counts)
    if tools.phrases is None:
        notes["recall"] = "no phrase similarity was chosen (--phrases)"
    elif total:
        figures["recall"] = sum(count.matched for count in counts) / total
    return figures, notes


def _rows(
    split: str,
    protocol: Protocol,
    judged: Sequence[Judged],
    kept: Sequence[Judged],
    missing: str,
    figures: Mapping[str, float | None],
    notes: Mapping[str, str],
) -> list[Row]:
    lacking = _lacking(judged)
    share = Coverage.of(item.status for item in judged).share
    said = [lacking_note(lacking, missing)] if lacking else []
    return [
        Row(
            split=split,
            protocol=protocol,
            metric=metric,
            value=value,
            samples=len(kept),
            videos=len(kept),
            coverage=share,
            note="; ".join([*said, *([notes[metric]] if metric in notes else [])]) or None,
            aggregation="ratio" if metric in ("miou", "recall") else "whole",
        )
        for metric, value in figures.items()
    ]


def _marked(row: Row, tools: Tools) -> Row:
    """Mark a recall in which another phrase similarity than the official one had a part."""
    if row.metric != "recall" or row.value is None or tools.phrases.official:
        return row
    return replace(row, variant=f"phrases={tools.phrases.name}")


def _values(item: Judged) -> dict[str, float | None]:
    counts = item.recall
    recall = counts.matched / counts.total if counts is not None and counts.total else None
    return {"miou": item.miou, "recall": recall}


def _sample(protocol: Protocol, item: Judged) -> SampleScore:
    values: dict[str, float | None] = dict.fromkeys(("miou", "recall"))
    if not item.lacking:
        values = _values(item)
    return SampleScore(item.id, item.id, None, protocol, item.status, values, notes=item.notes)


def _image(protocol: Protocol, item: Judged) -> VideoScore:
    pooled = {"miou": (item.miou, 1.0)}
    if item.recall is not None:
        pooled["recall"] = (float(item.recall.matched), float(item.recall.total))
    return VideoScore(item.id, None, protocol, 1, _values(item), pooled)
