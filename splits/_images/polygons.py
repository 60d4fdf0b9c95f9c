"""COCO segmentations (polygons, RLE, lists of RLE) turned into one mask."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from sama_bench.media.rle import check, counts_bytes, encode_raw
from sama_bench.metric import Quirk

SUMMED_POLYGONS = Quirk(
    46,
    "summed_polygons",
    "overlapping polygons of one object are added up before they are encoded",
    ("ciou", "giou"),
    "image protocol, section 4",
)

FARTHEST = 1 << 17
"""Coordinates beyond this many pixels are refused; pycocotools would walk along such lines."""


def parts(segmentation: Any, size: tuple[int, int]) -> list[dict[str, Any]]:
    """Return every part of a segmentation as a compressed COCO RLE, ``counts`` as bytes.

    Args:
        segmentation: list of polygons, list of RLEs, or one RLE (compressed or not); empty for
            no mask.
        size: (height, width) of the image.

    Raises:
        ValueError: what is wrong with it, in one line.
    """
    if segmentation is None:
        raise ValueError("no 'segmentation'")
    if not segmentation:
        return []
    if isinstance(segmentation, dict):
        return [_checked(segmentation, size)]
    if not isinstance(segmentation, list):
        raise ValueError(f"a segmentation cannot be a {type(segmentation).__name__}")
    if isinstance(segmentation[0], dict):
        return [_checked(part, size) for part in segmentation]
    for polygon in segmentation:
        _check_polygon(polygon)
    if len(segmentation[0]) == 4:  # pycocotools takes such lists for boxes, and refuses them
        raise ValueError("a polygon of two points holds no area")
    coded: list[dict[str, Any]] = coco.frPyObjects(segmentation, size[0], size[1])
    return coded


def overlap(segmentation: Any, size: tuple[int, int]) -> tuple[int, bool]:
    """Return the pixels of a segmentation, and whether any two of its parts share one.

    Told from the runs: no plane of the image's size is made.

    Raises:
        ValueError: the segmentation is malformed.
    """
    coded = parts(segmentation, size)
    if not coded:
        return 0, False
    pixels = int(coco.area(coded[0] if len(coded) == 1 else coco.merge(coded)))
    return pixels, sum(int(coco.area(part)) for part in coded) > pixels


def planes(segmentation: Any, size: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """Decode every part of a segmentation to uint8 (height, width) of zeros and ones.

    Raises:
        ValueError: the segmentation is malformed.
    """
    return [coco.decode(part) for part in parts(segmentation, size)]


def summed(segmentation: Any, size: tuple[int, int]) -> dict[str, Any]:
    """Return the mask as the released loader makes it: parts added up, the sum encoded.

    Where parts overlap the sum is 2, and its encoding makes background of what should not be.

    Raises:
        ValueError: the segmentation is malformed.
    """
    coded = parts(segmentation, size)
    if len(coded) == 1:
        return _as_text(coded[0], size)
    total = np.zeros(size, np.uint8)
    for part in coded:
        total += coco.decode(part)
    return encode_raw(total)


def united(segmentation: Any, size: tuple[int, int]) -> dict[str, Any]:
    """Return the union of the parts (strict).

    Raises:
        ValueError: the segmentation is malformed.
    """
    coded = parts(segmentation, size)
    if not coded:
        return encode_raw(np.zeros(size, np.uint8))
    return _as_text(coded[0] if len(coded) == 1 else coco.merge(coded), size)


def _checked(rle: Any, size: tuple[int, int]) -> dict[str, Any]:
    check(rle, size)
    return {"size": list(size), "counts": counts_bytes(rle)}


def _as_text(rle: dict[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    return {"size": list(size), "counts": rle["counts"].decode("ascii")}


def _check_polygon(polygon: Any) -> None:
    if not isinstance(polygon, list) or len(polygon) < 4 or len(polygon) % 2:
        raise ValueError("a polygon must be a list of x, y, x, y ...")
    for number in polygon:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise ValueError("a polygon must hold numbers")
        if not abs(number) <= FARTHEST:
            raise ValueError(f"a polygon reaches {str(number)[:20]}, far outside any image")
