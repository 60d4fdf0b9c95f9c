"""Masklets as the metrics read them fastest."""

from __future__ import annotations

from collections.abc import Iterable

from sama_bench.metrics._masks.tracks import CodedTrack
from sama_bench.nouns import Masklet


def coded(masklets: Iterable[Masklet]) -> list[CodedTrack]:
    """Return the tracks of masklets; nothing is copied."""
    return [CodedTrack((one.height, one.width), one.counts) for one in masklets]
