"""Writes the mini scenes as SAMA-Bench files (SAMA-Bench data, sections 1.1 to 1.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pycocotools import mask as coco_mask

from .descriptions import DESCRIPTIONS
from .media import Track, numbered, write_video
from .questions import DIALOGUES
from .scenes import SCENES
from .store import write_json
from .story import Actor, Scene

SPLITS: tuple[str, ...] = (
    "mevis",
    "lvvis_0",
    "lvvis_1",
    "ref_youtube_vos_0",
    "ref_youtube_vos_1",
    *(f"VidSTG_{number}" for number in range(8)),
)
"""The 13 split files, in the order of the published run scripts."""

MASK_FILES = {
    "mevis": "Mevis_mask_dict_val.json",
    "lvvis": "LVVIS_mask_dict_val.json",
    "ref_youtube_vos": "RefYoutube_mask_dict_val.json",
    "VidSTG": "VidSTG_mask_dict_val_updated.json",
}
_FOLDERS = {
    "mevis": "mevis/val_u/JPEGImages",
    "lvvis": "lvvis/val/JPEGImages",
    "ref_youtube_vos": "ref_youtube_vos/valid/JPEGImages",
    "VidSTG": "VidSTG/val",
}
_PLAIN_VIDSTG = {"VidSTG_3"}  # lists its frames as file names instead of dicts
_INTERVAL = 4  # VidSTG frames are named after every 4th frame of the source


def annotation_ids(scene: Scene) -> dict[str, int]:
    """Return name -> annotation id, unique over all scenes; -1 for an object without masks."""
    first = 10 * SCENES.index(scene)
    listed = [actor for actor in scene.actors if actor.role != "scenery"]
    return {
        actor.name: first + number if actor.role == "object" else -1
        for number, actor in enumerate(listed)
    }


def frame_names(scene: Scene) -> list[str]:
    """Return the frame file names without extension."""
    if scene.source == "VidSTG":
        return [f"frame_{_INTERVAL * number}" for number in range(scene.frames)]
    return numbered(scene.frames)


def _folder(scene: Scene) -> str:
    """Folder on disk, relative to the root; LVVIS pads a number to five digits."""
    video = scene.video.zfill(5) if scene.source == "lvvis" else scene.video
    return f"{_FOLDERS[scene.source]}/{video}"


def _boxes(actors: tuple[Actor, ...], rles: Track) -> list[dict[str, Any]]:
    boxes = []
    for tid, (actor, rle) in enumerate(zip(actors, rles, strict=True)):
        if rle is not None:
            x, y, w, h = (int(v) for v in coco_mask.toBbox(rle))
            boxes.append({"tid": tid, "category": actor.painter, "bbox": [x, y, x + w, y + h]})
    return boxes


def _frame_items(scene: Scene, tracks: list[Track]) -> list[Any]:
    names = frame_names(scene)
    if scene.source != "VidSTG":
        return list(names)
    if scene.split in _PLAIN_VIDSTG:
        return [f"{name}.jpg" for name in names]
    return [
        {
            "frame_id": _INTERVAL * number,
            "raw_filename": f"{name}.jpg",
            "boxes": _boxes(scene.objects, [track[number] for track in tracks]),
        }
        for number, name in enumerate(names)
    ]


def split_item(scene: Scene, tracks: list[Track]) -> dict[str, Any]:
    """Return the element of the split file that describes one video."""
    ids = annotation_ids(scene)
    numbers = {name: number for number, name in enumerate(ids)}
    rounds = DIALOGUES[scene.video]
    conversation: list[dict[str, str]] = []
    for number, item in enumerate(rounds):
        conversation += [
            {
                "from": "human",
                "value": item.question,
                "question_id": f"mini_g_{scene.video}_{number}",
            },
            {"from": "gpt", "value": item.answer},
        ]
    texts = {f"obj{numbers[name]}": text for name, text in DESCRIPTIONS[scene.video].items()}
    return {
        "video": f"{_FOLDERS[scene.source]}/{scene.video}",
        "video_id": scene.video,
        "height": scene.height,
        "width": scene.width,
        "frames": _frame_items(scene, tracks),
        "anno_map": list(ids.values()),
        "conversation": conversation,
        "obj_masks": [[ids[name] for name in item.regions] for item in rounds],
        "groundtruth": [
            [[ids[name] for name in names] for names in item.targets] for item in rounds
        ],
        "description": texts,
        "description_id": {key: f"mini_c_{scene.video}_{key}" for key in texts},
    }


def write_sama_bench(root: Path) -> None:
    """Write frames, mask dictionaries and the 13 split files into an empty folder."""
    splits: dict[str, list[dict[str, Any]]] = {name: [] for name in SPLITS}
    masks: dict[str, dict[str, Any]] = {source: {} for source in MASK_FILES}
    for scene in SCENES:
        found = write_video(root / _folder(scene), scene, frame_names(scene)).visible
        tracks = [found[actor.name] for actor in scene.objects]
        ids = annotation_ids(scene)
        for actor, track in zip(scene.objects, tracks, strict=True):
            entry = {"segmentations": track} if scene.source == "lvvis" else track
            masks[scene.source][str(ids[actor.name])] = entry
        splits[scene.split].append(split_item(scene, tracks))
    for name, items in splits.items():
        write_json(root / f"{name}.json", items)
    for source, name in MASK_FILES.items():
        write_json(root / name, masks[source])
