"""R: how little is predicted outside the target, relative to all annotated objects (ReVOS).

Definition: referring video protocol, section 2; quirks Q37 (predictions stored as 0/255) and Q38
(overlapping annotations add up, and ``1 - gt`` wraps around in uint8).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sama_bench.media import rle
from sama_bench.metric import Metric

if TYPE_CHECKING:
    from sama_bench.metrics._masks.counts import FrameCounts, Integers
    from sama_bench.metrics._masks.tracks import Track

RELEASED: frozenset[int] = frozenset({38})
"""Raw sums of annotations against a 0/1 prediction. Add 37 for predictions read from PNG."""

STRICT: frozenset[int] = frozenset()
"""Both sides binary."""

METRICS: tuple[Metric, ...] = (
    Metric(
        "robustness", "R", "referring video protocol, section 2: ReVOS; strict: Q37, Q38", order=80
    ),
)


def areas(track: Track) -> Integers:
    """Return the foreground pixels of a track frame by frame, int64 (T,); None counts 0."""
    return np.array([0 if mask is None else rle.area(mask) for mask in track], np.int64)


def robustness_per_frame(
    counts: FrameCounts, foreground: Integers | Sequence[int], quirks: Set[int] = RELEASED
) -> NDArray[np.float64]:
    """Return R of every frame, float64 (T,), in 0..1.

    Args:
        counts: pixel counts of the masklet.
        foreground: pixels of all annotated objects of the video in each frame (``areas``).
        quirks: with Q37 the prediction holds 255 where it is foreground; with Q38 a target of
            value k > 1 adds (257 - k) x prediction, modulo 256.

    Raises:
        ValueError: ``foreground`` does not have one entry a frame.
    """
    pos = np.asarray(foreground, np.int64)
    if pos.shape != counts.target.shape:
        raise ValueError(f"{pos.size} foreground areas for {counts.frames} frames")
    outside = counts.predicted - counts.intersection
    several = counts.intersection - counts.single
    if 37 in quirks:
        neg = 255 * outside + (counts.excess - several if 38 in quirks else 0)
    else:
        neg = outside + (257 * several - counts.excess if 38 in quirks else 0)
    score: NDArray[np.float64] = np.maximum(1 - neg / (pos + 1e-6), 0)
    return score


def masklet_robustness(
    counts: FrameCounts, foreground: Integers | Sequence[int], quirks: Set[int] = RELEASED
) -> float:
    """Return the mean of R over the frames (NaN without frames)."""
    values = robustness_per_frame(counts, foreground, quirks)
    return float(values.mean()) if values.size else float("nan")
