"""How often a model answers without any mask."""

from __future__ import annotations

from collections.abc import Sequence

from sama_bench.metric import Metric, Quirk

FIRST_MASK = Quirk(
    35,
    "first_mask",
    "only the first mask of an answer counts, and none is a mask of zeros",
    ("j", "f", "j_and_f", "accuracy", "robustness"),
    "referring video protocol, section 6",
)
QUIRKS = (FIRST_MASK,)

METRICS: tuple[Metric, ...] = (
    Metric(
        "refusal_rate",
        "No mask",
        f"share of the answers that bring no mask ({FIRST_MASK}), whether or not one was due",
        better="lower",
        order=180,
    ),
)


def refusal_rate(refused: Sequence[bool]) -> float | None:
    """Return the share of answers without a mask, 0 to 1; None without answers.

    Args:
        refused: of each answer, whether it brings no mask.

    >>> refusal_rate([True, False, False, False])
    0.25
    """
    return sum(refused) / len(refused) if refused else None
