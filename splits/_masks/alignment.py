"""Fitting mask lists of a file to the frames of a video, and counting what that took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco

from sama_bench.media import rle as coco_rle
from sama_bench.metric import Quirk
from sama_bench.nouns import Masklet

ALIGNED_BY_POSITION = Quirk(
    3,
    "aligned_by_position",
    "masks meet frames by position; lists are filled or cut, masks of another size resized",
    (),
    "SAMA-Bench-G protocol, section 10",
)
SIZE_UNUSABLE = Quirk(
    41,
    "size_unusable",
    "a prediction of another size cannot be used instead of being resized",
    ("j", "f", "j_and_f", "accuracy", "robustness"),
    "referring video protocol, section 6",
)

Size = tuple[int, int]


@dataclass(frozen=True)
class Alignment:
    """A masklet and what had to be done to it.

    Attributes:
        masklet: over the video's frames in string order.
        filled: frames past the end of the list, taken as empty.
        cut: entries beyond the last frame, dropped.
        resized: masks of another size, resized by nearest neighbour.
    """

    masklet: Masklet
    filled: int = 0
    cut: int = 0
    resized: int = 0


def align(
    masks: Sequence[Mapping[str, Any] | None],
    file_frames: Sequence[str],
    frames: Sequence[str],
    size: Size,
) -> Alignment:
    """Match a list of masks with frames by name and bring it to one size.

    Args:
        masks: checked RLEs or None, one per entry of ``file_frames``.
        file_frames: frame names in the order of the file.
        frames: the same names in the order of the video.
        size: (height, width) of the video.
    """
    by_name = dict(zip(file_frames, masks, strict=False))
    counts: list[str | None] = []
    resized = 0
    for name in frames:
        mask = by_name.get(name)
        resized += mask is not None and tuple(mask["size"]) != size
        counts.append(None if mask is None else fit(mask, size)["counts"])
    return Alignment(
        Masklet(*size, tuple(counts)),
        filled=max(0, len(file_frames) - len(masks)),
        cut=max(0, len(masks) - len(file_frames)),
        resized=resized,
    )


def fit(mask: Mapping[str, Any], size: Size) -> Mapping[str, Any]:
    """Resize a checked RLE by nearest neighbour to (height, width), if it has another size."""
    if tuple(mask["size"]) == size:
        return mask
    import cv2  # few files need it

    small = coco_rle.decode(mask)
    large = cv2.resize(small, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
    return coco_rle.encode(np.asarray(large))


def unite(masklets: Sequence[Masklet], size: Size, frames: int) -> Masklet:
    """Return the union of masklets of one size and length; none at all is an empty one.

    Raises:
        ValueError: their sizes or lengths differ, or a mask is broken.
    """
    if len(masklets) == 1:
        return masklets[0]
    if not masklets:
        return Masklet(*size, (None,) * frames)
    if {(one.height, one.width) for one in masklets} != {size}:
        raise ValueError(f"masklets of several sizes cannot be united to {size[0]}x{size[1]}")
    for one in masklets:
        one.check()
    united = (_union(masks, size) for masks in zip(*(one.counts for one in masklets), strict=True))
    return Masklet(*size, tuple(united))


def _union(masks: Sequence[str | None], size: Size) -> str | None:
    """Unite the checked masks of one frame."""
    present = [{"size": list(size), "counts": one.encode("ascii")} for one in masks if one]
    return coco.merge(present)["counts"].decode("ascii") if present else None
