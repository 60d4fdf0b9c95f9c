"""SAMA-Bench: grounded chat (G) and region description (C) over videos of four sources."""

from __future__ import annotations

from sama_bench.splits.sama_bench.benchmark import SamaBenchC, SamaBenchG

BENCHMARKS = (SamaBenchG(), SamaBenchC())
