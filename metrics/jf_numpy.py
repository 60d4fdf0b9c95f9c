"""Counting a frame with NumPy and OpenCV: the path that needs no compiler.

As in the kernels, a mask becomes rows of 64-bit words, one row a column of the image, but only
where one of the masks is, and all words are worked on at once: the boundary map is shifts and
exclusive ors; to match boundaries, one map grows row by row and is compared at the column
distances that the disk of the tolerance allows at each height.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sama_bench.metrics.rle import Rle, Size
from sama_bench.metrics.tracks import checked_runs

Bits = NDArray[np.uint8]
Words = NDArray[np.uint64]
Edges = tuple[NDArray[np.int64], NDArray[np.int64]]

_FEW_RUNS = 2000


@dataclass(frozen=True)
class Box:
    """The part of a frame that is looked at: columns left..right and rows top..bottom."""

    left: int
    right: int
    top: int
    bottom: int
    height: int

    @property
    def at_bottom(self) -> bool:
        """True where the box ends with the frame."""
        return self.bottom == self.height


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
    targets = [_edges(mask, size, frame) for mask in annotations if mask is not None]
    predictions = [] if prediction is None else [_edges(prediction, size, frame)]
    box = _box([*targets, *predictions], size)
    if box is None:
        return (0,) * 9
    stride = (box.bottom - box.top + 63) // 64 + radius // 64 + 1
    empty = np.zeros((box.right - box.left, stride), np.uint64)
    predicted = _words(_pixels(predictions[0], box), stride) if predictions else empty
    if len(targets) > 1:
        # uint8 on purpose: the released evaluators add annotations in it, and it wraps at 256.
        added = sum((_pixels(target, box) for target in targets[1:]), _pixels(targets[0], box))
        target = _words(added != 0, stride)
        single = _popcount(_words(added == 1, stride) & predicted)
        drawn = _pixels(predictions[0], box) if predictions else np.zeros_like(added)
        excess = int((added * drawn).sum(dtype=np.int64)) - single
    else:
        target = _words(_pixels(targets[0], box), stride) if targets else empty
        single, excess = _popcount(target & predicted), 0
    return (
        _popcount(target),
        _popcount(predicted),
        _popcount(target & predicted),
        single,
        excess,
        *_edge_counts(_boundary(target, box), _boundary(predicted, box), radius),
    )


def _edges(mask: Rle, size: Size, frame: int) -> Edges:
    """Return first and one past the last pixel of each foreground run."""
    ends = np.cumsum(checked_runs(mask, size, frame))
    count = ends.size // 2
    starts, stops = ends[: 2 * count : 2], ends[1 : 2 * count : 2]
    drawn = stops > starts
    return (starts, stops) if drawn.all() else (starts[drawn], stops[drawn])


def _box(masks: Sequence[Edges], size: Size) -> Box | None:
    """Return the box of all foreground with one pixel of margin, None if there is none."""
    height, width = size
    left, right, top, bottom = width, 0, height, 0
    for starts, ends in masks:
        if not starts.size:
            continue
        left = min(left, int(starts[0]) // height)
        right = max(right, (int(ends[-1]) - 1) // height + 1)
        if starts.size > _FEW_RUNS:  # noise; it fills its columns
            top, bottom = 0, height
            continue
        rows = starts % height
        past = rows + (ends - starts)
        crossing = int(past.max()) > height
        top = 0 if crossing else min(top, int(rows.min()))
        bottom = height if crossing else max(bottom, int(past.max()))
    if right == 0:
        return None
    return Box(
        max(left - 1, 0), min(right + 1, width), max(top - 1, 0), min(bottom + 1, height), height
    )


def _pixels(edges: Edges, box: Box) -> Bits:
    """Decode the part of a mask in the box, transposed: uint8 (columns, rows)."""
    starts, ends = edges
    first, pixels = box.left * box.height, (box.right - box.left) * box.height
    if starts.size < _FEW_RUNS:
        flat = np.zeros(pixels, np.uint8)
        for start, end in zip((starts - first).tolist(), (ends - first).tolist(), strict=True):
            flat[start:end] = 1
    else:
        flat = np.zeros(pixels + 1, np.uint8)
        flat[starts - first] = 1
        flat[ends - first] ^= 1
        flat = np.bitwise_xor.accumulate(flat)[:-1]
    return flat.reshape(-1, box.height)[:, box.top : box.bottom]


def _words(pixels: Bits | NDArray[np.bool_], stride: int) -> Words:
    """Pack pixels (columns, rows) into uint64 (columns, stride), first row in the lowest bit."""
    packed = np.packbits(pixels, axis=1, bitorder="little")
    words = np.zeros((packed.shape[0], 8 * stride), np.uint8)
    words[:, : packed.shape[1]] = packed
    whole: Words = words.view("<u8")
    return whole


def _popcount(words: Words) -> int:
    return int(cv2.norm(words.view(np.uint8), cv2.NORM_HAMMING))


def _boundary(mask: Words, box: Box) -> Words:
    """Return the boundary map: pixels that differ from the right, lower or diagonal neighbour.

    The last row and column of the frame repeat themselves, which is the reference's rule for the
    border; elsewhere the margin of the box is empty.
    """
    here, east = mask, np.concatenate((mask[1:], mask[-1:]))
    south, diagonal = _one_row_up(here), _one_row_up(east)
    if box.at_bottom:
        last = box.bottom - box.top - 1
        bit = np.uint64(1 << (last % 64))
        south[:, last // 64] |= here[:, last // 64] & bit
        diagonal[:, last // 64] |= east[:, last // 64] & bit
    edge: Words = (here ^ east) | (here ^ south) | (here ^ diagonal)
    return edge


def _one_row_up(words: Words) -> Words:
    moved: Words = words >> np.uint64(1)
    moved[:, :-1] |= words[:, 1:] << np.uint64(63)
    return moved


def _edge_counts(target: Words, predicted: Words, radius: int) -> tuple[int, int, int, int]:
    n_target, n_predicted = _popcount(target), _popcount(predicted)
    if n_target == 0 or n_predicted == 0:
        return n_target, n_predicted, 0, 0
    return (
        n_target,
        n_predicted,
        n_target - _unmatched(target, predicted, radius),
        n_predicted - _unmatched(predicted, target, radius),
    )


def _unmatched(edge: Words, other: Words, radius: int) -> int:
    """Count bits of ``edge`` that have no bit of ``other`` within ``radius`` pixels.

    The arrays end with enough empty words a column that growing never reaches the next one.
    """
    alone = edge & ~other
    columns = np.flatnonzero(alone.any(axis=1))
    if columns.size == 0:
        return 0
    left, right = int(columns[0]), int(columns[-1]) + 1
    stride = alone.shape[1]
    left_over = alone[left:right].ravel()
    near = np.zeros((right - left + 2 * radius, stride), np.uint64)
    low, high = max(left - radius, 0), min(right + radius, len(other))
    near[low - left + radius : high - left + radius] = other[low:high]
    _take_away_matched(left_over, near.ravel(), radius, stride)
    return _popcount(left_over)


def _take_away_matched(left_over: Words, near: Words, radius: int, stride: int) -> None:
    """Clear the bits of ``left_over`` that are near a bit of ``near``, which has wider margins."""
    reached = 0
    by_reach: dict[int, list[int]] = {}
    for distance in range(radius, -1, -1):
        by_reach.setdefault(math.isqrt(radius * radius - distance * distance), []).append(distance)
    for reach, distances in by_reach.items():
        while reached < reach:
            # Growing by more than the height so far, plus one, would leave gaps.
            step = min(reach - reached, 2 * reached + 1, 63)
            near = _grow(near, np.uint64(step))
            reached += step
        far = ~near
        for distance in distances:
            for column in {radius - distance, radius + distance}:
                start = column * stride
                left_over &= far[start : start + left_over.size]


def _grow(words: Words, step: np.uint64) -> Words:
    """Set the bits ``step`` rows above and below every set bit of all columns."""
    rest = np.uint64(64) - step
    grown = words | (words >> step)
    grown |= words << step
    grown[:-1] |= words[1:] << rest
    grown[1:] |= words[:-1] >> rest
    return grown
