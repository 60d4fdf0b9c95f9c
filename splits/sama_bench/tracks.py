"""Masklets of SAMA-Bench's objects: aligned to the frames by position (protocol data.md 1.4)."""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path

from sama_bench.nouns import Masklet
from sama_bench.splits._masks.alignment import Alignment, fit
from sama_bench.splits._masks.mask_dict import MaskDict
from sama_bench.splits.sama_bench.layout import MASK_FILES


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
            counts.append(None if mask is None else fit(mask, size)["counts"])
        missing = frames - len(counts)
        track = Masklet(*size, tuple(counts + [None] * missing))
        return Alignment(track, missing, max(0, len(entries) - frames), resized)
