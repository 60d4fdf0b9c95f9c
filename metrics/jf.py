"""J, F and J&F: region similarity and contour accuracy of masklets.

Definition: referring video protocol, section 2 (DAVIS; the tolerance is 0.008 of the diagonal and
no pixel is void). Both are computed frame by frame over all frames, first and last included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sama_bench.metric import Golden, Metric, Quirk

if TYPE_CHECKING:
    from sama_bench.metrics._masks.counts import FrameCounts, Integers

FULL_FRAME = Quirk(
    43,
    "full_frame",
    "a mask that fills the frame has no boundary: F is 1 against an empty mask",
    ("f", "j_and_f"),
    "referring video protocol, section 6",
)
QUIRKS = (FULL_FRAME,)

METRICS: tuple[Metric, ...] = (
    Metric(
        "j",
        "J",
        "referring video protocol, section 2: IoU of a frame, 1 if both are empty",
        order=40,
    ),
    Metric("f", "F", "referring video protocol, section 2: F-measure of the boundaries", order=50),
    Metric("j_and_f", "J&F", "referring video protocol, section 2: mean of J and F", order=60),
)


def j_per_frame(counts: FrameCounts) -> NDArray[np.float64]:
    """Return J of every frame: intersection over union, 1 where the union is empty; (T,).

    >>> import numpy as np
    >>> from sama_bench.media import rle
    >>> from sama_bench.metrics._masks.counts import frame_counts
    >>> half, whole = np.zeros((4, 4), np.uint8), np.ones((4, 4), np.uint8)
    >>> half[:, :2] = 1
    >>> counts = frame_counts([[rle.encode(half), None]], [rle.encode(whole), None])
    >>> j_per_frame(counts).tolist()
    [0.5, 1.0]
    """
    union = counts.target + counts.predicted - counts.intersection
    return _ratio(counts.intersection, union, 1.0)


def f_per_frame(counts: FrameCounts) -> NDArray[np.float64]:
    """Return F of every frame: the harmonic mean of boundary precision and recall; (T,).

    A frame where only one of the masks has a boundary scores 0, one where neither has scores 1;
    a mask that fills the frame has none.

    >>> import numpy as np
    >>> from sama_bench.media import rle
    >>> from sama_bench.metrics._masks.counts import frame_counts
    >>> mask = np.zeros((40, 40), np.uint8)
    >>> mask[10:20, 10:20] = 1
    >>> counts = frame_counts([[rle.encode(mask)]], [rle.encode(np.roll(mask, 15, axis=1))])
    >>> f_per_frame(counts).tolist()
    [0.0]
    """
    none_predicted, none_target = counts.predicted_edge == 0, counts.target_edge == 0
    precision = _ratio(counts.predicted_matched, counts.predicted_edge, 1.0)
    recall = _ratio(counts.target_matched, counts.target_edge, 1.0)
    precision[none_target & ~none_predicted] = 0.0
    recall[none_predicted & ~none_target] = 0.0
    total = precision + recall
    score = np.zeros(total.shape, np.float64)
    np.divide(2 * precision * recall, total, out=score, where=total > 0)
    return score


def masklet_j(counts: FrameCounts) -> float:
    """Return the mean of J over the frames (NaN without frames).

    >>> import numpy as np
    >>> from sama_bench.media import rle
    >>> from sama_bench.metrics._masks.counts import frame_counts
    >>> mask = rle.encode(np.eye(8, dtype=np.uint8))
    >>> masklet_j(frame_counts([[mask, mask]], [mask, None]))
    0.5
    """
    return _mean(j_per_frame(counts))


def masklet_f(counts: FrameCounts) -> float:
    """Return the mean of F over the frames (NaN without frames).

    >>> import numpy as np
    >>> from sama_bench.media import rle
    >>> from sama_bench.metrics._masks.counts import frame_counts
    >>> mask = rle.encode(np.eye(8, dtype=np.uint8))
    >>> masklet_f(frame_counts([[mask, mask]], [mask, None]))
    0.5
    """
    return _mean(f_per_frame(counts))


def _ratio(part: Integers, whole: Integers, empty: float) -> NDArray[np.float64]:
    ratio = np.full(whole.shape, empty, np.float64)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else float("nan")


GOLDENS = {
    "jf": Golden(
        "cases", frozenset({"gt", "pred", "J"}), "sama_bench.metrics._goldens.masks:golden_jf"
    ),
    "video_jf": Golden(
        "sequences",
        frozenset({"annotations", "pred"}),
        "sama_bench.metrics._goldens.masks:golden_video_jf",
    ),
    "refsav_aggregate": Golden(
        "sets",
        frozenset({"expressions"}),
        "sama_bench.metrics._goldens.masks:golden_refsav_aggregate",
    ),
}
