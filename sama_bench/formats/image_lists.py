"""JSON lists of results on images: masks of sentences, and region captions.

Masks: ``{image_id, sent_id, pred_masks: [RLE] or segmentation: RLE or null}``, COCO's result form
with the sentence's id. Captions: ``{image_id, prediction}`` (image protocol, section 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sama_bench.benchmark import Dataset, Outcome
from sama_bench.errors import DataError
from sama_bench.formats.foreign_answers import Imported, failed, masklet_from, matching
from sama_bench.nouns import Answer, Segment
from sama_bench.storage.untrusted_files import read_json

SENTENCES = "list of masks by sentence"
CAPTIONS = "list of region captions"


def read_list(path: Path) -> list[Any]:
    """Return the list that a JSON file holds.

    Raises:
        DataError: the file is missing, malformed, or holds no list.
    """
    content, _ = read_json(path)
    if not isinstance(content, list):
        raise DataError(f"{path} must hold a list of results")
    return content


def read_sentences(path: Path, dataset: Dataset) -> Imported:
    """Match masks with samples called ``image/sentence``; of two for one sentence the later counts.

    Raises:
        DataError: the file is malformed.
    """
    items = _by_id(path, lambda item: f"{item['image_id']}/{item['sent_id']}")

    def answers(id: str) -> Outcome:
        return _mask_outcome(items[id], dataset, id) if id in items else Outcome("missing")

    ids = [entry.id for entry in dataset.entries]
    return matching(SENTENCES, answers, ids, set(items), 1)


def _mask_outcome(item: Mapping[str, Any], dataset: Dataset, id: str) -> Outcome:
    masks = item.get("pred_masks", item.get("segmentation"))
    masks = [] if masks is None else masks if isinstance(masks, list) else [masks]
    video = dataset.sample(id).video
    segments = []
    for number, mask in enumerate(masks):
        try:
            masklet = masklet_from([mask], (video.height, video.width))
        except ValueError as error:
            return failed(f"mask {number}: {error}")
        segments.append(Segment(None, masklet))
    text = str(item.get("text", ""))
    return Outcome("answered" if segments else "refused", Answer(text, tuple(segments)))


def read_captions(path: Path, dataset: Dataset) -> Imported:
    """Match captions with samples by the id of the image.

    Raises:
        DataError: the file is malformed.
    """
    items = _by_id(path, lambda item: str(item["image_id"]))

    def answers(id: str) -> Outcome:
        if id not in items:
            return Outcome("missing")
        text = items[id].get("prediction")
        if not isinstance(text, str):
            return failed("no text under 'prediction'")
        return Outcome("answered", Answer(text, notes={"cleaned": True}))

    ids: Sequence[str] = [entry.id for entry in dataset.entries]
    return matching(CAPTIONS, answers, ids, set(items), 1)


def _by_id(path: Path, name: Any) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for number, item in enumerate(read_list(path)):
        try:
            found[name(item)] = item
        except (KeyError, TypeError):
            raise DataError(f"{path}, result {number}: its ids are missing") from None
    return found
