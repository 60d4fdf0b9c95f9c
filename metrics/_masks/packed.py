"""Many masks as one buffer of text, the form in which the compiled kernels read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sama_bench.media import rle
from sama_bench.media.rle import Rle, Size
from sama_bench.metrics._masks.tracks import RleTrack, Track, checked_ends


@dataclass(frozen=True)
class Packed:
    """The counts of all masks of some tracks, track after track, frame after frame.

    Attributes:
        text: uint8, compressed counts one after the other.
        offsets: int64 (masks + 1), where each begins; an absent mask has no text.
    """

    text: NDArray[np.uint8]
    offsets: NDArray[np.int64]


def pack(tracks: Sequence[Track], size: Size) -> Packed:
    """Join the counts of all masks of tracks; sizes are checked, texts are not yet.

    Raises:
        ValueError: something that is no RLE, or one of another size, naming the frame.
    """
    texts: list[bytes] = []
    lengths: list[int] = []
    for track in tracks:
        if isinstance(track, RleTrack):
            plain = _plain_text(track, size)
            if plain is not None:
                texts.append(plain.encode("ascii"))
                lengths += [0 if counts is None else len(counts) for counts in track.counts]
                continue
        parts = [b"" if m is None else _counts(m, size, frame) for frame, m in enumerate(track)]
        texts += parts
        lengths += map(len, parts)
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(np.array(lengths, np.int64), out=offsets[1:])
    return Packed(np.frombuffer(b"".join(texts), np.uint8), offsets)


def refuse(tracks: Sequence[Track], size: Size, mask: int) -> None:
    """Raise the ValueError that says what is wrong with the mask of this number."""
    frames = len(tracks[0])
    track, frame = divmod(mask, frames)
    found = tracks[track][frame]
    if found is not None:
        checked_ends(found, size, frame)
    raise ValueError(f"frame {frame}: the kernel refused a mask that the checks accept")


def _plain_text(track: RleTrack, size: Size) -> str | None:
    """Return all counts of a track as one text; None where one of them wants a closer look."""
    try:
        text = "".join([counts for counts in track.counts if counts is not None])
    except TypeError:  # not all are text
        return None
    plain = track.size == size and "" not in track.counts and text.isascii()
    return text if plain else None


def _counts(mask: Rle, size: Size, frame: int) -> bytes:
    claimed, counts = mask.get("size") if isinstance(mask, dict) else None, None
    if type(claimed) is list and len(claimed) == 2 and tuple(claimed) == size:
        counts = mask.get("counts")
        # Whatever is not the usual form goes the slow way, which says what is wrong.
        if counts and type(claimed[0]) is int and type(claimed[1]) is int:
            if type(counts) is bytes:
                return counts
            if type(counts) is str and counts.isascii():
                return counts.encode()
    checked_ends(mask, size, frame)
    return rle.counts_bytes(mask)
