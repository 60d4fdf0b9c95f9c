"""Masklets as tracks of RLE counts, which the metrics read without a dict a frame."""

from __future__ import annotations

from collections.abc import Iterable

from sama_bench.metrics._masks.tracks import RleTrack
from sama_bench.nouns import Masklet


def coded(masklets: Iterable[Masklet]) -> list[RleTrack]:
    """Return the tracks of masklets; nothing is copied."""
    return [RleTrack((one.height, one.width), one.counts) for one in masklets]
