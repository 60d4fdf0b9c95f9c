"""How much tracks overlap: integer intersections and unions between two lists of tracks.

Everything is counted on runs; no mask is decoded. Definition: SAMA-Bench-G protocol, section 5
(intersection over union of all pixels of all frames).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sama_bench.media.rle import Size
from sama_bench.metrics._masks import backend
from sama_bench.metrics._masks.packed import pack, refuse
from sama_bench.metrics._masks.tracks import Intervals, Track, common_length, common_size, intervals


@dataclass(frozen=True)
class Overlap:
    """Pixels that tracks share.

    Attributes:
        intersection: int64 (m, n), pixels in row track i and column track j.
        union: int64 (m, n), pixels in either.
    """

    intersection: NDArray[np.int64]
    union: NDArray[np.int64]

    def iou(self, empty: float) -> NDArray[np.float64]:
        """Return the matrix of intersection over union.

        Args:
            empty: the value of a pair whose union is empty: 0.0 in the released SAMA-Bench-G
                metric, 1.0 in the strict one, NaN in the released GCG one.

        Returns:
            float64 (m, n), each in 0..1 (or ``empty``).
        """
        ratio = np.full(self.union.shape, empty, np.float64)
        np.divide(self.intersection, self.union, out=ratio, where=self.union > 0)
        return ratio


def overlap(
    rows: Sequence[Track],
    columns: Sequence[Track],
    size: Size | None = None,
    broadcast: bool = False,
) -> Overlap:
    """Count shared pixels between every row track and every column track.

    Args:
        rows: m tracks (for the grounding metrics: the predictions).
        columns: n tracks (the targets).
        size: (height, width) that every mask must have; taken from the first mask if None.
        broadcast: repeat tracks of one frame over the video, as NumPy does silently in the
            released code; otherwise tracks of different lengths are an error.

    Returns:
        Overlap with matrices of shape (m, n).

    Raises:
        ValueError: malformed masks, masks of different sizes, tracks of different lengths.
    """
    tracks = [*rows, *columns]
    if broadcast:
        longest = max((len(track) for track in tracks), default=0)
        tracks = [list(track) * longest if len(track) == 1 else track for track in tracks]
    shape = (len(rows), len(columns))
    frames, found = common_length(tracks), common_size(tracks, size)
    if found is None or frames == 0:
        return Overlap(np.zeros(shape, np.int64), np.zeros(shape, np.int64))
    kernels = backend.kernels()
    if kernels is None:
        parsed = [intervals(track, found) for track in tracks]
        return _overlap_of_intervals(parsed[: len(rows)], parsed[len(rows) :])
    shared, areas = np.zeros(shape, np.int64), np.zeros(len(tracks), np.int64)
    packed, pixels = pack(tracks, found), found[0] * found[1]
    refused = kernels.count_overlap(
        packed.text, packed.offsets, frames, len(rows), pixels, shared, areas
    )
    if refused >= 0:
        refuse(tracks, found, refused)
    return Overlap(shared, areas[: len(rows), None] + areas[None, len(rows) :] - shared)


def _overlap_of_intervals(rows: Sequence[Intervals], columns: Sequence[Intervals]) -> Overlap:
    shared = np.zeros((len(rows), len(columns)), np.int64)
    for j, column in enumerate(columns):
        for i, row in enumerate(rows):
            shared[i, j] = _shared_pixels(row, column)
    row_area = np.array([row.area for row in rows], np.int64)
    column_area = np.array([column.area for column in columns], np.int64)
    return Overlap(shared, row_area[:, None] + column_area[None, :] - shared)


def _shared_pixels(a: Intervals, b: Intervals) -> int:
    if a.starts.size == 0 or b.starts.size == 0:
        return 0
    covered = np.concatenate(([0], np.cumsum(b.ends - b.starts)))

    def before(pixel: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count b's pixels below each pixel number."""
        index = np.searchsorted(b.starts, pixel, side="right")
        last = np.maximum(index - 1, 0)
        beyond = np.where(index > 0, np.maximum(b.ends[last] - pixel, 0), 0)
        total: NDArray[np.int64] = covered[index] - beyond
        return total

    return int((before(a.ends) - before(a.starts)).sum())
