"""``flow``: the prompt's mask carried through the video by dense optical flow.

A baseline without weights that sees the frames: OpenCV's DIS flow moves the mask from frame to
frame, away from the marked frame in both directions. Where nothing is marked it starts from what
moves most against the background. Its text comes from a template filled with what the mask did.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sama_bench.adapter import Adapter, ModelSpec, Setup
from sama_bench.adapters._regions.region_tracks import region_mask
from sama_bench.adapters._settings.options import check_own
from sama_bench.adapters.baselines import centre_region
from sama_bench.marks import grounded_answer, marked
from sama_bench.media import rle
from sama_bench.nouns import Answer, Masklet, Region, Sample

LONGEST_SIDE = 640
"""Flow is computed on frames scaled down to this side, in pixels: finer costs time, not errors."""


class Flow(Adapter):
    """Carries masks by dense inverse search flow (Kroeger et al., 2016)."""

    takes_history = True

    def load(self, setup: Setup) -> None:
        """Prepare the flow; a carried mask is kept for other questions of its video."""
        from sama_bench.adapters._tracking.dense_flow import DenseFlow  # brings OpenCV

        check_own(setup.model, setup.options)
        self._flow = DenseFlow(LONGEST_SIDE)
        self._carried = lru_cache(maxsize=16)(self._flow.carry)

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

    def _moving(self, sample: Sample) -> Region:
        mask = self._flow.moving(sample.video)
        return centre_region(sample) if mask is None else Region(0, mask=rle.encode(mask))


def _size(masklet: Masklet) -> str:
    first = masklet.first_visible()
    share = 0.0 if first is None else float(masklet.decode(first).mean())
    return "small" if share < 0.03 else "large" if share > 0.2 else "middle-sized"


def _motion(masklet: Masklet) -> str:
    centres = [_centre(masklet.decode(i)) for i in _ends(masklet)]
    if len(centres) < 2:
        return "cannot be seen for long"
    down, right = (centres[1] - centres[0]) / np.array([masklet.height, masklet.width])
    if max(abs(down), abs(right)) < 0.05:
        return "stays in its place"
    if abs(right) >= abs(down):
        return f"moves to the {'right' if right > 0 else 'left'}"
    return "moves downwards" if down > 0 else "moves upwards"


def _centre(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return the mean (row, column) of a mask's pixels, in whole numbers up to the division."""
    sums = [np.count_nonzero(mask, axis=axis).astype(np.int64) for axis in (1, 0)]
    return np.array([int((line * np.arange(len(line))).sum()) / int(line.sum()) for line in sums])


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
