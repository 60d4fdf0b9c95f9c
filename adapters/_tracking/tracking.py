"""Following marked objects through a video: what SAM 2 is used for, in either code base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from sama_bench.adapters._chat.replies import checked_logits
from sama_bench.adapters._sharing import ModelSharing
from sama_bench.nouns import Masklet, Video

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""ImageNet statistics, as in every SAM 2 code base."""


@dataclass(frozen=True)
class Mark:
    """What is known of one object on one frame: a mask, else a box, else points on it.

    Attributes:
        frame: index of the frame.
        mask: uint8 (height, width), or None.
        box: (x_min, y_min, x_max, y_max) in pixels, or None.
        points: (x, y) in pixels, all on the object.
    """

    frame: int
    mask: npt.NDArray[np.uint8] | None = None
    box: tuple[float, float, float, float] | None = None
    points: tuple[tuple[float, float], ...] = ()


class Tracker(Protocol):
    """Follows objects through a video, in both directions from their marked frames.

    Attributes:
        shared: what it keeps of the video for its next question.
    """

    shared: ModelSharing

    def track(self, video: Video, marks: Sequence[Mark]) -> list[Masklet]:
        """Return one masklet per mark, in order."""
        ...

    def card(self) -> Mapping[str, Any]:
        """Return what a protocol card says about the tracker."""
        ...


def by_frame(marks: Sequence[Mark]) -> dict[int, list[int]]:
    """Group the positions of marks by their frame: objects of one frame are tracked together."""
    groups: dict[int, list[int]] = {}
    for place, mark in enumerate(marks):
        groups.setdefault(mark.frame, []).append(place)
    return groups


Statistics = tuple[float, float, float]


def normalised(
    frame: npt.NDArray[np.uint8], side: int, mean: Statistics = MEAN, std: Statistics = STD
) -> npt.NDArray[np.float32]:
    """Return a frame as the models want it, float32 (3, side, side).

    Resized by PIL's default filter without regard to its shape, as the published video loader
    does, then normalised, with ImageNet statistics unless others are given.
    """
    resized = Image.fromarray(frame).resize((side, side))
    scaled = np.asarray(resized, np.float32) / np.float32(255)
    plane = (scaled - np.array(mean, np.float32)) / np.array(std, np.float32)
    return np.ascontiguousarray(plane.transpose(2, 0, 1), dtype=np.float32)


def full_size(logits: Any, height: int, width: int) -> npt.NDArray[np.bool_]:
    """Return low-resolution logits (objects, 1, h, w) as masks, bool (objects, height, width).

    Raises:
        ModelOutputError: NaN among the logits.
    """
    import torch

    enlarged = torch.nn.functional.interpolate(
        logits.float(), size=(height, width), mode="bilinear", align_corners=False
    )
    return checked_logits(enlarged[:, 0])


class Collected:
    """Masks of several objects, frame by frame as they come, kept encoded."""

    def __init__(self, video: Video, objects: int) -> None:
        self._video = video
        self._counts: list[list[str | None]] = [[None] * len(video) for _ in range(objects)]

    def put(self, frame: int, masks: npt.NDArray[np.bool_]) -> None:
        """Take the masks of one frame, bool (objects, height, width)."""
        for place, mask in enumerate(masks):
            encoded = Masklet.from_arrays([mask.astype(np.uint8)])
            self._counts[place][frame] = encoded.counts[0]

    def masklets(self) -> list[Masklet]:
        """Return one masklet per object."""
        size = (self._video.height, self._video.width)
        return [Masklet(*size, tuple(counts)) for counts in self._counts]


def united(masklets: Sequence[Masklet], video: Video) -> Masklet:
    """Return the union of masklets of one video; all absent when there are none."""
    counts: list[str | None] = []
    for frame in range(len(video)):
        shown = [masklet.decode(frame) for masklet in masklets if masklet.counts[frame]]
        if not shown:
            counts.append(None)
            continue
        union = np.maximum.reduce(shown)
        counts.append(Masklet.from_arrays([union]).counts[0])
    return Masklet(video.height, video.width, tuple(counts))
