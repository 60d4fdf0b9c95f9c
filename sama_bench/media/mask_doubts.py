"""What speaks against reading a picture as the mask of one object; each returns a reason or None.

Areas decide: a *flat* pixel is one whose eight neighbours have its value. The soft edges that
resizing leaves have no flat pixels, the labels of objects do.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

SMALL_LABELS = 32
"""Grey values below this are labels of objects where there are several of them."""

NEAR = 8
"""Grey values that differ by less are one value, written by different programs."""

SHADE = 12
"""How far a channel may be from that of the brightest colour, darkened, to be a shade of it."""

MOST_BORDER = 0.9
"""Share of the border that is foreground from which on a picture is black on white."""

Plane = NDArray[np.uint8]


def flat_values(plane: Plane) -> list[int]:
    """Return the values but 0 that fill an area of at least 3 x 3 pixels, sorted."""
    if min(plane.shape) < 3:
        return []
    across = (plane[:, :-2] == plane[:, 1:-1]) & (plane[:, 1:-1] == plane[:, 2:])
    middle = plane[1:-1, 1:-1]
    down = (plane[:-2, 1:-1] == middle) & (middle == plane[2:, 1:-1])
    flat = across[:-2] & across[1:-1] & across[2:] & down
    return [int(value) for value in np.flatnonzero(np.bincount(middle[flat])) if value]


def levels(values: Iterable[int]) -> list[int]:
    """Return values that are surely not the same, sorted: labels, or ``NEAR`` or more apart."""
    found: list[int] = []
    for value in sorted(set(values)):
        if not found or value < SMALL_LABELS or value - found[-1] >= NEAR:
            found.append(value)
    return found


def several_objects(grey: Plane) -> str | None:
    """Say so where a plane holds labels of objects, or a likelihood instead of a mask."""
    used = np.flatnonzero(np.bincount(grey.reshape(-1), minlength=256))
    values = used[used > 0]
    if len(values) < 2:
        return None
    if values.max() < SMALL_LABELS:
        return f"it is an index map of {len(values)} objects, where the mask of one is expected"
    areas = levels(flat_values(grey))
    if len(areas) > 1:
        named = ", ".join(map(str, areas[:4]))
        return (
            f"it has areas of {len(areas)} grey values ({named}): an index map of several objects "
            "or a likelihood, where the mask of one object is expected"
        )
    if len(values) == len(used) and len(levels(map(int, values))) > 1:
        return "none of its values is 0, so that all of it would be read as foreground"
    return None


def several_colours(rgb: Plane) -> str | None:
    """Say so where a picture (height, width, 3) has colours that are not shades of one."""
    packed = rgb.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found = np.unique(packed)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(np.float64)
    bright = colours[colours.any(axis=1)]
    if len(bright) < 2:
        return None
    strongest = bright[bright.sum(axis=1).argmax()]
    shades = bright.max(axis=1, keepdims=True) / strongest.max() * strongest
    if np.abs(shades - bright).max() <= SHADE:
        return None
    return (
        f"it holds {len(bright)} colours: an index map of several objects or a picture, where the "
        "mask of one object is expected"
    )


def too_dark(drawn: NDArray[np.integer], grey: Plane) -> str | None:
    """Say so where areas that are not black are read as background.

    Args:
        drawn: (height, width), above 0 where any channel is.
        grey: what is read, of the same shape.
    """
    lost = ((drawn > 0) & (grey == 0)).astype(np.uint8)
    if lost.any() and (flat_values(lost) or not grey.any()):
        return "it has colours or 16-bit values so dark that they are read as background"
    return None


def border_share(plane: Plane) -> float:
    """Return the share of a mask's border that is foreground, 0 to 1."""
    edges = np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])
    return float(np.count_nonzero(edges)) / edges.size


class DoubtsOfFrames:
    """What speaks against the masks of one object over the frames of a video, frame by frame."""

    def __init__(self) -> None:
        self._values: set[int] = set()
        self._borders: list[float] = []

    def add(self, plane: Plane) -> None:
        """Look at a frame's mask: uint8 (height, width), every value but 0 is foreground."""
        used = np.flatnonzero(np.bincount(plane.reshape(-1), minlength=256))
        values = [int(value) for value in used if value]
        self._values.update(values if len(values) == 1 else flat_values(plane))
        if 0 < len(values) < len(used):
            self._borders.append(border_share(plane))

    def reason(self) -> str | None:
        """Return why the frames are not masks of one object, or None."""
        areas = levels(self._values)
        if len(areas) > 1:
            named = ", ".join(map(str, areas[:4]))
            return (
                f"its frames have areas of {len(areas)} grey values ({named}): index maps of "
                "several objects, where masks of one are expected"
            )
        if self._borders and sum(self._borders) / len(self._borders) >= MOST_BORDER:
            return (
                "its masks are black on white (foreground along the border of its frames), which "
                "would be read inverted; write foreground as 255 on 0 (masks that are meant so can "
                "be given as RLE)"
            )
        return None
