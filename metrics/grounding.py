"""The grounding metrics of SAMA-Bench-G: mIoU, recall and abstention accuracy.

Definitions: SAMA-Bench-G protocol, sections 5 and 6 (released) and 10 (quirks, strict). Every
function takes the set of quirks to keep, so that ``RELEASED`` gives the published metric,
``STRICT`` the corrected one, and ``RELEASED - {CROPPED}`` says what one quirk is worth.

Matrices: the IoU of a sample has one row a predicted mask and one column a target
(``iou_matrix``); its phrase similarity one row a *reference* phrase and one column a *predicted*
phrase.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sama_bench.metric import Golden, Metric, Quirk
from sama_bench.metrics._captions.text_marks import LOOSE_PHRASES
from sama_bench.metrics._masks.overlap import Overlap

_SECTION = "SAMA-Bench-G protocol, section 10"
MATCHED_ONLY = Quirk(
    12,
    "matched_only",
    "mIoU averages only matched pairs: missed and spurious masks cost nothing",
    ("miou",),
    _SECTION,
)
NO_TARGET_ZERO = Quirk(
    13, "no_target_zero", "samples without target score 0 in mIoU", ("miou",), _SECTION
)
EMPTY_UNION_ZERO = Quirk(
    14, "empty_union_zero", "an empty union scores 0", ("miou", "recall"), _SECTION
)
BROKEN_VIDEO_ZERO = Quirk(
    15,
    "broken_video_zero",
    "masks of another shape make mIoU and recall of the whole video 0",
    ("miou", "recall"),
    _SECTION,
)
TRANSPOSED = Quirk(16, "transposed", "recall looks phrases up transposed", ("recall",), _SECTION)
CROPPED = Quirk(
    17, "cropped", "recall crops its matrices to a common corner", ("recall",), _SECTION
)
EARLY_STOP = Quirk(
    18,
    "early_stop",
    "recall stops at the first best pair whose phrases differ",
    ("recall",),
    _SECTION,
)
SILENT_LEFT_OUT = Quirk(
    19, "silent_left_out", "samples without masks or phrases leave recall", ("recall",), _SECTION
)
PHRASES_COUNTED = Quirk(
    20,
    "phrases_counted",
    "recall divides by phrases, not targets, and averages empty videos as 0",
    ("recall",),
    _SECTION,
)

RELEASED: frozenset[Quirk] = frozenset(
    {
        MATCHED_ONLY,
        NO_TARGET_ZERO,
        EMPTY_UNION_ZERO,
        BROKEN_VIDEO_ZERO,
        TRANSPOSED,
        CROPPED,
        EARLY_STOP,
        SILENT_LEFT_OUT,
        PHRASES_COUNTED,
    }
)
"""All quirks of the released grounding metrics."""

QUIRKS = (LOOSE_PHRASES, *sorted(RELEASED))
"""Those, and the reading of phrases that recall rests on."""

STRICT: frozenset[Quirk] = frozenset()
"""The corrected definitions: no quirk."""

IOU_THRESHOLD = 0.5
TEXT_THRESHOLD = 0.5

METRICS: tuple[Metric, ...] = (
    Metric("miou", "mIoU", "SAMA-Bench-G protocol, section 5; strict: section 10", order=10),
    Metric(
        "recall",
        "Recall",
        "SAMA-Bench-G protocol, section 6; strict: section 10",
        order=20,
        reads="both",
    ),
    Metric(
        "abstention_accuracy",
        "Abst. acc.",
        "SAMA-Bench-G protocol, section 10 (strict)",
        order=30,
    ),
)

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class RecallCounts:
    """What one sample adds to the recall of its video.

    Attributes:
        matched: matches found.
        total: what the sample adds to the denominator (reference phrases with PHRASES_COUNTED,
            targets without).
        pairs: the matches as (row, column) of the IoU matrix, in the order found.
        skipped: True where SILENT_LEFT_OUT leaves the sample out; both numbers are 0 then.
    """

    matched: int
    total: int
    pairs: tuple[tuple[int, int], ...] = ()
    skipped: bool = False


def iou_matrix(shared: Overlap, quirks: Set[Quirk] = RELEASED) -> Matrix:
    """Return the IoU of predictions (rows) and targets (columns).

    The value of a pair with an empty union is 0 with EMPTY_UNION_ZERO and 1 without.

    >>> from sama_bench.media import rle
    >>> from sama_bench.metrics._masks.overlap import overlap
    >>> mask = rle.encode(np.eye(4, dtype=np.uint8))
    >>> iou_matrix(overlap([[mask]], [[mask], [None]]), STRICT).tolist()
    [[1.0, 0.0]]
    """
    return shared.iou(empty=0.0 if EMPTY_UNION_ZERO in quirks else 1.0)


def sample_miou(iou: ArrayLike, quirks: Set[Quirk] = RELEASED) -> float | None:
    """Return the mIoU of a sample.

    Args:
        iou: float (m, g), IoU of m predictions and g targets.
        quirks: MATCHED_ONLY averages the pairs that a greedy search matches (IoU > 0) instead of
            dividing the best assignment by max(m, g). NO_TARGET_ZERO scores samples without
            targets 0 instead of leaving them out.

    Returns:
        0..1, or None where the sample has no mIoU (strict, no target).

    >>> sample_miou([[0.8, 0.0], [0.0, 0.6]], STRICT)
    0.7
    >>> sample_miou([[0.8], [0.0]], STRICT), sample_miou([[0.8], [0.0]], RELEASED)
    (0.4, 0.8)
    """
    matrix = _matrix(iou)
    predictions, targets = matrix.shape
    if targets == 0 and NO_TARGET_ZERO not in quirks:
        return None
    if predictions == 0 or targets == 0:
        return 0.0
    if MATCHED_ONLY in quirks:
        matched = _greedy_values(matrix)
        return float(np.mean(matched)) if matched else 0.0
    rows, columns = _assignment(matrix)
    return float(matrix[rows, columns].sum() / max(predictions, targets))


def video_miou(samples: Iterable[float | None]) -> float | None:
    """Return the mean over the samples of a video that have a value; None if none has.

    >>> video_miou([0.5, None, 1.0])
    0.75
    """
    values = [value for value in samples if value is not None]
    return float(np.mean(values)) if values else None


def sample_recall(
    iou: ArrayLike,
    similarity: ArrayLike,
    quirks: Set[Quirk] = RELEASED,
    iou_threshold: float = IOU_THRESHOLD,
    text_threshold: float = TEXT_THRESHOLD,
) -> RecallCounts:
    """Match the predictions of a sample with its targets and count.

    Args:
        iou: float (m, g), IoU of m predictions and g targets.
        similarity: float (r, p), similarity of r reference phrases and p predicted phrases.
        quirks: TRANSPOSED looks the similarity of prediction i and target j up as (reference
            phrase i, predicted phrase j); CROPPED crops both matrices to their common top left
            block; EARLY_STOP ends a greedy search at the first best pair whose phrases differ,
            instead of finding the largest matching; SILENT_LEFT_OUT leaves out samples without
            predicted masks or phrases; PHRASES_COUNTED counts reference phrases instead of
            targets in the denominator.
        iou_threshold: a pair matches at this IoU or above.
        text_threshold: a pair matches at this similarity or above.

    Returns:
        RecallCounts of the sample. The k-th phrase belongs to the k-th mask; a mask without a
        phrase matches nothing.

    >>> counts = sample_recall([[0.9]], [[1.0]], STRICT)
    >>> (counts.matched, counts.total)
    (1, 1)
    """
    matrix, phrases = _matrix(iou), _matrix(similarity)
    predictions, targets = matrix.shape
    references, predicted = phrases.shape
    if SILENT_LEFT_OUT in quirks and (predictions == 0 or predicted == 0):
        return RecallCounts(0, 0, (), True)
    total = references if PHRASES_COUNTED in quirks else targets
    gate = _text_gate(matrix, phrases, quirks)
    if EARLY_STOP in quirks:
        pairs = _greedy_pairs(
            np.where(np.isnan(gate), 0.0, matrix), gate, iou_threshold, text_threshold
        )
    else:
        admissible = (matrix >= iou_threshold) & (gate >= text_threshold)
        pairs = _largest_matching(matrix, admissible)
    return RecallCounts(len(pairs), total, tuple(pairs))


def video_recall(samples: Iterable[RecallCounts], quirks: Set[Quirk] = RELEASED) -> float | None:
    """Return matches over denominators of the samples of a video.

    Where the denominator is 0 the video scores 0 with PHRASES_COUNTED and has no recall (None)
    without.

    >>> video_recall([RecallCounts(1, 2), RecallCounts(1, 1)], STRICT)
    0.6666666666666666
    """
    counts = list(samples)
    total = sum(count.total for count in counts)
    if total == 0:
        return 0.0 if PHRASES_COUNTED in quirks else None
    return sum(count.matched for count in counts) / total


def abstention_accuracy(samples: Iterable[tuple[int, int]]) -> float | None:
    """Return the share of samples without targets for which no mask was predicted.

    Args:
        samples: (predictions, targets) of each sample, as numbers of masks.

    Returns:
        0..1, or None where every sample has a target.

    >>> abstention_accuracy([(0, 0), (1, 0), (2, 1)])
    0.5
    """
    silent = [predictions == 0 for predictions, targets in samples if targets == 0]
    return sum(silent) / len(silent) if silent else None


def _matrix(values: ArrayLike) -> Matrix:
    array = np.asarray(values, np.float64)
    if array.ndim != 2:
        raise ValueError(f"expected a matrix, got shape {array.shape}")
    return array


def _greedy_values(matrix: Matrix) -> list[float]:
    left, values = matrix.copy(), []
    while left.size and left.max() > 0:
        row, column = np.unravel_index(int(left.argmax()), left.shape)
        values.append(float(left[row, column]))
        left = np.delete(np.delete(left, row, axis=0), column, axis=1)
    return values


def _text_gate(matrix: Matrix, phrases: Matrix, quirks: Set[Quirk]) -> Matrix:
    """Return the similarity that gates each IoU pair, NaN where a phrase is missing."""
    looked_up = phrases if TRANSPOSED in quirks else phrases.T
    predictions, targets = matrix.shape
    references, predicted = phrases.shape
    rows, columns = min(predictions, looked_up.shape[0]), min(targets, looked_up.shape[1])
    if CROPPED in quirks:
        rows, columns = min(rows, references), min(columns, predicted)
    gate = np.full(matrix.shape, np.nan)
    gate[:rows, :columns] = looked_up[:rows, :columns]
    return gate


def _greedy_pairs(
    matrix: Matrix, gate: Matrix, iou_threshold: float, text_threshold: float
) -> list[tuple[int, int]]:
    left, pairs = matrix.copy(), []
    while left.size:
        row, column = (int(index) for index in np.unravel_index(int(left.argmax()), left.shape))
        if not (left[row, column] >= iou_threshold and gate[row, column] >= text_threshold):
            break
        pairs.append((row, column))
        left[row, :] = 0
        left[:, column] = 0
    return pairs


def _largest_matching(matrix: Matrix, admissible: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return a matching with the most admissible pairs and, among those, the largest total IoU."""
    if not admissible.any():
        return []
    # One pair more outweighs any total IoU, which is at most the number of pairs.
    weight = np.where(admissible, min(matrix.shape) + 1.0 + matrix, 0.0)
    rows, columns = _assignment(weight)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if admissible[i, j]]


def _assignment(weight: Matrix) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows and columns of an assignment with the largest total weight."""
    from scipy.optimize import linear_sum_assignment  # a second of imports, for scoring only

    rows, columns = linear_sum_assignment(weight, maximize=True)
    return rows, columns


GOLDENS = {
    "gcg": Golden(
        "videos", frozenset({"samples", "miou"}), "sama_bench.metrics._goldens.masks:golden_gcg"
    ),
}
