"""An entry of the leaderboard: the scores of one model with all that is needed to believe them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sama_bench.leaderboard.columns import check_value, known
from sama_bench.leaderboard.entry_file import EntryFile, EntryRow, Kind, Provenance
from sama_bench.leaderboard.schema import SchemaError, read_plain, typed
from sama_bench.leaderboard.videos import Videos, unpack
from sama_bench.scoring.declarations import Coverage
from sama_bench.scoring.frames import frame_of
from sama_bench.scoring.versions import outdated
from sama_bench.storage.append import write_atomically
from sama_bench.storage.safe_names import safe_name

if TYPE_CHECKING:
    import pandas

FOLDER = Path(__file__).parents[1] / "leaderboards" / "entries"


@dataclass(frozen=True)
class BoardEntry:
    """One entry.

    Attributes:
        file: its content.
        said: the content as it was read, in its order, with what this version does not know;
            None for an entry that was made here.
    """

    file: EntryFile
    said: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def kind(self) -> Kind:
        """``run`` for a run of ours, ``import`` for another kit's result files."""
        return self.file.kind

    @property
    def model(self) -> str:
        """Name."""
        return self.file.model

    @property
    def benchmark(self) -> str | None:
        """Of the run; None for an import, whose rows name several."""
        return self.file.benchmark

    @property
    def split(self) -> str | None:
        """Of the run; None for an import."""
        return self.file.split

    @property
    def complete(self) -> bool | None:
        """Whether it covers the published split; None for an import."""
        return self.file.complete

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        """By protocol how the expected samples were answered."""
        return self.file.coverage

    @property
    def provenance(self) -> Provenance:
        """Checksums, checkpoint, protocol card, versions, judge."""
        return self.file.provenance

    @cached_property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """Tidy rows with ``low`` and ``high`` where they have an interval."""
        return [row.tidy() for row in self.file.scores]

    @cached_property
    def videos(self) -> Videos:
        """Scores per video by protocol and id; empty for an import."""
        return unpack(self.file.videos)

    @cached_property
    def outdated(self) -> Mapping[str, int]:
        """Versions of the protocols of ours that compute other values since."""
        return outdated({"scoring": self.provenance.scoring}) if self.kind == "run" else {}

    def to_frame(self) -> pandas.DataFrame:
        """Return the rows as a typed frame (``sama_bench.scoring.frames.frame_of``)."""
        return frame_of(self.rows, known())

    @property
    def name(self) -> str:
        """File name without ``.json``, unique for model, benchmark and split."""
        parts = [self.model, *(part for part in (self.benchmark, self.split) if part)]
        return "--".join(safe_name(part) for part in (parts if self.benchmark else [*parts, "kit"]))

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with the digest of all of it."""
        data = msgspec.to_builtins(self.file) if self.said is None else self.said
        return {**data, "digest": digest(data)}


def digest(data: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of an entry without its digest."""
    kept = {key: value for key, value in data.items() if key != "digest"}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def is_complete(coverage: Mapping[str, Coverage]) -> bool:
    """Whether all expected samples were answered or refused under every protocol."""
    return bool(coverage) and all(cover.share == 1.0 for cover in coverage.values())


def write_entry(entry: BoardEntry, folder: Path) -> Path:
    """Write an entry into a folder, under its own name, and return the path.

    One that was read is written as it was.

    Raises:
        UserError: it cannot be written, or holds what cannot be in JSON.
    """
    path = folder / f"{entry.name}.json"
    try:
        content = _lines(entry.to_json()).encode()
    except ValueError as error:  # half a surrogate pair, NaN
        raise SchemaError(f"{path} cannot hold what its run recorded: {error}") from None
    write_atomically(path, content, "choose another folder with --to")
    return path


def _lines(data: Mapping[str, Any]) -> str:
    """JSON with one row a line: readable, and a change shows as a line in a diff."""
    rows = ",\n  ".join(_compact(row) for row in data["scores"])
    parts = [
        f'"{key}": [\n  {rows}\n ]' if key == "scores" else f'"{key}": {_compact(value)}'
        for key, value in data.items()
    ]
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def read_entry(path: Path) -> BoardEntry:
    """Read and check an entry.

    Raises:
        SchemaError: not JSON, not of the schema, changed by hand, or complete only by its own word.
    """
    data = read_plain(path)
    said = {k: v for k, v in data.items() if k != "digest"} if isinstance(data, dict) else data
    file = typed(said, EntryFile, str(path))
    for place, row in enumerate(file.scores):
        _check_row(row, file.model, f"{path}: row {place}")
    unpack(file.videos, str(path))
    for protocol, cover in file.coverage.items():
        _check_counts(cover, f"{path}: coverage {protocol}")
    if data.get("digest") != digest(said):
        raise SchemaError(
            f"{path} was changed after it was made: its digest does not fit; make it again with "
            "`sama-bench leaderboard add`"
        )
    whole = is_complete(file.coverage) and not file.provenance.shortfall
    if file.kind == "run" and file.complete != whole:
        raise SchemaError(f"{path} calls itself complete={file.complete}, its coverage does not")
    return BoardEntry(file, said)


def read_entries(folders: Iterable[Path]) -> list[BoardEntry]:
    """Read all entries of some folders, in the order of their names.

    Raises:
        SchemaError: an entry is broken.
    """
    return [read_entry(path) for folder in folders for path in sorted(folder.glob("*.json"))]


def _check_row(row: EntryRow, model: str, where: str) -> None:
    if row.model != model:
        raise SchemaError(f"{where}: its model is {row.model!r}, the entry's {model!r}")
    for value in (row.value, row.low, row.high):
        if isinstance(value, float):
            check_value(row.metric, value, where)


def _check_counts(cover: Coverage, where: str) -> None:
    expected, *parts = astuple(cover)
    if min(parts) < 0 or sum(parts) != expected:
        raise SchemaError(f"{where}: {parts} do not add up to {expected} samples")
