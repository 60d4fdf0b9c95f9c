"""COCO segmentations (polygons, RLE, lists of RLE) turned into one mask."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from sama_bench import rle as coco_rle
from sama_bench.metrics.rle import decode, encode_raw

FARTHEST = 1 << 17
"""Coordinates beyond this many pixels are refused; pycocotools would walk along such lines."""


def planes(segmentation: Any, size: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """Decode every part of a segmentation to uint8 (height, width) of zeros and ones.

    Args:
        segmentation: list of polygons, list of RLEs, or one RLE (compressed or not); empty or
            None for no mask.
        size: (height, width) of the image.

    Raises:
        ValueError: what is wrong with it, in one line.
    """
    if not segmentation:
        return []
    if isinstance(segmentation, dict):
        return [decode(segmentation, size)]
    if not isinstance(segmentation, list):
        raise ValueError(f"a segmentation cannot be a {type(segmentation).__name__}")
    if isinstance(segmentation[0], dict):
        return [decode(part, size) for part in segmentation]
    for polygon in segmentation:
        _check_polygon(polygon)
    coded = coco.frPyObjects(segmentation, size[0], size[1])
    return [coco.decode(part) for part in coded]


def summed(segmentation: Any, size: tuple[int, int]) -> dict[str, Any]:
    """Return the mask as the released loader makes it: parts added up, the sum encoded (Q46).

    Where parts overlap the sum is 2, and its encoding makes background of what should not be.

    Raises:
        ValueError: the segmentation is malformed.
    """
    total = np.zeros(size, np.uint8)
    for plane in planes(segmentation, size):
        total += plane
    return encode_raw(total)


def united(segmentation: Any, size: tuple[int, int]) -> dict[str, Any]:
    """Return the union of the parts (strict, Q46).

    Raises:
        ValueError: the segmentation is malformed.
    """
    total = np.zeros(size, np.uint8)
    for plane in planes(segmentation, size):
        total |= plane
    return coco_rle.encode(total)


def _check_polygon(polygon: Any) -> None:
    if not isinstance(polygon, list) or len(polygon) < 4 or len(polygon) % 2:
        raise ValueError("a polygon must be a list of x, y, x, y ...")
    for number in polygon:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise ValueError("a polygon must hold numbers")
        if not math.isfinite(number) or abs(number) > FARTHEST:
            raise ValueError(f"a polygon reaches {number}, far outside any image")
