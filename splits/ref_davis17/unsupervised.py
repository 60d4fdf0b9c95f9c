"""The DAVIS 2017 evaluator's rules for tracks without fixed identities (task "unsupervised").

Definition: referring video protocol, section 3.1 (b). Results and annotations are index maps; the
label 255 of an annotation is void and excluded on both sides; the number of objects is that of the
first annotated frame; missing results are empty; results are matched with objects so that the mean
of (J + F) / 2 is largest; all frames count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from sama_bench.media import rle as coco_rle
from sama_bench.metrics._masks.counts import frame_counts
from sama_bench.metrics.jf import masklet_f, masklet_j
from sama_bench.nouns import Masklet

VOID = 255
IndexMap = NDArray[np.uint8]
"""A frame's labels, uint8 (height, width): 0 background, 1 ... n objects."""

Track = list[Mapping[str, Any] | None]


def merge(masklets: Sequence[Masklet], frame: int, size: tuple[int, int]) -> IndexMap:
    """Merge one mask per object into an index map; where masks overlap the first object wins.

    (The published code takes the largest of the binary scores and a background of 0.1, and the
    first of equal ones.)

    Raises:
        ValueError: more than 254 objects, which an index map cannot hold.
    """
    if len(masklets) >= VOID:
        raise ValueError(f"{len(masklets)} objects do not fit an index map")
    merged = np.zeros(size, np.uint8)
    for number in range(len(masklets), 0, -1):
        mask = masklets[number - 1].rle(frame)
        if mask is not None:
            merged[coco_rle.decode(mask).astype(bool)] = number
    return merged


def score_sequence(
    annotations: Sequence[IndexMap], results: Sequence[IndexMap]
) -> list[tuple[float, float]]:
    """Match results with annotated objects and return (J, F) of every object, means over frames.

    Args:
        annotations: index maps with void, one per frame.
        results: index maps of the same shapes.

    Raises:
        ValueError: no frames, or maps of different sizes.
    """
    if not annotations or len(annotations) != len(results):
        raise ValueError(f"{len(results)} results for {len(annotations)} annotated frames")
    sizes = {frame.shape for frame in (*annotations, *results)}
    if len(sizes) > 1:
        raise ValueError(f"index maps of different sizes: {sorted(sizes)}")
    first = annotations[0]
    objects = int(first[first != VOID].max(initial=0))
    found = max(int(frame.max(initial=0)) for frame in results)
    if objects == 0:
        return []
    voids = [frame == VOID for frame in annotations]
    truth = [_track(annotations, voids, number) for number in range(1, objects + 1)]
    guess = [_track(results, voids, number) for number in range(1, max(found, objects) + 1)]
    size = (int(first.shape[0]), int(first.shape[1]))
    j, f = np.zeros((len(guess), objects)), np.zeros((len(guess), objects))
    for row, result in enumerate(guess):
        for column, target in enumerate(truth):
            counts = frame_counts([target], result, size)
            j[row, column], f[row, column] = masklet_j(counts), masklet_f(counts)
    rows, columns = linear_sum_assignment(-(j + f) / 2)
    return [(float(j[a, b]), float(f[a, b])) for a, b in zip(rows, columns, strict=True)]


def _track(frames: Sequence[IndexMap], voids: Sequence[NDArray[np.bool_]], number: int) -> Track:
    masks = [(frame == number) & ~void for frame, void in zip(frames, voids, strict=True)]
    return [coco_rle.encode(mask) if mask.any() else None for mask in masks]
