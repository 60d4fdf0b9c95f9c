"""Reading points and boxes out of a chat model's reply.

Understood: tracks and points in the form of Molmo 2, which lmms-eval's referring video task reads
(``<tracks coords="0.5 1 606 490 2 511 124;1.0 ...">``: time, then object, x, y in thousandths),
Molmo's older ``<point x="61.5" y="40.2">`` in percent, and Qwen's boxes and points
(``{"bbox_2d": [x1, y1, x2, y2]}``, ``<|box_start|>(x1,y1),(x2,y2)<|box_end|>``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Scale = Literal["thousand", "pixels"]

TRACKS = re.compile(r"<(tracks|points)\s+coords=\"([^\"]*)\"", re.IGNORECASE)
MOLMO = re.compile(r"<points?\s([^>]*\bx\d*=[^>]*)>", re.IGNORECASE)
PAIR = re.compile(r"\b([xy])(\d*)\s*=\s*\"?\s*([\d.]+)")
QWEN_BOX = re.compile(r"<\|box_start\|>\s*\(([^)]*)\)\s*,\s*\(([^)]*)\)\s*<\|box_end\|>")
LIST = re.compile(r"\[[\s\S]*\]|\{[\s\S]*\}")
MOST = 1000
"""Points that are read from one reply; a model that repeats itself writes more."""


@dataclass(frozen=True)
class Pointed:
    """One point or box of a reply.

    Attributes:
        time: seconds for tracks, number of the image from 1 for points, None where the reply has
            none.
        object: number that the reply gives it; its place in the reply where it gives none.
        place: (x, y), or (x_min, y_min, x_max, y_max), as shares of width and height, 0 to 1.
        images: whether ``time`` counts images.
    """

    time: float | None
    object: int
    place: tuple[float, ...]
    images: bool = False


def read_points(text: str, scale: Scale, width: int, height: int) -> list[Pointed]:
    """Return all points and boxes of a reply, in its first syntax that yields any.

    Args:
        text: the reply.
        scale: what Qwen's numbers are: thousandths (Qwen2-VL, Qwen3-VL) or pixels of the image
            that was sent (Qwen2.5-VL).
        width: of the image that was sent, pixels.
        height: of the image that was sent, pixels.

    Returns:
        what lies inside the image; empty when the reply holds nothing that can be read.
    """
    sides = (1000.0, 1000.0) if scale == "thousand" else (float(width), float(height))
    for found in (_tracks(text), _molmo(text), _boxes(text, sides), _json(text, sides)):
        inside = [item for item in found if all(0 <= part <= 1 for part in item.place)]
        if inside:
            return inside[:MOST]
    return []


def _tracks(text: str) -> Iterator[Pointed]:
    for tag, coords in TRACKS.findall(text):
        for group in coords.split(";"):
            numbers = re.findall(r"-?\d+(?:\.\d+)?", group)
            if len(numbers) < 4 or (len(numbers) - 1) % 3:
                continue
            time = float(numbers[0])
            for start in range(1, len(numbers), 3):
                number, x, y = numbers[start : start + 3]
                place = (float(x) / 1000, float(y) / 1000)
                yield Pointed(time, int(float(number)), place, tag.lower() == "points")


def _molmo(text: str) -> Iterator[Pointed]:
    number = 0
    for attributes in MOLMO.findall(text):
        sides: dict[str, dict[str, float]] = {}
        for axis, place, value in PAIR.findall(attributes):
            try:
                sides.setdefault(place, {})[axis.lower()] = float(value) / 100
            except ValueError:
                continue
        for pair in sides.values():
            if {"x", "y"} <= set(pair):
                number += 1
                yield Pointed(None, number, (pair["x"], pair["y"]))


def _boxes(text: str, sides: tuple[float, float]) -> Iterator[Pointed]:
    for number, corners in enumerate(QWEN_BOX.findall(text), start=1):
        parts = [part for corner in corners for part in corner.split(",")]
        place = _shares(parts, sides)
        if place is not None:
            yield Pointed(None, number, place)


def _json(text: str, sides: tuple[float, float]) -> Iterator[Pointed]:
    match = LIST.search(text)
    if match is None:
        return
    try:
        content = json.loads(match.group())
    except ValueError:
        return
    items = content if isinstance(content, list) else [content]
    if len(items) in (2, 4) and all(isinstance(item, (int, float)) for item in items):
        items = [{"bbox_2d" if len(items) == 4 else "point_2d": items}]
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            continue
        for key in ("bbox_2d", "bbox", "box", "point_2d", "point"):
            place = _shares(item.get(key), sides)
            if place is not None:
                yield Pointed(_time(item), number, place, "frame" in item)
                break


def _time(item: dict[str, Any]) -> float | None:
    for key in ("time", "frame"):
        value = item.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    return None


def _shares(parts: Any, sides: tuple[float, float]) -> tuple[float, ...] | None:
    if not isinstance(parts, list) or len(parts) not in (2, 4):
        return None
    try:
        numbers = [float(part) / sides[place % 2] for place, part in enumerate(parts)]
    except (TypeError, ValueError):
        return None
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    (x1, x2), (y1, y2) = sorted(numbers[::2]), sorted(numbers[1::2])
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None
