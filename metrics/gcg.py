"""Grounded conversation generation on images (GranD-f): mask AP50, mIoU and recall.

Definition: image protocol, section 2. Matrices
have one row a predicted mask and one column a target, as in ``grounding``; the similarity has one
row a reference phrase and one column a predicted phrase.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import ArrayLike

from sama_bench.media import rle
from sama_bench.media.rle import Rle
from sama_bench.metric import Metric, Quirk
from sama_bench.metrics import grounding
from sama_bench.metrics._masks.overlap import Overlap
from sama_bench.metrics.grounding import Matrix, RecallCounts

UNGUARDED = Quirk(
    48,
    "unguarded",
    "NaN for an empty union, and an image whose matching fails counts no match",
    ("miou", "recall"),
    "image protocol, section 4",
)
QUIRKS = (UNGUARDED,)

RELEASED: frozenset[Quirk] = frozenset(QUIRKS)
"""IoU without a guard, swallowed errors."""

STRICT: frozenset[Quirk] = frozenset()
"""Two empty masks agree; a mask without a phrase matches nothing."""

METRICS: tuple[Metric, ...] = (
    Metric(
        "ap50",
        "AP50",
        "image protocol, section 2: COCO segmentation AP at IoU 0.5, all scores 1",
        order=110,
    ),
)

_STATS = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large")


def iou_matrix(shared: Overlap, quirks: Set[Quirk] = RELEASED) -> Matrix:
    """Return IoU of predictions (rows) and targets; an empty union is NaN with UNGUARDED.

    >>> from sama_bench.metrics._masks.overlap import overlap
    >>> mask = rle.encode(np.eye(4, dtype=np.uint8))
    >>> iou_matrix(overlap([[mask]], [[mask]]), STRICT).tolist()
    [[1.0]]
    """
    return shared.iou(empty=float("nan") if UNGUARDED in quirks else 1.0)


def image_miou(iou: ArrayLike) -> float:
    """Return the mean IoU of an image's greedily matched pairs (IoU > 0); 0 if there is none.

    A NaN in the matrix ends the matching, so that nothing is matched.

    >>> image_miou([[0.8, 0.0], [0.0, 0.6]])
    0.7
    """
    value = grounding.sample_miou(iou, grounding.RELEASED)
    return 0.0 if value is None else value


def image_recall(
    iou: ArrayLike,
    similarity: ArrayLike,
    quirks: Set[Quirk] = RELEASED,
    threshold: float = grounding.IOU_THRESHOLD,
    text_threshold: float = grounding.TEXT_THRESHOLD,
) -> RecallCounts:
    """Match an image's targets with its predictions, best IoU first, and count.

    Args:
        iou: float (m, g), IoU of m predictions and g targets.
        similarity: float (r, p), r reference phrases and p predicted phrases (case kept).
        quirks: with UNGUARDED a best pair without phrases breaks the image off, all its matches
            lost, and a NaN counts as a passing IoU; without it such pairs match nothing.
        threshold: a pair matches at this IoU or above.
        text_threshold: a pair matches at this similarity or above.

    Returns:
        RecallCounts; ``total`` is the number of reference phrases, ``pairs`` are (target,
        prediction).

    >>> found = image_recall([[0.9]], [[1.0]], STRICT)
    >>> (found.matched, found.total)
    (1, 1)
    """
    left = np.array(iou, np.float64).T
    text = np.asarray(similarity, np.float64)
    total = text.shape[0]
    if UNGUARDED not in quirks:
        kept = np.zeros_like(left)
        rows, columns = min(left.shape[0], text.shape[0]), min(left.shape[1], text.shape[1])
        kept[:rows, :columns] = left[:rows, :columns]
        left = kept
    pairs: list[tuple[int, int]] = []
    while left.size:
        i, j = (int(index) for index in np.unravel_index(int(left.argmax()), left.shape))
        if left[i, j] < threshold:
            break  # before any phrase is looked up: a pair that fails here breaks nothing off
        if i >= text.shape[0] or j >= text.shape[1]:  # UNGUARDED: an IndexError
            return RecallCounts(0, total)
        if text[i, j] < text_threshold:
            break
        pairs.append((i, j))
        left[i, :] = 0
        left[:, j] = 0
    return RecallCounts(len(pairs), total, tuple(pairs))


def average_precision(
    images: Sequence[tuple[Sequence[Rle], Sequence[Rle]]],
) -> dict[str, float | None]:
    """Return COCO's segmentation AP over images; every prediction has the score 1.

    Args:
        images: (targets, predictions) of each image, in the order of the image list.

    Returns:
        ``ap`` (IoU 0.5 to 0.95), ``ap50``, ``ap75``, ``ap_small``, ``ap_medium``, ``ap_large``,
        each 0..1, or None where there is no target.

    Raises:
        ValueError: a malformed mask, or masks of one image with different sizes.

    >>> mask = rle.encode(np.eye(64, dtype=np.uint8))
    >>> round(average_precision([([mask], [mask])])["ap50"], 9)
    1.0
    """
    annotations: list[dict[str, object]] = []
    results: list[dict[str, object]] = []
    for image_id, (targets, predictions) in enumerate(images):
        for target in targets:
            annotation = _annotation(image_id, target)
            annotations.append({**annotation, "id": len(annotations) + 1, "iscrowd": 0})
        results += [{**_annotation(image_id, mask), "score": 1.0} for mask in predictions]
    if not annotations:
        return dict.fromkeys(_STATS)
    if not results:
        return dict.fromkeys(_STATS, 0.0)
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth = COCO()
    truth.dataset = {
        "info": {},
        "images": _images(images),
        "annotations": annotations,
        "categories": [{"id": 1, "name": "object"}],
    }
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints its progress
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    stats = [float(value) for value in evaluation.stats[: len(_STATS)]]
    return {name: value if value >= 0 else None for name, value in zip(_STATS, stats, strict=True)}


def _images(images: Sequence[tuple[Sequence[Rle], Sequence[Rle]]]) -> list[dict[str, int]]:
    entries = []
    for image_id, masks in enumerate(images):
        sizes = {rle.size_of(mask) for group in masks for mask in group}
        if len(sizes) > 1:
            raise ValueError(f"image {image_id}: masks of different sizes {sorted(sizes)}")
        height, width = sizes.pop() if sizes else (1, 1)
        entries.append({"id": image_id, "height": height, "width": width})
    return entries


def _annotation(image_id: int, mask: Rle) -> dict[str, object]:
    area = rle.area(mask)
    coded = {"size": list(rle.size_of(mask)), "counts": rle.counts_bytes(mask)}
    box = [0, 0, coded["size"][1], coded["size"][0]]
    return {
        "image_id": image_id,
        "category_id": 1,
        "segmentation": coded,
        "area": area,
        "bbox": box,
    }
