"""Folders of one JSON file per sample: GCG's (masks and phrases), and descriptions.

Formats: image protocol, section 2 (``image_id, caption, phrases, pred_masks``); SAMA-Bench-C
protocol, section 3 (``pred_text_cleaned, description, file_name, description_id``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sama_bench.benchmark import Dataset, Outcome
from sama_bench.errors import DataError
from sama_bench.formats.foreign_answers import Imported, failed, image_segment, keys_of, matching
from sama_bench.nouns import Answer
from sama_bench.storage.untrusted_files import read_json

CAPTIONS = "folder of grounded captions"
DESCRIPTIONS = "folder of descriptions"
BY_IMAGE = frozenset({CAPTIONS})
"""Formats that name images: they answer only samples that are known when they are read."""


def json_files(folder: Path) -> list[Path]:
    """Return the JSON files of a folder by name, without hidden ones (``._1.json``)."""
    return sorted(file for file in folder.glob("*.json") if not file.name.startswith("."))


def read_captions(path: Path, dataset: Dataset) -> Imported:
    """Match ``<image name>.json`` files with samples by the name of the image file.

    The caption is cleaned already; it and the phrases are handed on as notes, because they cannot
    be put back into the reply that they came from.
    """
    names = {Path(dataset.sample(entry.id).video.frames[0]).name[:-4]: entry.id
             for entry in dataset.entries}  # fmt: skip
    files: dict[str, Path] = {}
    replaced = []
    for file in json_files(path):
        id = names.get(file.stem, file.stem)
        replaced += [id] if id in files else []
        files[id] = file
    return _by_file(
        CAPTIONS, files, dataset, lambda item, id: _captioned(item, dataset, id), replaced
    )


def _captioned(item: dict[str, Any], dataset: Dataset, id: str) -> Outcome:
    masks, phrases, caption = (item.get(key) for key in ("pred_masks", "phrases", "caption"))
    if masks is None and "pred_masks" in item:
        masks = []
    if not isinstance(masks, list) or not isinstance(phrases, list):
        return failed(f"no lists under 'pred_masks' and 'phrases'; {keys_of(item)}")
    if not isinstance(caption, str) or not all(isinstance(text, str) for text in phrases):
        return failed("'caption' and 'phrases' must be texts")
    video = dataset.sample(id).video
    segments = []
    for number, mask in enumerate(masks):
        try:
            phrase = phrases[number] if number < len(phrases) else None
            segments.append(image_segment(mask, (video.height, video.width), phrase))
        except ValueError as error:
            return failed(f"mask {number}: {error}")
    notes = {"caption": caption, "phrases": phrases}
    return Outcome("answered" if segments else "refused", Answer(caption, tuple(segments), notes))


def read_descriptions(path: Path, dataset: Dataset) -> Imported:
    """Match description files with samples called ``video/description_id``."""
    folder = path / "prediction" if (path / "prediction").is_dir() else path
    known = {entry.id for entry in dataset.entries}
    files = {}
    for file in json_files(folder):
        try:
            item, _ = read_json(file)
        except DataError:
            item = None  # not to be told whose it is: its sample is missing, the file unknown
        video = item.get("file_name") if isinstance(item, dict) else None
        id = f"{video}/{file.stem}"
        files[id if id in known else f"{file.stem} of {video}"] = file
    return _by_file(DESCRIPTIONS, files, dataset, _description_outcome)


def _description_outcome(item: dict[str, Any], id: str) -> Outcome:
    text = item.get("pred_text_cleaned")
    if not isinstance(text, str):
        return failed(f"no text under 'pred_text_cleaned'; {keys_of(item)}")
    return Outcome("answered", Answer(text))


def _by_file(
    format: str,
    files: dict[str, Path],
    dataset: Dataset,
    outcome: Callable[[dict[str, Any], str], Outcome],
    replaced: Sequence[str] = (),
) -> Imported:
    def answers(id: str) -> Outcome:
        if id not in files:
            return Outcome("missing")
        try:
            item, _ = read_json(files[id])
        except DataError as error:
            return failed(str(error))
        return outcome(item, id) if isinstance(item, dict) else failed("an object expected")

    ids = [entry.id for entry in dataset.entries]
    return matching(format, answers, ids, set(files), len(files), replaced)
