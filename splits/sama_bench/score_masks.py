"""Masks and phrases of one answer against its reference (sama-bench-g.md 5, 6 and 10)."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import numpy as np

from sama_bench.benchmark import Tools
from sama_bench.metric import Quirk
from sama_bench.metrics import grounding
from sama_bench.metrics._captions import text_marks
from sama_bench.metrics._masks.overlap import Overlap, overlap
from sama_bench.nouns import Answer, Reference
from sama_bench.splits._masks.rle_tracks import coded


@dataclass(frozen=True)
class MaskScore:
    """What the masks of one sample are worth.

    Attributes:
        predictions: number of predicted masks.
        targets: number of targets.
        miou: 0 to 1, or None where the sample has none.
        recall: what it adds to its video's recall; None without phrase similarity.
        error: why the masks cannot be compared, or None; the other values are empty then.
    """

    predictions: int
    targets: int
    miou: float | None = None
    recall: grounding.RecallCounts | None = None
    error: str | None = None


def shared_pixels(answer: Answer, reference: Reference, broadcast: bool) -> Overlap:
    """Count the pixels that predicted masks and targets share.

    With ``broadcast`` a mask of one frame is repeated over the video, as the published code does
    without a word.

    Raises:
        ValueError: sizes or numbers of frames differ.
    """
    predicted = [segment.masklet for segment in answer.segments]
    for masklet in (*predicted, *reference.masklets):
        first = reference.masklets[0] if reference.masklets else predicted[0]
        if (masklet.height, masklet.width) != (first.height, first.width):
            raise ValueError(
                f"masks of {masklet.width}x{masklet.height} for targets of "
                f"{first.width}x{first.height}"
            )
    return overlap(coded(predicted), coded(reference.masklets), broadcast=broadcast)


def score_masks(
    answer: Answer, reference: Reference, quirks: Set[Quirk], tools: Tools, shared: Overlap
) -> MaskScore:
    """Score one answer's masks, given the pixels that they share with the targets."""
    iou = grounding.iou_matrix(shared, quirks)
    return MaskScore(
        predictions=len(answer.segments),
        targets=len(reference.masklets),
        miou=grounding.sample_miou(iou, quirks),
        recall=_recall(answer, reference, quirks, tools, iou),
    )


def _recall(
    answer: Answer, reference: Reference, quirks: Set[Quirk], tools: Tools, iou: grounding.Matrix
) -> grounding.RecallCounts | None:
    if tools.phrases is None:
        return None
    wanted = text_marks.phrases(reference.text or "", quirks)
    if text_marks.LOOSE_PHRASES not in quirks and len(wanted) > len(reference.masklets):
        # some phrases have no target
        wanted = text_marks.grounded_phrases(reference.text or "")
    said = text_marks.phrases(answer.text, quirks)
    similar = tools.phrases.similarity(wanted, said) if wanted and said else None
    if similar is None:
        similar = np.zeros((len(wanted), len(said)))
    return grounding.sample_recall(iou, similar, quirks)
