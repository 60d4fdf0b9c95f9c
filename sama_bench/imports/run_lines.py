"""Our own ``predictions.jsonl``: a run folder, or a file of such lines from elsewhere."""

from __future__ import annotations

from pathlib import Path

from sama_bench import records
from sama_bench.benchmark import Dataset, Outcome
from sama_bench.errors import DataError
from sama_bench.imports.imported import Imported, matching
from sama_bench.store import RunFolder

FORMAT = "predictions.jsonl"


def read_lines(path: Path, dataset: Dataset) -> Imported:
    """Match the lines of a file or run folder with samples, by id; of two lines the later counts.

    Raises:
        DataError: a file cannot be read, or a line in it is no answer (unless it is the last).
    """
    ids = [entry.id for entry in dataset.entries]
    if path.is_dir():
        folder = RunFolder(path)
        return matching(FORMAT, folder.outcome, ids, set(folder.ids()), len(folder.parts()))
    places = _index(path)

    def answers(id: str) -> Outcome:
        if id not in places:
            return Outcome("missing")
        with path.open("rb") as file:
            file.seek(places[id])
            return records.from_line(file.readline()).outcome()

    return matching(FORMAT, answers, ids, set(places), 1)


def _index(path: Path) -> dict[str, int]:
    places: dict[str, int] = {}
    start = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    try:
                        places[records.peek(line)[0]] = start
                    except ValueError as error:
                        if line.endswith(b"\n"):
                            raise DataError(f"{path}, line {number}: {error}") from None
                start += len(line)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    return places
