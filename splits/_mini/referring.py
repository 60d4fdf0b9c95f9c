"""What all mini files of referring expressions share (data protocol, section 2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .media import Track
from .story import Scene


def number_objects(scenes: Iterable[Scene]) -> dict[tuple[str, str], int]:
    """Return (video, object name) -> annotation id, counted over all scenes."""
    names = [(scene.video, actor.name) for scene in scenes for actor in scene.objects]
    return {name: number for number, name in enumerate(names)}


def expression(
    text: str, names: str, scene: Scene, ids: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    """Return the entry of an expression with its objects; `names` are joined by `+`."""
    wanted = names.split("+") if names else []
    order = [actor.name for actor in scene.objects]
    return {
        "exp": text,
        "obj_id": [order.index(name) for name in wanted],
        "anno_id": [ids[scene.video, name] for name in wanted],
    }


def meta_video(
    scene: Scene, frames: Sequence[str], expressions: Sequence[Mapping[str, Any]], number: int
) -> dict[str, Any]:
    """Return the entry of a video; expressions are numbered in the given order."""
    return {
        "frames": list(frames),
        "expressions": {str(n): dict(item) for n, item in enumerate(expressions)},
        "height": scene.height,
        "width": scene.width,
        "vid_id": number,
    }


def mask_entries(
    scene: Scene, tracks: Mapping[str, Track], ids: Mapping[tuple[str, str], int]
) -> dict[str, Track]:
    """Return the entries of a mask dictionary: annotation id as text -> masks by frame."""
    return {str(ids[scene.video, name]): track for name, track in tracks.items()}
