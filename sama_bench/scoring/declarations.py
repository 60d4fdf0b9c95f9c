"""How metrics and benchmarks are called, scaled, ordered and compared: what their files declare."""

from __future__ import annotations

from sama_bench import registry
from sama_bench.metric import BenchmarkTitle, Catalogue, Metric

__all__ = ["BenchmarkTitle", "Catalogue", "Metric", "declared"]


def declared() -> Catalogue:
    """Return the declarations of all metrics and benchmarks that can be scored here.

    Raises:
        UserError: two contents claim one name.
    """
    return registry.catalogue()
