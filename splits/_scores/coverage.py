"""Counting what the scores of a benchmark rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sama_bench.benchmark import Coverage
from sama_bench.metric import Quirk

UNANSWERED_REFUSED = Quirk(
    36,
    "unanswered_refused",
    "an expression without an answer is refused instead of scored 0",
    ("j", "f", "j_and_f", "accuracy", "robustness", "ciou", "giou"),
    "referring video protocol, section 6",
)


def coverage(statuses: Iterable[str]) -> Coverage:
    """Count the statuses of the expected samples."""
    seen = Counter(statuses)
    return Coverage(
        expected=sum(seen.values()),
        answered=seen["answered"],
        refused=seen["refused"],
        failed=seen["failed"],
        missing=seen["missing"],
    )


def listed(ids: Sequence[str], most: int = 5) -> str:
    """Name the first ids and how many more there are."""
    shown = ", ".join(ids[:most])
    return shown if len(ids) <= most else f"{shown} and {len(ids) - most} more"


def lacking_note(ids: Sequence[str], missing: str) -> str:
    """Say what became of the samples without a usable answer (UNANSWERED_REFUSED).

    Args:
        ids: of the samples.
        missing: ``refuse``, ``drop`` or ``zero``.
    """
    what = {"refuse": "no figure without", "drop": "left out:", "zero": "an empty answer each:"}
    return f"{what[missing]} {len(ids)} missing answers ({UNANSWERED_REFUSED}): {listed(ids)}"
