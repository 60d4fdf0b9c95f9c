"""What a metric says of itself, once."""

from __future__ import annotations

import math
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

PerSample = Callable[[Mapping[str, Any], Mapping[str, Any]], float | None]
"""From a prediction and a reference as plain data to a value, None where there is none."""


Unit = Literal["share", "points", "count", "seconds"]


Better = Literal["higher", "lower"] | float
"""Which of two values is the better one: the higher, the lower, or the nearer to a number."""


UNITS: tuple[Unit, ...] = get_args(Unit)


LAST = 1000
"""Order of a metric or benchmark that does not say where it stands."""


_STEP: Mapping[Unit, float] = {"share": 0.001, "points": 0.1, "count": 0.1, "seconds": 0.1}
"""One step of the last digit that tables print, in the natural unit."""


_SIGN: Mapping[Unit, str] = {"share": "", "points": "", "count": "", "seconds": "s"}


@dataclass(frozen=True)
class Metric:
    """One metric, declared once in its file and obeyed wherever its values are shown.

    Attributes:
        name: lower case with underscores, as in ``scores.json``.
        title: as tables print it, e.g. ``J&F``.
        definition: one line: what it is, and where it is defined.
        unit: ``share`` (natural values are shares of 1, shown in percent), ``points`` (shown as
            they are), ``count`` or ``seconds``.
        better: ``higher``, ``lower``, or a number: the nearer to it the better.
        low: least value that it can have, in its natural unit.
        high: largest value; None for 1 of a share, and for no limit of the others.
        resolution: smallest difference that it can tell, in its natural unit; None for one step of
            the last digit that tables print, since values that print alike do not differ.
        order: place among the columns of a table, small first.
        secondary: another way of averaging a metric that is shown; only data files hold it.
        reads: what of an answer it reads: ``masks``, ``texts`` or ``both``.
        corpus: whether it means something only for many samples together, as BLEU does.
        per_sample: scores one sample (or ``module:name`` of such a function); the metric then joins
            every benchmark whose answers it can read.

    Raises:
        ValueError: a field cannot be.

    >>> fps = Metric("fps", "FPS", "frames a second", unit="points")
    >>> fps.shown(24.26), fps.resolution
    ('24.3', 0.1)
    >>> Metric("ratio", "Ratio", "length of the answer", better=1.0).goodness(0.9) < 0
    True
    """

    name: str
    title: str
    definition: str
    unit: Unit = "share"
    better: Better = "higher"
    low: float = 0.0
    high: float | None = None
    resolution: float | None = None
    order: int = LAST
    secondary: bool = False
    reads: Literal["masks", "texts", "both"] = "masks"
    corpus: bool = False
    per_sample: PerSample | str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Fill what follows from the unit, and refuse what cannot be."""
        if self.unit not in UNITS:
            raise ValueError(f"metric {self.name}: unit {self.unit!r} is none of {UNITS}")
        numeric = isinstance(self.better, (int, float)) and math.isfinite(self.better)
        if self.better not in ("higher", "lower") and not numeric:
            raise ValueError(f"metric {self.name}: better is 'higher', 'lower' or a number")
        if self.high is None:
            object.__setattr__(self, "high", 1.0 if self.unit == "share" else math.inf)
        if self.resolution is None:
            object.__setattr__(self, "resolution", _STEP[self.unit])
        if not self.step > 0 or not self.low < self.bounds[1]:
            raise ValueError(f"metric {self.name}: resolution and range must be positive")

    @property
    def scale(self) -> float:
        """What a natural value is multiplied by for reading: 100 for shares, else 1."""
        return 100.0 if self.unit == "share" else 1.0

    @property
    def step(self) -> float:
        """The smallest difference that it can tell, in its natural unit."""
        return typing.cast(float, self.resolution)

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest value that it can have, in its natural unit."""
        return self.low, typing.cast(float, self.high)

    @property
    def heading(self) -> str:
        """Title of a column, with the unit where it is not told otherwise."""
        return f"{self.title} ({_SIGN[self.unit]})" if _SIGN[self.unit] else self.title

    @property
    def rank(self) -> tuple[int, str]:
        """Sorting key among metrics."""
        return (self.order, self.name)

    def goodness(self, value: float) -> float:
        """Return a number that is the larger the better a value is."""
        if self.better == "higher":
            return value
        return -value if self.better == "lower" else -abs(value - float(self.better))

    def decimals(self, value: float, digits: int = 1) -> int:
        """Return with how many decimals a natural value is shown: none for whole counts."""
        return 0 if self.unit == "count" and float(value).is_integer() else digits

    def shown(self, value: float, digits: int = 1, sign: bool = False) -> str:
        """Return a natural value as people read it: ``51.2`` for 0.512 of a share."""
        return f"{value * self.scale:{'+' if sign else ''}.{self.decimals(value, digits)}f}"

    def described(self) -> dict[str, Any]:
        """Return the declaration as plain data, as ``list metrics --json`` prints it."""
        low, high = self.bounds
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "range": f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more",
            "better": self.better if isinstance(self.better, str) else f"nearer to {self.better:g}",
            "resolution": self.step,
            "order": self.order,
            "definition": self.definition,
        }


def averaged(metric: Metric, name: str, title: str) -> Metric:
    """Declare another way of averaging a metric: a secondary one of the same unit and range."""
    return replace(
        metric, name=name, title=title, order=metric.order + LAST, secondary=True, per_sample=None
    )
