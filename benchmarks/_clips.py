"""Generated clips with questions, for measuring the engine itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from sama_bench.adapter import Adapter, ModelSpec, Setup
from sama_bench.benchmark import Dataset, Entry, Finding, Protocol
from sama_bench.launch.devices import Device
from sama_bench.nouns import Answer, Reference, Sample, Video
from sama_bench.running.request import Request
from sama_bench.running.run import RunResult, run

HEIGHT, WIDTH = 120, 160


class Clips(Dataset):
    """Videos of noise as JPEG files, ``rounds`` questions each."""

    def __init__(self, root: Path, videos: int, rounds: int, frames: int, name: str) -> None:
        self.benchmark, self.split, self.shards = name, "generated", ("generated",)
        self.files: dict[str, str] = {}
        self.entries = [
            Entry(f"v{video}/{turn}", f"v{video}", None, turn=turn, frames=frames)
            for video in range(videos)
            for turn in range(rounds)
        ]
        self._root, self._frames = root, frames
        chance = np.random.default_rng(0)
        picture = chance.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
        for video in range(videos):
            (root / f"v{video}").mkdir(parents=True, exist_ok=True)
            for frame in range(frames):
                Image.fromarray(picture).save(root / f"v{video}" / f"{frame}.jpg")

    def sample(self, id: str, tracks: bool = False) -> Sample:
        video = id.partition("/")[0]
        paths = tuple(str(self._root / video / f"{n}.jpg") for n in range(self._frames))
        return Sample(id, self.benchmark, Video(video, paths, HEIGHT, WIDTH), "What happens?")

    def reference(self, id: str, protocol: Protocol) -> Reference:
        return Reference(None)

    def findings(self, deep: bool = False) -> list[Finding]:
        return []

    def score(self, answers, protocols, tools):
        raise NotImplementedError


class Sleeper(Adapter):
    """Takes a second a question."""

    def predict(self, sample: Sample) -> Answer:
        import time

        time.sleep(1.0)
        return Answer("done")


class Looker(Adapter):
    """Looks at every frame."""

    def predict(self, sample: Sample) -> Answer:
        return Answer(str(sum(int(frame[0, 0, 0]) for frame in sample.video)))


def ask(runs: Path, model: str, datasets: list[Clips], workers: int = 1) -> RunResult:
    """Run one of the models above on generated clips."""
    spec = ModelSpec(model.lower(), f"{__file__}:{model}", "for benchmarks")
    return run(Request(spec, Setup(spec.name), datasets, runs, devices=[Device()] * workers))
