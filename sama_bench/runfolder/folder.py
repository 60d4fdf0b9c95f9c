"""The run folder: all that passes between running a model and scoring its answers.

``runs/<model>/<benchmark>/<split>/`` holds ``manifest.json``, ``samples.jsonl`` (the ids of the
split), ``predictions.jsonl`` and, after scoring, ``scores.json``. Jobs that share a folder without
file locks each append to a part of their own, ``predictions.<job>.jsonl``; readers see all parts as
one.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sama_bench.benchmark import Outcome
from sama_bench.errors import DataError
from sama_bench.formats import prediction_line
from sama_bench.formats.prediction_files import MAIN_FILE, prediction_files
from sama_bench.formats.prediction_line import Prediction, Status, to_line
from sama_bench.runfolder.manifest import Manifest
from sama_bench.storage.append import Appender, write_atomically
from sama_bench.storage.safe_names import safe_name
from sama_bench.storage.untrusted_files import open_regular, read_regular, strict_json

PREDICTIONS = MAIN_FILE
MANIFEST, SCORES = "manifest.json", "scores.json"
EXPECTED = "samples.jsonl"
"""Names the samples of the split, a JSON string a line: what else has a line is a stranger."""
EVENTS = "events.jsonl"
T = TypeVar("T")


def run_path(runs: Path, model: str, benchmark: str, split: str) -> Path:
    """Return the run folder of a model on a split, below ``runs``."""
    return runs / safe_name(model) / safe_name(benchmark) / safe_name(split)


@dataclass(frozen=True)
class _Place:
    """Where the line that counts for a sample lies."""

    file: Path
    offset: int
    length: int
    status: Status
    end: bytes  # with the checksum of the line: equal lines are copies, not two answers


@dataclass(frozen=True)
class _Seen:
    """What was read of a part so far; ``file`` names it on its device, whatever it is called."""

    bytes: int
    lines: int
    file: tuple[int, int]


class RunFolder:
    """Reads and writes one run folder.

    The answers stay on disk: the index holds a few numbers a sample, and one answer is parsed at
    a time.

    Attributes:
        path: the folder.
        duplicates: samples that were answered more than once; the later counts, or where the lines
            lie in different parts, the main one's. A failure that was tried again is none.
        damaged: lines that could not be read, as ``file:line: why``; their samples are missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.duplicates: set[str] = set()
        self.damaged: list[str] = []
        self._places: dict[str, _Place] = {}
        self._read: dict[Path, _Seen] = {}
        self.refresh()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, id: object) -> bool:
        return id in self._places

    def ids(self) -> Iterator[str]:
        """Return the ids that have a line, in the order in which they were found."""
        return iter(self._places)

    def status(self, id: str) -> Status | None:
        """Return the status of a sample without reading its answer; None when missing."""
        place = self._places.get(id)
        return None if place is None else place.status

    def record(self, id: str) -> Prediction | None:
        """Read the line that counts for a sample; None when missing.

        Raises:
            DataError: the file changed or went away after it was indexed.
        """
        return self._read_line(id, prediction_line.from_line)

    def answers(self) -> RunAnswers:
        """Return what scoring reads."""
        return RunAnswers(lambda id: self)

    def text(self, id: str) -> str | None:
        """Read the reply to a sample without its masks; None without a reply.

        Raises:
            DataError: the file changed or went away after it was indexed.
        """
        return self._read_line(id, prediction_line.text_of)

    def outcome(self, id: str) -> Outcome:
        """Return what is known of a sample, its masks checked."""
        record = self.record(id)
        return Outcome("missing") if record is None else record.outcome()

    def versions(self) -> Mapping[str, object]:
        """Return, by sample, a value that changes when another line comes to count for it."""
        return self._places

    def put_aside(self) -> None:
        """Rename all that earlier runs left, so that the folder is as new; nothing is deleted."""
        number = 1
        while list(self.path.glob(f"*.old-{number}")):
            number += 1
        others = (self.path / name for name in (MANIFEST, SCORES))
        for file in (*self.parts(), *event_files(self.path), *others):
            if file.exists():
                file.rename(file.with_name(f"{file.name}.old-{number}"))
        self._forget()

    def forget(self) -> None:
        """Delete what makes the folder a run, and the folder if nothing else is in it.

        Only for a run that has no answer.
        """
        others = (self.path / name for name in (MANIFEST, EXPECTED))
        for file in (*self.parts(), *event_files(self.path), *others):
            file.unlink(missing_ok=True)
        for folder in (self.path / "claims", self.path):
            with contextlib.suppress(OSError):  # something else is in it, or it is gone
                folder.rmdir()

    def refresh(self) -> None:
        """Index what was appended since the last look, by anybody.

        A last line without its end is left for the next look: it may still be being written.
        Where a part was removed, replaced or cut, all is read again: nothing of it counts any more.

        Raises:
            DataError: a file cannot be read.
        """
        if not all(map(_goes_on, self._read, self._read.values())):
            self._forget()
        for file in self.parts():
            try:
                self._read_on(file)
            except FileNotFoundError:  # removed this moment
                continue
            except OSError as error:
                raise DataError(f"{file} cannot be read: {error.strerror}") from None

    def _read_on(self, file: Path) -> None:
        """Index what was appended to a part."""
        if not stat.S_ISREG(file.stat().st_mode):
            raise DataError(f"{file} is no regular file; a run folder holds its own files")
        before = self._read.get(file)
        start, lines = (before.bytes, before.lines) if before is not None else (0, 0)
        with open_regular(file) as stream:
            facts = os.fstat(stream.fileno())
            stream.seek(start)
            for line in stream:
                if not line.endswith(b"\n"):
                    break
                lines += 1
                self._index(file, start, line, lines)
                start += len(line)
        self._read[file] = _Seen(start, lines, (facts.st_dev, facts.st_ino))

    def torn(self) -> bool:
        """Tell whether a part ends in an unfinished line."""
        return any(
            file.exists() and file.stat().st_size > seen.bytes for file, seen in self._read.items()
        )

    def parts(self) -> list[Path]:
        """Return the files that hold predictions, the main one first."""
        return prediction_files(self.path)

    def gather(self) -> None:
        """Copy to the main file what counts and lies in parts, which stay: nothing can get lost."""
        self.refresh()
        elsewhere = [p for p in self._places.values() if p.file.name != PREDICTIONS]
        if not elsewhere:
            return
        with self.appender() as appender:
            for place in elsewhere:
                with open_regular(place.file) as file:
                    file.seek(place.offset)
                    appender.append(file.read(place.length) + b"\n", wait=False)
            appender.append(b"")
        self._forget()
        self.refresh()

    def appender(
        self, part: str | None = None, moved: Callable[[], None] = lambda: None
    ) -> Appender:
        """Open the predictions for appending: the main file, or one job's own part.

        Args:
            part: name of the job; None for the main file.
            moved: called when the file was removed or replaced, before another is begun.
        """
        name = PREDICTIONS if part is None else f"predictions.{safe_name(part)}.jsonl"
        return Appender(self.path / name, moved)

    def events(self, part: str | None = None) -> Appender:
        """Open the log of events for appending: the main file, or one job's own part."""
        name = EVENTS if part is None else f"events.{safe_name(part)}.jsonl"
        return Appender(self.path / name)

    def manifest(self) -> Manifest | None:
        """Read the manifest; None when there is none.

        Raises:
            DataError: it is not JSON, or a field is of a wrong type.
        """
        data = read_json(self.path / MANIFEST)
        try:
            return None if data is None else Manifest.from_json(data)
        except ValueError as error:
            raise DataError(f"{self.path / MANIFEST}: {error}") from None

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest atomically."""
        data = json.dumps(manifest.to_json(), indent=1, allow_nan=False) + "\n"
        write_atomically(self.path / MANIFEST, data.encode())

    def write_expected(self, ids: Iterable[str]) -> None:
        """Say which samples the split has, unless that is said already."""
        data = "".join(f"{json.dumps(id)}\n" for id in ids).encode()
        with contextlib.suppress(OSError):
            if read_regular(self.path / EXPECTED) == data:
                return
        write_atomically(self.path / EXPECTED, data)

    def expected(self) -> frozenset[str] | None:
        """Return the ids of the split's samples; None where that was not said or is damaged."""
        try:
            lines = read_regular(self.path / EXPECTED).splitlines()
            found = frozenset(map(json.loads, lines))
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        return found if all(isinstance(id, str) for id in found) else None

    def _read_line(self, id: str, read: Callable[[bytes], T]) -> T | None:
        place = self._places.get(id)
        if place is None:
            return None
        try:
            with open_regular(place.file) as file:
                file.seek(place.offset)
                return read(file.read(place.length))
        except (OSError, ValueError) as error:
            raise DataError(f"{place.file}: the answer of {id} is gone: {error}") from None

    def _index(self, file: Path, offset: int, line: bytes, number: int) -> None:
        line = line.rstrip(b"\r\n")
        if not line:
            return
        try:
            id, status = prediction_line.peek(line)
        except ValueError as error:
            self.damaged.append(f"{file}:{number}: {error}")
            return
        before = self._places.get(id)
        place = _Place(file, offset, len(line), status, line[-12:])
        if before is not None and before.status != "failed":
            elsewhere = before.file != file
            copied = (before.end, before.length) == (place.end, place.length)
            if not copied and not (elsewhere and status == "failed"):
                self.duplicates.add(id)
            if elsewhere:
                return
        self._places[id] = place

    def _forget(self) -> None:
        self._places, self._read, self.duplicates, self.damaged = {}, {}, set(), []


