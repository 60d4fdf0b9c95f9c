"""A model that behaves like SAMA: whole tracks, several masks an answer, refusals, dialogues."""

from __future__ import annotations

import os
import time
import zlib

import numpy as np

from sama_bench.adapter import Adapter, Setup
from sama_bench.marks import grounded_answer, marked
from sama_bench.nouns import Answer, Masklet, Sample


class SamaLike(Adapter):
    """Answers with its regions' tracks, a few pixels off; every fifth question is refused."""

    takes_tracks = True
    takes_history = True

    def load(self, setup: Setup) -> None:
        self._pause = float(os.environ.get("SAMA_LIKE_PAUSE", "0"))

    def predict(self, sample: Sample) -> Answer:
        time.sleep(self._pause)
        chance = np.random.default_rng(zlib.crc32(sample.id.encode()))
        if "masks" not in sample.wants:
            return Answer(f"It stays in view for {len(sample.video)} frames.")
        if chance.random() < 0.2:
            return Answer("The object is not in this video.")
        tracks = [shifted(region.track, chance) for region in sample.regions]
        words = " and ".join(marked(f"object {n}") for n in range(len(tracks)))
        return grounded_answer(f"Round {len(sample.dialogue) + 1}: {words}.", tracks)

    def card(self) -> dict[str, str]:
        return {"prompt": "whole tracks", "frames": "all"}


def shifted(track: Masklet, chance: np.random.Generator) -> Masklet:
    """Return a track moved by up to two pixels, as a decoder would blur it."""
    by = tuple(int(n) for n in chance.integers(-2, 3, 2))
    return Masklet.from_arrays([np.roll(track.decode(n), by, (0, 1)) for n in range(len(track))])
