"""Which samples a report shows: filters, order, and the most that are wanted."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sama_bench.errors import UserError, did_you_mean
from sama_bench.report.collect import Shown
from sama_bench.report.problems import KINDS

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FILTER = re.compile(r"^([A-Za-z_][A-Za-z0-9_]*)\s*(<=|>=|!=|=|<|>)\s*(.+)$")


@dataclass(frozen=True)
class Filter:
    """One condition: ``problem=drifted``, ``video=VidSTG*``, ``turn>2``, ``miou<0.3``."""

    key: str
    sign: str
    value: str

    def fits(self, sample: Shown) -> bool:
        """Tell whether a sample fulfils it in any of the runs."""
        values = _values(sample, self.key)
        if self.sign == "=":
            return any(_same(value, self.value) for value in values)
        if self.sign == "!=":
            return not any(_same(value, self.value) for value in values)
        limit, compare = float(self.value), _COMPARE[self.sign]
        numbers = [v for v in values if isinstance(v, int | float)]
        return any(compare(number, limit) for number in numbers)


def parse_filter(text: str) -> Filter:
    """Read a condition as a user writes it.

    Raises:
        UserError: it is none, names no problem, or compares with what is no number.
    """
    match = _FILTER.match(text.strip())
    if match is None:
        raise UserError(
            f"--filter {text}: write KEY=PATTERN, KEY!=PATTERN or KEY<NUMBER, as in "
            "problem=drifted, video=clip_1* or miou<0.3"
        )
    key, sign, value = match.groups()
    if key == "problem" and not any(fnmatchcase(kind, value) for kind in KINDS):
        raise did_you_mean("problem", value, KINDS)
    if sign in _COMPARE:
        try:
            float(value)
        except ValueError:
            raise UserError(f"--filter {text}: {value} is no number") from None
    return Filter(key, sign, value)


def check_keys(filters: Sequence[Filter], samples: Sequence[Shown]) -> None:
    """Check that each filter names something that the samples have.

    Raises:
        UserError: what can be named.
    """
    known = {"id", "video", "group", "status", "problem"}
    for sample in samples:
        known |= set(sample.attributes)
        for view in sample.views:
            known |= {name for values in view.values.values() for name in values}
    for condition in filters:
        if condition.key not in known:
            raise did_you_mean("filter key", condition.key, known)


def chosen(
    samples: Sequence[Shown], filters: Sequence[Filter], most: int | None
) -> tuple[list[Shown], int]:
    """Return the worst ``most`` samples that fit all filters, worst first, and how many fit."""
    fitting = [sample for sample in samples if all(item.fits(sample) for item in filters)]
    fitting.sort(key=badness)
    return fitting[:most], len(fitting)


def badness(sample: Shown) -> tuple[int, float, str]:
    """Sorting key, worst first: the worst problem of any run, then the lowest value."""
    rank = list(KINDS)
    worst = min(rank.index(view.problems[0].kind) for view in sample.views)
    values = [view.value for view in sample.views if view.value is not None]
    return worst, min(values, default=-1.0), sample.id


def _values(sample: Shown, key: str) -> list[Any]:
    if key == "problem":
        return [problem.kind for view in sample.views for problem in view.problems]
    if key == "status":
        return [view.status for view in sample.views]
    if key in ("id", "video", "group"):
        return [getattr(sample, key) or ""]
    if key in sample.attributes:
        return [sample.attributes[key]]
    return [
        values[key]
        for view in sample.views
        for values in view.values.values()
        if values.get(key) is not None
    ]


def _same(value: Any, pattern: str) -> bool:
    if isinstance(value, bool):
        return str(value).lower() == pattern.lower()
    if isinstance(value, int | float):
        try:
            return float(pattern) == value
        except ValueError:
            return False
    return fnmatchcase(str(value), pattern)
