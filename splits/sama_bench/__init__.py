"""SAMA-Bench: grounded chat (G) and region description (C) over videos of four sources."""

from __future__ import annotations

from sama_bench.splits._masks.alignment import ALIGNED_BY_POSITION
from sama_bench.splits.sama_bench.benchmark import SamaBenchC, SamaBenchG
from sama_bench.splits.sama_bench.rounds import (
    ALIASES_CONVERTED_LATE,
    EMPTY_TARGET_REPEATS,
    REQUEST_APPENDED,
)
from sama_bench.splits.sama_bench.rules import RANK_EPSILON, RANKS_ALIKE, SHUFFLED

QUIRKS = (
    REQUEST_APPENDED,
    ALIASES_CONVERTED_LATE,
    ALIGNED_BY_POSITION,
    EMPTY_TARGET_REPEATS,
    RANK_EPSILON,
    RANKS_ALIKE,
    SHUFFLED,
)

BENCHMARKS = (SamaBenchG(), SamaBenchC())
