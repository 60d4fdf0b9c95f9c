"""What is said of samples without a usable answer, and when nothing is scored without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sama_bench.benchmark import Protocol
from sama_bench.errors import IncompleteError
from sama_bench.metric import Quirk

UNANSWERED_REFUSED = Quirk(
    36,
    "unanswered_refused",
    "an expression without an answer is refused instead of scored 0",
    ("j", "f", "j_and_f", "accuracy", "robustness", "ciou", "giou"),
    "referring video protocol, section 6",
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


def refuse_without(what: str, lacking: Mapping[Protocol, Sequence[str]]) -> None:
    """Refuse to give no figure at all because answers are missing.

    Args:
        what: samples are called, in the plural.
        lacking: by protocol that gives no figure without them, the ids without a usable answer.

    Raises:
        IncompleteError: there are some; the message lists the first.
    """
    for protocol, ids in lacking.items():
        if ids:
            raise IncompleteError(
                f"{len(ids)} {what} have no usable answer, and the {protocol} protocol does not "
                f"score without them: {listed(ids)}; answer them, or say --option missing=drop or "
                "missing=zero"
            )
