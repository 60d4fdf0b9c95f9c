"""Tracks: one object's masks over the frames of a video, and their runs without decoding.

A track is a sequence with one entry a frame, a COCO RLE or None where the object is absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from sama_bench.media import rle as rle_module
from sama_bench.media.rle import Rle, Size

Track = Sequence[Rle | None]
"""One object's masks: an RLE or None (absent) for every frame."""


@dataclass(frozen=True)
class RleTrack(Sequence[Rle | None]):
    """A track of masks of one size, which the compiled kernels read without a dict a frame.

    Attributes:
        size: (height, width) of every mask, pixels.
        counts: per frame the compressed RLE counts, or None where the object is absent.
    """

    size: Size
    counts: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.counts)

    @overload
    def __getitem__(self, frame: int) -> Rle | None: ...
    @overload
    def __getitem__(self, frame: slice) -> RleTrack: ...
    def __getitem__(self, frame: int | slice) -> Rle | RleTrack | None:
        if isinstance(frame, slice):
            return RleTrack(self.size, self.counts[frame])
        counts = self.counts[frame]
        return None if counts is None else {"size": list(self.size), "counts": counts}


@dataclass(frozen=True)
class Intervals:
    """The foreground of a track as half-open intervals of pixel numbers.

    Pixels are numbered column-major within a frame and frame after frame over the video, so that
    one sorted list holds the whole track.

    Attributes:
        starts: int64 (n,), first pixel of each interval, ascending.
        ends: int64 (n,), one past its last pixel.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def area(self) -> int:
        """Foreground pixels over all frames."""
        return int((self.ends - self.starts).sum())


def common_size(tracks: Sequence[Track], size: Size | None = None) -> Size | None:
    """Return the (height, width) of the first mask found in the tracks, or ``size`` if given."""
    if size is not None:
        return size
    for track in tracks:
        for mask in track:
            if mask is not None:
                return rle_module.size_of(mask)
    return None


def common_length(tracks: Sequence[Track]) -> int:
    """Return the number of frames that all tracks have.

    Raises:
        ValueError: tracks of different lengths.
    """
    lengths = {len(track) for track in tracks}
    if len(lengths) > 1:
        raise ValueError(f"tracks of different lengths: {sorted(lengths)} frames")
    return lengths.pop() if lengths else 0


def checked_ends(mask: Rle, size: Size, frame: int) -> NDArray[np.int64]:
    """Return where the runs of a frame's mask end; a ValueError names the frame, from 0."""
    try:
        return rle_module.run_ends(mask, size)
    except ValueError as error:
        raise ValueError(f"frame {frame}: {error}") from None


def intervals(track: Track, size: Size) -> Intervals:
    """Return the foreground intervals of a track of masks of ``size`` (height, width).

    Raises:
        ValueError: a malformed mask or one of another size, naming the frame.
    """
    pixels = size[0] * size[1]
    starts: list[NDArray[np.int64]] = []
    ends: list[NDArray[np.int64]] = []
    for frame, mask in enumerate(track):
        if mask is None:
            continue
        edges = checked_ends(mask, size, frame) + frame * pixels
        count = edges.size // 2
        begin, end = edges[: 2 * count : 2], edges[1 : 2 * count : 2]
        kept = end > begin
        starts.append(begin[kept])
        ends.append(end[kept])
    if not starts:
        none = np.zeros(0, np.int64)
        return Intervals(none, none)
    return Intervals(np.concatenate(starts), np.concatenate(ends))
