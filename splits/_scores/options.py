"""Options of a benchmark: a default per protocol, a value from the user, a set of choices."""

from __future__ import annotations

from collections.abc import Mapping

from sama_bench.benchmark import Option, Protocol
from sama_bench.errors import UserError

CHOICES: Mapping[str, tuple[str, ...]] = {
    "missing": ("refuse", "drop", "zero"),
    "mask_choice": ("first", "union"),
    "pred_values": ("1", "255"),
    "seg_merge": ("first", "union"),
    "no_mask": ("skip", "zero"),
    "protocol_b": ("auto", "off"),
}
"""What each option may be."""

MISSING: Option = (
    "refuse",
    "zero",
    "expressions without an answer (Q36): refuse to score, drop from the mean, or zero",
)
MASK_CHOICE: Option = (
    "first",
    "first",
    "mask that counts when a model returns several (Q35): first, or the union of all",
)
PRED_VALUES: Option = (
    "1",
    "1",
    "value of a predicted pixel in A and R (Q37): 1 as in results.json, 255 as in PNG files",
)
QUIRKS: Mapping[str, str] = {
    "Q36": "an expression without an answer is refused instead of scored 0",
    "Q37": "predicted pixels of PNG files count as 255 in A and R",
    "Q38": "overlapping instances add up to 2, 3 ... in A and R",
    "Q39": "values of an expression are rounded to two decimals before averaging",
    "Q41": "a prediction of another size cannot be used instead of being resized",
    "Q45": "a sentence without a predicted mask is left out instead of counted as empty",
    "Q46": "overlapping polygons of one object are added up before they are encoded",
    "Q47": "the first mask counts instead of the union, and sums are float32",
    "Q48": "NaN for an empty union, and an image whose matching fails counts no match",
    "Q49": "cleaning a region caption deletes parts of words",
}
"""What the quirks of these benchmarks do to a score, for ``score --explain``."""


def quirks(*names: str) -> dict[str, str]:
    """Return some of the quirks with their lines."""
    return {name: QUIRKS[name] for name in names}


def settle(
    options: Mapping[str, Option], given: Mapping[str, str], protocol: Protocol
) -> dict[str, str]:
    """Return the value of every option under a protocol.

    Args:
        options: of the benchmark.
        given: from ``--option``; keys of the model's options are passed over.
        protocol: whose defaults hold where the user gave nothing.

    Raises:
        UserError: a value that the option does not have, with those that it has.
    """
    place = 0 if protocol == "released" else 1
    values = {name: given.get(name, option[place]) for name, option in options.items()}
    for name, value in values.items():
        choices = CHOICES.get(name)
        if choices is not None and value not in choices:
            raise UserError(f"--option {name}={value}: choose from {', '.join(choices)}")
    return values
