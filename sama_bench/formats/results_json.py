"""``results.json``: video -> expression -> masks (referring video protocol, section 1)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from sama_bench.benchmark import Dataset, Outcome
from sama_bench.errors import DataError
from sama_bench.formats.foreign_answers import (
    Imported,
    failed,
    keys_of,
    mask_answer,
    masklet_from,
    matching,
)
from sama_bench.nouns import Answer
from sama_bench.storage.json_index import Twice, index_json

FORMAT = "results.json by video and expression"


def read_results(path: Path, dataset: Dataset) -> Imported:
    """Match the answers of a ``results.json`` with samples called ``video/expression``.

    The file may be large: one video of it is parsed at a time.

    Raises:
        DataError: the file is missing or malformed.
    """
    index = index_json(path)
    again = set(index.repeated)

    @lru_cache(maxsize=1)
    def expressions(video: str) -> dict[str, Any]:
        return checked(video, index.value(video))

    def checked(video: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise DataError(f"{path}, video '{video[:80]}': an object by expression expected")
        return value

    found, by_order, twice = set(), set(), set()
    for video in index.spans:
        repeated: Twice = []
        items = checked(video, index.value(video, repeated))
        stands_twice = frozenset().union(*(keys for made, keys in repeated if made is items))
        in_itself = {id(made) for made, _ in repeated}
        for expression, item in items.items():
            found.add(f"{video}/{expression}")
            if video in again or expression in stands_twice or id(item) in in_itself:
                twice.add(f"{video}/{expression}")
            if isinstance(item, dict) and item.get("prediction_masks") and not _names(item):
                by_order.add(f"{video}/{expression}")

    def answers(id: str) -> Outcome:
        if id not in found:
            return Outcome("missing")
        video, _, expression = id.rpartition("/")
        return _outcome(expressions(video)[expression], dataset, id)

    ids = [entry.id for entry in dataset.entries]
    return matching(FORMAT, answers, ids, found, 1, sorted(twice), by_order)


def _outcome(item: Any, dataset: Dataset, id: str) -> Outcome:
    if not isinstance(item, dict) or "prediction_masks" not in item:
        return failed(f"no list under 'prediction_masks'; {keys_of(item)}")
    masks, text = item["prediction_masks"], str(item.get("text_prediction", ""))
    if masks is None or masks == []:
        return Outcome("refused", Answer(text))
    if not isinstance(masks, list):
        return failed(f"'prediction_masks' is no list but {str(masks)[:40]!r}")
    video = dataset.sample(id).video
    wanted = [Path(frame).stem for frame in video.frames]
    names = _names(item)
    if names:
        by_name = dict(zip(names, masks, strict=True))
        if len(by_name) < len(names):
            return failed("'frames' names a frame twice")
        lacking = [name for name in wanted if name not in by_name]
        if lacking:
            return failed(f"{len(lacking)} frames without a mask, first {lacking[0]}")
        masks = [by_name[name] for name in wanted]
    elif len(masks) != len(wanted):
        return failed(f"{len(masks)} masks for {len(wanted)} frames")
    try:
        masklet = masklet_from(masks, (video.height, video.width))
    except ValueError as error:
        return failed(str(error))
    return mask_answer(text, masklet)


def _names(item: dict[str, Any]) -> list[str]:
    """Return the names of the frames that the masks of an item belong to, if it has them."""
    names, masks = item.get("frames"), item.get("prediction_masks")
    named = isinstance(names, list) and isinstance(masks, list) and len(names) == len(masks)
    return [str(name) for name in names or ()] if named else []
