"""Mask dictionaries: annotation id to one object's masks, read one object at a time.

Formats: data protocol, sections 1.4 and 2.2. A value is a list with one entry per frame, or a dict
that holds this list under ``segmentations`` (LVVIS). An entry is a compressed COCO RLE, ``null``
where the object is absent, or a list of RLEs that are parts of one mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pycocotools import mask as coco

from sama_bench.errors import DataError
from sama_bench.media import rle as coco_rle
from sama_bench.splits._files.safe_pickle import load_pickle
from sama_bench.storage.json_index import JsonIndex, index_json
from sama_bench.storage.untrusted_files import read_bytes

RLE = dict[str, Any]
"""A compressed COCO RLE: ``size`` [height, width] and ``counts`` str."""


@dataclass(frozen=True)
class _Pickled:
    """A small mask dictionary in a pickle, as Ref-DAVIS17 has it, held whole."""

    checksum: str
    spans: Mapping[str, Any]
    repeated: tuple[str, ...] = ()

    def value(self, key: str) -> Any:
        return self.spans[key]


def _open(path: Path) -> JsonIndex | _Pickled:
    if path.suffix not in (".pkl", ".pickle", ".p"):
        return index_json(path)
    _, checksum = read_bytes(path)
    content = load_pickle(path)
    if not isinstance(content, dict):
        raise DataError(f"{path} must hold a dict, it holds a {type(content).__name__}")
    return _Pickled(checksum, {str(key): value for key, value in content.items()})


class MaskDict:
    """The masks of a file by annotation id; opened and indexed on first use.

    Every mask is checked before it is handed out, because such files come from others.

    Attributes:
        path: of the JSON file, or of a pickle (``.pkl``).
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    @cached_property
    def _index(self) -> JsonIndex | _Pickled:
        return _open(self.path)

    @property
    def checksum(self) -> str:
        """``sha256:`` and the digest of the file (DataError if it cannot be read)."""
        return self._index.checksum

    @property
    def repeated(self) -> tuple[str, ...]:
        """Ids that the file holds more than once; the last one counts."""
        return self._index.repeated

    def __contains__(self, annotation_id: object) -> bool:
        return annotation_id in self._index.spans

    def __iter__(self) -> Iterator[str]:
        return iter(self._index.spans)

    def __len__(self) -> int:
        return len(self._index.spans)

    def get(self, annotation_id: str) -> list[RLE | None]:
        """Return the masks of one object, frame by frame, None where it is absent.

        Masks of one list may differ in size; the parts of one entry may not, and are united.

        Raises:
            DataError: the file is missing or malformed, has no such id, or a mask in it is broken.
        """
        if annotation_id not in self:
            raise DataError(f"{self.path} has no annotation '{annotation_id}'")
        value = self._index.value(annotation_id)
        if isinstance(value, Mapping):
            value = value.get("segmentations", [])
        where = f"{self.path}, annotation '{annotation_id}'"
        if not isinstance(value, (list, tuple)):
            raise DataError(f"{where}: a list of masks expected, found {type(value).__name__}")
        plain = _plain_masks(value)
        if plain is not None:
            return plain
        masks = []
        for frame, entry in enumerate(value):
            try:
                masks.append(one_mask(entry))
            except ValueError as error:
                raise DataError(f"{where}, frame {frame}: {error}") from None
        return masks


def _plain_masks(entries: Sequence[object]) -> list[RLE | None] | None:
    """Check all masks of an object at once; None where one is broken or a list of parts."""
    present = [entry for entry in entries if not _absent(entry)]
    try:
        coco_rle.check_all(present)
    except ValueError:
        return None
    return [
        None if _absent(entry) or not isinstance(entry, Mapping) else coco_rle.as_text(entry)
        for entry in entries
    ]


def one_mask(entry: object) -> RLE | None:
    """Turn one entry of a mask list into a checked RLE, or None where it stands for no mask.

    Args:
        entry: None, an RLE, or a list of RLEs of one size; empty dicts and lists count as None.

    Raises:
        ValueError: it is none of these, or a broken RLE.
    """
    if _absent(entry):
        return None
    if not isinstance(entry, (list, tuple)):
        return _checked(entry)
    parts = [_checked(part) for part in entry]
    size = tuple(parts[0]["size"])
    for part in parts[1:]:
        coco_rle.check(part, (size[0], size[1]))
    raw = [{"size": part["size"], "counts": part["counts"].encode("ascii")} for part in parts]
    return {"size": list(size), "counts": coco.merge(raw)["counts"].decode("ascii")}


def _absent(entry: object) -> bool:
    """Tell whether an entry says that there is no mask; 0, false and "" say nothing."""
    return entry is None or entry == {} or entry == []


def _checked(entry: object) -> RLE:
    coco_rle.check(entry)
    assert isinstance(entry, Mapping)
    return coco_rle.as_text(entry)
