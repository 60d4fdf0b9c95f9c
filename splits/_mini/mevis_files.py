"""Mini MeViS: valid_u with masks; valid and test without (data protocol, sections 2.1, 2.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .expressions import MOTION
from .media import Track, numbered, scene, write_video
from .referring import expression, mask_entries, meta_video, number_objects
from .store import write_json

_OPEN = ("0a4d7e31c5b2", "5c9e20f7d841", "2400000003")
_HIDDEN = {
    "valid": ("meta_expressions.json", ("7", "2400000006")),
    "test": ("meta_expressions_release.json", ("3f2a9c1b70",)),
}


def write_mevis(root: Path) -> None:
    """Write `video_datas/mevis/{valid_u,valid,test}` below an empty folder."""
    base = root / "video_datas" / "mevis"
    scenes = [scene(video) for video in _OPEN]
    ids = number_objects(scenes)
    videos: dict[str, Any] = {}
    masks: dict[str, Track] = {}
    for number, item in enumerate(scenes):
        names = numbered(item.frames)
        tracks = write_video(base / "valid_u" / "JPEGImages" / item.video, item, names)
        masks.update(mask_entries(item, tracks.visible, ids))
        said = [expression(text, who, item, ids) for text, who in MOTION[item.video]]
        videos[item.video] = meta_video(item, names, said, number)
    write_json(base / "valid_u" / "meta_expressions.json", {"videos": videos})
    write_json(base / "valid_u" / "mask_dict.json", masks)
    for split, (file, hidden) in _HIDDEN.items():
        write_json(base / split / file, {"videos": _without_masks(base / split, hidden)})


def _without_masks(folder: Path, hidden: tuple[str, ...]) -> dict[str, Any]:
    videos: dict[str, Any] = {}
    for number, item in enumerate(scene(video) for video in hidden):
        names = numbered(item.frames)
        write_video(folder / "JPEGImages" / item.video, item, names)
        said = [{"exp": text} for text, _ in MOTION[item.video]]
        videos[item.video] = meta_video(item, names, said, number)
    return videos
