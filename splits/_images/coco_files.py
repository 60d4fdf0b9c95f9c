"""Images, masks and captions of COCO-style annotation files (data protocol 3.3 and 3.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.benchmark import Finding
from sama_bench.errors import DataError
from sama_bench.media import rle as coco_rle
from sama_bench.storage.untrusted_files import is_text, plain_name, read_json, shown

LONGEST_SIDE = 1 << 15
"""Pixels of the longest side that an image may have."""


@dataclass(frozen=True)
class CocoImage:
    """An image of the file: its id as text, file name, and size (None where it is not given)."""

    id: str
    file_name: str
    size: tuple[int, int] | None


@dataclass(frozen=True)
class CocoFile:
    """A COCO-style file.

    Attributes:
        path: of the file.
        checksum: ``sha256:...``.
        images: in the order of the file.
        annotations: by image id, in the order of the file.
        by_id: annotations by their own id.
        repeated: what stands more than once in the file and counts once.
        ambiguous: ids that different things share; of images the last counts, annotations all.
        retold: annotations whose content stands again under another id or none; all count.
        stray: annotations of images that the file does not list; they count nowhere.
    """

    path: Path
    checksum: str
    images: tuple[CocoImage, ...]
    annotations: Mapping[str, Sequence[Mapping[str, Any]]]
    by_id: Mapping[str, Mapping[str, Any]]
    repeated: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    retold: tuple[str, ...] = ()
    stray: tuple[str, ...] = ()

    def findings(self) -> Iterator[Finding]:
        """Report what stands more than once, and what shares its id with something else."""
        for what in self.repeated:
            yield Finding("repeated", f"{self.path.name}, {what}", "stands again, and counts once")
        for what in self.ambiguous:
            where = f"{self.path.name}, {what}"
            fatal = what.startswith("image")
            yield Finding("ambiguous_id", where, "another one has the same id", fatal=fatal)
        for what in self.retold:
            detail = "the same stands under another id or none, and both count"
            yield Finding("repeated_content", f"{self.path.name}, {what}", detail)
        for what in self.stray:
            detail = "its image is not listed, so it counts nowhere"
            yield Finding("stray_annotation", f"{self.path.name}, {what}", detail)


def read_coco(path: Path) -> CocoFile:
    """Read a COCO-style file.

    An image or annotation that stands again, unchanged, counts once.

    Raises:
        DataError: it is missing or malformed, or a file name leads out of its folder.
    """
    content, checksum = read_json(path)
    if not isinstance(content, dict):
        raise DataError(f"{path} must hold an object")
    images: dict[str, CocoImage] = {}
    annotations: dict[str, list[Mapping[str, Any]]] = {}
    by_id: dict[str, Mapping[str, Any]] = {}
    repeated: list[str] = []
    ambiguous: list[str] = []
    retold: list[str] = []
    seen: set[str] = set()
    for item in _list(path, content, "images"):
        image = _image(path, item)
        if image.id in images:
            again = repeated if images[image.id] == image else ambiguous
            again.append(f"image {image.id[:80]}")
        images[image.id] = image
    for number, item in enumerate(_list(path, content, "annotations")):
        if not isinstance(item, dict) or not _is_id(item.get("image_id")):
            raise DataError(f"{path}, annotation {number}: no 'image_id'")
        id = item.get("id", f"number {number}")
        if not _is_id(id):
            raise DataError(f"{path}, annotation {number}: its 'id' is a {type(id).__name__}")
        before = by_id.get(str(id))
        if before == item:
            repeated.append(f"annotation {str(id)[:80]}")
            continue
        if before is not None:
            ambiguous.append(f"annotation {str(id)[:80]}")
        said = _said(path, item)
        if said in seen:
            retold.append(f"annotation {str(id)[:80]}")
        seen.add(said)
        annotations.setdefault(str(item["image_id"]), []).append(item)
        by_id[str(id)] = item
    return CocoFile(
        path,
        checksum,
        tuple(images.values()),
        annotations,
        by_id,
        tuple(repeated),
        tuple(ambiguous),
        tuple(retold),
        _stray(by_id, images),
    )


def _said(path: Path, item: Mapping[str, Any]) -> str:
    """Return what an annotation says, its id aside."""
    try:
        return json.dumps({**item, "id": None}, sort_keys=True)
    except RecursionError:
        raise DataError(f"{path} is nested too deeply") from None


def _stray(by_id: Mapping[str, Mapping[str, Any]], images: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(
        f"annotation {id[:80]}" for id, item in by_id.items() if str(item["image_id"]) not in images
    )


def picture_size(height: object, width: object) -> tuple[int, int]:
    """Return (height, width) of an image as a file states it.

    Raises:
        ValueError: not whole numbers, or larger than any image of a benchmark.
    """
    size = coco_rle.check_size([height, width])
    if max(size) > LONGEST_SIDE:
        raise ValueError(f"{size[1]}x{size[0]} is not a believable image size")
    return size


def segmentation_of(file: CocoFile, item: Mapping[str, Any]) -> Any:
    """Return the segmentation of an annotation, not yet looked at.

    Raises:
        DataError: it has none, or an empty one.
    """
    if not item.get("segmentation"):
        raise DataError(f"{file.path}, annotation {item.get('id')}: no mask under 'segmentation'")
    return item["segmentation"]


def _is_id(value: object) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def caption_of(file: CocoFile, item: Mapping[str, Any]) -> str:
    """Return the caption of an annotation (DataError if it has none)."""
    if not isinstance(item.get("caption"), str):
        raise DataError(f"{file.path}, annotation {item.get('id')}: no 'caption'")
    return str(item["caption"])


def _image(path: Path, item: Any) -> CocoImage:
    if not isinstance(item, dict) or not _is_id(item.get("id")):
        raise DataError(f"{path}: an image without 'id'")
    id = str(item["id"])
    if not is_text(id):
        raise DataError(f"{path}, image '{shown(id)}' cannot be the id of a sample")
    name = item.get("file_name", f"{id}.jpg")
    if not isinstance(name, str):
        raise DataError(f"{path}, image {id[:80]}: 'file_name' must be a name")
    plain_name(name, f"{path.name}, image {id[:80]}:")
    if item.get("height") is None or item.get("width") is None:
        return CocoImage(id, name, None)
    try:
        size = picture_size(item["height"], item["width"])
    except ValueError as error:
        raise DataError(f"{path}, image {id[:80]}: {error}") from None
    return CocoImage(id, name, size)


def _list(path: Path, content: Mapping[str, Any], key: str) -> list[Any]:
    value = content.get(key)
    if not isinstance(value, list):
        raise DataError(f"{path} has no list '{key}'")
    return value
