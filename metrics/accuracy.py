"""A: the share of pixels on which prediction and annotation agree as raw integers.

Definition: referring video protocol, section 2.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sama_bench.metric import Metric, Quirk

if TYPE_CHECKING:
    from sama_bench.metrics._masks.counts import FrameCounts

_SECTION = "referring video protocol, section 6"
PNG_VALUES = Quirk(
    37,
    "png_values",
    "predicted pixels of PNG files count as 255 in A and R",
    ("accuracy", "robustness"),
    _SECTION,
)
SUMMED_INSTANCES = Quirk(
    38,
    "summed_instances",
    "overlapping instances add up to 2, 3 ... in A and R",
    ("accuracy", "robustness"),
    _SECTION,
)
QUIRKS = (PNG_VALUES, SUMMED_INSTANCES)

RELEASED: frozenset[Quirk] = frozenset({SUMMED_INSTANCES})
"""Raw sums of annotations against a 0/1 prediction. Add PNG_VALUES for masks read from PNG."""

STRICT: frozenset[Quirk] = frozenset()
"""Both sides binary."""

METRICS: tuple[Metric, ...] = (
    Metric(
        "accuracy",
        "Acc.",
        "referring video protocol, section 2: agreeing pixels; strict: section 6",
        order=70,
    ),
)


def accuracy_per_frame(counts: FrameCounts, quirks: Set[Quirk] = RELEASED) -> NDArray[np.float64]:
    """Return A of every frame, float64 (T,).

    Args:
        counts: pixel counts of the masklet.
        quirks: with PNG_VALUES the prediction holds 255 where it is foreground, so that only
            background can agree; with SUMMED_INSTANCES pixels of overlapping annotations (2, 3
            ...) never agree.

    >>> import numpy as np
    >>> from sama_bench.media import rle
    >>> from sama_bench.metrics._masks.counts import frame_counts
    >>> half = np.zeros((4, 4), np.uint8)
    >>> half[:, :2] = 1
    >>> counts = frame_counts([[rle.encode(half)]], [rle.encode(np.ones((4, 4), np.uint8))])
    >>> accuracy_per_frame(counts, STRICT).tolist()
    [0.5]
    """
    background = counts.pixels - (counts.target + counts.predicted - counts.intersection)
    agreeing = counts.single if SUMMED_INSTANCES in quirks else counts.intersection
    foreground = np.zeros_like(agreeing) if PNG_VALUES in quirks else agreeing
    share: NDArray[np.float64] = (background + foreground) / counts.pixels
    return share


def masklet_accuracy(counts: FrameCounts, quirks: Set[Quirk] = RELEASED) -> float:
    """Return the mean of A over the frames (NaN without frames).

    >>> import numpy as np
    >>> from sama_bench.media import rle
    >>> from sama_bench.metrics._masks.counts import frame_counts
    >>> mask = rle.encode(np.eye(4, dtype=np.uint8))
    >>> masklet_accuracy(frame_counts([[mask, mask]], [mask, None]), STRICT)
    0.875
    """
    values = accuracy_per_frame(counts, quirks)
    return float(values.mean()) if values.size else float("nan")
