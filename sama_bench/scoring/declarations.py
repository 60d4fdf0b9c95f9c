"""How metrics, benchmarks and their parts are called, ordered and compared, for who shows them."""

from __future__ import annotations

from sama_bench import registry
from sama_bench.benchmark import Coverage, Part, Protocol
from sama_bench.metric import BenchmarkTitle, Catalogue, Metric

__all__ = ["BenchmarkTitle", "Catalogue", "Coverage", "Metric", "Part", "Protocol", "declared"]


def declared() -> Catalogue:
    """Return the declarations of all metrics and benchmarks that can be scored here.

    Raises:
        UserError: two contents claim one name.
    """
    return registry.catalogue()
