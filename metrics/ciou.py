"""cIoU and gIoU of referring image segmentation (RefCOCO, RefCOCO+, RefCOCOg, gRefCOCO).

Definition: image protocol, section 1. Which masks of an answer count, the first or the union of
all, is decided before (FIRST_IN_FLOAT32, option ``seg_merge``).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np

from sama_bench.media import rle
from sama_bench.media.rle import Rle
from sama_bench.metric import Golden, Metric, Quirk
from sama_bench.metrics._masks.overlap import overlap

_SECTION = "image protocol, section 4"
UNANSWERED_SKIPPED = Quirk(
    45,
    "unanswered_skipped",
    "a sentence without a predicted mask is left out instead of counted as empty",
    ("ciou", "giou"),
    _SECTION,
)
FIRST_IN_FLOAT32 = Quirk(
    47,
    "first_in_float32",
    "the first mask counts instead of the union, and sums are float32",
    ("ciou", "giou"),
    _SECTION,
)
QUIRKS = (UNANSWERED_SKIPPED, FIRST_IN_FLOAT32)

RELEASED: frozenset[Quirk] = frozenset(QUIRKS)
"""SAMA and the first Sa2VA code. Sa2VA v2 counts a missing mask as empty:
``RELEASED - {UNANSWERED_SKIPPED}``."""

STRICT: frozenset[Quirk] = frozenset()
"""A missing mask is an empty one; integer sums."""

METRICS: tuple[Metric, ...] = (
    Metric(
        "ciou",
        "cIoU",
        "image protocol, section 1: summed intersections over summed unions",
        order=90,
    ),
    Metric("giou", "gIoU", "image protocol, section 1: mean IoU of the sentences", order=100),
)


@dataclass(frozen=True)
class SentenceCounts:
    """Pixels of one sentence: shared, in either mask, and whether a mask was predicted at all.

    ``lacking`` marks a sentence without a usable answer, which never earns the 1 of an empty union.
    """

    intersection: int
    union: int
    answered: bool = True
    lacking: bool = False


@dataclass(frozen=True)
class Totals:
    """Result over a split.

    Attributes:
        ciou: summed intersections over summed unions; None where every union is empty (strict).
        giou: mean IoU of the sentences; None without sentences.
        intersection: summed shared pixels.
        union: summed pixels in either mask.
        sentences: number of sentences.
        unanswered: sentences without a predicted mask.
    """

    ciou: float | None
    giou: float | None
    intersection: int
    union: int
    sentences: int
    unanswered: int


def count_sentence(target: Rle, predicted: Rle | None) -> SentenceCounts:
    """Count the pixels of a sentence's target and predicted mask (None: no mask predicted).

    Raises:
        ValueError: malformed masks or masks of different sizes.

    >>> target, said = np.zeros((4, 4), np.uint8), np.ones((4, 4), np.uint8)
    >>> target[:2] = 1
    >>> counts = count_sentence(rle.encode(target), rle.encode(said))
    >>> (counts.intersection, counts.union)
    (8, 16)
    """
    if predicted is None:
        return SentenceCounts(0, rle.area(target), answered=False)
    shared = overlap([[predicted]], [[target]])
    return SentenceCounts(int(shared.intersection[0, 0]), int(shared.union[0, 0]))


def ciou_giou(images: Sequence[Sequence[SentenceCounts]], quirks: Set[Quirk] = RELEASED) -> Totals:
    """Return cIoU and gIoU over images.

    Args:
        images: the sentences of each image. The order matters in the last bits with
            FIRST_IN_FLOAT32.
        quirks: with UNANSWERED_SKIPPED sentences without a mask add nothing to either sum, and 0
            to gIoU; with FIRST_IN_FLOAT32 sums are float32, with the released epsilons.

    Raises:
        ValueError: with UNANSWERED_SKIPPED, an image none of whose sentences has a mask (the
            released code breaks off there).

    >>> small, large = SentenceCounts(1, 2), SentenceCounts(90, 100)
    >>> found = ciou_giou([[small], [large]], STRICT)
    >>> round(found.ciou, 4), found.giou
    (0.8922, 0.7)
    """
    if UNANSWERED_SKIPPED in quirks:
        for number, sentences in enumerate(images):
            if sentences and not any(sentence.answered for sentence in sentences):
                raise ValueError(
                    f"image {number}: no sentence has a predicted mask ({UNANSWERED_SKIPPED})"
                )
    keep = UNANSWERED_SKIPPED not in quirks
    counted = [
        [sentence for sentence in sentences if sentence.answered or keep] for sentences in images
    ]
    total = sum(len(sentences) for sentences in images)
    unanswered = sum(not sentence.answered for sentences in images for sentence in sentences)
    flat = [sentence for sentences in counted for sentence in sentences]
    intersection = sum(sentence.intersection for sentence in flat)
    union = sum(sentence.union for sentence in flat)
    if total == 0:
        ciou = giou = None
    elif FIRST_IN_FLOAT32 in quirks:
        ciou, giou = _float32_sums(counted, [len(sentences) for sentences in images])
    else:
        ciou = intersection / union if union else None
        giou = sum(_iou(sentence) for sentence in flat) / total
    return Totals(ciou, giou, intersection, union, total, unanswered)


def _iou(sentence: SentenceCounts) -> float:
    if sentence.lacking:
        return 0.0
    return sentence.intersection / sentence.union if sentence.union else 1.0


def _float32_sums(
    images: Sequence[Sequence[SentenceCounts]], sentences: Sequence[int]
) -> tuple[float, float]:
    """Add up as the released code does: float32 within an image, float32 over images."""
    one = np.float32
    all_intersection, all_union, all_giou = one(0), one(0), one(0)
    for image, number in zip(images, sentences, strict=True):
        intersection, union, giou = one(0), one(0), one(0)
        for sentence in image:
            shared, either = one(sentence.intersection), one(sentence.union)
            intersection, union = one(intersection + shared), one(union + either)
            giou = one(giou + one(shared / one(either + one(1e-5))))
            if sentence.union == 0 and not sentence.lacking:
                giou = one(giou + one(1))
        all_intersection, all_union = one(all_intersection + intersection), one(all_union + union)
        if number:
            all_giou = one(all_giou + one(one(giou / one(number)) * one(number)))
    ciou = one(all_intersection / one(all_union + one(1e-10)))
    return float(ciou), float(one(all_giou / one(sum(sentences))))


GOLDENS = {
    "ciou": Golden("sets", frozenset({"images"}), "sama_bench.metrics._goldens.masks:golden_ciou"),
}
