"""A table between its layout and its rendering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Mark = Literal["best", "second"]
SYMBOLS = "†‡§¶‖"


class Metric(Protocol):
    """What a table asks of a metric's declaration (``sama_bench.metric.Metric``)."""

    @property
    def heading(self) -> str:
        """Title of its column, with the unit unless that is a share or points."""

    @property
    def scale(self) -> float:
        """What a natural value is multiplied by for reading."""

    @property
    def rank(self) -> tuple[int, str]:
        """Sorting key among metrics."""

    def goodness(self, value: float) -> float:
        """Return a number that is the larger the better a natural value is."""

    def decimals(self, value: float, digits: int = 1) -> int:
        """Return with how many decimals a natural value is shown."""


class Benchmark(Protocol):
    """What a table asks of a benchmark's declaration."""

    @property
    def title(self) -> str:
        """As papers write it."""

    @property
    def order(self) -> int:
        """Place among benchmarks."""

    @property
    def headlines(self) -> Sequence[str]:
        """Metrics that a table of all benchmarks shows; the first one if empty."""


class Declared(Protocol):
    """Declarations of metrics and benchmarks by name (``sama_bench.metric.Catalogue``)."""

    def metric(self, name: str) -> Metric:
        """Return how a metric is shown."""

    def benchmark(self, name: str) -> Benchmark:
        """Return how a benchmark is shown."""


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
        decimals: of this number; None for those of the table.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    mark: Mark | None = None
    differs: bool = False
    notes: tuple[int, ...] = ()
    decimals: int | None = None

    def shown(self, value: float, digits: int) -> str:
        """Return one of its numbers as text, with ``digits`` decimals unless it has its own."""
        return f"{value:.{digits if self.decimals is None else self.decimals}f}"


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
