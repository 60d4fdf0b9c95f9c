"""From expressions to data sets: MeViS, Ref-DAVIS17, ReVOS and Ref-SAV.

Definition: referring video protocol, section 3. All results are percentages, as the released
evaluators print them; all inputs are means over frames in 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np

from sama_bench.metric import Quirk

_SECTION = "referring video protocol, section 6"
ROUNDED = Quirk(
    39,
    "rounded",
    "values of an expression are rounded to two decimals before averaging",
    ("j", "f", "j_and_f", "accuracy", "robustness"),
    _SECTION,
)
MEAN_OF_GROUPS = Quirk(
    40,
    "mean_of_groups",
    "the overall figure is the mean of the groups, whatever their sizes",
    ("j", "f", "j_and_f", "accuracy", "robustness"),
    _SECTION,
)

RELEASED: frozenset[Quirk] = frozenset({ROUNDED, MEAN_OF_GROUPS})
"""Rounded expressions, overall as the mean of the groups."""

STRICT: frozenset[Quirk] = frozenset()
"""No rounding, overall as the mean of the expressions."""

REF_SAV_GROUPS = {0: "long", 1: "short"}
"""Ref-SAV: ``type_id`` to group."""

REVOS_GROUPS = {0: "referring", 1: "reasoning"}
"""ReVOS: ``type_id`` to group; the released files call the second one ``reason``."""

Scores = Mapping[str, float]
"""Metric name to value: ``j``, ``f`` and, where they exist, ``accuracy`` and ``robustness``."""


def rounded(scores: Scores) -> dict[str, float]:
    """Return an expression's scores as the released CSV holds them.

    Args:
        scores: values in 0..1.

    Returns:
        Percentages with two decimals, plus ``j_and_f`` if ``j`` and ``f`` are there. They are
        rounded as NumPy does it (scale, half to even, unscale), which is not Python's rounding.
    """
    return {name: _round_as_numpy(value) for name, value in _percent(scores).items()}


def mean_of_expressions(expressions: Sequence[Scores]) -> dict[str, float | None]:
    """Return MeViS's and Ref-DAVIS17's figures, unrounded percentages.

    Args:
        expressions: ``j`` and ``f`` of every expression (further metrics are averaged too).

    Returns:
        The mean of each metric over the expressions and ``j_and_f`` = (J + F) / 2; None without
        expressions.
    """
    means = _means(
        [{name: float(value) for name, value in scores.items()} for scores in expressions]
    )
    result = {name: None if value is None else 100 * value for name, value in means.items()}
    j, f = means["j"], means["f"]
    result["j_and_f"] = None if j is None or f is None else 100 * (j + f) / 2
    return result


def printed(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return figures rounded to two decimals by Python, as MeViS's and DAVIS's files hold them."""
    return {name: None if value is None else round(value, 2) for name, value in figures.items()}


def by_group(
    expressions: Sequence[tuple[int, Scores]],
    groups: Mapping[int, str],
    quirks: Set[Quirk] = RELEASED,
) -> dict[str, dict[str, float | None]]:
    """Return the figures of each group and of the whole.

    Args:
        expressions: (``type_id``, scores in 0..1) of every expression.
        groups: ``type_id`` to name; other types belong to no group.
        quirks: with ROUNDED every expression is rounded before averaging; with MEAN_OF_GROUPS
            ``overall`` is the plain mean of the groups, without it the mean of all expressions of
            the groups.

    Returns:
        Group name, ``overall`` and ``expressions`` (the mean of all expressions of the groups,
        whatever the quirks) to metric name to percentage; ``j_and_f`` of a group is (J + F) / 2 of
        its two means. None where a group is empty.
    """
    values = [
        (type_id, rounded(scores) if ROUNDED in quirks else _percent(scores))
        for type_id, scores in expressions
        if type_id in groups
    ]
    result = {
        name: _with_j_and_f(_means([scores for type_id, scores in values if type_id == wanted]))
        for wanted, name in groups.items()
    }
    every = _with_j_and_f(_means([scores for _, scores in values]))
    in_groups = [result[name] for name in groups.values()]
    overall = _mean_of_groups(in_groups) if MEAN_OF_GROUPS in quirks else every
    return {**result, "overall": overall, "expressions": every}


def _percent(scores: Scores) -> dict[str, float]:
    percent = {name: 100 * float(value) for name, value in scores.items()}
    if "j" in scores and "f" in scores:
        percent["j_and_f"] = 100 * (float(scores["j"]) + float(scores["f"])) / 2
    return percent


def _round_as_numpy(value: float) -> float:
    return float(np.round(np.float64(value), 2))


def _means(expressions: Sequence[Scores]) -> dict[str, float | None]:
    names = list(expressions[0]) if expressions else ["j", "f"]
    return {
        name: float(np.mean([scores[name] for scores in expressions])) if expressions else None
        for name in names
    }


def _mean_of_groups(groups: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    names = dict.fromkeys(name for group in groups for name in group)
    means: dict[str, float | None] = {}
    for name in names:
        values = [group.get(name) for group in groups]
        known = [value for value in values if value is not None]
        means[name] = sum(known) / len(known) if len(known) == len(values) else None
    return means


def _with_j_and_f(means: Mapping[str, float | None]) -> dict[str, float | None]:
    j, f = means.get("j"), means.get("f")
    return {**means, "j_and_f": None if j is None or f is None else (j + f) / 2}
