"""Counting a masklet with NumPy and OpenCV: the path that needs no compiler.

Runs are read for many frames at once, the rest is done frame by frame on bit planes. To match
boundaries, one map grows row by row and is compared at the column distances that the disk of the
tolerance allows at each height.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from sama_bench.media.rle import Size
from sama_bench.media.rle.plain import Edges, Integers, read
from sama_bench.metrics._masks.bit_planes import (
    Box,
    Words,
    boundary,
    draw,
    grow,
    popcount,
    valid_words,
)
from sama_bench.metrics._masks.packed import Packed, pack
from sama_bench.metrics._masks.tracks import Track, checked_ends

_MANY_RUNS = 2000
_READ_AT_ONCE = 1 << 16
"""Characters, so that long videos take no more memory than short ones."""


def count_masklet(tracks: Sequence[Track], size: Size, radius: int, table: Integers) -> None:
    """Count every frame of a masklet.

    Args:
        tracks: of the annotated objects, then the predicted one.
        size: (height, width) of every mask.
        radius: boundary tolerance in pixels.
        table: int64 (T, 9), filled with the counts in the order of ``counts.COLUMNS``.

    Raises:
        ValueError: a malformed mask, or one of another size, naming the frame.
    """
    packed, frames = pack(tracks, size), len(table)
    pixels = np.full(frames, size[0] * size[1], np.int64)
    for begin, end in _chunks(packed, frames):
        found = []
        for number, track in enumerate(tracks):
            offsets = packed.offsets[number * frames + begin : number * frames + end + 1]
            try:
                found.append(read(packed.text, offsets, pixels[: end - begin]))
            except ValueError:
                _refuse(track, size)
        for frame in range(begin, end):
            edges = [runs.edges(frame - begin) for runs in found]
            table[frame] = count_frame(edges[:-1], edges[-1], size, radius)


def _chunks(packed: Packed, frames: int) -> Iterator[tuple[int, int]]:
    """Cut the frames where enough text has come together."""
    lengths = np.diff(packed.offsets).reshape(-1, frames).sum(axis=0)
    past = np.flatnonzero(np.diff(lengths.cumsum() // _READ_AT_ONCE)) + 1
    bounds = [0, *past.tolist(), frames]
    return pairwise(bounds)


def _refuse(track: Track, size: Size) -> NoReturn:
    """Say what is wrong with the first bad mask of a track."""
    for number, mask in enumerate(track):
        if mask is not None:
            checked_ends(mask, size, number)
    raise ValueError("masks were refused that the checks accept")


def count_frame(
    annotations: Sequence[Edges], prediction: Edges, size: Size, radius: int
) -> tuple[int, ...]:
    """Return the counts of one frame in the order of ``counts.COLUMNS``.

    Args:
        annotations: foreground runs of the annotated objects.
        prediction: foreground runs of the predicted mask.
        size: (height, width).
        radius: boundary tolerance in pixels.
    """
    edges = [prediction, *(runs for runs in annotations if runs[0].size)]
    box = _box(edges, size)
    if box is None:
        return (0,) * 9
    valid = valid_words(box, radius)
    if len(edges) == 2:  # nearly always: nothing to add up
        predicted, target = draw(edges, box, valid)
        shared = single = total = popcount(target & predicted)
    else:
        if len(edges) > 256:
            predicted, target, once, total = _wrapped(edges, size, box, valid)
        else:
            predicted, *targets = draw(edges, box, valid)
            target, once, total = _added(targets, predicted)
        shared, single = popcount(target & predicted), popcount(once & predicted)
    return (
        popcount(target),
        popcount(predicted),
        shared,
        single,
        total - single,
        *_edge_counts(boundary(np.stack((target, predicted)), box), radius),
    )


def _box(masks: Sequence[Edges], size: Size) -> Box | None:
    """Return the box of all foreground with one pixel of margin, None if there is none."""
    height, width = size
    left, right, top, bottom = width, 0, height, 0
    for starts, ends in masks:
        if not starts.size:
            continue
        left = min(left, int(starts[0]) // height)
        right = max(right, (int(ends[-1]) - 1) // height + 1)
        if starts.size > _MANY_RUNS:  # noise; it fills its columns
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


def _added(targets: Sequence[Words], predicted: Words) -> tuple[Words, Words, int]:
    """Add annotations up: where any is, where exactly one is, and their sum over the prediction."""
    target, several, total = np.zeros_like(predicted), np.zeros_like(predicted), 0
    for words in targets:
        several |= target & words
        target |= words
        total += popcount(words & predicted)
    return target, target & ~several, total


def _wrapped(
    masks: Sequence[Edges], size: Size, box: Box, valid: Words
) -> tuple[Words, Words, Words, int]:
    """Draw the first mask and add the others up in uint8, as released, which wraps at 256."""
    predicted, *targets = masks
    added = np.zeros(size[0] * size[1], np.uint8)
    for target in targets:
        added += _filled(target, added.size)
    layers = [predicted, _runs_of(added > 0), _runs_of(added == 1)]
    drawn = draw(layers, box, valid)
    total = int(added[_filled(predicted, added.size) > 0].sum(dtype=np.int64))
    return drawn[0], drawn[1], drawn[2], total


def _filled(edges: Edges, pixels: int) -> NDArray[np.uint8]:
    """Return the pixels of a mask, column-major, 1 in its runs."""
    steps = np.zeros(pixels + 1, np.int8)
    steps[edges[0]] += 1
    steps[edges[1]] -= 1
    return steps[:-1].cumsum(dtype=np.int8).view(np.uint8)


def _runs_of(line: NDArray[np.bool_]) -> Edges:
    """Return the runs of pixels that are set."""
    padded = np.concatenate(([False], line, [False]))
    ends = np.flatnonzero(padded[1:] != padded[:-1])
    return ends[::2], ends[1::2]


def _edge_counts(edges: Words, radius: int) -> tuple[int, int, int, int]:
    """Count boundary pixels of two maps, and those with one of the other map within ``radius``."""
    counts = popcount(edges[0]), popcount(edges[1])
    if not all(counts):
        return (*counts, 0, 0)
    alone = _unmatched(edges, radius)
    return (*counts, counts[0] - alone[0], counts[1] - alone[1])


def _unmatched(edges: Words, radius: int) -> tuple[int, int]:
    """Count the bits of either map that have no bit of the other within ``radius`` pixels."""
    other = edges[::-1].copy()
    alone = edges & ~other
    if radius > 1:  # all eight neighbours are near enough, and settle most of a good mask
        far = ~grow(other.ravel(), 1).reshape(other.shape)
        alone &= far
        alone[:, 1:] &= far[:, :-1]
        alone[:, :-1] &= far[:, 1:]
    columns = np.flatnonzero(alone.any(axis=(0, 2)))
    if columns.size == 0:
        return 0, 0
    left, right = int(columns[0]), int(columns[-1]) + 1
    low, high = max(left - radius, 0), min(right + radius, edges.shape[1])
    # Both maps behind each other, each with ``radius`` columns of margin on either side.
    near = np.zeros((2, right - left + 2 * radius, edges.shape[2]), np.uint64)
    left_over = np.zeros_like(near)
    near[:, low - left + radius : high - left + radius] = other[:, low:high]
    left_over[:, radius : radius + right - left] = alone[:, left:right]
    _take_away_matched(left_over.ravel(), near.ravel(), radius, edges.shape[2])
    return popcount(left_over[0]), popcount(left_over[1])


def _take_away_matched(left_over: Words, near: Words, radius: int, stride: int) -> None:
    """Clear the bits of ``left_over`` that are within ``radius`` pixels of a bit of ``near``."""
    reached = 0
    far = ~near
    for distance in range(radius, -1, -1):
        reach = math.isqrt(radius * radius - distance * distance)
        while reached < reach:
            # Growing by more than the height so far, plus one, would leave gaps.
            step = min(reach - reached, 2 * reached + 1, 63)
            near = grow(near, step)
            reached += step
            if reached == reach:
                far = ~near
        apart = distance * stride
        left_over[apart:] &= far[: far.size - apart]
        left_over[: far.size - apart] &= far[apart:]
