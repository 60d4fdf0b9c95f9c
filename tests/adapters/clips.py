"""Small generated clips and samples for tests of adapters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from sama_bench.nouns import Masklet, Region, Sample, Video


def clip(folder: Path, frames: int = 6, height: int = 48, width: int = 64, seed: int = 0) -> Video:
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed)
    paths = []
    for number in range(frames):
        image = noise.integers(0, 256, (height, width, 3), dtype=np.uint8)
        path = folder / f"{number:05d}.png"
        Image.fromarray(image).save(path)
        paths.append(str(path))
    return Video(f"clip{seed}", tuple(paths), height, width)


def square_track(video: Video, visible: range | None = None, size: int = 12) -> Masklet:
    masks = np.zeros((len(video), video.height, video.width), np.uint8)
    for frame in visible if visible is not None else range(len(video)):
        masks[frame, 4 : 4 + size, 2 + frame : 2 + frame + size] = 1
    return Masklet.from_arrays(masks)


def region(track: Masklet) -> Region:
    frame = track.first_visible() or 0
    return Region(frame, mask=track.rle(frame), track=track)


def asked(video: Video, text: str, *tracks: Masklet, benchmark: str = "sama-bench-g", **more):
    return Sample("s0", benchmark, video, text, tuple(region(t) for t in tracks), **more)
