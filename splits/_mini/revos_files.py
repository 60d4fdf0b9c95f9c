"""Mini ReVOS: referring and reasoning expressions, overlapping instances, foreground masks.

Formats: data protocol, sections 2.1 to 2.3 and 2.5.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from .expressions import MOTION, REASONING
from .media import Track, encode_any, numbered, scene, write_video
from .referring import expression, mask_entries, meta_video, number_objects
from .store import write_json
from .story import Scene

_KEYS = {
    "3f2a9c1b70": "3f2a9c1b70",
    "2400000001": "UVO/2400000001",  # some keys of the published file are paths
    "b81d06e4a9": "b81d06e4a9",
    "5c9e20f7d841": "5c9e20f7d841",
}
_REFERRING, _REASONING, _NAN = 0, 1, 2


def write_revos(root: Path) -> None:
    """Write `video_datas/revos` below an empty folder.

    The masks are of whole objects, hidden parts included, so that instances overlap; the
    dictionary also holds an annotation that no expression of the split uses.
    """
    base = root / "video_datas" / "revos"
    scenes = [scene(video) for video in _KEYS]
    ids = number_objects(scenes)
    videos: dict[str, Any] = {}
    masks: dict[str, Track] = {}
    foreground: dict[str, Any] = {}
    for number, item in enumerate(scenes):
        key, names = _KEYS[item.video], numbered(item.frames)
        tracks = write_video(base / key, item, names)
        entries = mask_entries(item, tracks.whole, ids)
        said = _expressions(item, ids)
        used = sorted({str(i) for entry in said for i in entry["anno_id"]})
        masks.update(entries)
        foreground[key] = _foreground(item, [entries[i] for i in used])
        videos[key] = meta_video(item, names, said, number)
    masks[str(len(ids))] = [None] * 10
    write_json(base / "meta_expressions_valid_.json", {"videos": videos})
    write_json(base / "mask_dict.json", masks)
    write_json(base / "mask_dict_foreground.json", foreground)


def _expressions(item: Scene, ids: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    said = [
        {**expression(text, who, item, ids), "type_id": kind}
        for kind, texts in ((_REFERRING, MOTION), (_REASONING, REASONING))
        for text, who in texts.get(item.video, ())
    ]
    everyone = "+".join(actor.name for actor in item.objects)
    said.append({**expression("everything that moves", everyone, item, ids), "type_id": _NAN})
    return said


def _foreground(item: Scene, tracks: list[Track]) -> dict[str, Any]:
    masks, ratios = [], []
    for frame in range(item.frames):
        union = np.zeros((item.height, item.width), np.bool_)
        for track in tracks:
            rle = track[frame]
            if rle is not None:
                union |= coco_mask.decode(rle).astype(np.bool_)
        masks.append(encode_any(union))
        ratios.append(float(union.sum()) / (item.height * item.width))
    return {"masks_rle": masks, "foreground_ratio": ratios}
