"""Sizes of masks without decoding them."""

from __future__ import annotations

from collections.abc import Sequence

from pycocotools import mask as coco

from sama_bench.media.rle.check import Rle, runs


def area(rle: Rle) -> int:
    """Return the number of foreground pixels of a mask.

    Raises:
        ValueError: it is malformed.
    """
    return int(runs(rle)[1::2].sum())


def areas(masks: Sequence[Rle | None]) -> list[int]:
    """Return the foreground pixels of checked masks, 0 for None."""
    present = [mask for mask in masks if mask is not None]
    found: list[int] = []
    for start in range(0, len(present), 128):  # from 256 on pycocotools overflows with NumPy 2
        found.extend(coco.area(present[start : start + 128]).tolist())
    following = iter(found)
    return [0 if mask is None else next(following) for mask in masks]


def is_empty(rle: Rle | None) -> bool:
    """Tell whether a mask, or ``None`` (absent), has no foreground pixel.

    Raises:
        ValueError: it is malformed.
    """
    return rle is None or area(rle) == 0
