"""Plain tables of texts for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from sama_bench.tables.escape import clean, width

WIDEST = 100
"""Columns of text that a table may take; the last column is wrapped to fit."""


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align rows of texts below their heads; the last column wraps.

    Texts come from files of others: control characters are removed.
    """
    table = [list(heads), *([clean(text) for text in row] for row in rows)]
    widths = [max(width(row[place]) for row in table) for place in range(len(heads) - 1)]
    indent = sum(widths) + 2 * len(widths)
    room = max(30, WIDEST - indent)
    lines = []
    for number, row in enumerate(table):
        start = "".join(
            text + " " * (size - width(text) + 2) for text, size in zip(row, widths, strict=False)
        )
        wrapped = textwrap.wrap(row[-1], room) or [""]
        lines.append((start + wrapped[0]).rstrip())
        lines += [" " * indent + more for more in wrapped[1:]]
        if number == 0:
            lines.append("-" * min(WIDEST, indent + max(width(line[-1]) for line in table)))
    return "\n".join(lines)
