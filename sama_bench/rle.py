"""COCO run-length masks at the boundary of the toolkit: check, encode, decode.

Masks come from strangers (split files, answers, models), and pycocotools trusts its input. So
every RLE is checked here before it is decoded. Scoring has readers of its own in
``sama_bench.metrics``; this module serves frames, prompts and workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

Mask = npt.NDArray[np.uint8]

MAX_PIXELS = 1 << 28
"""Largest mask that is accepted, in pixels (16,384 x 16,384)."""


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


def run_lengths(counts: str | bytes) -> npt.NDArray[np.int64]:
    """Read compressed COCO counts into run lengths (background first).

    Args:
        counts: the string that COCO calls ``counts``, six bits a character.

    Returns:
        int64 array of the runs, in column-major pixel order.

    Raises:
        ValueError: characters outside the code, a number cut off at the end or too long, or a
            run below zero.
    """
    if isinstance(counts, str):
        try:
            counts = counts.encode("ascii")
        except UnicodeEncodeError:
            raise ValueError("RLE counts hold characters outside the code") from None
    if not isinstance(counts, bytes):
        raise ValueError(f"RLE counts must be a string, got {type(counts).__name__}")
    codes = np.frombuffer(counts, dtype=np.uint8).astype(np.int64) - 48
    if codes.size == 0:
        return np.zeros(0, dtype=np.int64)
    if codes.min() < 0 or codes.max() > 63:
        raise ValueError("RLE counts hold characters outside the code")
    last = (codes & 0x20) == 0
    if not last[-1]:
        raise ValueError("RLE counts end in the middle of a number")
    starts = np.concatenate(([0], np.flatnonzero(last)[:-1] + 1))
    place = np.arange(codes.size) - np.repeat(starts, np.diff(np.append(starts, codes.size)))
    if place.max() > 6:
        raise ValueError("RLE counts hold a number that is too long")
    values = np.add.reduceat((codes & 0x1F) << (5 * place), starts)
    ends = np.flatnonzero(last)
    negative = (codes[ends] & 0x10) != 0
    values = values - np.where(negative, np.int64(1) << (5 * (place[ends] + 1)), 0)
    # From the fourth number on, each is stored as the difference to the one two places before.
    runs: npt.NDArray[np.int64] = values.copy()
    runs[1::2] = np.cumsum(values[1::2])
    runs[2::2] = np.cumsum(values[2::2])
    if runs.min() < 0:
        raise ValueError("RLE counts hold a negative run")
    return runs


def check(rle: object, size: tuple[int, int] | None = None) -> tuple[int, int]:
    """Check one compressed COCO RLE and return its (height, width).

    Args:
        rle: ``{"size": [h, w], "counts": str or bytes}``.
        size: (height, width) that it must have, if known.

    Raises:
        ValueError: in one line, what is wrong with it.
    """
    if not isinstance(rle, Mapping) or "size" not in rle or "counts" not in rle:
        raise ValueError(f"not a COCO RLE with size and counts: {str(rle)[:40]}")
    height, width = check_size(rle["size"])
    if size is not None and (height, width) != tuple(size):
        raise ValueError(f"RLE size {height}x{width} differs from {size[0]}x{size[1]}")
    total = int(run_lengths(rle["counts"]).sum())
    if total != height * width:
        raise ValueError(f"RLE counts cover {total} pixels, its size {height}x{width} has others")
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
