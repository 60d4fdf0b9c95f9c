"""Published results as data: one JSON file a source table, read and checked here.

A figure is one row: model, variant, benchmark, split, metric, value, unit. ``split`` is ``None``
where the source does not name it, which happens and matters: MeViS differs by ten points between
its splits. Rows that contradict another source, or their own arithmetic, stay side by side and
carry a flag, so that nobody cites or reproduces them unawares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import asdict as fields_of

from sama_bench.leaderboard.columns import check_value, known
from sama_bench.leaderboard.schema import SchemaError, read_plain, typed
from sama_bench.scoring.frames import frame_of

if TYPE_CHECKING:
    import pandas

FOLDER = Path(__file__).parents[1] / "leaderboards" / "published"
UNITS = {
    "percent": 100.0,
    "percentage points": 100.0,
    "percent change": 100.0,
    "points": 1.0,
    "count": 1.0,
    "seconds": 1.0,
    "hours": 1.0,
    "frames per second": 1.0,
}
FLAGS = {
    "contradicted": "another source prints another figure for the same thing",
    "inconsistent": "the row breaks its own arithmetic",
}


class _SourceLine(msgspec.Struct, forbid_unknown_fields=True):
    document: str
    table: str
    url: str | None


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One printed number, as its file holds it."""

    model: str | None
    variant: str | None
    benchmark: str
    split: str | None
    metric: str
    value: float
    unit: str
    relative_to: str | None
    protocol: str
    flags: tuple[str, ...]
    note: str | None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    schema: Literal[1]
    source: _SourceLine
    conditions: dict[str, str]
    note: str | None
    rows: list[_Row]


@dataclass(frozen=True)
class Source:
    """Where a figure was printed.

    ``conditions`` holds what the source says of how its numbers came about (frames, sizes), in its
    words; ``name`` is the file's name without ``.json``.
    """

    name: str
    document: str
    table: str
    url: str | None
    conditions: Mapping[str, str]
    note: str | None


class Figure(_Row, frozen=True):
    """One printed number, with its source.

    ``value`` is as printed, in ``unit``; ``natural`` is the same in the metric's natural unit (0 to
    1 for percentages). With ``relative_to`` the figure is a difference to that model.
    """

    source: Source

    @property
    def natural(self) -> float:
        """The value in the metric's natural unit: 0.512 for 51.2 percent."""
        return self.value / UNITS[self.unit]

    @property
    def key(self) -> tuple[str | None, ...]:
        """What the figure is about; two figures of one key and different values contradict."""
        about = (self.model, self.variant, self.benchmark, self.split, self.metric)
        return (*about, self.relative_to, self.unit)


class Figures(tuple[Figure, ...]):
    """Published figures, as ``figures`` returns them."""

    __slots__ = ()

    def to_frame(self) -> pandas.DataFrame:
        """Return one row a figure, typed, values in natural units beside what was printed."""
        rows = [
            {
                **{k: v for k, v in fields_of(figure).items() if k != "unit"},
                "value": figure.natural,
                "printed": figure.value,
                "printed_unit": figure.unit,
                "flags": ", ".join(figure.flags),
                "source": figure.source.name,
            }
            for figure in self
        ]
        return frame_of(rows, known())


def figures(folder: Path = FOLDER) -> Figures:
    """All figures of a folder of published results, in the order of file names and rows.

    Raises:
        SchemaError: a file is not JSON or not of the schema.
    """
    return Figures(figure for path in sorted(folder.glob("*.json")) for figure in read(path))


def read(path: Path) -> tuple[Figure, ...]:
    """The figures of one source table.

    Raises:
        SchemaError: the file is not JSON or not of the schema.
    """
    content = typed(read_plain(path), _File, path.name)
    source = Source(
        name=path.stem,
        conditions=content.conditions,
        note=content.note,
        **fields_of(content.source),
    )
    return tuple(
        _figure(row, source, f"{path.name}: row {i}") for i, row in enumerate(content.rows)
    )


def _figure(row: _Row, source: Source, where: str) -> Figure:
    if row.unit not in UNITS:
        raise SchemaError(f"{where}: unit {row.unit!r} is none of {', '.join(UNITS)}")
    unknown = [flag for flag in row.flags if flag not in FLAGS]
    if unknown:
        raise SchemaError(f"{where}: flag {unknown[0]!r} is none of {', '.join(FLAGS)}")
    if row.relative_to is None:
        check_value(row.metric, row.value / UNITS[row.unit], where)
    return Figure(source=source, **fields_of(row))
