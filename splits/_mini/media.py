"""Frames, masks and outlines of the mini scenes as files and JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask

from .render import Frame, render
from .scenes import SCENES
from .story import Scene

RLE = dict[str, Any]
"""Compressed COCO RLE: `size` [height, width] and `counts` str."""

Track = list[RLE | None]
"""One object's masks, one entry per frame."""

Mask = npt.NDArray[np.bool_]

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 92]


@dataclass(frozen=True)
class Tracks:
    """The masks of a scene's objects, by name.

    Attributes:
        visible: what can be seen of an object.
        whole: the object inside the frame, as if nothing stood before it.
    """

    visible: Mapping[str, Track]
    whole: Mapping[str, Track]


def scene(video: str) -> Scene:
    """Return the scene with this video id."""
    return next(scene for scene in SCENES if scene.video == video)


def encode_mask(mask: Mask) -> RLE | None:
    """Return the compressed COCO RLE of an (H, W) mask, or None if it is empty."""
    return encode_any(mask) if mask.any() else None


def encode_any(mask: Mask) -> RLE:
    """Return the compressed COCO RLE of an (H, W) mask."""
    rle = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {"size": [int(n) for n in rle["size"]], "counts": rle["counts"].decode("ascii")}


def write_jpeg(path: Path, frame: Frame) -> None:
    """Write an RGB frame.

    Raises:
        OSError: the frame could not be encoded or written.
    """
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(frame[..., ::-1]), _JPEG)
    if not done:
        raise OSError(f"OpenCV could not encode {path.name}")
    path.write_bytes(data.tobytes())


def write_video(folder: Path, scene: Scene, names: Sequence[str]) -> Tracks:
    """Write `<name>.jpg` for each frame of a scene; return the masks of its objects."""
    folder.mkdir(parents=True)
    tracks = Tracks(
        {actor.name: [] for actor in scene.objects}, {actor.name: [] for actor in scene.objects}
    )
    for name, shot in zip(names, render(scene), strict=True):
        write_jpeg(folder / f"{name}.jpg", shot.frame)
        for number, actor in enumerate(scene.objects):
            tracks.visible[actor.name].append(encode_mask(shot.visible[number]))
            tracks.whole[actor.name].append(encode_mask(shot.whole[number]))
    return tracks


def numbered(frames: int, step: int = 1) -> list[str]:
    """Return frame names `00000`, `00001`, ... or every `step`-th of them."""
    return [f"{step * number:05d}" for number in range(frames)]


def outline(mask: Mask) -> list[list[float]]:
    """Return the outer outlines of an (H, W) mask as COCO polygons [x0, y0, x1, y1, ...]."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    big = [contour for contour in found if len(contour) >= 3]
    return [[float(value) for value in contour.reshape(-1)] for contour in big]
