"""Declarations by name, for whatever shows values."""

from __future__ import annotations

import math
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sama_bench.metric.declaration import (
    LAST,
    Metric,
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
