"""The model of the campaign: answers every question alike each time, after a pause."""

from __future__ import annotations

import os
import time
import zlib

import numpy as np

from sama_bench.adapter import Adapter
from sama_bench.marks import grounded_answer, marked
from sama_bench.nouns import Answer, Masklet, Sample

PAUSE = "SAMA_BENCH_CAMPAIGN_PAUSE"
"""Seconds an answer takes; an environment variable, because options are what a run is of."""


class Steady(Adapter):
    """Answers from the sample's id: a box that moves with the frames."""

    def predict(self, sample: Sample) -> Answer:
        time.sleep(float(os.environ.get(PAUSE, "0")))
        video, start = sample.video, zlib.crc32(sample.id.encode()) % 50
        masks = np.zeros((len(video), video.height, video.width), np.uint8)
        for frame in range(len(video)):
            masks[frame, start : start + 60, start + frame : start + frame + 90] = 1
        return grounded_answer(f"It is {marked('the animal')}.", [Masklet.from_arrays(masks)])
