"""COCO run-length masks at the boundary of the toolkit: check, encode, decode.

Masks come from strangers (split files, answers, models), and pycocotools trusts its input. So
every RLE is checked here before it is decoded. Scoring has readers of its own in
``sama_bench.metrics``; this module serves frames, prompts and workers.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

Mask = npt.NDArray[np.uint8]

MAX_PIXELS = 1 << 28
"""Largest mask that is accepted, in pixels (16,384 x 16,384)."""

MUCH = 1 << 16
"""Characters of counts from which on compiled reading is worth the import of Numba."""


def check_size(size: object) -> tuple[int, int]:
    """Return ``size`` as (height, width).

    Raises:
        ValueError: not two positive integers, or more than ``MAX_PIXELS`` pixels.
    """
    if not isinstance(size, (list, tuple)) or len(size) != 2:
        raise ValueError(f"RLE size must be [height, width], got {str(size)[:40]}")
    if any(isinstance(n, bool) or not isinstance(n, (int, np.integer)) for n in size):
        raise ValueError(f"RLE size must hold two integers, got {str(size)[:40]}")
    height, width = int(size[0]), int(size[1])
    if height <= 0 or width <= 0 or height * width > MAX_PIXELS:
        raise ValueError(f"RLE size {height}x{width} is out of range")
    return height, width


@dataclass(frozen=True)
class Runs:
    """The run lengths of several masks, one after another.

    Attributes:
        lengths: int64 (n,), background first in each mask, in column-major pixel order.
        firsts: int64 (m,), where each mask begins in ``lengths``.
    """

    lengths: npt.NDArray[np.int64]
    firsts: npt.NDArray[np.int64]

    @property
    def pixels(self) -> npt.NDArray[np.int64]:
        """Pixels that each mask covers, int64 (m,)."""
        covered: npt.NDArray[np.int64] = np.add.reduceat(self.lengths, self.firsts)
        return covered


def read_runs(counts: Sequence[str | bytes]) -> Runs:
    """Read compressed COCO counts, at least one, none empty, into run lengths.

    Reading many at once is much faster than one by one.

    Args:
        counts: the strings that COCO calls ``counts``, six bits a character.

    Raises:
        ValueError: characters outside the code, a number cut off at the end or too long, or a
            run below zero or above ``MAX_PIXELS``, in any of them.
    """
    raw = [_raw(text) for text in counts]
    codes = np.frombuffer(b"".join(raw), dtype=np.uint8).astype(np.int64) - 48
    sizes = np.array([len(text) for text in raw], dtype=np.int64)
    if not sizes.all():
        raise ValueError("RLE counts are empty")
    if codes.min() < 0 or codes.max() > 63:
        raise ValueError("RLE counts hold characters outside the code")
    ends = np.flatnonzero((codes & 0x20) == 0)
    closes = np.cumsum(sizes) - 1
    lasts = np.searchsorted(ends, closes)
    if ends.size == 0 or lasts[-1] == ends.size or (ends[lasts] != closes).any():
        raise ValueError("RLE counts end in the middle of a number")
    starts = np.concatenate(([0], ends[:-1] + 1))
    digits = np.arange(codes.size) - np.repeat(starts, ends - starts + 1)
    if digits.max() > 6:
        raise ValueError("RLE counts hold a number that is too long")
    values = np.add.reduceat((codes & 0x1F) << (5 * digits), starts)
    negative = (codes[ends] & 0x10) != 0
    values -= np.where(negative, np.int64(1) << (5 * (digits[ends] + 1)), 0)
    firsts = np.concatenate(([0], lasts[:-1] + 1))
    places = np.arange(values.size) - np.repeat(firsts, lasts - firsts + 1)
    lengths = _undone(values, places)
    if lengths.min() < 0:
        raise ValueError("RLE counts hold a negative run")
    if lengths.max() > MAX_PIXELS:  # else the runs of a hostile mask could overflow their sum
        raise ValueError("RLE counts hold a run that is too long")
    return Runs(lengths, firsts)


def _raw(counts: object) -> bytes:
    if isinstance(counts, str):
        try:
            return counts.encode("ascii")
        except UnicodeEncodeError:
            raise ValueError("RLE counts hold characters outside the code") from None
    if not isinstance(counts, bytes):
        raise ValueError(f"RLE counts must be a string, got {type(counts).__name__}")
    return counts


def _undone(values: npt.NDArray[np.int64], places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Undo the differences: from the fourth number on, each is stored less the one two before."""
    lengths: npt.NDArray[np.int64] = values.copy()
    for first in (1, 2):
        chain = np.flatnonzero((places >= first) & (places % 2 == first % 2))
        if chain.size:
            summed = np.cumsum(values[chain])
            begins = np.flatnonzero(places[chain] == first)
            before = summed[begins] - values[chain][begins]
            lengths[chain] = summed - np.repeat(before, np.diff(np.append(begins, chain.size)))
    return lengths


