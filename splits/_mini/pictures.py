"""Single frames of the mini scenes as images with COCO annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .media import Mask, outline, scene, write_jpeg
from .render import Frame, render

_MOMENTS = (
    ("0a4d7e31c5b2", 26), ("5c9e20f7d841", 30), ("7", 8), ("3f2a9c1b70", 18), ("b81d06e4a9", 22),
    ("2400000002", 12), ("2400000008", 12), ("2400000004", 20), ("2400000005", 4),
)  # fmt: skip
_MIN_AREA = 150
_OVERLAP = 6  # pixels that the two halves of a split outline share


@dataclass(frozen=True)
class Picture:
    """One image.

    Attributes:
        number: from 1, the COCO image id.
        video: of the scene that it shows.
        frame: (H, W, 3) uint8, RGB.
        masks: (H, W) bool by object name, of the objects that are clearly visible.
        categories: by object name.
    """

    number: int
    video: str
    frame: Frame
    masks: Mapping[str, Mask]
    categories: Mapping[str, str]


def pictures() -> list[Picture]:
    """Return the images of the mini image benchmarks."""
    found = []
    for number, (video, moment) in enumerate(_MOMENTS, start=1):
        item = scene(video)
        shot = next(render(item, [moment]))
        masks = {
            actor.name: mask
            for actor, mask in zip(item.objects, shot.visible, strict=True)
            if mask.sum() >= _MIN_AREA
        }
        categories = {actor.name: actor.painter for actor in item.objects}
        found.append(Picture(number, video, shot.frame, masks, categories))
    return found


def coco_name(number: int) -> str:
    """Return the file name that COCO gives a training image."""
    return f"COCO_train2014_{number:012d}.jpg"


def image_entry(picture: Picture, name: str) -> dict[str, Any]:
    """Return the entry of a COCO `images` list."""
    height, width = picture.frame.shape[:2]
    return {"id": picture.number, "file_name": name, "height": height, "width": width}


def save_pictures(folder: Path, found: list[Picture]) -> None:
    """Write the images under their COCO names."""
    folder.mkdir(parents=True)
    for picture in found:
        write_jpeg(folder / coco_name(picture.number), picture.frame)


def annotation(
    number: int, picture: Picture, mask: Mask, category: int, halves: bool = False
) -> dict[str, Any]:
    """Return a COCO annotation with polygons; with `halves`, two that overlap in the middle."""
    ys, xs = np.nonzero(mask)
    box = [float(v) for v in (xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1)]
    polygons = outline(mask)
    if halves:
        middle = int(xs.mean())
        columns = np.arange(mask.shape[1])
        left, right = columns <= middle + _OVERLAP // 2, columns >= middle - _OVERLAP // 2
        polygons = outline(mask & left) + outline(mask & right)
    return {
        "id": number,
        "image_id": picture.number,
        "category_id": category,
        "segmentation": polygons,
        "area": float(mask.sum()),
        "bbox": box,
        "iscrowd": 0,
    }


def place(mask: Mask) -> str:
    """Return where a mask lies in its image, in words."""
    centre = float(np.nonzero(mask)[1].mean()) / mask.shape[1]
    return "on the left" if centre < 0.4 else "on the right" if centre > 0.6 else "in the middle"
