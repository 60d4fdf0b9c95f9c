"""Options of a benchmark: a default per protocol, a value from the user, a set of choices."""

from __future__ import annotations

from collections.abc import Mapping

from sama_bench.benchmark import Option, Protocol
from sama_bench.errors import UserError
from sama_bench.metrics.accuracy import PNG_VALUES
from sama_bench.metrics.refusals import FIRST_MASK
from sama_bench.splits._scores.coverage import UNANSWERED_REFUSED

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
    f"expressions without an answer ({UNANSWERED_REFUSED}): refuse to score, drop from the mean, "
    "or zero",
)
MASK_CHOICE: Option = (
    "first",
    "first",
    f"mask that counts when a model returns several ({FIRST_MASK}): first, or the union of all",
)
PRED_VALUES: Option = (
    "1",
    "1",
    f"value of a predicted pixel in A and R ({PNG_VALUES}): 1 as in results.json, 255 as in PNG "
    "files",
)


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