def run_lengths(counts: str | bytes) -> npt.NDArray[np.int64]:
    """Return the run lengths of one mask, int64, background first; none of empty counts.

    Raises:
        ValueError: as ``read_runs``.
    """
    return read_runs([counts]).lengths if _raw(counts) else np.zeros(0, dtype=np.int64)


def areas(masks: Sequence[Mapping[str, Any] | None]) -> list[int]:
    """Return the foreground pixels of checked masks, 0 for None."""
    present = [mask for mask in masks if mask is not None]
    found: list[int] = []
    for start in range(0, len(present), 128):  # from 256 on pycocotools overflows with NumPy 2
        found.extend(coco.area(present[start : start + 128]).tolist())
    following = iter(found)
    return [0 if mask is None else next(following) for mask in masks]


def check_all(rles: Sequence[object], size: tuple[int, int] | None = None) -> None:
    """Check many RLEs at once; each as ``check``, sizes may differ.

    Raises:
        ValueError: at least one is broken; ``check`` says which and how.
    """
    if not rles:
        return
    size = None if size is None else check_size(size)
    sizes = [
        size if size is not None and _is_plain(rle, size) else _checked_size(rle, size)
        for rle in rles
    ]
    counts = [_raw(rle["counts"]) for rle in rles]  # type: ignore[index]
    if _pixels(counts).tolist() != [height * width for height, width in sizes]:
        raise ValueError("RLE counts cover other numbers of pixels than their sizes have")


def _pixels(counts: Sequence[bytes]) -> npt.NDArray[np.int64]:
    joined = b"".join(counts)
    loaded = "numba" in sys.modules
    if not loaded and (len(joined) < MUCH or importlib.util.find_spec("numba") is None):
        return read_runs(counts).pixels
    from sama_bench.media.rle_compiled import covered

    ends = np.cumsum([len(text) for text in counts])
    found: npt.NDArray[np.int64] = covered(np.frombuffer(joined, np.uint8), ends)
    return found


def check(rle: object, size: tuple[int, int] | None = None) -> tuple[int, int]:
    """Check one compressed COCO RLE and return its (height, width).

    Args:
        rle: ``{"size": [h, w], "counts": str or bytes}``.
        size: (height, width) that it must have, if known.

    Raises:
        ValueError: in one line, what is wrong with it.
    """
    height, width = _checked_size(rle, size)
    total = int(run_lengths(rle["counts"]).sum())  # type: ignore[index]
    if total != height * width:
        raise ValueError(f"RLE counts cover {total} pixels, its size {height}x{width} has others")
    return height, width


def _is_plain(rle: object, size: tuple[int, int]) -> bool:
    """Tell at a glance whether an RLE is of the usual form and of a size that was checked."""
    if type(rle) is not dict or "counts" not in rle:
        return False
    claimed = rle.get("size")
    return (
        type(claimed) is list
        and len(claimed) == 2
        and type(claimed[0]) is type(claimed[1]) is int
        and (claimed[0], claimed[1]) == size
    )


def _checked_size(rle: object, size: tuple[int, int] | None) -> tuple[int, int]:
    if not isinstance(rle, Mapping) or "size" not in rle or "counts" not in rle:
        raise ValueError(f"not a COCO RLE with size and counts: {str(rle)[:40]}")
    height, width = check_size(rle["size"])
    if size is not None and (height, width) != tuple(size):
        raise ValueError(f"RLE size {height}x{width} differs from {size[0]}x{size[1]}")
    return height, width


def encode(mask: npt.ArrayLike) -> dict[str, Any]:
    """Encode a binary mask, (height, width), any dtype, non-zero is foreground, as COCO RLE."""
    array = np.asarray(mask)
    if array.ndim != 2:
        raise ValueError(f"a mask has two dimensions, got shape {array.shape}")
    rle = coco.encode(np.asfortranarray(array != 0, dtype=np.uint8))
    return {"size": [int(n) for n in rle["size"]], "counts": rle["counts"].decode("ascii")}


def decode(rle: Mapping[str, Any]) -> Mask:
    """Check and decode a COCO RLE to uint8 (height, width), values 0 and 1.

    Raises:
        ValueError: the RLE is broken.
    """
    height, width = check(rle)
    counts = rle["counts"]
    raw = counts.encode("ascii") if isinstance(counts, str) else counts
    decoded: Mask = coco.decode({"size": [height, width], "counts": raw})
    return decoded


def is_empty(rle: Mapping[str, Any] | None) -> bool:
    """Tell whether a checked RLE, or ``None`` (absent), has no foreground pixel."""
    return rle is None or int(run_lengths(rle["counts"])[1::2].sum()) == 0
