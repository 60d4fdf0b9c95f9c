"""A: the share of pixels on which prediction and annotation agree as raw integers.

Definition: referring video protocol, section 2; quirks Q37 (predictions stored as 0/255) and Q38
(overlapping annotations add up to 2, 3 ...).
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sama_bench.metric import Metric

if TYPE_CHECKING:
    from sama_bench.metrics._masks.counts import FrameCounts

RELEASED: frozenset[int] = frozenset({38})
"""Raw sums of annotations against a 0/1 prediction. Add 37 for predictions read from PNG."""

STRICT: frozenset[int] = frozenset()
"""Both sides binary."""

METRICS: tuple[Metric, ...] = (
    Metric(
        "accuracy",
        "Acc.",
        "referring video protocol, section 2: agreeing pixels; strict: Q37, Q38",
        order=70,
    ),
)


def accuracy_per_frame(counts: FrameCounts, quirks: Set[int] = RELEASED) -> NDArray[np.float64]:
    """Return A of every frame, float64 (T,).

    Args:
        counts: pixel counts of the masklet.
        quirks: with Q37 the prediction holds 255 where it is foreground, so that only background
            can agree; with Q38 pixels of overlapping annotations (2, 3 ...) never agree.
    """
    background = counts.pixels - (counts.target + counts.predicted - counts.intersection)
    agreeing = counts.single if 38 in quirks else counts.intersection
    foreground = np.zeros_like(agreeing) if 37 in quirks else agreeing
    share: NDArray[np.float64] = (background + foreground) / counts.pixels
    return share


def masklet_accuracy(counts: FrameCounts, quirks: Set[int] = RELEASED) -> float:
    """Return the mean of A over the frames (NaN without frames)."""
    values = accuracy_per_frame(counts, quirks)
    return float(values.mean()) if values.size else float("nan")
