"""COCO run-length encoded masks: reading, checking, and turning into arrays and back.

A mask is a dict ``{"size": [height, width], "counts": str | bytes}`` as pycocotools writes it:
run lengths in column-major order, background first. A list of integers (COCO's uncompressed
form) is accepted for ``counts`` too. Nothing here trusts its input: every mask is checked before
it reaches compiled code, because pycocotools itself reads and writes past the end of its buffers
when the runs of a broken mask do not fit its size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pycocotools import mask as coco_mask

Rle = Mapping[str, Any]
"""A COCO RLE dict: ``size`` is ``[height, width]`` in pixels, ``counts`` str, bytes or ints."""

Size = tuple[int, int]
"""Height and width in pixels."""

MAX_PIXELS = 1 << 28
"""The largest mask that is believed, in pixels (16,384 x 16,384)."""

LONGEST_NUMBER = 6
"""Characters of the longest number in an RLE's text: 30 bits, more than ``MAX_PIXELS`` needs."""


def mask_size(rle: Rle) -> Size:
    """Return the height and width that an RLE claims.

    Raises:
        ValueError: not an RLE dict, or a size that is not two positive whole numbers with at most
            ``MAX_PIXELS`` pixels.
    """
    if not isinstance(rle, Mapping):
        raise ValueError(f"a mask must be a COCO RLE dict, not {type(rle).__name__}")
    if "size" not in rle or "counts" not in rle:
        raise ValueError("a COCO RLE needs the keys 'size' and 'counts'")
    size = rle["size"]
    if isinstance(size, (str, bytes)) or not isinstance(size, (Sequence, np.ndarray)):
        raise ValueError(f"RLE size must be [height, width], not {type(size).__name__}")
    if len(size) != 2 or not all(_whole(side) for side in size):
        raise ValueError(f"RLE size must be two whole numbers, not {str(size)[:60]}")
    height, width = int(size[0]), int(size[1])
    if height < 1 or width < 1 or height * width > MAX_PIXELS:
        raise ValueError(f"RLE size {height} x {width} is not a believable image size")
    return height, width


def runs(rle: Rle, size: Size | None = None) -> NDArray[np.int64]:
    """Return the run lengths of a mask, checked.

    Args:
        rle: the mask.
        size: the size that it has to have, in (height, width); any if None.

    Returns:
        int64 (n,): pixels of each run in column-major order, background first; they are not
        negative and add up to height x width.

    Raises:
        ValueError: with a one-line reason, where the mask is not a well-formed COCO RLE.
    """
    height, width = mask_size(rle)
    if size is not None and (height, width) != tuple(size):
        raise ValueError(f"RLE size {height} x {width} where {size[0]} x {size[1]} is expected")
    counts = rle["counts"]
    if isinstance(counts, (str, bytes)):
        lengths = _decompress(counts_bytes(rle))
    elif isinstance(counts, (list, tuple)):
        lengths = _whole_numbers(counts)
    else:
        raise ValueError(f"RLE counts must be str, bytes or a list, not {type(counts).__name__}")
    if lengths.size and int(lengths.min()) < 0:
        raise ValueError("RLE counts hold a negative run")
    long = lengths.size > 0 and int(lengths.max()) > MAX_PIXELS  # their sum could overflow
    total = sum(lengths.tolist()) if long else int(lengths.sum())
    if total != height * width:
        raise ValueError(f"RLE counts cover {total} pixels, its size has {height * width}")
    return lengths


def validate(rle: Rle, size: Size | None = None) -> None:
    """Raise ValueError with a one-line reason unless ``rle`` is a well-formed COCO RLE.

    Args:
        rle: the mask.
        size: the (height, width) that it has to have; any if None.

    Raises:
        ValueError: wrong type, absurd or unexpected size, characters that no RLE holds, a number
            cut short, negative runs, or runs that do not add up to the size.
    """
    runs(rle, size)


def counts_bytes(rle: Rle) -> bytes:
    """Return the compressed counts of an RLE as bytes (a list of ints is compressed first).

    Raises:
        ValueError: the counts are text outside ASCII or of another type.
    """
    counts = rle["counts"]
    if isinstance(counts, bytes):
        return counts
    if isinstance(counts, str):
        if not counts.isascii():
            raise ValueError("RLE counts hold characters outside ASCII")
        return counts.encode("ascii")
    lengths = runs(rle)
    height, width = mask_size(rle)
    plain = {"size": [height, width], "counts": lengths.tolist()}
    return bytes(coco_mask.frPyObjects(plain, height, width)["counts"])


