"""Mini Ref-DAVIS17: four annotators, masks by counted expressions, DAVIS palette images.

Formats: data protocol, sections 2.2 and 2.4; referring protocol, section 3.1.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

from .descriptions import DESCRIPTIONS
from .media import Track, numbered, scene, write_video
from .referring import meta_video
from .store import write_json
from .story import Scene

_VIDEOS = {"2400000008": "penguins", "2400000002": "horses", "7": "aquarium"}
_INDEX_IMAGES = Path("DAVIS", "Annotations_unsupervised", "480p")
_VOID = 255


def write_ref_davis17(root: Path) -> None:
    """Write `video_datas/davis17` below an empty folder.

    Beside the files that the referring protocol names it holds `DAVIS`, laid out as DAVIS 2017 is
    (`Annotations_unsupervised/480p`, `ImageSets/2017/val.txt`), for the four-annotator protocol.
    """
    base = root / "video_datas" / "davis17"
    videos: dict[str, Any] = {}
    tracks: dict[str, dict[str, Track]] = {}
    for number, (video, key) in enumerate(_VIDEOS.items()):
        item, names = scene(video), numbered(scene(video).frames)
        found = write_video(base / "valid" / "JPEGImages" / key, item, names)
        tracks[key] = dict(found.visible)
        videos[key] = meta_video(item, names, _four_annotators(item), number)
        _write_annotations(base / _INDEX_IMAGES / key, item, found.visible)
    write_json(base / "meta_expressions" / "valid" / "meta_expressions.json", {"videos": videos})
    masks = pickle.dumps(_counted_masks(videos, tracks), protocol=4)
    (base / "valid" / "mask_dict.pkl").write_bytes(masks)
    listed = base / "DAVIS" / "ImageSets" / "2017" / "val.txt"
    listed.parent.mkdir(parents=True)
    listed.write_text("".join(f"{key}\n" for key in sorted(videos)), encoding="utf-8")


def _four_annotators(item: Scene) -> list[dict[str, Any]]:
    """The expressions of a video: index = object * 4 + annotator."""
    said = []
    for number, actor in enumerate(item.objects):
        long = DESCRIPTIONS[item.video][actor.name]
        for text in (f"a {actor.name}", long, f"the {actor.name}", long.split(",")[0].lower()):
            said.append({"exp": text, "obj_id": str(number + 1)})
    return said


def _counted_masks(
    videos: dict[str, Any], tracks: dict[str, dict[str, Track]]
) -> dict[str, list[dict[str, Any] | None]]:
    """Masks keyed by a counter over sorted videos and expression ids sorted as strings."""
    masks: dict[str, list[dict[str, Any] | None]] = {}
    for key in sorted(videos):
        objects = list(tracks[key].values())
        for expression in sorted(videos[key]["expressions"]):
            track = objects[int(expression) // 4]
            masks[str(len(masks))] = [
                rle and {"size": rle["size"], "counts": rle["counts"].encode("ascii")}
                for rle in track
            ]
    return masks


def _write_annotations(folder: Path, item: Scene, tracks: Mapping[str, Track]) -> None:
    """Index images with the DAVIS palette; where two objects touch the pixels are void."""
    folder.mkdir(parents=True)
    for frame in range(item.frames):
        index = np.zeros((item.height, item.width), np.uint8)
        near = np.zeros_like(index)
        for number, track in enumerate(tracks.values(), start=1):
            if track[frame] is not None:
                mask = coco_mask.decode(track[frame])
                index[mask > 0] = number
                near += cv2.dilate(mask, np.ones((3, 3), np.uint8))
        index[(near > 1) & (index > 0)] = _VOID
        image = Image.fromarray(index)
        image.putpalette(davis_palette())  # turns grey into indexed
        image.save(folder / f"{frame:05d}.png")


def davis_palette() -> list[int]:
    """Return the 768 values of the palette that DAVIS shares with Pascal VOC.

    Bits 0, 3, 6 ... of an index make up red from its highest bit down, bits 1, 4, 7 ... green and
    bits 2, 5 ... blue.
    """
    return [
        sum(((index >> (3 * step + channel)) & 1) << (7 - step) for step in range(3))
        for index in range(256)
        for channel in range(3)
    ]
