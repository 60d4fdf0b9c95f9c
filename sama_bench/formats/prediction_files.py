"""Our own ``predictions.jsonl``: a run folder, or a file of such lines from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sama_bench.benchmark import Dataset, Outcome
from sama_bench.errors import DataError
from sama_bench.formats import prediction_line
from sama_bench.formats.foreign_answers import Imported, failed, matching
from sama_bench.storage.untrusted_files import open_regular

FORMAT = "predictions.jsonl"
MAIN_FILE = "predictions.jsonl"


@dataclass(frozen=True)
class _Place:
    file: Path
    offset: int
    failed: bool


def prediction_files(folder: Path) -> list[Path]:
    """Return the files of a run folder that hold predictions, the main one first.

    Jobs that share a folder without file locks each write a part, ``predictions.<job>.jsonl``.
    """
    return sorted(folder.glob("predictions*.jsonl"), key=lambda p: (p.name != MAIN_FILE, p))


def read_lines(path: Path, dataset: Dataset) -> Imported:
    """Match the lines of a file or run folder with samples, by id; of two lines the later counts.

    In a run folder an answer in the main file counts before those of parts, and damaged lines are
    passed over: their samples are missing.

    Raises:
        DataError: a file cannot be read, or a line of a single file is no answer (unless it is the
            last).
    """
    files = prediction_files(path) if path.is_dir() else [path]
    places: dict[str, _Place] = {}
    replaced: list[str] = []
    for file in files:
        index, twice = _index(file, strict=not path.is_dir())
        replaced += twice
        for id, place in index.items():
            if id not in places or places[id].failed:
                places[id] = place

    def answers(id: str) -> Outcome:
        if id not in places:
            return Outcome("missing")
        with open_regular(places[id].file) as file:
            file.seek(places[id].offset)
            line = file.readline()
        record = prediction_line.from_line(line)
        wants = dataset.sample(id).wants if not record.segments else frozenset()
        if record.status == "answered" and wants == {"masks"} and b'"segments"' not in line:
            return failed("masks were asked for, and it has no 'segments'")
        return record.outcome()

    ids = [entry.id for entry in dataset.entries]
    return matching(FORMAT, answers, ids, set(places), len(files), replaced)


def _index(path: Path, strict: bool) -> tuple[dict[str, _Place], list[str]]:
    """Return the place of each id's last line, and the ids of which it replaced an answer."""
    places: dict[str, _Place] = {}
    replaced: list[str] = []
    start = 0
    try:
        with open_regular(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    try:
                        id, status = prediction_line.peek(line.rstrip(b"\r\n"))
                        if id in places and not places[id].failed:
                            replaced.append(id)
                        places[id] = _Place(path, start, status == "failed")
                    except ValueError as error:
                        if strict and line.endswith(b"\n"):
                            raise DataError(f"{path}, line {number}: {error}") from None
                start += len(line)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    return places, replaced
