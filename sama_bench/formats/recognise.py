"""Which format a file or folder of answers has, told from its content."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from sama_bench.benchmark import Dataset, IndexMapped
from sama_bench.errors import DataError
from sama_bench.formats import (
    image_lists,
    index_maps,
    json_folders,
    png_folder,
    prediction_files,
    results_json,
)
from sama_bench.formats.foreign_answers import Imported, keys_of
from sama_bench.storage.untrusted_files import open_regular, read_json

Reader = Callable[[Path, Dataset], Imported]

LOOKED_AT = 20
"""Items or files that are looked at to tell a format: the first may be a stray one."""

READS = (
    "a run folder or predictions.jsonl, results.json by video and expression, a PNG folder "
    "(<video>/<expression>/<frame>.png), a folder of captions with masks, a folder of "
    "descriptions, or a list of results on images"
)


def answers_from(path: Path, dataset: Dataset) -> Imported:
    """Read answers from elsewhere, whatever their format, and match them with a dataset.

    Raises:
        DataError: the path is missing or malformed, its format is not known, or nothing in it
            answers a sample of the dataset.
    """
    if not path.exists():
        raise DataError(f"--predictions {path}: there is no such file or folder")
    reader = _of_folder(path, dataset) if path.is_dir() else _of_file(path)
    if reader is None:
        raise DataError(f"--predictions {path}: not a format that can be read: {READS}")
    imported = reader(path, dataset)
    if not imported.matched:
        example = dataset.entries[0].id if dataset.entries else "none"
        answered = imported.unknown[0][:80] if imported.unknown else "nothing"
        raise DataError(
            f"--predictions {path} ({imported.format}) answers no sample of {dataset.benchmark} "
            f"{dataset.split}: it has {answered}, asked is {example}"
        )
    return imported


def _of_folder(path: Path, dataset: Dataset) -> Reader | None:
    if any(path.glob("predictions*.jsonl")):
        return prediction_files.read_lines
    if (path / "results.json").is_file():
        return lambda folder, dataset: results_json.read_results(folder / "results.json", dataset)
    for folder in (path / "prediction", path):
        for file in json_folders.json_files(folder)[:LOOKED_AT]:
            try:
                item, _ = read_json(file)
            except DataError:
                continue  # a stray file, or one that will be named as unusable
            if isinstance(item, dict) and "pred_text_cleaned" in item:
                return json_folders.read_descriptions
            if isinstance(item, dict) and "pred_masks" in item:
                return json_folders.read_captions
    if isinstance(dataset, IndexMapped) and index_maps.folders_of(path, dataset):
        return index_maps.read_index_maps
    for _, _, files in os.walk(png_folder.png_root(path)):
        if any(png_folder.is_png(name) for name in files):
            return png_folder.read_pngs
    return None


def _of_file(path: Path) -> Reader | None:
    try:
        with open_regular(path) as file:
            start = file.read(1 << 12).lstrip()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    if start.startswith(b"["):
        return _of_list(path)
    if not start.startswith(b"{"):
        return None
    if path.suffix == ".jsonl" or _is_line(path):
        return prediction_files.read_lines
    return results_json.read_results


def _is_line(path: Path) -> bool:
    """Tell whether the first line alone is a record."""
    with open_regular(path) as file:
        line = file.readline(1 << 26)
    try:
        item = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(item, dict) and {"id", "status"} <= set(item)


def _of_list(path: Path) -> Reader | None:
    items = [item for item in image_lists.read_list(path)[:LOOKED_AT] if isinstance(item, dict)]
    if any("sent_id" in item for item in items):
        return image_lists.read_sentences
    if any(name in item for item in items for name in image_lists.TEXTS):
        return image_lists.read_captions
    if any("image_id" in item for item in items):
        raise DataError(
            f"--predictions {path}: a list of results on images needs, beside image_id, sent_id "
            f"and {' or '.join(image_lists.MASKS)} for masks, or {' or '.join(image_lists.TEXTS)} "
            f"for captions; {keys_of(items[0])}"
        )
    return None
