"""Checking COCO run-length masks: their form, their size, and that their runs fit it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np
from pycocotools import mask as coco

from sama_bench.media.rle import kernel_choice, plain
from sama_bench.media.rle.plain import MAX_PIXELS, Integers

Rle = Mapping[str, Any]
"""A COCO RLE dict: ``size`` is ``[height, width]`` in pixels, ``counts`` str, bytes or ints."""

Size = tuple[int, int]
"""Height and width in pixels."""

MUCH = 1 << 16
"""Characters of counts from which on compiled reading is worth the import of Numba."""


def check_size(size: object) -> Size:
    """Return ``size`` as (height, width).

    Raises:
        ValueError: not two positive whole numbers, or more than ``MAX_PIXELS`` pixels.
    """
    if isinstance(size, (str, bytes)) or not isinstance(size, (Sequence, np.ndarray)):
        raise ValueError(f"RLE size must be [height, width], not {type(size).__name__}")
    if len(size) != 2 or not all(_whole(side) for side in size):
        raise ValueError(f"RLE size must be two whole numbers, not {str(size)[:60]}")
    height, width = int(size[0]), int(size[1])
    if height < 1 or width < 1 or height * width > MAX_PIXELS:
        raise ValueError(f"RLE size {height} x {width} is not a believable image size")
    return height, width


def size_of(rle: object) -> Size:
    """Return the (height, width) that an RLE claims; its runs are not looked at.

    Raises:
        ValueError: not an RLE dict, or a size that ``check_size`` refuses.
    """
    return _checked_size(rle, None)


def check(rle: object, size: Size | None = None) -> Size:
    """Check one COCO RLE and return its (height, width).

    Args:
        rle: the mask.
        size: (height, width) that it must have; any if None.

    Raises:
        ValueError: in one line, what is wrong: type, absurd or unexpected size, characters that no
            RLE holds, a number cut short or of more than six characters, negative runs, or runs
            that do not add up to the size.
    """
    run_ends(rle, size)
    return check_size(rle["size"])  # type: ignore[index]


def runs(rle: Rle, size: Size | None = None) -> Integers:
    """Return the run lengths of a mask, checked as by ``check``.

    Returns:
        int64 (n,): pixels of each run in column-major order, background first; they are not
        negative and add up to height x width.
    """
    return np.diff(run_ends(rle, size), prepend=0)


def check_all(rles: Sequence[object], size: Size | None = None) -> None:
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
    counts = [counts_bytes(rle) for rle in rles]  # type: ignore[arg-type]
    if not all(counts):
        raise ValueError("RLE counts are empty")
    text = np.frombuffer(b"".join(counts), np.uint8)
    offsets = np.cumsum([0, *map(len, counts)])
    pixels = np.array([height * width for height, width in sizes], np.int64)
    if (text.size >= MUCH or "numba" in sys.modules) and _has_numba() and kernel_choice.compiles():
        from sama_bench.media.rle.compiled import first_refused

        if first_refused(text, offsets, pixels) < 0:
            return
    plain.read(text, offsets, pixels)


def counts_bytes(rle: Rle) -> bytes:
    """Return the compressed counts of an RLE as bytes; a list of ints is checked and compressed.

    Raises:
        ValueError: the counts are text outside ASCII, of another type, or a list that is no RLE of
            the size.
    """
    counts = rle["counts"]
    if isinstance(counts, bytes):
        return counts
    if isinstance(counts, str):
        if not counts.isascii():
            raise ValueError("RLE counts hold characters outside ASCII")
        return counts.encode("ascii")
    if not isinstance(counts, (list, tuple)):
        raise ValueError(f"RLE counts must be str, bytes or a list, not {type(counts).__name__}")
    height, width = check_size(rle["size"])
    lengths = _ends_of_list(counts, height * width)
    listed = {"size": [height, width], "counts": np.diff(lengths, prepend=0).tolist()}
    return bytes(coco.frPyObjects(listed, height, width)["counts"])


def as_text(rle: Rle) -> dict[str, Any]:
    """Return a checked mask as a dict of its size and its compressed counts as text."""
    return {"size": [int(side) for side in rle["size"]], "counts": counts_text(rle)}


def counts_text(rle: Rle) -> str:
    """Return the compressed counts of a checked mask as text."""
    counts = rle["counts"]
    return counts if isinstance(counts, str) else counts_bytes(rle).decode("ascii")


def run_ends(rle: object, size: Size | None = None) -> Integers:
    """Return the cumulative ends of a mask's runs, int64 (n,), checked as by ``check``."""
    height, width = _checked_size(rle, size)
    counts = rle["counts"]  # type: ignore[index]
    if isinstance(counts, (list, tuple)):
        return _ends_of_list(counts, height * width)
    text = np.frombuffer(counts_bytes(rle), np.uint8)  # type: ignore[arg-type]
    if text.size == 0:
        raise ValueError("RLE counts are empty")
    return plain.read_one(text - np.uint8(48), height * width)


def _ends_of_list(counts: Sequence[object], pixels: int) -> Integers:
    """Return the cumulative ends of runs that are given as numbers."""
    if not all(_whole(count) and abs(int(count)) <= MAX_PIXELS for count in counts):
        raise ValueError("a list of RLE counts must hold whole numbers no larger than an image")
    lengths = np.asarray(counts, np.int64)
    if lengths.size and int(lengths.min()) < 0:
        raise ValueError("RLE counts hold a negative run")
    ends: Integers = lengths.cumsum()
    total = int(ends[-1]) if ends.size else 0
    if total != pixels:
        raise ValueError(f"RLE counts cover {total} pixels, its size has {pixels}")
    return ends


def _checked_size(rle: object, size: Size | None) -> Size:
    if not isinstance(rle, Mapping):
        raise ValueError(f"a mask must be a COCO RLE dict, not {type(rle).__name__}")
    if "size" not in rle or "counts" not in rle:
        raise ValueError("a COCO RLE needs the keys 'size' and 'counts'")
    height, width = check_size(rle["size"])
    if size is not None and (height, width) != tuple(size):
        raise ValueError(f"RLE size {height} x {width} where {size[0]} x {size[1]} is expected")
    return height, width


def _is_plain(rle: object, size: Size) -> TypeGuard[Rle]:
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


def _whole(number: object) -> TypeGuard[int]:
    return isinstance(number, (int, np.integer)) and not isinstance(number, (bool, np.bool_))


def _has_numba() -> bool:
    return "numba" in sys.modules or importlib.util.find_spec("numba") is not None
