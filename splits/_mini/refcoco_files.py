"""Mini RefCOCO, RefCOCO+, RefCOCOg and gRefCOCO (data protocol, sections 3.1 and 3.2)."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from .descriptions import DESCRIPTIONS
from .expressions import ABSENT
from .pictures import (
    Picture,
    annotation,
    coco_name,
    image_entry,
    pictures,
    place,
    save_pictures,
)  # fmt: skip
from .store import write_json

IMAGES = Path("glamm_data", "images", "coco2014", "train2014")
REFS = Path("ref_seg")

_UNC = ("val", "val", "val", "testA", "testA", "testB", "testB", "train", "val")
_UMD = ("val", "val", "val", "test", "test", "test", "train", "train", "val")

Sentences = Callable[[Picture, str], list[str]]


def write_refcoco(root: Path) -> None:
    """Write RefCOCO, with words for places, below an empty folder."""
    _write(root, "refcoco", "refs(unc).p", _UNC, _with_places)


def write_refcoco_plus(root: Path) -> None:
    """Write RefCOCO+, without words for places, below an empty folder."""
    _write(root, "refcoco+", "refs(unc).p", _UNC, lambda _, name: [name, f"the {name}"])


def write_refcocog(root: Path) -> None:
    """Write RefCOCOg, with long expressions, below an empty folder."""
    _write(
        root, "refcocog", "refs(umd).p", _UMD,
        lambda picture, name: [DESCRIPTIONS[picture.video][name].rstrip("."), f"the {name}"],
    )  # fmt: skip


def _with_places(picture: Picture, name: str) -> list[str]:
    placed = {other: _placed(picture, other) for other in picture.masks}
    texts = [name, f"the {name}"]
    if list(placed.values()).count(placed[name]) == 1:
        texts.insert(1, placed[name])
    return texts


def _placed(picture: Picture, name: str) -> str:
    return f"{picture.categories[name]} {place(picture.masks[name])}"


def _write(
    root: Path, dataset: str, file: str, splits: Sequence[str], sentences: Sentences
) -> None:
    found = pictures()
    save_pictures(root / IMAGES, found)
    instances = _instances(found)
    refs: list[dict[str, Any]] = []
    count = 0
    for number, (picture, name) in enumerate(_objects(found), start=1):
        texts = sentences(picture, name)
        refs.append(
            {
                "ref_id": number - 1,
                "ann_id": number,
                "sent_ids": list(range(count, count + len(texts))),
                "split": splits[picture.number - 1],
                "sentences": [_sentence(count + i, text) for i, text in enumerate(texts)],
                "image_id": picture.number,
                "category_id": instances["annotations"][number - 1]["category_id"],
                "file_name": f"{coco_name(picture.number)[:-4]}_{number}.jpg",
            }
        )
        count += len(texts)
    folder = root / REFS / dataset
    write_json(folder / "instances.json", instances)
    (folder / file).write_bytes(pickle.dumps(refs, protocol=2))


def write_grefcoco(root: Path) -> None:
    """Write gRefCOCO, with no-target and multi-target expressions, below an empty folder."""
    found = pictures()
    save_pictures(root / IMAGES, found)
    instances = _instances(found)
    numbers = {(p.number, name): n for n, (p, name) in enumerate(_objects(found), start=1)}
    crowd = len(numbers) + 1
    instances["annotations"].append(_crowd(crowd, found[1]))
    refs: list[dict[str, Any]] = []
    for picture in found:
        mine = [numbers[picture.number, name] for name in picture.masks]
        cases = [(name, [numbers[picture.number, name]]) for name in picture.masks]
        cases.append((ABSENT[picture.number % len(ABSENT)], [-1]))
        if len(mine) > 1:
            cases.append(("everything except the background", mine))
        if picture.number == found[1].number:
            cases.append(("the dog and the crowd behind it", [mine[-1], crowd]))
        for text, targets in cases:
            refs.append(_general_ref(len(refs), picture, text, targets, instances))
    folder = root / REFS / "grefcoco"
    write_json(folder / "instances.json", instances)
    write_json(folder / "grefs(unc).json", refs)


def _general_ref(
    number: int, picture: Picture, text: str, targets: list[int], instances: dict[str, Any]
) -> dict[str, Any]:
    categories = {item["id"]: item["category_id"] for item in instances["annotations"]}
    return {
        "ref_id": number,
        "ann_id": targets,
        "image_id": picture.number,
        "split": _UNC[picture.number - 1],
        "category_id": [categories.get(target, -1) for target in targets],
        "no_target": targets == [-1],
        "sentences": [_sentence(number, text)],
        "file_name": coco_name(picture.number),
    }


def _sentence(number: int, text: str) -> dict[str, Any]:
    sent = text.lower()
    return {"sent_id": number, "sent": sent, "raw": text, "tokens": sent.split()}


def _objects(found: list[Picture]) -> list[tuple[Picture, str]]:
    return [(picture, name) for picture in found for name in picture.masks]


def _instances(found: list[Picture]) -> dict[str, Any]:
    """COCO annotations, numbered from 1 in the order of `_objects`; the third in two halves."""
    kinds = sorted({kind for picture in found for kind in picture.categories.values()})
    annotations = [
        annotation(
            number,
            picture,
            picture.masks[name],
            kinds.index(picture.categories[name]) + 1,
            halves=number == 3,
        )
        for number, (picture, name) in enumerate(_objects(found), start=1)
    ]
    return {
        "info": {"description": "generated"},
        "licenses": [],
        "images": [image_entry(picture, coco_name(picture.number)) for picture in found],
        "annotations": annotations,
        "categories": [{"id": n, "name": kind} for n, kind in enumerate(kinds, start=1)],
    }


def _crowd(number: int, picture: Picture) -> dict[str, Any]:
    """A crowd annotation: uncompressed RLE over the lower part of the image."""
    height, width = picture.frame.shape[:2]
    low = height // 5
    counts: list[int] = [height - low, low] * width
    mask = np.zeros((height, width), np.uint8)
    mask[height - low :] = 1
    box = [float(v) for v in coco_mask.toBbox(coco_mask.encode(np.asfortranarray(mask)))]
    return {
        "id": number,
        "image_id": picture.number,
        "category_id": 1,
        "segmentation": {"size": [height, width], "counts": counts},
        "area": float(mask.sum()),
        "bbox": box,
        "iscrowd": 1,
    }
