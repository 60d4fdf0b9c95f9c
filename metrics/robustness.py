"""R: how little is predicted outside the target, relative to all annotated objects (ReVOS).

Definition: referring video protocol, section 2; with SUMMED_INSTANCES ``1 - gt`` wraps around in
uint8.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sama_bench.media import rle
from sama_bench.metric import Metric, Quirk
from sama_bench.metrics.accuracy import PNG_VALUES, SUMMED_INSTANCES

if TYPE_CHECKING:
    from sama_bench.metrics._masks.counts import FrameCounts, Integers
    from sama_bench.metrics._masks.tracks import Track

RELEASED: frozenset[Quirk] = frozenset({SUMMED_INSTANCES})
"""Raw sums of annotations against a 0/1 prediction. Add PNG_VALUES for masks read from PNG."""

STRICT: frozenset[Quirk] = frozenset()
"""Both sides binary."""

METRICS: tuple[Metric, ...] = (
    Metric(
        "robustness", "R", "referring video protocol, section 2: ReVOS; strict: section 6", order=80
    ),
)


def areas(track: Track) -> Integers:
    """Return the foreground pixels of a track frame by frame, int64 (T,); None counts 0.

    >>> import numpy as np
    >>> areas([rle.encode(np.eye(4, dtype=np.uint8)), None]).tolist()
    [4, 0]
    """
    return np.array([0 if mask is None else rle.area(mask) for mask in track], np.int64)


def robustness_per_frame(
    counts: FrameCounts, foreground: Integers | Sequence[int], quirks: Set[Quirk] = RELEASED
) -> NDArray[np.float64]:
    """Return R of every frame, float64 (T,), in 0..1.

    Args:
        counts: pixel counts of the masklet.
        foreground: pixels of all annotated objects of the video in each frame (``areas``).
        quirks: with PNG_VALUES the prediction holds 255 where it is foreground; with
            SUMMED_INSTANCES a target of value k > 1 adds (257 - k) x prediction, modulo 256.

    Raises:
        ValueError: ``foreground`` does not have one entry a frame.

    >>> import numpy as np
    >>> from sama_bench.metrics._masks.counts import frame_counts
    >>> mask = rle.encode(np.eye(4, dtype=np.uint8))
    >>> robustness_per_frame(frame_counts([[mask]], [mask]), [4], STRICT).tolist()
    [1.0]
    """
    pos = np.asarray(foreground, np.int64)
    if pos.shape != counts.target.shape:
        raise ValueError(f"{pos.size} foreground areas for {counts.frames} frames")
    outside = counts.predicted - counts.intersection
    several = counts.intersection - counts.single
    summed = SUMMED_INSTANCES in quirks
    if PNG_VALUES in quirks:
        neg = 255 * outside + (counts.excess - several if summed else 0)
    else:
        neg = outside + (257 * several - counts.excess if summed else 0)
    score: NDArray[np.float64] = np.maximum(1 - neg / (pos + 1e-6), 0)
    return score


def masklet_robustness(
    counts: FrameCounts, foreground: Integers | Sequence[int], quirks: Set[Quirk] = RELEASED
) -> float:
    """Return the mean of R over the frames (NaN without frames).

    >>> import numpy as np
    >>> from sama_bench.metrics._masks.counts import frame_counts
    >>> mask = rle.encode(np.eye(4, dtype=np.uint8))
    >>> masklet_robustness(frame_counts([[mask]], [mask]), [4], STRICT)
    1.0
    """
    values = robustness_per_frame(counts, foreground, quirks)
    return float(values.mean()) if values.size else float("nan")
