"""Reading one split file of SAMA-Bench (protocol data.md 1.3)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.errors import AbsentError, DataError
from sama_bench.storage.untrusted_files import each_once, is_text, read_regular


@dataclass(frozen=True, eq=False)
class VideoItem:
    """One element of a split file, its fields checked for their types only.

    Two elements are never equal: a video may stand twice in a file.

    Attributes:
        shard: split file's name without extension.
        video: path of its frames relative to the root; the key of all per-video grouping.
        frames: names, or VidSTG's dicts.
        anno_map: annotation id of object N at position N; -1 for none.
        conversation: alternating human and gpt messages.
        obj_masks: per round, the annotation ids that fill the placeholders.
        groundtruth: per round, per phrase of the answer, the annotation ids of the target.
        description: text by a key that names an object.
        description_id: id by the same keys.
    """

    shard: str
    video: str
    frames: Sequence[Any]
    anno_map: Sequence[int]
    conversation: Sequence[Any]
    obj_masks: Sequence[Any]
    groundtruth: Sequence[Any]
    description: Mapping[str, Any]
    description_id: Mapping[str, Any]


def read_shard(root: Path, shard: str) -> tuple[list[VideoItem], str]:
    """Read a split file.

    Returns:
        its videos in file order, and ``sha256:...`` of the file.

    Raises:
        DataError: the file is missing, is no JSON, or an element has another form.
    """
    path = root / f"{shard}.json"
    try:
        raw = read_regular(path)
    except FileNotFoundError:
        raise AbsentError(f"{path} does not exist; is --data the root of the benchmark?") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    try:
        data = json.loads(raw, object_pairs_hook=each_once)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON: {error}") from None
    if not isinstance(data, list):
        raise DataError(f"{path} must hold a list of videos, not a {type(data).__name__}")
    items = [_item(path, shard, number, element) for number, element in enumerate(data)]
    return items, f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _item(path: Path, shard: str, number: int, data: Any) -> VideoItem:
    where = f"{path.name}, video {number}"
    if not isinstance(data, dict) or not isinstance(data.get("video"), str):
        raise DataError(f"{where}: has no field 'video' with a path")
    if not is_text(data["video"]):
        raise DataError(f"{where}: 'video' holds characters that no path can have")

    def field(name: str, kind: type, default: Any) -> Any:
        value = data.get(name, default)
        if not isinstance(value, kind):
            raise DataError(f"{where} ({data['video'][:80]}): '{name}' is not a {kind.__name__}")
        return value

    return VideoItem(
        shard=shard,
        video=data["video"],
        frames=field("frames", list, None),
        anno_map=field("anno_map", list, []),
        conversation=field("conversation", list, []),
        obj_masks=field("obj_masks", list, []),
        groundtruth=field("groundtruth", list, []),
        description=field("description", dict, {}),
        description_id=field("description_id", dict, {}),
    )
