"""Images, masks and captions of COCO-style annotation files (data protocol 3.3 and 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.errors import DataError
from sama_bench.media import rle as coco_rle
from sama_bench.storage.untrusted_files import is_text, plain_name, read_json, shown


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
    """

    path: Path
    checksum: str
    images: tuple[CocoImage, ...]
    annotations: Mapping[str, Sequence[Mapping[str, Any]]]
    by_id: Mapping[str, Mapping[str, Any]]


def read_coco(path: Path) -> CocoFile:
    """Read a COCO-style file.

    Raises:
        DataError: it is missing or malformed, or a file name leads out of its folder.
    """
    content, checksum = read_json(path)
    if not isinstance(content, dict):
        raise DataError(f"{path} must hold an object")
    images = [_image(path, item) for item in _list(path, content, "images")]
    annotations: dict[str, list[Mapping[str, Any]]] = {}
    by_id: dict[str, Mapping[str, Any]] = {}
    for number, item in enumerate(_list(path, content, "annotations")):
        if not isinstance(item, dict) or "image_id" not in item:
            raise DataError(f"{path}, annotation {number}: no 'image_id'")
        annotations.setdefault(str(item["image_id"]), []).append(item)
        by_id[str(item.get("id"))] = item
    return CocoFile(path, checksum, tuple(images), annotations, by_id)


def caption_of(file: CocoFile, item: Mapping[str, Any]) -> str:
    """Return the caption of an annotation (DataError if it has none)."""
    if not isinstance(item.get("caption"), str):
        raise DataError(f"{file.path}, annotation {item.get('id')}: no 'caption'")
    return str(item["caption"])


def _image(path: Path, item: Any) -> CocoImage:
    if not isinstance(item, dict) or "id" not in item:
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
        size = coco_rle.check_size([item["height"], item["width"]])
    except ValueError as error:
        raise DataError(f"{path}, image {id[:80]}: {error}") from None
    return CocoImage(id, name, size)


def _list(path: Path, content: Mapping[str, Any], key: str) -> list[Any]:
    value = content.get(key)
    if not isinstance(value, list):
        raise DataError(f"{path} has no list '{key}'")
    return value