def decode(rle: Rle, size: Size | None = None) -> NDArray[np.uint8]:
    """Decode a mask to uint8 (height, width) of zeros and ones.

    Raises:
        ValueError: the mask is malformed or not of ``size``.
    """
    lengths = runs(rle, size)
    height, width = mask_size(rle)
    values = np.zeros(lengths.size, np.uint8)
    values[1::2] = 1
    mask: NDArray[np.uint8] = np.repeat(values, lengths).reshape(width, height).T
    return mask


def encode(mask: ArrayLike) -> dict[str, Any]:
    """Encode an array (height, width): whatever is not zero is foreground.

    Returns:
        ``{"size": [height, width], "counts": str}``, byte for byte what pycocotools writes.

    Raises:
        ValueError: the array does not have two dimensions, or is empty.
    """
    return encode_raw(np.asarray(mask) != 0)


def encode_raw(mask: ArrayLike) -> dict[str, Any]:
    """Encode an array (height, width) as pycocotools does: a new run at every change of value.

    For arrays of zeros and ones this is ``encode``. Where annotations were added up (0, 1, 2 ...)
    it gives the masks of the released RefCOCO loader: ``0 1 1 2 2 1 0 2`` reads back as
    ``0 1 1 0 0 1 0 1`` (image protocol, Q46).

    Raises:
        ValueError: the array does not have two dimensions, or is empty.
    """
    array = np.asarray(mask)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"a mask must have shape (height, width), not {array.shape}")
    coded = coco_mask.encode(np.asfortranarray(array, dtype=np.uint8))
    size = [int(array.shape[0]), int(array.shape[1])]
    return {"size": size, "counts": coded["counts"].decode("ascii")}


def area(rle: Rle) -> int:
    """Return the number of foreground pixels of a mask (ValueError if it is malformed)."""
    return int(runs(rle)[1::2].sum())


def _whole(number: object) -> bool:
    return isinstance(number, (int, np.integer)) and not isinstance(number, (bool, np.bool_))


def _whole_numbers(counts: Sequence[object]) -> NDArray[np.int64]:
    if not all(_whole(count) and abs(int(str(count))) <= MAX_PIXELS for count in counts):
        raise ValueError("a list of RLE counts must hold whole numbers no larger than an image")
    return np.asarray(counts, np.int64)


def _decompress(counts: bytes) -> NDArray[np.int64]:
    """Read COCO's text form: 5 bits a character, a sign bit, differences to the run before last."""
    if not counts:
        raise ValueError("RLE counts are empty")
    codes = np.frombuffer(counts, np.uint8) - np.uint8(48)
    if int(codes.max()) > 63:  # what is below the code's first character wraps around
        raise ValueError("RLE counts hold a character that no RLE has")
    if int(codes[-1]) > 31:
        raise ValueError("RLE counts end in the middle of a number")
    last = codes < 32
    lengths: NDArray[np.int64] = codes[last].astype(np.int64)
    lengths -= (lengths & 16) << 1
    if lengths.size < codes.size:
        _add_lower_digits(lengths, codes, np.flatnonzero(~last))
    # From the fourth run on, the text holds the difference to the run two places earlier.
    np.cumsum(lengths[1::2], out=lengths[1::2])
    np.cumsum(lengths[2::2], out=lengths[2::2])
    return lengths


def _add_lower_digits(
    lengths: NDArray[np.int64], codes: NDArray[np.uint8], places: NDArray[np.int64]
) -> None:
    """Complete the numbers of more than one character; ``places`` are all but their last ones."""
    count = np.arange(places.size)
    number = places - count
    first = np.flatnonzero(np.concatenate(([True], number[1:] != number[:-1])))
    digits = np.concatenate((first[1:], [places.size])) - first
    if int(digits.max()) >= LONGEST_NUMBER:
        raise ValueError("RLE counts hold a number that is too long")
    rank = count - first.repeat(digits)
    lower = np.add.reduceat((codes[places] & 31).astype(np.int64) << (5 * rank), first)
    number = number[first]
    lengths[number] = (lengths[number] << (5 * digits)) + lower
