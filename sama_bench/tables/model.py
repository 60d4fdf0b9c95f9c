"""A table between its layout and its rendering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["best", "second"]
SYMBOLS = "†‡§¶‖"


@dataclass(frozen=True)
class Cell:
    """One number of a table.

    Attributes:
        value: as shown (percent for shares), None where it does not exist.
        low: lower end of its interval, or None.
        high: upper end, or None.
        mark: best or second best of its column among comparable rows, or None.
        differs: significantly different from the best of its column.
        notes: numbers of the table's footnotes that concern it.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    mark: Mark | None = None
    differs: bool = False
    notes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Line:
    """One line: labels, the footnotes of the model, and a cell (or nothing) per column."""

    labels: tuple[str, ...]
    notes: tuple[int, ...]
    cells: tuple[Cell | None, ...]
    coverage: float


@dataclass(frozen=True)
class Table:
    """What is shown, before any markup.

    Attributes:
        title: of the table.
        labels: headings of the label columns.
        columns: headings of the number columns.
        lines: the lines, in order.
        notes: texts of the footnotes, in order of their numbers from 0.
    """

    title: str
    labels: tuple[str, ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]

    @property
    def incomplete(self) -> bool:
        """Whether any line rests on less than all of its samples."""
        return any(line.coverage < 1 for line in self.lines)

    @property
    def starred(self) -> bool:
        """Whether any number bears the sign of a significant difference."""
        return any(cell.differs for line in self.lines for cell in line.cells if cell)


def symbol(note: int) -> str:
    """The sign of a footnote: † ‡ § ¶ ‖, then letters, then doubled letters."""
    if note < len(SYMBOLS):
        return SYMBOLS[note]
    repeat, letter = divmod(note - len(SYMBOLS), 26)
    return chr(ord("a") + letter) * (repeat + 1)


def shown_coverage(coverage: float) -> str:
    """Coverage in percent; what is not complete never rounds up to 100%."""
    if coverage >= 1:
        return "100%"
    return f"{min(int(coverage * 1000) / 10, 99.9):g}%"
