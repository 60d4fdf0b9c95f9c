"""VidSTG frames: strict sequential decoding next to the released seeking.

Both extract every fourth frame of one generated clip and write it as JPEG; what differs is how the
frames are reached.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks._timing import side_by_side
from sama_bench.data.video_frames import frames
from sama_bench.splits.sama_bench.sources import INTERVAL

Row = dict[str, Any]
RELEASED = "reference: seek to every 4th frame"


def run(quick: bool) -> list[Row]:
    """Time both ways; ``quick`` takes a shorter clip."""
    cv2.setNumThreads(1)
    length = 60 if quick else 240
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        _write_clip(clip, length)
        seconds = side_by_side(
            {
                RELEASED: lambda: _extract(clip, "seeking"),
                "ours: decode in order": lambda: _extract(clip, "sequential"),
            },
            1 if quick else 3,
        )
    kept = -(-length // INTERVAL)
    return [
        {
            "work": f"VidSTG frames, 480p, {length} frames",
            "way": way,
            "ms a kept frame": round(1000 * spent / kept, 2),
            "times faster": round(seconds[RELEASED] / spent, 1),
        }
        for way, spent in seconds.items()
    ]


def _extract(clip: Path, decoding: Any) -> int:
    return sum(len(cv2.imencode(".jpg", frame)[1]) for _, frame in frames(clip, INTERVAL, decoding))


def _write_clip(path: Path, length: int) -> None:
    """A textured picture that moves, so that the codec has something to predict."""
    chance = np.random.default_rng(0)
    coarse = chance.integers(0, 255, (60, 160, 3), np.uint8)
    world = cv2.resize(coarse, (854 + 4 * length, 480), interpolation=cv2.INTER_CUBIC)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 30, (854, 480))
    for index in range(length):
        writer.write(np.ascontiguousarray(world[:, 4 * index : 4 * index + 854]))
    writer.release()
