"""Masks carried through a video by OpenCV's dense inverse search flow (Kroeger et al., 2016)."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from sama_bench.media import rle
from sama_bench.nouns import Masklet, Video

Plane = npt.NDArray[np.float32]

FLOWS = 256
"""Flow fields kept for the next question about the same video, at most 3.3 MB each."""

GREYS = 64
"""Frames as the flow sees them, kept for the next flow, at most 0.4 MB each."""


class DenseFlow:
    """Flow between frames of videos; what was computed last is kept for the next question.

    Args:
        longest_side: to which frames are scaled down before flow is computed, in pixels.
    """

    def __init__(self, longest_side: int) -> None:
        self._longest_side = longest_side
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._flow.setFinestScale(0)  # small objects vanish at the preset's half resolution
        self._between = lru_cache(maxsize=FLOWS)(self._compute)
        self._grey = lru_cache(maxsize=GREYS)(self._shrink)
        cv2.setNumThreads(1)

    def carry(self, video: Video, start: int, counts: str) -> Masklet:
        """Return the masklet of an object whose mask on one frame is given.

        Args:
            video: it is seen in.
            start: index of the frame of the mask.
            counts: of the mask as COCO RLE, of the video's size.
        """
        size = (video.height, video.width)
        grey = self._grey(video, start)
        shape = (grey.shape[1], grey.shape[0])
        first = rle.decode({"size": list(size), "counts": counts})
        masks = {start: _encoded(first)}  # a plane a frame would be more than the video itself
        marked: Plane = cv2.resize(first.astype(np.float32), shape, interpolation=cv2.INTER_AREA)
        del first
        for path in (range(start + 1, len(video)), range(start - 1, -1, -1)):
            before, soft = start, marked
            for index in path:
                back = self._between(video, index, before)
                soft = _warped(soft, back, self._between(video, before, index))
                full = cv2.resize(soft, size[::-1], interpolation=cv2.INTER_LINEAR)
                masks[index] = _encoded((full > 0.5).view(np.uint8))
                del full
                before = index
        return Masklet(*size, tuple(masks[index] for index in range(len(video))))

    def moving(self, video: Video) -> npt.NDArray[np.uint8] | None:
        """Return what moves most against the median motion between the first frames.

        uint8 (height, width), on the first frame; None where nothing moves by itself.
        """
        if len(video) < 2:
            return None
        flow = self._between(video, 0, min(2, len(video) - 1))
        speed = np.linalg.norm(flow - np.median(flow, axis=(0, 1)), axis=2)
        level = (255 * speed / max(float(speed.max()), 1e-6)).astype(np.uint8)
        _, found = cv2.threshold(level, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        number, labels, stats, _ = cv2.connectedComponentsWithStats(found)
        if number < 2:
            return None
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        mask: npt.NDArray[np.uint8] = cv2.resize(
            (labels == largest).astype(np.uint8),
            (video.width, video.height),
            interpolation=cv2.INTER_NEAREST,
        )
        return mask

    def _compute(self, video: Video, first: int, second: int) -> Plane:
        one, other = self._grey(video, first), self._grey(video, second)
        flow: Plane = self._flow.calc(one, other, None)
        return flow

    def _shrink(self, video: Video, index: int) -> npt.NDArray[np.uint8]:
        frame = cv2.cvtColor(video.frame(index), cv2.COLOR_RGB2GRAY)
        scale = min(1.0, self._longest_side / max(frame.shape))
        shape = (max(16, round(frame.shape[1] * scale)), max(16, round(frame.shape[0] * scale)))
        resized: npt.NDArray[np.uint8] = cv2.resize(frame, shape, interpolation=cv2.INTER_AREA)
        return resized


def _encoded(mask: npt.NDArray[np.uint8]) -> str | None:
    """Return the RLE counts of a mask, None where it is empty."""
    return Masklet.from_arrays([mask]).counts[0]


def _warped(soft: Plane, back: Plane, forth: Plane) -> Plane:
    """Carry a soft mask one frame on.

    Each pixel fetches its value from where it was. A pixel whose flow there and back do not meet
    was hidden before, and is not part of the object. The edge is sharpened, else it would blur
    away over the frames.
    """
    height, width = soft.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    from_x, from_y = x + back[..., 0], y + back[..., 1]
    moved: Plane = cv2.remap(soft, from_x, from_y, cv2.INTER_LINEAR)
    returned: Plane = cv2.remap(forth, from_x, from_y, cv2.INTER_LINEAR)
    gap = np.linalg.norm(returned + back, axis=2)
    seen = gap < np.maximum(2.0, 0.5 * np.linalg.norm(back, axis=2))
    sharp: Plane = np.clip(1.5 * (moved - 0.5) + 0.5, 0.0, 1.0) * seen
    return sharp
