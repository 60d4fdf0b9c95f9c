"""Mini Ref-SAV: long and short expressions, frames named as every fourth of the source.

Formats: data protocol, sections 2.1 to 2.3.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .descriptions import DESCRIPTIONS
from .expressions import ABSENT, MOTION
from .media import Track, numbered, scene, write_video
from .referring import expression, mask_entries, meta_video, number_objects
from .store import write_json

_VIDEOS = {
    "0a4d7e31c5b2": "sav_000101",
    "2400000004": "sav_000017",
    "b81d06e4a9": "sav_000230",
}
_STEP = 4
_LONG, _SHORT = 0, 1


def write_ref_sav(root: Path) -> None:
    """Write `ref_sav_eval` below an empty folder."""
    base = root / "ref_sav_eval"
    scenes = [scene(video) for video in _VIDEOS]
    ids = number_objects(scenes)
    absent = len(ids)
    videos: dict[str, Any] = {}
    masks: dict[str, Track] = {}
    for number, item in enumerate(scenes):
        key, names = _VIDEOS[item.video], numbered(item.frames, _STEP)
        tracks = write_video(base / "videos" / key, item, names)
        masks.update(mask_entries(item, tracks.visible, ids))
        long = [
            {**expression(text, who, item, ids), "type_id": _LONG}
            for who, text in DESCRIPTIONS[item.video].items()
        ]
        short = [
            {**expression(text, who, item, ids), "type_id": _SHORT}
            for text, who in MOTION[item.video]
        ]
        nobody = {"exp": ABSENT[number], "obj_id": [], "anno_id": [absent], "type_id": _SHORT}
        masks[str(absent)] = [None] * item.frames
        absent += 1
        videos[key] = meta_video(item, names, [*long, *short, nobody], number)
    write_json(base / "meta_expressions_valid.json", {"videos": videos})
    write_json(base / "mask_dict.json", masks)
