"""Masklets of SAMA-Bench's objects: aligned to the frames by position (protocol data.md 1.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco

from sama_bench import rle
from sama_bench.nouns import Masklet
from sama_bench.splits.mask_dict import MaskDict
from sama_bench.splits.sama_bench.layout import MASK_FILES


@dataclass(frozen=True)
class Alignment:
    """A masklet and what had to be done to it (Q3).

    Attributes:
        filled: frames past the end of the list, taken as empty.
        cut: masks beyond the last frame, dropped.
        resized: frames whose mask had another size, resized by nearest neighbour.
    """

    masklet: Masklet
    filled: int
    cut: int
    resized: int


class TrackFiles:
    """The mask dictionaries of a data root, opened when first needed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._aligned = lru_cache(maxsize=64)(self._align)

    @cached_property
    def _open(self) -> dict[str, MaskDict]:
        return {}

    def file(self, source: str) -> MaskDict:
        """Return the mask dictionary of a source.

        Raises:
            DataError: it is missing or malformed.
        """
        if source not in self._open:
            self._open[source] = MaskDict(self.root / MASK_FILES[source])
        return self._open[source]

    def align(self, source: str, annotation: int, frames: int, size: tuple[int, int]) -> Alignment:
        """Return the masklet of an annotation over ``frames`` frames of (height, width) ``size``.

        Raises:
            DataError: the annotation does not exist, or holds a broken RLE.
        """
        return self._aligned(source, annotation, frames, size)

    def _align(self, source: str, annotation: int, frames: int, size: tuple[int, int]) -> Alignment:
        entries = self.file(source).get(str(annotation))
        counts: list[str | None] = []
        resized = 0
        for mask in entries[:frames]:
            resized += mask is not None and tuple(mask["size"]) != size
            counts.append(None if mask is None else _fit(mask, size)["counts"])
        missing = frames - len(counts)
        track = Masklet(*size, tuple(counts + [None] * missing))
        return Alignment(track, missing, max(0, len(entries) - frames), resized)


def union(masks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Unite checked RLEs of one size, at least one."""
    if len(masks) == 1:
        return masks[0]
    merged = coco.merge(
        [{"size": mask["size"], "counts": mask["counts"].encode("ascii")} for mask in masks]
    )
    return {"size": list(masks[0]["size"]), "counts": merged["counts"].decode("ascii")}


def unite(masklets: Sequence[Masklet]) -> Masklet:
    """Unite masklets of one size and length, frame by frame."""
    if len(masklets) == 1:
        return masklets[0]
    counts: list[str | None] = []
    for frame in range(len(masklets[0])):
        present = [mask for track in masklets if (mask := track.rle(frame)) is not None]
        counts.append(union(present)["counts"] if present else None)
    return Masklet(masklets[0].height, masklets[0].width, tuple(counts))


def _fit(mask: Mapping[str, Any], size: tuple[int, int]) -> Mapping[str, Any]:
    if tuple(mask["size"]) == size:
        return mask
    small = rle.decode(mask)
    return rle.encode(
        np.asarray(cv2.resize(small, (size[1], size[0]), interpolation=cv2.INTER_NEAREST))
    )
