"""Regions drawn on frames, for models that have no region prompt of their own.

This is our substitute, not a published protocol of those models; cards say so. Colours and the
3-pixel rectangle follow the one published use of such marks (sama-bench-c.md section 6).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from sama_bench.adapters._regions.region_tracks import region_box
from sama_bench.media.frames import Frame
from sama_bench.nouns import Region, Sample

COLOURS = [
    "red",
    "blue",
    "green",
    "yellow",
    "orange",
    "purple",
    "cyan",
    "magenta",
    "lime",
    "pink",
    "brown",
    "beige",
    "navy",
    "teal",
    "violet",
    "gold",
    "silver",
    "coral",
    "salmon",
    "indigo",
]
"""In the published, cyclic order."""
LINE = 3
"""Width of a rectangle's line, pixels."""
PLACEHOLDER = 10
"""Side of the box in the frame's centre that stands for an object absent from its frame, pixels."""


def colour(number: int) -> str:
    """Return the colour of region ``number``, from 0."""
    return COLOURS[number % len(COLOURS)]


def draw_boxes(frame: Frame, boxes: Sequence[tuple[int, int, int, int] | None]) -> Image.Image:
    """Return the frame with each box drawn in its colour; None leaves a colour out.

    Args:
        frame: uint8 RGB (height, width, 3).
        boxes: (x_min, y_min, x_max, y_max) in pixels, inclusive.
    """
    image = Image.fromarray(np.array(frame))
    pen = ImageDraw.Draw(image)
    for number, box in enumerate(boxes):
        if box is not None:
            pen.rectangle(box, outline=colour(number), width=LINE)
    return image


def centre_box(height: int, width: int) -> tuple[int, int, int, int]:
    """Return the placeholder box of an object that is not on the marked frame."""
    half = PLACEHOLDER // 2
    return width // 2 - half, height // 2 - half, width // 2 + half - 1, height // 2 + half - 1


def marked_frames(sample: Sample, seen: Sequence[int]) -> dict[int, Image.Image]:
    """Draw every region on the frame it lies on, or on the nearest of those the model sees.

    Args:
        sample: what is asked.
        seen: indices of the frames that the model looks at.

    Returns:
        the frames that carry marks, by index.
    """
    height, width = sample.video.height, sample.video.width
    boxes: dict[int, list[tuple[int, int, int, int] | None]] = {}
    for number, region in enumerate(sample.regions):
        frame = nearest(seen, region)
        row = boxes.setdefault(frame, [None] * len(sample.regions))
        row[number] = region_box(sample, region) or centre_box(height, width)
    return {frame: draw_boxes(sample.video.frame(frame), row) for frame, row in boxes.items()}


def nearest(seen: Sequence[int], region: Region) -> int:
    """Return the seen frame nearest to the region's own."""
    return min(seen, key=lambda index: (abs(index - region.frame), index))


WORDS = "the object within the {colour} box"
"""Ours."""
GEMINI_WORDS = "the object within {colour} box"
"""The published wording (sama-bench-c.md section 6)."""


def named_by_colour(text: str, words: str = WORDS) -> str:
    """Replace the ``<mask>`` placeholders by words that name each region's colour, in order.

    In our wording "the region <mask>" becomes "the region within the red box".
    """
    pieces = text.split("<mask>")
    said = pieces[0]
    for number, piece in enumerate(pieces[1:]):
        name = words.format(colour=colour(number))
        if words == WORDS and said.endswith("the region "):
            name = name.removeprefix("the object ")
        said += name + piece
    return said
