"""Benchmarks and metrics that only published tables and other kits name, as data beside them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from sama_bench.leaderboard.schema import SchemaError, read_plain, typed
from sama_bench.scoring.declarations import BenchmarkTitle, Catalogue, Metric, declared

FILE = Path(__file__).parents[1] / "leaderboards" / "columns.json"
_SLACK = 1e-6
"""Sums of floating-point numbers may pass a bound by so much."""


class _Benchmark(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    title: str
    order: int
    headlines: tuple[str, ...]


class _Metric(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    title: str
    definition: str
    unit: str
    better: str
    order: int


class _File(msgspec.Struct, forbid_unknown_fields=True):
    schema: Literal[1]
    note: str
    benchmarks: list[_Benchmark]
    metrics: list[_Metric]


@cache
def known() -> Catalogue:
    """Return what the leaderboard can show: all that is scored here, and the published columns."""
    metrics, benchmarks = read_columns(FILE)
    return declared().with_further(metrics, benchmarks)


def read_columns(path: Path) -> tuple[list[Metric], list[BenchmarkTitle]]:
    """Read metrics and benchmarks that are declared as data.

    Raises:
        SchemaError: the file is not JSON or not of its schema.
    """
    content = typed(read_plain(path), _File, path.name)
    try:
        metrics = [Metric(**msgspec.structs.asdict(item)) for item in content.metrics]
    except ValueError as error:
        raise SchemaError(f"{path.name}: {error}") from None
    titles = [BenchmarkTitle(**msgspec.structs.asdict(item)) for item in content.benchmarks]
    return metrics, titles


def check_value(metric: str, value: float | None, where: str) -> None:
    """Check that a metric can have a value.

    Raises:
        SchemaError: it cannot.
    """
    low, high = known().metric(metric).bounds
    if value is not None and not low - _SLACK <= value <= high + _SLACK:
        raise SchemaError(f"{where}: {metric} cannot be {value:g}, only {low:g} to {high:g}")
