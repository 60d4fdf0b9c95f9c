"""Departures of published code from a definition, and golden files of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Quirk:
    """A way in which published code departs from the definition that it names.

    Declared once, in the file that reproduces it; functions take the set of quirks that act, as in
    ``RELEASED - {CROPPED}``. The number alone tells two quirks apart, so that a set of plain
    numbers means the same.

    Attributes:
        number: of the shared numbering; the registry refuses two quirks of one number.
        name: in words joined by ``_``.
        about: what happens under ``released``, one line.
        metrics: names of the metrics whose values it can change; none where it decides what is
            asked or which samples exist.
        section: of the protocol that describes it.
    """

    number: int
    name: str
    about: str
    metrics: tuple[str, ...] = ()
    section: str = ""

    def __str__(self) -> str:
        """Return what tables and notes print, e.g. ``Q17``."""
        return f"Q{self.number}"

    def __eq__(self, other: object) -> bool:
        return self.number == (other.number if isinstance(other, Quirk) else other)

    def __lt__(self, other: Quirk) -> bool:
        return self.number < other.number

    def __hash__(self) -> int:
        return self.number


@dataclass(frozen=True)
class Golden:
    """Golden files of one kind: how a file is recognised, and what recomputes it.

    Attributes:
        entries: key of the list that such a file holds.
        keys: that an entry of the list has.
        recompute: function from the file's content to (label, expected, computed) triples, or
            ``module:name`` of one that is imported when it is needed.
    """

    entries: str
    keys: frozenset[str]
    recompute: str | Callable[[Mapping[str, Any]], Any]
