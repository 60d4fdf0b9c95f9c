"""JSON lists of results on images: masks of sentences, and region captions.

Masks: ``{image_id, sent_id, pred_masks: [RLE] or segmentation: RLE or null}``, COCO's result form
with the sentence's id. Captions: ``{image_id, prediction}`` (image protocol, section 3) or COCO's
``{image_id, caption}``. Only a mask that is null, or an empty list of masks, is a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sama_bench.benchmark import Dataset, Outcome
from sama_bench.errors import DataError
from sama_bench.formats.foreign_answers import Imported, failed, image_segment, keys_of, matching
from sama_bench.nouns import Answer
from sama_bench.storage.untrusted_files import read_json

SENTENCES = "list of masks by sentence"
CAPTIONS = "list of region captions"
MASKS = ("pred_masks", "segmentation")
TEXTS = ("prediction", "caption")


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
    items, replaced = _by_id(path, lambda item: f"{item['image_id']}/{item['sent_id']}")

    def answers(id: str) -> Outcome:
        return _mask_outcome(items[id], dataset, id) if id in items else Outcome("missing")

    ids = [entry.id for entry in dataset.entries]
    return matching(SENTENCES, answers, ids, set(items), 1, replaced)


def _mask_outcome(item: Mapping[str, Any], dataset: Dataset, id: str) -> Outcome:
    there = [item[name] for name in MASKS if name in item]
    if not there:
        return failed(f"no mask under {' or '.join(map(repr, MASKS))}; {keys_of(item)}")
    given = next((masks for masks in there if masks is not None), None)
    masks = [] if given is None else given if isinstance(given, list) else [given]
    video = dataset.sample(id).video
    segments = []
    for number, mask in enumerate(masks):
        try:
            segments.append(image_segment(mask, (video.height, video.width)))
        except ValueError as error:
            return failed(f"mask {number}: {error}")
    text = str(item.get("text", ""))
    return Outcome("answered" if segments else "refused", Answer(text, tuple(segments)))


def read_captions(path: Path, dataset: Dataset) -> Imported:
    """Match captions with samples by the id of the image.

    Raises:
        DataError: the file is malformed.
    """
    items, replaced = _by_id(path, lambda item: str(item["image_id"]))

    def answers(id: str) -> Outcome:
        if id not in items:
            return Outcome("missing")
        # the first of the keys alone: beside 'prediction', 'caption' may be the reference
        text = next((items[id][name] for name in TEXTS if name in items[id]), None)
        if not isinstance(text, str):
            wanted = " or ".join(map(repr, TEXTS))
            return failed(f"no text under {wanted}; {keys_of(items[id])}")
        if "masks" in dataset.sample(id).wants:
            return failed(
                "a caption without masks, which are asked for too (write a folder of captions)"
            )
        return Outcome("answered", Answer(text, notes={"cleaned": True}))

    ids: Sequence[str] = [entry.id for entry in dataset.entries]
    return matching(CAPTIONS, answers, ids, set(items), 1, replaced)


def _by_id(
    path: Path, name: Callable[[Mapping[str, Any]], str]
) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """Return the results by id, the later of two, and the ids that were replaced so."""
    found: dict[str, Mapping[str, Any]] = {}
    replaced: list[str] = []
    for number, item in enumerate(read_list(path)):
        try:
            id = name(item)
        except (KeyError, TypeError):
            raise DataError(f"{path}, result {number}: its ids are missing") from None
        if id in found:
            replaced.append(id)
        found[id] = item
    return found, replaced
