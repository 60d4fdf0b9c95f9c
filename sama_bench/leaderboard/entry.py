"""An entry of the leaderboard: the scores of one model with all that is needed to believe them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sama_bench.leaderboard.columns import check_value, known
from sama_bench.leaderboard.schema import (
    NONE,
    NUMBER,
    Fields,
    SchemaError,
    check,
    read_plain,
)
from sama_bench.leaderboard.videos import Videos, unpack
from sama_bench.scoring.frames import frame_of
from sama_bench.storage.append import write_atomically
from sama_bench.storage.safe_names import safe_name

if TYPE_CHECKING:
    import pandas

FOLDER = Path(__file__).parents[1] / "leaderboards" / "entries"
Kind = Literal["run", "import"]

_ENTRY: Fields = {
    "schema": int,
    "kind": str,
    "model": str,
    "benchmark": (str, NONE),
    "split": (str, NONE),
    "complete": (bool, NONE),
    "coverage": dict,
    "scores": list,
    "videos": dict,
    "provenance": dict,
    "digest": str,
}
_ROW: Fields = {
    "model": str,
    "benchmark": str,
    "split": (str, NONE),
    "protocol": str,
    "metric": str,
    "value": (*NUMBER, NONE),
    "samples": (int, NONE),
    "videos": (int, NONE),
    "coverage": (*NUMBER, NONE),
}
_MORE: Fields = {
    "low": (*NUMBER, NONE),
    "high": (*NUMBER, NONE),
    "p": (*NUMBER, NONE),
    "note": (str, NONE),
    "variant": (str, NONE),
    "prompt": (str, NONE),
    "history": (str, NONE),
    "shortfall": (str, NONE),
}
"""Fields that a row may have."""
_PROVENANCE = {
    "card": dict,
    "scoring": dict,
    "predictions": dict,
    "files": dict,
    "shortfall": list,
    "not_recorded": list,
}
"""Fields of the provenance that are read, each of its type or absent."""
_COUNTS: Fields = dict.fromkeys(("expected", "answered", "refused", "failed", "missing"), int)


@dataclass(frozen=True)
class BoardEntry:
    """One entry.

    Attributes:
        kind: ``run`` for a run of ours, ``import`` for another kit's result files.
        model: name.
        benchmark: of the run; None for an import, whose rows name several.
        split: of the run; None for an import.
        complete: whether every expected sample was answered or refused, under every protocol, on
            data that are the published split; None for an import, since other kits do not say.
        coverage: by protocol the counts expected, answered, refused, failed, missing.
        rows: tidy rows with ``low`` and ``high`` where they have an interval.
        provenance: checksums, checkpoint, protocol card, versions, judge.
        packed_videos: scores per video as columns (see ``videos``); empty for an import.
    """

    kind: Kind
    model: str
    benchmark: str | None
    split: str | None
    complete: bool | None
    coverage: Mapping[str, Mapping[str, int]]
    rows: Sequence[Mapping[str, Any]]
    provenance: Mapping[str, Any]
    packed_videos: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def videos(self) -> Videos:
        """Scores per video by protocol and id; empty for an import."""
        return unpack(self.packed_videos)

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
        data = {
            "schema": 1,
            "kind": self.kind,
            "model": self.model,
            "benchmark": self.benchmark,
            "split": self.split,
            "complete": self.complete,
            "coverage": {name: dict(counts) for name, counts in self.coverage.items()},
            "scores": [dict(row) for row in self.rows],
            "videos": dict(self.packed_videos),
            "provenance": dict(self.provenance),
        }
        return {**data, "digest": digest(data)}


def digest(data: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of an entry without its digest."""
    kept = {key: value for key, value in data.items() if key != "digest"}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def is_complete(coverage: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether all expected samples were answered or refused under every protocol."""
    return bool(coverage) and all(
        counts["expected"] > 0 and counts["answered"] + counts["refused"] == counts["expected"]
        for counts in coverage.values()
    )


def write_entry(entry: BoardEntry, folder: Path) -> Path:
    """Write an entry into a folder, under its own name, and return the path.

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
    check(data, _ENTRY, str(path))
    if data["schema"] != 1 or data["kind"] not in ("run", "import"):
        raise SchemaError(f"{path}: schema {data['schema']}, kind {data['kind']!r} is not known")
    for place, row in enumerate(data["scores"]):
        _check_row(row, data["model"], f"{path}: row {place}")
    unpack(data["videos"], str(path))
    for protocol, counts in data["coverage"].items():
        _check_counts(counts, f"{path}: coverage {protocol}")
    _check_provenance(data["provenance"], f"{path}: provenance")
    if data["digest"] != digest(data):
        raise SchemaError(
            f"{path} was changed after it was made: its digest does not fit; make it again with "
            "`sama-bench leaderboard add`"
        )
    whole = is_complete(data["coverage"]) and not data["provenance"].get("shortfall")
    if data["kind"] == "run" and data["complete"] != whole:
        raise SchemaError(f"{path} calls itself complete={data['complete']}, its coverage does not")
    return BoardEntry(
        kind=data["kind"],
        model=data["model"],
        benchmark=data["benchmark"],
        split=data["split"],
        complete=data["complete"],
        coverage=data["coverage"],
        rows=data["scores"],
        provenance=data["provenance"],
        packed_videos=data["videos"],
    )


def read_entries(folders: Iterable[Path]) -> list[BoardEntry]:
    """Read all entries of some folders, in the order of their names.

    Raises:
        SchemaError: an entry is broken.
    """
    return [read_entry(path) for folder in folders for path in sorted(folder.glob("*.json"))]


def _check_row(row: Any, model: str, where: str) -> None:
    fixed = {key: row[key] for key in _ROW if key in row} if isinstance(row, dict) else row
    check(fixed, _ROW, where)
    if row["model"] != model:
        raise SchemaError(f"{where}: its model is {row['model']!r}, the entry's {model!r}")
    more = {key: kind for key, kind in _MORE.items() if key in row}
    check({key: row[key] for key in more}, more, where)
    for key in ("value", "low", "high"):
        check_value(row["metric"], row.get(key), where)
    if not 0 <= (row["coverage"] or 0) <= 1:
        raise SchemaError(f"{where}: coverage cannot be {row['coverage']:g}, only 0 to 1")
    for key in ("samples", "videos"):
        if (row[key] or 0) < 0:
            raise SchemaError(f"{where}: {key} cannot be {row[key]}")


def _check_counts(counts: Any, where: str) -> None:
    check(counts, _COUNTS, where)
    parts = [number for name, number in counts.items() if name != "expected"]
    if min(parts) < 0 or sum(parts) != counts["expected"]:
        raise SchemaError(f"{where}: {parts} do not add up to {counts['expected']} samples")


def _check_provenance(provenance: Mapping[str, Any], where: str) -> None:
    for key, kind in _PROVENANCE.items():
        if not isinstance(provenance.get(key), (kind, NONE)):
            raise SchemaError(f"{where}: {key} must be a {kind.__name__}")
    for key in ("shortfall", "not_recorded"):
        if not all(isinstance(text, str) for text in provenance.get(key) or ()):
            raise SchemaError(f"{where}: {key} must hold texts")
    if not all(isinstance(text, str) for text in (provenance.get("predictions") or {}).values()):
        raise SchemaError(f"{where}: predictions must hold checksums")
