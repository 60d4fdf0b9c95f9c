"""The integers behind J, F, A and R: what prediction and annotation share in every frame.

All four metrics of a frame are one division of whole numbers, so the pixels are counted once,
here, and the metrics only divide. Definition: referring video protocol, section 2.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sama_bench.media.rle import Size
from sama_bench.metrics._masks import backend, plain
from sama_bench.metrics._masks.packed import pack, refuse
from sama_bench.metrics._masks.tracks import Track, common_length, common_size

Integers = NDArray[np.int64]

BOUND_TH = 0.008
"""The boundary tolerance as a share of the image diagonal (DAVIS)."""


@dataclass(frozen=True)
class FrameCounts:
    """Pixel counts of a masklet, frame by frame; every array is int64 (T,).

    Annotations of one expression are added up, so a target pixel has the value 1, 2, 3 ...;
    "target" is every pixel that is not 0.

    Attributes:
        pixels: pixels of a frame (height x width), one number.
        target: target pixels.
        predicted: predicted pixels.
        intersection: pixels that are both.
        single: predicted pixels where the target is exactly 1.
        excess: sum over predicted pixels of the target's value, where it is 2 or more.
        target_edge: boundary pixels of the target.
        predicted_edge: boundary pixels of the prediction.
        target_matched: target boundary pixels with a predicted one within the tolerance.
        predicted_matched: predicted boundary pixels with a target one within the tolerance.
    """

    pixels: int
    target: Integers
    predicted: Integers
    intersection: Integers
    single: Integers
    excess: Integers
    target_edge: Integers
    predicted_edge: Integers
    target_matched: Integers
    predicted_matched: Integers

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.target)

    @property
    def borderless(self) -> NDArray[np.bool_]:
        """Frames in which a mask fills the frame and so has no boundary; bool (T,)."""
        full: NDArray[np.bool_] = (self.target == self.pixels) | (self.predicted == self.pixels)
        return full


COLUMNS = tuple(field.name for field in fields(FrameCounts))[1:]
"""The names of the per-frame counts in the order in which the counters write them."""


def boundary_radius(size: Size) -> int:
    """Return the boundary tolerance in pixels: ceil(0.008 x diagonal) of (height, width)."""
    height, width = size
    return math.ceil(BOUND_TH * float(np.linalg.norm((height, width))))


def frame_counts(
    annotations: Sequence[Track], prediction: Track, size: Size | None = None
) -> FrameCounts:
    """Count the pixels of an expression's annotations and of its prediction.

    Args:
        annotations: the tracks of the annotated objects, added up; none is an empty target.
        prediction: the predicted track; None entries are empty masks.
        size: (height, width) of every mask; taken from the first mask if None.

    Returns:
        FrameCounts of the T frames.

    Raises:
        ValueError: malformed masks, masks of different sizes, tracks of different lengths, or no
            mask at all and no ``size``.
    """
    tracks = [*annotations, prediction]
    frames = common_length(tracks)
    found = common_size(tracks, size)
    if found is None:
        raise ValueError("no mask in any frame: say the size (height, width)")
    table = np.zeros((frames, len(COLUMNS)), np.int64)
    _fill(table, tracks, found)
    return FrameCounts(found[0] * found[1], *(table[:, k] for k in range(len(COLUMNS))))


def _fill(table: Integers, tracks: Sequence[Track], size: Size) -> None:
    if len(table) == 0:
        return
    radius = boundary_radius(size)
    kernels = backend.kernels()
    # The released code adds annotations in uint8, which wraps at 256; NumPy does so by itself.
    if kernels is None or radius > kernels.MAX_RADIUS or len(tracks) > 256:
        plain.count_masklet(tracks, size, radius, table)
        return
    packed = pack(tracks, size)
    refused = kernels.count_masklet(
        packed.text, packed.offsets, len(table), size[0], size[1], disk_reaches(radius), table
    )
    if refused >= 0:
        refuse(tracks, size, refused)


@functools.lru_cache(maxsize=64)
def disk_reaches(radius: int) -> Integers:
    """Return how many rows a disk of this radius reaches at each column distance, (radius + 1,)."""
    return np.array([math.isqrt(radius * radius - x * x) for x in range(radius + 1)], np.int64)
