"""Turning masks into arrays and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

from sama_bench.media.rle.check import Rle, Size, check, counts_bytes

Mask = npt.NDArray[np.uint8]


def decode(rle: Rle, size: Size | None = None) -> Mask:
    """Check and decode a mask to uint8 (height, width) of zeros and ones.

    Raises:
        ValueError: the mask is malformed or not of ``size``; see ``check``.
    """
    height, width = check(rle, size)
    decoded: Mask = coco.decode({"size": [height, width], "counts": counts_bytes(rle)})
    return decoded


def encode(mask: npt.ArrayLike) -> dict[str, Any]:
    """Encode an array (height, width), any dtype: whatever is not zero is foreground.

    Returns:
        ``{"size": [height, width], "counts": str}``, byte for byte what pycocotools writes.

    Raises:
        ValueError: the array does not have two dimensions, or is empty.
    """
    return encode_raw(np.asarray(mask) != 0)


def encode_raw(mask: npt.ArrayLike) -> dict[str, Any]:
    """Encode an array (height, width) as pycocotools does: a new run at every change of value.

    For arrays of zeros and ones this is ``encode``. Where annotations were added up (0, 1, 2 ...)
    it gives the masks of the released RefCOCO loader: ``0 1 1 2 2 1 0 2`` reads back as
    ``0 1 1 0 0 1 0 1``.

    Raises:
        ValueError: the array does not have two dimensions, or is empty.
    """
    array = np.asarray(mask)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"a mask must have shape (height, width), not {array.shape}")
    coded = coco.encode(np.asfortranarray(array, dtype=np.uint8))
    size = [int(array.shape[0]), int(array.shape[1])]
    return {"size": size, "counts": coded["counts"].decode("ascii")}
