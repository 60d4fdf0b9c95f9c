"""Tables of scores: tidy rows in, text out, for the terminal, Markdown, CSV, JSON and LaTeX.

A tidy row is a mapping with ``model``, ``benchmark``, ``split``, ``protocol``, ``metric``,
``value`` (natural unit, or None), ``samples``, ``videos`` and ``coverage``. These further keys are
shown when they are there:

- ``variant``: how a number departs from its protocol; marked, and never ranked with the others.
- ``unranked``: true for a number that is not to be ranked, for a reason that ``note`` or
  ``shortfall`` gives.
- ``shortfall``: what the data lacked of the published split.
- ``note``: why a value does not exist, or what to know about it.
- ``takes_tracks``: the model saw whole tracks of the objects it was asked about.
- ``history``: how earlier rounds of a dialogue were given, when not ``independent``.
- ``prompt``: what stood in for a prompt that the model cannot take.
- ``source``: where a published number was printed.
- ``low``, ``high``: ends of the interval of the value.
- ``p``: corrected p value of the difference to the best of its column.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from sama_bench.tables.data import to_csv, to_json
from sama_bench.tables.latex import to_latex
from sama_bench.tables.layout import by_benchmark, grand
from sama_bench.tables.model import Cell, Declared, Table
from sama_bench.tables.text import to_markdown, to_terminal

__all__ = ["FORMATS", "Cell", "Declared", "Format", "Table", "by_benchmark", "grand", "render"]

if TYPE_CHECKING:
    from pandas import DataFrame

Rows: TypeAlias = Iterable[Mapping[str, Any]]
Format = Literal["terminal", "markdown", "csv", "json", "latex"]
FORMATS: tuple[Format, ...] = get_args(Format)
Layout = Literal["benchmark", "grand"]

_LAYOUTS = {"benchmark": by_benchmark, "grand": grand}
_RENDERERS = {"terminal": to_terminal, "markdown": to_markdown, "latex": to_latex}


def render(
    rows: Rows | DataFrame,
    format: Format = "terminal",
    *,
    declared: Declared,
    layout: Layout = "benchmark",
    digits: int = 1,
) -> str:
    """Render tidy rows.

    Args:
        rows: see the module's text; also as a frame, whose missing values are None.
        format: ``csv`` and ``json`` hold the rows unrounded; the others are for reading: one table
            per benchmark, percentages, best and second best marked.
        declared: titles, units, orders and what is better, by metric and benchmark.
        layout: ``benchmark`` for one table per benchmark, metrics as columns; ``grand`` for the
            table of the papers, benchmarks as columns. Without effect on ``csv`` and ``json``.
        digits: decimals of the numbers that are for reading.

    Returns:
        The text, ending with a newline; a line saying so when there are no rows.
    """
    listed = _records(rows)
    if format == "csv":
        return to_csv(listed)
    if format == "json":
        return to_json(listed)
    if not listed:
        return "no scores\n"
    laid_out = _LAYOUTS[layout](listed, declared)
    return "\n".join(_RENDERERS[format](table, digits) for table in laid_out)


def _records(rows: Rows | DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain data; of a frame without the units, which the declarations tell."""
    if "pandas" not in sys.modules:  # there can be no frame, and it takes long to import
        return [dict(row) for row in cast(Rows, rows)]
    import pandas as pd

    if not isinstance(rows, pd.DataFrame):
        return [dict(row) for row in rows]
    plain = rows.astype(object).where(rows.notna(), None)
    return [
        {str(key): value for key, value in row.items() if key != "unit"}
        for row in plain.to_dict("records")
    ]
