"""Comparing an adapter's model inputs with those that were recorded from the published code.

A folder of recordings holds ``data/`` (videos in the SAMA-Bench and MeViS layouts) and
``reference/<model>/<case>.json`` with every argument of the model's call; masks lie in a ``.npz``
of the same name. No weights are needed: adapters keep the making of arguments apart from the call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sama_bench.adapter import Adapter, ModelSpec, Setup
from sama_bench.errors import DataError, UserError
from sama_bench.media.frames import image_size
from sama_bench.nouns import Sample, Video
from sama_bench.registry import benchmarks


@dataclass(frozen=True)
class Case:
    """One recorded call.

    Attributes:
        name: of the recording, with its folder.
        arguments: recorded, by name, in JSON form.
        masks: recorded arrays, by the key that the arguments name.
        meta: what was asked.
    """

    name: str
    arguments: Mapping[str, Any]
    masks: Mapping[str, Any]
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class Compared:
    """What came of one case: the first difference in words, or None when there is none."""

    name: str
    difference: str | None


def compare_recorded(adapter: Adapter, spec: ModelSpec, folder: Path) -> list[Compared]:
    """Compare an adapter's arguments with every case that was recorded for its model.

    Args:
        adapter: has ``configure(setup)``, ``arguments(sample)`` and ``recorded``, the beginnings of
            the names of its folders below ``reference/``.
        spec: the model, with its options.
        folder: of the recordings, or one model's folder below ``reference/``.

    Raises:
        UserError: the folder holds no cases for this model, or the adapter cannot be compared.
    """
    made = type(adapter)
    for need, has in (
        ("configure", made.configure is not Adapter.configure),
        ("arguments", made.arguments is not Adapter.arguments),
    ):
        if not has:
            raise UserError(
                f"{spec.name} has no method {need}; --recorded compares adapters that make the "
                "model's arguments apart from the call (docs/add-a-model.md)"
            )
    compared = []
    for place in _case_folders(adapter, spec, folder):
        data = _data_folder(folder)
        for path in sorted(place.glob("*.json")):
            case = _read_case(path)
            compared.append(
                Compared(f"{place.name}/{path.stem}", _compare(adapter, spec, case, data))
            )
    if not compared:
        raise UserError(f"{folder} holds no recorded cases for {spec.name}")
    return compared


def _compare(adapter: Adapter, spec: ModelSpec, case: Case, data: Path) -> str | None:
    settings = dict(spec.options)
    if "max_frames" in case.arguments:  # a setting of the recording: 128 by default, or 32
        settings["max_frames"] = str(case.arguments["max_frames"])
    adapter.configure(Setup(spec.name, options=settings))
    try:
        sample = _sample(case, data, adapter.takes_tracks)
        given = adapter.arguments(sample)
    except (ValueError, DataError) as error:
        return f"the arguments cannot be made: {error}"
    return first_difference(case, given)


def first_difference(case: Case, given: Mapping[str, Any]) -> str | None:
    """Return in words how given arguments differ from recorded ones, or None."""
    for name in case.arguments:
        if name not in given:
            return f"argument {name} is missing"
    for name in given:
        if name not in case.arguments:
            return f"argument {name} is given, but the published code does not give it"
    for name, wanted in case.arguments.items():
        difference = _difference(given[name], wanted, case.masks)
        if difference:
            return f"argument {name}: {difference}"
    return None


def _difference(given: Any, wanted: Any, masks: Mapping[str, Any]) -> str | None:
    if isinstance(wanted, list):
        if not isinstance(given, Sequence) or isinstance(given, str):
            return f"{type(given).__name__} instead of a list"
        if len(given) != len(wanted):
            return f"{len(given)} items instead of {len(wanted)}"
        for place, (one, other) in enumerate(zip(given, wanted, strict=True)):
            found = _difference(one, other, masks)
            if found:
                return f"item {place}: {found}"
        return None
    if isinstance(wanted, dict) and "rgb_sha256_16" in wanted:
        return _frame_difference(given, wanted)
    if isinstance(wanted, dict) and "npz_key" in wanted:
        return _mask_difference(given, masks[wanted["npz_key"]])
    if isinstance(wanted, str) and isinstance(given, str) and given != wanted:
        return _text_difference(given, wanted)
    if type(given) is not type(wanted) or given != wanted:
        return f"{str(given)[:60]!r} instead of {str(wanted)[:60]!r}"
    return None


def _frame_difference(given: Any, wanted: Mapping[str, Any]) -> str | None:
    if not isinstance(given, Image.Image):
        return f"{type(given).__name__} instead of a PIL image"
    if given.mode != wanted["mode"] or list(given.size) != list(wanted["size"]):
        return f"{given.mode} {given.size} instead of {wanted['mode']} {tuple(wanted['size'])}"
    digest = hashlib.sha256(given.tobytes()).hexdigest()[:16]
    if digest != wanted["rgb_sha256_16"]:
        return f"frame of SHA-256 {digest}... instead of {wanted['rgb_sha256_16']}..."
    return None


def _mask_difference(given: Any, wanted: Any) -> str | None:
    array = np.asarray(given)
    if array.dtype != wanted.dtype or array.shape != wanted.shape:
        return f"{array.dtype} {array.shape} instead of {wanted.dtype} {wanted.shape}"
    places = np.argwhere(array != wanted)
    if len(places):
        at = tuple(int(place) for place in places[0])
        return f"{len(places)} cells differ, first {at}: {array[at]} instead of {wanted[at]}"
    return None


def _text_difference(given: str, wanted: str) -> str:
    pairs = zip(given, wanted, strict=False)
    at = next((place for place, (one, other) in enumerate(pairs) if one != other), None)
    at = min(len(given), len(wanted)) if at is None else at
    ours, theirs = given[max(at - 20, 0) : at + 20], wanted[max(at - 20, 0) : at + 20]
    return f"texts differ from character {at}: {ours!r} instead of {theirs!r}"


def _case_folders(adapter: Adapter, spec: ModelSpec, folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"--recorded {folder}: there is no such folder")
    reference = folder / "reference"
    if not reference.is_dir():
        return [folder]
    adapter.configure(Setup(spec.name, options=spec.options))
    starts = adapter.recorded
    found = [path for path in sorted(reference.iterdir()) if path.name.startswith(starts)]
    if not starts or not found:
        names = ", ".join(path.name for path in sorted(reference.iterdir()))
        raise UserError(f"nothing was recorded for {spec.name}; name one folder of {names}")
    return found


def _data_folder(folder: Path) -> Path:
    for place in (folder, folder.parent, folder.parent.parent):
        if (place / "data").is_dir():
            return place / "data"
    raise UserError(f"{folder} has no data/ folder beside its recordings")


def _read_case(path: Path) -> Case:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        arrays = path.with_suffix(".npz")
        masks = dict(np.load(arrays)) if arrays.is_file() else {}
        return Case(path.stem, content["kwargs"], masks, content["meta"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"recording {path} cannot be read: {error!r}") from None


def _sample(case: Case, data: Path, tracks: bool) -> Sample:
    asked = str(case.meta.get("benchmark"))
    task = benchmarks().get(asked.replace("_", "-"))
    if task is None or task.task is None:  # recordings of other benchmarks are of expressions
        return _expression(case, data)
    wanted = str(case.meta.get("question_id", case.meta.get("description_id")))
    video = case.meta["file_name"]
    for split in task.splits:
        if not (data / f"{split}.json").is_file():
            continue
        dataset = task.open(data, split, {})
        for entry in dataset.entries:
            if entry.video == video and entry.id.rpartition("/")[2] == wanted:
                return dataset.sample(entry.id, tracks)
    raise DataError(f"{data} has no {asked} sample {wanted} of video {video}")


def _expression(case: Case, data: Path) -> Sample:
    path = data / "meta_expressions.json"
    try:
        videos = json.loads(path.read_text(encoding="utf-8"))["videos"]
        name, number = case.meta["video_id"], case.meta["exp_id"]
        text = videos[name]["expressions"][number]["exp"]
        frames = sorted(videos[name]["frames"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(f"{path}: {error!r}") from None
    paths = tuple(str(data / name / f"{frame}.jpg") for frame in frames)
    height, width = image_size(Path(paths[0]))
    video = Video(name, paths, height, width)
    return Sample(f"{name}/{number}", "recorded", video, text, wants=frozenset({"masks"}))
