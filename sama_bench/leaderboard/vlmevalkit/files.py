"""Finding the result files in a work folder of the kit, and reading them into tidy rows.

The kit writes ``<work>/<model>/<model>_<data set>_acc.csv`` (or ``_score.csv``, ``_score.json``,
``_rating.json``, with the judge's name before it). Newer versions put the files of each run into
``<work>/<model>/T<date>_G<commit>/`` and link the last ones beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.errors import DataError
from sama_bench.leaderboard.vlmevalkit.datasets import find_dataset
from sama_bench.leaderboard.vlmevalkit.readers import FormatError, read_numbers
from sama_bench.storage.untrusted_files import read_regular

PROTOCOL = "vlmevalkit"
_RUN = re.compile(r"^T\d{8}_G")
_RESULT = re.compile(r"^(?P<stem>.+)_(?:acc\.csv|score\.csv|score\.json|rating\.json)$")


@dataclass(frozen=True)
class Skipped:
    """A result file that was not read, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Imported:
    """What one model's folder held.

    Attributes:
        model: the folder's name.
        rows: tidy rows; ``samples``, ``videos`` and ``coverage`` are None, the kit does not say.
        files: SHA-256 by path relative to the work folder, of every file read.
        skipped: result files that were not read.
    """

    model: str
    rows: tuple[dict[str, Any], ...]
    files: dict[str, str]
    skipped: tuple[Skipped, ...]


def read_results(work: Path) -> list[Imported]:
    """Read all result files below a work folder of the kit, or of one model in it.

    Raises:
        DataError: the folder does not exist or holds no result file of the kit.
    """
    if not work.is_dir():
        raise DataError(f"{work} is not a folder; give the work folder of VLMEvalKit (outputs/)")
    root = work.resolve()
    folders = [work] if _own_results(work) else sorted(p for p in work.iterdir() if p.is_dir())
    found = [_model(folder, root) for folder in folders]
    found = [item for item in found if item.rows or item.skipped]
    if not found:
        raise DataError(
            f"{work} holds no result file of VLMEvalKit "
            "(MODEL/MODEL_DATASET_acc.csv, _score.csv, _score.json, _rating.json)"
        )
    return found


def _own_results(folder: Path) -> bool:
    name = folder.resolve().name
    return any(_RESULT.match(p.name) and p.name.startswith(f"{name}_") for p in folder.iterdir())


def _model(folder: Path, root: Path) -> Imported:
    model = folder.resolve().name
    rows: list[dict[str, Any]] = []
    files: dict[str, str] = {}
    skipped: list[Skipped] = []
    for path in _result_files(folder):
        name = path.relative_to(folder.parent).as_posix()
        try:
            if not path.resolve().is_relative_to(root):
                raise FormatError("it links to a place outside the folder")
            rows += _rows(path, model)
            files[name] = hashlib.sha256(read_regular(path)).hexdigest()
        except (FormatError, OSError, ValueError) as error:
            skipped.append(Skipped(name, str(error)))
    return Imported(model, tuple(rows), files, tuple(skipped))


def _result_files(folder: Path) -> Iterator[Path]:
    """One path per file name: the model's own folder first, then the latest run's."""
    runs = sorted((p for p in folder.iterdir() if p.is_dir() and _RUN.match(p.name)), reverse=True)
    seen: set[str] = set()
    for place in (folder, *runs):
        for path in sorted(place.iterdir()):
            match = _RESULT.match(path.name)
            if match and path.name.startswith(f"{folder.resolve().name}_") and path.is_file():
                if path.name not in seen:
                    yield path
                seen.add(path.name)


def _rows(path: Path, model: str) -> Iterator[dict[str, Any]]:
    match = _RESULT.match(path.name)
    stem = match["stem"][len(model) + 1 :] if match else path.stem
    dataset = find_dataset(stem)
    if dataset is None:
        raise FormatError(f"its data set {stem!r} is not one that is read")
    name, further, known = dataset
    for split, metric, value in read_numbers(path, known.kind):
        yield {
            "model": model,
            "benchmark": known.benchmark,
            "split": _split(known.split, split),
            "protocol": PROTOCOL,
            "metric": metric,
            "value": value,
            "samples": None,
            "videos": None,
            "coverage": None,
            "note": f"{name} with {further}" if further else None,
        }


def _split(own: str | None, found: str | None) -> str | None:
    """The data set's split, with the file's group behind it."""
    if own is None or found is None:
        return found if own is None else own
    return f"{own}{found[found.index(':') :]}" if ":" in found else own
