"""The files of RefCOCO, RefCOCO+, RefCOCOg and gRefCOCO (data protocol, sections 3.1 and 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sama_bench.errors import DataError
from sama_bench.splits._files.safe_pickle import load_pickle
from sama_bench.splits._images.coco_files import picture_size
from sama_bench.storage.json_stream import read_lists
from sama_bench.storage.untrusted_files import plain_name, read_bytes, read_json

SPLITS = ("val", "test", "testA", "testB")
"""What can be asked for, besides ``train``."""


@dataclass(frozen=True)
class Sentence:
    """One referring expression of an image.

    Attributes:
        id: unique in the dataset.
        text: verbatim.
        annotations: ids of the objects that it means; empty for a sentence without target.
    """

    id: str
    text: str
    annotations: tuple[int, ...]


@dataclass(frozen=True)
class ImageRefs:
    """The selected sentences of one image, in the order of the refs."""

    id: int
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Refs:
    """What a file of refs says of one split.

    Attributes:
        images: the selected sentences by image, in the order of the published code.
        checksum: of the file.
        silent: refs of the split that hold no sentence, so that nothing is asked about them.
        elsewhere: refs of splits that nobody asks for, such as a misspelt name, with it.
    """

    images: tuple[ImageRefs, ...]
    checksum: str
    silent: tuple[str, ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ImageInfo:
    """File name and size of an image."""

    file_name: str
    height: int
    width: int


@dataclass(frozen=True)
class Instances:
    """What ``instances.json`` says about the selected images and annotations.

    Attributes:
        images: by id.
        segmentations: of annotations that are no crowd, by id.
        crowds: ids of the annotations that are.
        checksum: of the file.
        ambiguous: images and annotations that share their id with another one; the last counts.
        image_of: the image that an annotation says it belongs to, by id of the annotation, where
            it says so.
    """

    images: Mapping[int, ImageInfo]
    segmentations: Mapping[int, Any]
    crowds: frozenset[int]
    checksum: str
    ambiguous: tuple[str, ...] = ()
    image_of: Mapping[int, Any] = field(default_factory=dict)


def in_split(name: str, wanted: str) -> bool:
    """Tell whether a ref's split belongs to the one asked for.

    ``val`` and ``train`` match exactly, ``test`` all test splits, ``testA``, ``testB`` by letter.
    """
    if wanted == "test":
        return "test" in name
    if wanted in ("testA", "testB"):
        return wanted[-1] in name
    return name == wanted


def read_refs(path: Path, split: str) -> Refs:
    """Read the refs of a split, grouped by image.

    Images stand in the order in which Python's set of their ids gives them, as in the published
    code: float32 sums depend on it.

    Raises:
        DataError: the file is missing or malformed, or asks to run code.
    """
    if path.suffix == ".json":
        content, checksum = read_json(path)
    else:
        _, checksum = read_bytes(path)
        content = load_pickle(path)
    if not isinstance(content, list):
        raise DataError(f"{path} must hold a list of refs")
    by_image: dict[int, list[Sentence]] = {}
    seen: dict[str, int] = {}
    order: set[int] = set()
    silent: list[str] = []
    elsewhere: list[tuple[str, str]] = []
    for number, ref in enumerate(content):
        where = f"{path.name}, ref {number}"
        if not isinstance(ref, dict) or not isinstance(ref.get("split"), str):
            raise DataError(f"{where}: no 'split'")
        if in_split(ref["split"], split):
            image = _id(where, ref, "image_id")
            order.add(image)
            sentences = list(_sentences(where, ref, seen))
            by_image.setdefault(image, []).extend(sentences)
            if not sentences:
                silent.append(where)
        elif not (ref["split"] == "train" or any(in_split(ref["split"], s) for s in SPLITS)):
            elsewhere.append((where, ref["split"]))
    images = tuple(ImageRefs(image, tuple(by_image[image])) for image in order)
    return Refs(images, checksum, tuple(silent), tuple(elsewhere))


def _sentences(where: str, ref: Mapping[str, Any], seen: dict[str, int]) -> Iterator[Sentence]:
    annotation = ref.get("ann_id")
    ids: list[Any] = annotation if isinstance(annotation, list) else [annotation]
    if any(isinstance(id, bool) or not isinstance(id, int) for id in ids):
        raise DataError(f"{where}: 'ann_id' must be a number or a list of numbers")
    sentences = ref.get("sentences")
    if not isinstance(sentences, list):
        raise DataError(f"{where}: 'sentences' must be a list")
    for sentence in sentences:
        if not isinstance(sentence, dict) or not isinstance(sentence.get("sent"), str):
            raise DataError(f"{where}: a sentence without 'sent'")
        id = f"{ref['image_id']}/{_id(where, sentence, 'sent_id')}"
        seen[id] = seen.get(id, 0) + 1
        name = id if seen[id] == 1 else f"{id}#{seen[id]}"
        yield Sentence(name, sentence["sent"], tuple(id for id in ids if id != -1))


def read_instances(path: Path, images: Sequence[ImageRefs]) -> Instances:
    """Read what the selected sentences need from ``instances.json``, element by element.

    Raises:
        DataError: the file is missing or malformed, or lacks an image or annotation.
    """
    wanted_images = {image.id for image in images}
    wanted = {id for image in images for item in image.sentences for id in item.annotations}
    infos: dict[int, ImageInfo] = {}
    segmentations: dict[int, Any] = {}
    crowds: set[int] = set()
    ambiguous: list[str] = []
    image_of: dict[int, Any] = {}

    def take_image(item: Any) -> None:
        if _has_id_of(item, wanted_images):
            info = _image_info(path, item)
            if infos.get(item["id"], info) != info:
                ambiguous.append(f"image {item['id']}")
            infos[item["id"]] = info

    def take_annotation(item: Any) -> None:
        if _has_id_of(item, wanted):
            mask, crowd = item.get("segmentation"), item["id"] in crowds
            if item["id"] in segmentations and (
                segmentations[item["id"]] != mask or crowd != bool(item.get("iscrowd"))
            ):
                ambiguous.append(f"annotation {item['id']}")
            if item.get("iscrowd"):
                crowds.add(item["id"])
            segmentations[item["id"]] = mask
            if item.get("image_id") is not None:
                image_of[item["id"]] = item["image_id"]

    checksum = read_lists(path, {"images": take_image, "annotations": take_annotation})
    for kind, missing in (
        ("image", wanted_images - set(infos)),
        ("annotation", wanted - set(segmentations)),
    ):
        if missing:
            raise DataError(f"{path} lacks {len(missing)} {kind}s, first {min(missing)}")
    return Instances(
        infos, segmentations, frozenset(crowds), checksum, tuple(ambiguous), image_of
    )  # fmt: skip


def _has_id_of(item: Any, wanted: set[int]) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), int) and item["id"] in wanted


def _image_info(path: Path, item: Mapping[str, Any]) -> ImageInfo:
    name = item.get("file_name")
    if not isinstance(name, str):
        raise DataError(f"{path}, image {item['id']}: no 'file_name'")
    try:
        height, width = picture_size(item.get("height"), item.get("width"))
    except ValueError as error:
        raise DataError(f"{path}, image {item['id']}: {error}") from None
    return ImageInfo(plain_name(name, f"{path.name}: file_name"), height, width)


def _id(where: str, item: Mapping[str, Any], key: str) -> int:
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise DataError(f"{where}: '{key}' must be a whole number")
    return value
