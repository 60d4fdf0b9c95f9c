"""Facts about the objects of a sample, for scores by object size and occlusion."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from sama_bench.media import rle
from sama_bench.nouns import Masklet


def object_facts(masklets: Sequence[Masklet]) -> dict[str, Any]:
    """Return what the reference masks tell of their objects.

    Args:
        masklets: the objects of one sample, checked masks over all frames.

    Returns:
        ``area``: mean share of the frame that an object fills where it is visible, 0 to 1;
        ``visible``: share of frames on which an object is visible, 0 to 1, over all objects;
        ``occluded``: whether an object is hidden or outside on at least one frame. Empty without
        masklets.
    """
    if not masklets:
        return {}
    areas = [area for masklet in masklets for area in _areas(masklet)]
    shown = [area for area in areas if area > 0]
    pixels = masklets[0].height * masklets[0].width
    visible = len(shown) / len(areas)
    return {
        "area": sum(shown) / len(shown) / pixels if shown else 0.0,
        "visible": visible,
        "occluded": visible < 1,
    }


@functools.lru_cache(maxsize=256)  # the questions of a video ask for the same few objects
def _areas(masklet: Masklet) -> tuple[int, ...]:
    return tuple(rle.areas(masklet.rles()))
