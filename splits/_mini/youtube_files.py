"""Mini Ref-YouTube-VOS valid: expressions and frames, no masks (data protocol, section 2.1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .expressions import MOTION
from .media import numbered, scene, write_video
from .referring import meta_video
from .store import write_json

_VIDEOS = ("3f2a9c1b70", "b81d06e4a9", "2400000004")
_STEP = 5  # the published frames are every fifth one of the source


def write_ref_youtube_vos(root: Path) -> None:
    """Write `video_datas/rvos` below an empty folder."""
    base = root / "video_datas" / "rvos"
    videos: dict[str, Any] = {}
    for number, item in enumerate(scene(video) for video in _VIDEOS):
        names = numbered(item.frames, _STEP)
        write_video(base / "valid" / "JPEGImages" / item.video, item, names)
        said = [{"exp": text} for text, _ in MOTION[item.video]]
        videos[item.video] = meta_video(item, names, said, number)
    write_json(base / "meta_expressions" / "valid" / "meta_expressions.json", {"videos": videos})
