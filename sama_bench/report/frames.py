"""Pictures of a report: each frame is written once, reduced in size."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
from PIL import Image

from sama_bench.errors import DataError
from sama_bench.nouns import Video

QUALITY = 68


@dataclass
class FrameWriter:
    """Writes frames below ``folder``; a video that was written is not written again.

    Attributes:
        folder: of all pictures.
        side: longest side of a picture, pixels.
        most: of a longer video so many frames are written, evenly spread.
        written: how many pictures there are.
    """

    folder: Path
    side: int
    most: int
    written: int = 0
    _known: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, video: Video) -> dict[str, Any]:
        """Write a video's frames, and return what the page needs to show them."""
        key = hashlib.sha256(f"{video.clip}|{video.frames}".encode()).hexdigest()[:12]
        if key not in self._known:
            shown = spread(len(video), self.most)
            (self.folder / key).mkdir(parents=True, exist_ok=True)
            problem = None
            for index in shown:
                try:
                    self._save(video, index, self.folder / key / f"{index}.webp")
                except DataError as error:
                    problem = str(error).replace(str(video.clip.parent), "...")
                    break
            self._known[key] = {
                "folder": f"frames/{key}",
                "shown": shown,
                "total": len(video),
                "height": video.height,
                "width": video.width,
                "problem": problem,
            }
        return self._known[key]

    def _save(self, video: Video, index: int, path: Path) -> None:
        frame = video.picture(index, self.side)
        height, width = frame.shape[:2]
        scale = min(1.0, self.side / max(height, width))
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        Image.fromarray(frame).save(path, "WEBP", quality=QUALITY, method=2)
        self.written += 1


def spread(length: int, most: int) -> list[int]:
    """Return at most ``most`` of ``length`` frame numbers, evenly spread, with first and last."""
    if length <= most:
        return list(range(length))
    return sorted({round(place * (length - 1) / (most - 1)) for place in range(most)})