@dataclass(frozen=True)
class RunAnswers:
    """Answers of one or several run folders (``AnswersWithTexts``).

    Attributes:
        holder: from a sample's id to the folder that holds it; None where none does.
    """

    holder: Callable[[str], RunFolder | None]

    def __call__(self, id: str) -> Outcome:
        """Return what is known of a sample, its masks checked."""
        folder = self.holder(id)
        return Outcome("missing") if folder is None else folder.outcome(id)

    def text(self, id: str) -> str | None:
        """Return the reply to a sample; None without one."""
        folder = self.holder(id)
        return None if folder is None else folder.text(id)


def _goes_on(file: Path, seen: _Seen) -> bool:
    """Tell whether a part is still the file that was read, and no shorter."""
    try:
        facts = file.stat()
    except OSError:
        return False
    return (facts.st_dev, facts.st_ino) == seen.file and facts.st_size >= seen.bytes


def failed_line(id: str, error: str, worker: str) -> bytes:
    """Return the line of a sample that failed for a reason that no worker could report."""
    return to_line(Prediction(id, "failed", error=error, worker=worker))


def other_than(line: bytes, id: str, status: str) -> str | None:
    """Say what is wrong with a worker's line for a sample: None if it is of this id and status."""
    try:
        found = prediction_line.peek(line)
    except ValueError as error:
        return f"the worker's line is none: {error}"
    if found == (id, status):
        return None
    return f"the worker answered with a line of {found[0]!r:.200}, {found[1]}"


def event_files(folder: Path) -> list[Path]:
    """Return the logs of events of a run folder, the main one first."""
    return sorted(folder.glob("events*.jsonl"), key=lambda path: (path.name != EVENTS, path))


def read_json(path: Path) -> Mapping[str, Any] | None:
    """Read a JSON object; None when the file does not exist.

    Raises:
        DataError: it cannot be read or is not an object.
    """
    try:
        data = strict_json(read_regular(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read: not valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise DataError(f"{path} does not hold a JSON object")
    return data


def find_runs(runs: Path) -> list[Path]:
    """Return all run folders below ``runs``: those that hold a manifest or predictions."""
    found = {file.parent for name in (MANIFEST, PREDICTIONS) for file in runs.rglob(name)}
    return sorted(found)
