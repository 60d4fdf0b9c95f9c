"""Masklets as the metrics read them fastest."""

from __future__ import annotations

from collections.abc import Iterable

from sama_bench.metrics._masks.tracks import RleTrack
from sama_bench.nouns import Masklet


def coded(masklets: Iterable[Masklet]) -> list[RleTrack]:
    """Return the tracks of masklets; nothing is copied."""
    return [RleTrack((one.height, one.width), one.counts) for one in masklets]
