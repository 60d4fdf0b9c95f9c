"""Masklets: one object's masks over the frames of a video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sama_bench.media import rle as coco_rle
from sama_bench.media.spent import spent


@dataclass(frozen=True)
class Masklet:
    """One object's masks over the frames of a video, each a compressed COCO RLE or absent.

    Attributes:
        height: of every mask, pixels.
        width: of every mask, pixels.
        counts: per frame the RLE counts, or None where the object is absent.
    """

    height: int
    width: int
    counts: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.counts)

    def rle(self, index: int) -> dict[str, Any] | None:
        """Return the COCO RLE of frame ``index``, or None where the object is absent."""
        counts = self.counts[index]
        return None if counts is None else {"size": [self.height, self.width], "counts": counts}

    def rles(self) -> list[dict[str, Any] | None]:
        """Return the COCO RLEs of all frames in order."""
        return [self.rle(index) for index in range(len(self))]

    def decode(self, index: int) -> coco_rle.Mask:
        """Decode frame ``index`` to uint8 (height, width), 0 and 1; zeros where absent."""
        mask = self.rle(index)
        return (
            np.zeros((self.height, self.width), np.uint8) if mask is None else coco_rle.decode(mask)
        )

    def first_visible(self) -> int | None:
        """Return the first frame with a foreground pixel, or None."""
        for index in range(len(self)):
            if not coco_rle.is_empty(self.rle(index)):
                return index
        return None

    def check(self) -> None:
        """Check every mask.

        Raises:
            ValueError: a broken RLE, with its frame.
        """
        Masklet.from_rles(self.rles(), self.height, self.width)

    @classmethod
    def from_arrays(cls, masks: Sequence[npt.ArrayLike] | npt.NDArray[Any]) -> Masklet:
        """Encode binary masks, (frames, height, width); an all-zero mask is stored as absent.

        Raises:
            ValueError: no frames, masks of several shapes, or numbers that are no mask: NaN,
                infinity, or logits and probabilities that still want a threshold.
        """
        with spent("encoding"):
            return cls._encoded(masks)

    @classmethod
    def _encoded(cls, masks: Sequence[npt.ArrayLike] | npt.NDArray[Any]) -> Masklet:
        if len(masks) == 0:
            raise ValueError("a masklet has at least one frame")
        first = np.asarray(masks[0])
        counts: list[str | None] = []
        for mask in masks:
            array = np.asarray(mask)
            if array.shape != first.shape:
                raise ValueError(f"masks of shapes {first.shape} and {array.shape} in one masklet")
            if array.dtype.kind == "f" and not np.isin(array, (0, 1)).all():
                what = "binary" if np.isfinite(array).all() else "finite"
                raise ValueError(
                    f"the mask of frame {len(counts)} holds values that are not {what}"
                )
            counts.append(coco_rle.encode(array)["counts"] if array.any() else None)
        return cls(int(first.shape[0]), int(first.shape[1]), tuple(counts))

    @classmethod
    def from_rles(
        cls, rles: Sequence[Mapping[str, Any] | None], height: int, width: int
    ) -> Masklet:
        """Build a masklet from COCO RLEs (None: absent) after checking each.

        Raises:
            ValueError: a broken RLE or one of another size, with its frame.
        """
        present = [index for index, mask in enumerate(rles) if mask is not None]
        try:
            coco_rle.check_all([rles[index] for index in present], (height, width))
        except ValueError:
            for index in present:  # say which frame it is
                _check_frame(index, rles[index], (height, width))
            raise
        return cls(
            int(height),  # NumPy's integers are no JSON
            int(width),
            tuple(None if mask is None else coco_rle.counts_text(mask) for mask in rles),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the masklet as plain data."""
        return {"size": [self.height, self.width], "counts": list(self.counts)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Masklet:
        """Read what ``to_json`` wrote."""
        return cls(data["size"][0], data["size"][1], tuple(data["counts"]))


def _check_frame(index: int, mask: object, size: tuple[int, int]) -> None:
    try:
        coco_rle.check(mask, size)
    except ValueError as error:
        raise ValueError(f"frame {index}: {error}") from None
