"""What a metric and a benchmark say of themselves, once, and what a metric asks of a judge.

A file in ``metrics/`` lists its metrics in ``METRICS`` (``Metric`` objects), golden files in
``GOLDENS``, what scoring asks for by name in ``PROVIDES``, and the quirks that its functions can
keep in ``QUIRKS``. A file in ``splits/`` may list metrics of its benchmark alone in ``METRICS``
too, and its quirks. Tables, pages, comparisons and leaderboards take
titles, units, orders and what counts as better from these objects, through a ``Catalogue``.
"""

from __future__ import annotations

from sama_bench.metric.catalogue import (
    BenchmarkTitle,
    Catalogue,
    Titled,
)
from sama_bench.metric.declaration import (
    LAST,
    UNITS,
    Better,
    Metric,
    PerSample,
    Unit,
    averaged,
)
from sama_bench.metric.judging import (
    JudgeError,
    JudgeRequest,
    Reply,
    Status,
)
from sama_bench.metric.quirk import (
    Golden,
    Quirk,
)

__all__ = [
    "LAST",
    "UNITS",
    "BenchmarkTitle",
    "Better",
    "Catalogue",
    "Golden",
    "JudgeError",
    "JudgeRequest",
    "Metric",
    "PerSample",
    "Quirk",
    "Reply",
    "Status",
    "Titled",
    "Unit",
    "averaged",
]
