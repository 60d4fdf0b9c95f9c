"""Counting a frame with NumPy and OpenCV: the path that needs no compiler.

Masks are decoded only where something is: the columns and rows of both masks with one pixel of
margin. Boundary pixels that both masks share match at once; only the others are searched for in
the neighbourhood, around themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sama_bench.metrics.rle import Rle, Size
from sama_bench.metrics.tracks import checked_runs

Bits = NDArray[np.uint8]


def count_frame(
    annotations: Sequence[Rle | None],
    prediction: Rle | None,
    size: Size,
    radius: int,
    frame: int = 0,
) -> tuple[int, ...]:
    """Return the counts of one frame in the order of ``counts.COLUMNS``.

    Args:
        annotations: masks of the annotated objects, None where absent.
        prediction: the predicted mask or None.
        size: (height, width).
        radius: boundary tolerance in pixels.
        frame: number of the frame, for error messages.

    Raises:
        ValueError: a malformed mask, or one of another size.
    """
    target_runs = [checked_runs(m, size, frame) for m in annotations if m is not None]
    predicted_runs = [] if prediction is None else [checked_runs(prediction, size, frame)]
    left, right = _column_range([*target_runs, *predicted_runs], size)
    if right == left:
        return (0,) * 9
    # uint8 on purpose: the released evaluators add annotations in it.
    added = np.zeros((right - left, size[0]), np.uint8)
    for target in target_runs:
        added += _columns(target, size, left, right)
    predicted = np.zeros_like(added)
    for runs in predicted_runs:
        predicted |= _columns(runs, size, left, right)
    target_bits: Bits = (added != 0).view(np.uint8)
    shared = target_bits & predicted
    values = added[shared.view(bool)].astype(np.int64)
    several = values[values > 1]
    edges = _edge_counts(target_bits, predicted, radius)
    return (
        cv2.countNonZero(target_bits),
        cv2.countNonZero(predicted),
        values.size,
        values.size - several.size,
        int(several.sum()),
        *edges,
    )


def _column_range(masks: Sequence[NDArray[np.int64]], size: Size) -> tuple[int, int]:
    """Return the columns that hold foreground, with one of margin on either side."""
    height, width = size
    left, right = width, 0
    for runs in masks:
        ends = np.cumsum(runs)
        drawn = np.flatnonzero(runs[1::2])
        if drawn.size:
            first, last = 2 * int(drawn[0]) + 1, 2 * int(drawn[-1]) + 1
            left = min(left, int(ends[first] - runs[first]) // height)
            right = max(right, (int(ends[last]) - 1) // height + 1)
    if right == 0:
        return 0, 0
    return max(left - 1, 0), min(right + 1, width)


def _columns(runs: NDArray[np.int64], size: Size, left: int, right: int) -> Bits:
    """Decode some columns of a mask, transposed: uint8 (right - left, height)."""
    height = size[0]
    edges = np.clip(np.cumsum(runs), left * height, right * height)
    lengths = np.diff(edges, prepend=left * height)
    values = np.zeros(runs.size, np.uint8)
    values[1::2] = 1
    return np.repeat(values, lengths).reshape(right - left, height)


def _edge_counts(target: Bits, predicted: Bits, radius: int) -> tuple[int, int, int, int]:
    """Count boundary pixels and matched boundary pixels of both masks (transposed arrays)."""
    rows = np.flatnonzero(cv2.reduce(target | predicted, 0, cv2.REDUCE_MAX)[0])
    if rows.size == 0:
        return 0, 0, 0, 0
    top, bottom = max(int(rows[0]) - 1, 0), min(int(rows[-1]) + 2, target.shape[1])
    target_edge = _boundary(target[:, top:bottom])
    predicted_edge = _boundary(predicted[:, top:bottom])
    n_target, n_predicted = cv2.countNonZero(target_edge), cv2.countNonZero(predicted_edge)
    if n_target == 0 or n_predicted == 0:
        return n_target, n_predicted, 0, 0
    return (
        n_target,
        n_predicted,
        n_target - _unmatched(target_edge, predicted_edge, radius),
        n_predicted - _unmatched(predicted_edge, target_edge, radius),
    )


def _boundary(mask: Bits) -> Bits:
    """Return the boundary map: pixels that differ from the right, lower or diagonal neighbour.

    Repeating the last row and column gives the reference's rule for the frame's border; inside
    the frame they are empty, so a crop with one pixel of margin gives the same map.
    """
    padded = cv2.copyMakeBorder(mask, 0, 1, 0, 1, cv2.BORDER_REPLICATE)
    here = padded[:-1, :-1]
    edge: Bits = (here ^ padded[:-1, 1:]) | (here ^ padded[1:, :-1]) | (here ^ padded[1:, 1:])
    return edge


def _unmatched(edge: Bits, other: Bits, radius: int) -> int:
    """Count pixels of ``edge`` with no pixel of ``other`` at a distance of ``radius`` or less."""
    alone = edge & (other ^ 1)
    x, y, width, height = cv2.boundingRect(alone)
    if width == 0:
        return 0
    top, left = max(y - radius, 0), max(x - radius, 0)
    near = other[top : y + height + radius, left : x + width + radius]
    alone = alone[top : y + height + radius, left : x + width + radius]
    distance = cv2.distanceTransform(near ^ 1, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Squared distances are whole numbers, so half a step beyond the radius separates them.
    return cv2.countNonZero(alone & (distance > (radius * radius + 0.5) ** 0.5).view(np.uint8))
