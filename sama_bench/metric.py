"""What a metric and a benchmark say of themselves, once, and what a metric asks of a judge.

A file in ``metrics/`` lists its metrics in ``METRICS`` (``Metric`` objects), golden files in
``GOLDENS``, what scoring asks for by name in ``PROVIDES``, and the quirks that its functions can
keep in ``QUIRKS``. A file in ``splits/`` may list metrics of its benchmark alone in ``METRICS``
too, and its quirks. Tables, pages, comparisons and leaderboards take
titles, units, orders and what counts as better from these objects, through a ``Catalogue``.
"""

from __future__ import annotations

import math
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from sama_bench.errors import UserError

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


class Titled(typing.Protocol):
    """What tables know of a benchmark."""

    @property
    def name(self) -> str:
        """As in ``scores.json``."""

    @property
    def title(self) -> str:
        """As papers write it."""

    @property
    def order(self) -> int:
        """Place among benchmarks, small first."""

    @property
    def headlines(self) -> Sequence[str]:
        """Names of the metrics that a table of all benchmarks shows; the first one if empty."""


@dataclass(frozen=True)
class BenchmarkTitle:
    """A benchmark that is known from tables alone; see ``Titled``."""

    name: str
    title: str
    order: int = LAST
    headlines: tuple[str, ...] = ()


class Catalogue:
    """Metrics and benchmarks by name; whatever shows values asks it how.

    A name that nothing declares is shown as it is, last, on the scale that it has.
    """

    def __init__(self, metrics: Iterable[Metric] = (), benchmarks: Iterable[Titled] = ()) -> None:
        """Gather declarations; of two of one name the first counts."""
        self._metrics: dict[str, Metric] = {}
        self._benchmarks: dict[str, Titled] = {}
        for metric in metrics:
            self._metrics.setdefault(metric.name, metric)
        for benchmark in benchmarks:
            self._benchmarks.setdefault(benchmark.name, benchmark)

    def with_further(
        self, metrics: Iterable[Metric] = (), benchmarks: Iterable[Titled] = ()
    ) -> Catalogue:
        """Return a catalogue that knows some more."""
        return Catalogue(
            [*self._metrics.values(), *metrics], [*self._benchmarks.values(), *benchmarks]
        )

    def knows(self, metric: str) -> bool:
        """Return whether a metric was declared."""
        return metric in self._metrics

    def metrics(self) -> list[Metric]:
        """Return all metrics in their order."""
        return sorted(self._metrics.values(), key=lambda metric: metric.rank)

    def metric(self, name: str) -> Metric:
        """Return the declaration of a metric."""
        return self._metrics.get(name) or _undeclared(name)

    def benchmark(self, name: str) -> Titled:
        """Return the declaration of a benchmark."""
        return self._benchmarks.get(name) or BenchmarkTitle(name, name, 3 * LAST)


def _undeclared(name: str) -> Metric:
    return Metric(
        name,
        name.replace("_", " "),
        "not declared here",
        unit="points",
        low=-math.inf,
        order=3 * LAST,
    )


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


class JudgeError(UserError):
    """No judgement can be had: no key, no such model, no connection, no package."""


@dataclass(frozen=True)
class JudgeRequest:
    """One question to a judge.

    Attributes:
        messages: of the chat, each with ``role`` and ``content``.
        form: name and version of the prompt's wording; replies to other forms never count.
        parameters: ``temperature``, ``max_tokens`` and the like, as the protocol demands.
        attempt: 1 for the first; a further attempt is another draw, not the same reply again.
    """

    messages: Sequence[Mapping[str, str]]
    form: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = 1


Status = Literal["answered", "refused", "failed", "unasked"]


@dataclass(frozen=True)
class Reply:
    """What became of one question.

    Attributes:
        status: ``answered`` (``text`` may still be unreadable), ``refused`` by the judge or its
            content filter, ``failed``: no reply could be had, or ``unasked``: the spending cap was
            reached.
        text: of the reply as it came; None if there is none.
        error: why there is no answer; None where there is one.
        cached: whether it came from the cache.
        input_tokens: of the prompt, as the endpoint counts.
        output_tokens: of the reply, as the endpoint counts.
        served_model: the model that the endpoint says it used.
        created: when the reply was made, ISO 8601 in UTC.
    """

    status: Status
    text: str | None = None
    error: str | None = None
    cached: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    served_model: str | None = None
    created: str | None = None
