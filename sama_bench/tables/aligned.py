"""Rows of texts in columns, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from sama_bench.tables.escape import width

GAP = "  "


def widths_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return how many columns of the terminal each column of some rows needs."""
    return [max(width(text) for text in column) for column in zip(*rows, strict=True)]


def padded(row: Sequence[str], widths: Sequence[int], left: int) -> list[str]:
    """Pad a row's texts: the first ``left`` stand left in their columns, the others right."""
    gaps = [" " * (room - width(text)) for text, room in zip(row, widths, strict=True)]
    return [
        text + gap if place < left else gap + text
        for place, (text, gap) in enumerate(zip(row, gaps, strict=True))
    ]


def aligned(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Return rows as lines, their columns aligned.

    >>> aligned([("video", "A"), ("v1", "12.5")], left=1)
    ['video     A', 'v1     12.5']
    """
    widths = widths_of(rows)
    return [GAP.join(padded(row, widths, left)).rstrip() for row in rows]
