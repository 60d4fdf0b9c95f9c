"""``flow``: the prompt's mask carried through the video by dense optical flow.

A baseline without weights that sees the frames: OpenCV's DIS flow moves the mask from frame to
frame, away from the marked frame in both directions. Where nothing is marked it starts from what
moves most against the background. Its text comes from a template filled with what the mask did.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sama_bench.adapter import Adapter, ModelSpec, Setup
from sama_bench.adapters._regions.region_tracks import region_mask
from sama_bench.adapters._settings.options import check_own
from sama_bench.adapters.baselines import centre_region
from sama_bench.marks import grounded_answer, marked
from sama_bench.media import rle
from sama_bench.nouns import Answer, Masklet, Region, Sample, Video

Plane = npt.NDArray[np.float32]

LONGEST_SIDE = 640
"""Flow is computed on frames scaled down to this side, in pixels: finer costs time, not errors."""

FLOWS = 256
"""Flow fields kept for the next question about the same video, at most 2 MB each."""


class Flow(Adapter):
    """Carries masks by dense inverse search flow (Kroeger et al., 2016)."""

    takes_history = True

    def load(self, setup: Setup) -> None:
        """Prepare the flow; a carried mask is kept for other questions of its video."""
        check_own(setup.model, setup.options)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._flow.setFinestScale(0)  # small objects vanish at the preset's half resolution
        self._carried = lru_cache(maxsize=16)(self._carry)
        self._between = lru_cache(maxsize=FLOWS)(self._compute)
        cv2.setNumThreads(1)

    def predict(self, sample: Sample) -> Answer:
        """Answer with one carried mask per region and a sentence about its motion."""
        regions = sample.regions or ((self._moving(sample),) if "masks" in sample.wants else ())
        masklets = [self._masklet(sample, region) for region in regions]
        phrases = [f"the {_size(masklet)} object" for masklet in masklets]
        if "masks" not in sample.wants:
            sentences = [
                f"A{phrase[3:]} {_motion(masklet)}."
                for phrase, masklet in zip(phrases, masklets, strict=True)
            ]
            return Answer(" ".join(sentences))
        told = [
            f"{marked(phrase)} {_motion(masklet)}"
            for phrase, masklet in zip(phrases, masklets, strict=True)
        ]
        return grounded_answer(" and ".join(told) + ".", masklets)

    def card(self) -> dict[str, Any]:
        """Return the protocol card."""
        return {
            "prompt": "mask on one frame",
            "frames": "all",
            "longest_side": LONGEST_SIDE,
            "tracking": "OpenCV DIS flow, preset medium, finest scale 0, checked there and back",
        }

    def _masklet(self, sample: Sample, region: Region) -> Masklet:
        start = region_mask(sample, region)
        return self._carried(sample.video, region.frame, rle.encode(start)["counts"])

    def _carry(self, video: Video, start: int, counts: str) -> Masklet:
        size = (video.height, video.width)
        first = rle.decode({"size": list(size), "counts": counts})
        masks: dict[int, npt.NDArray[np.uint8]] = {start: first}
        grey = _grey(video, start)
        shape = (grey.shape[1], grey.shape[0])
        for path in (range(start + 1, len(video)), range(start - 1, -1, -1)):
            before = start
            soft: Plane = cv2.resize(first.astype(np.float32), shape, interpolation=cv2.INTER_AREA)
            for index in path:
                back = self._between(video, index, before)
                soft = _warped(soft, back, self._between(video, before, index))
                full = cv2.resize(soft, size[::-1], interpolation=cv2.INTER_LINEAR)
                masks[index] = (full > 0.5).astype(np.uint8)
                before = index
        return Masklet.from_arrays([masks[index] for index in range(len(video))])

    def _compute(self, video: Video, first: int, second: int) -> Plane:
        flow: Plane = self._flow.calc(_grey(video, first), _grey(video, second), None)
        return flow

    def _moving(self, sample: Sample) -> Region:
        """Return what moves most against the median motion between the first two frames."""
        video = sample.video
        if len(video) < 2:
            return centre_region(sample)
        flow = self._between(video, 0, min(2, len(video) - 1))
        speed = np.linalg.norm(flow - np.median(flow, axis=(0, 1)), axis=2)
        level = (255 * speed / max(float(speed.max()), 1e-6)).astype(np.uint8)
        _, found = cv2.threshold(level, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        number, labels, stats, _ = cv2.connectedComponentsWithStats(found)
        if number < 2:
            return centre_region(sample)
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        mask = cv2.resize(
            (labels == largest).astype(np.uint8),
            (video.width, video.height),
            interpolation=cv2.INTER_NEAREST,
        )
        return Region(0, mask=rle.encode(mask))


def _grey(video: Video, index: int) -> npt.NDArray[np.uint8]:
    frame = cv2.cvtColor(video.frame(index), cv2.COLOR_RGB2GRAY)
    scale = min(1.0, LONGEST_SIDE / max(frame.shape))
    shape = (max(16, round(frame.shape[1] * scale)), max(16, round(frame.shape[0] * scale)))
    resized: npt.NDArray[np.uint8] = cv2.resize(frame, shape, interpolation=cv2.INTER_AREA)
    return resized


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


def _size(masklet: Masklet) -> str:
    first = masklet.first_visible()
    share = 0.0 if first is None else float(masklet.decode(first).mean())
    return "small" if share < 0.03 else "large" if share > 0.2 else "middle-sized"


def _motion(masklet: Masklet) -> str:
    centres = [np.argwhere(masklet.decode(i)).mean(axis=0) for i in _ends(masklet)]
    if len(centres) < 2:
        return "cannot be seen for long"
    down, right = (centres[1] - centres[0]) / np.array([masklet.height, masklet.width])
    if max(abs(down), abs(right)) < 0.05:
        return "stays in its place"
    if abs(right) >= abs(down):
        return f"moves to the {'right' if right > 0 else 'left'}"
    return "moves downwards" if down > 0 else "moves upwards"


def _ends(masklet: Masklet) -> list[int]:
    seen = [i for i, counts in enumerate(masklet.counts) if counts is not None]
    return [seen[0], seen[-1]] if len(seen) > 1 else []


MODELS = (
    ModelSpec(
        "flow",
        f"{__name__}:Flow",
        "the prompt's mask carried by dense optical flow, text from a template",
        task="baseline",
        licence="none",
        uses_gpu=False,
    ),
)
