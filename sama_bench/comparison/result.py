"""What a comparison of two runs says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from sama_bench.scoring.frames import frame_of

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class MetricDifference:
    """One metric under one protocol, A minus B, over the videos that both runs have.

    Attributes:
        a: score of the first run over these videos, natural unit.
        b: score of the second.
        difference: ``a - b``.
        low: lower end of the interval of the difference (paired bootstrap over videos, BCa).
        high: its upper end.
        p: two-sided, permutation test by swaps within videos.
        p_bootstrap: two-sided, paired bootstrap.
        p_holm: ``p`` corrected over all compared metrics and protocols (Holm).
        p_bh: ``p`` corrected for the false discovery rate (Benjamini and Hochberg).
        dz: Cohen's dz of the per-video differences.
        cliffs_delta: Cliff's delta of the per-video scores.
        videos: how many videos both runs have a value for.
        videos_needed: from how many videos such a difference is seen with 80% power; None when
            there is nothing to see.
        note: what to know before citing it, or why it was not compared, or None.
        resolution: the smallest difference that the metric tells.
        better: which of the runs is the better one in it, by what the metric declares; None where
            neither is.
    """

    protocol: str
    metric: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float
    p_bootstrap: float
    p_holm: float
    p_bh: float
    dz: float
    cliffs_delta: float
    videos: int
    videos_needed: int | None
    note: str | None
    resolution: float = 0.0
    better: Literal["a", "b"] | None = None

    @property
    def resolved(self) -> bool:
        """Whether the difference is at least the smallest one that the metric tells."""
        return abs(self.difference) >= self.resolution

    @property
    def sure(self) -> bool:
        """Whether the difference holds at 5% after Holm's correction, and can be told at all."""
        return self.p_holm < 0.05 and self.resolved


@dataclass(frozen=True)
class VideoGap:
    """One video on which the runs differ in a metric; ``share`` is its part of the difference.

    The shares of all videos sum to 1 for each metric and protocol.
    """

    protocol: str
    metric: str
    video: str
    group: str | None
    a: float | None
    b: float | None
    difference: float
    share: float | None


@dataclass(frozen=True)
class SampleGap:
    """One sample on which the runs disagree in a metric, or in status."""

    protocol: str
    metric: str
    id: str
    video: str
    a: float | None
    b: float | None
    status_a: str
    status_b: str
    difference: float


@dataclass(frozen=True, repr=False)
class Comparison:
    """Two runs side by side.

    Attributes:
        a: name of the first run.
        b: name of the second.
        benchmark: of both.
        notes: what makes the runs differ besides the model, one line each.
        metrics: one element a protocol and metric.
        videos: the videos that differ most, per protocol and metric, largest gap first.
        samples: the samples that differ most, likewise.
        only_a: videos that only the first run has, by protocol.
        only_b: videos that only the second has.
    """

    a: str
    b: str
    benchmark: str
    notes: Sequence[str]
    metrics: Sequence[MetricDifference]
    videos: Sequence[VideoGap]
    samples: Sequence[SampleGap]
    only_a: dict[str, list[str]]
    only_b: dict[str, list[str]]

    def __repr__(self) -> str:
        """One line: what is compared, and in how many metrics it differs surely."""
        sure = sum(difference.sure for difference in self.metrics)
        return (
            f"Comparison({self.a} and {self.b} on {self.benchmark}: {sure} of "
            f"{len(self.metrics)} metrics differ surely)"
        )

    def to_frame(self) -> pandas.DataFrame:
        """Return one row a metric and protocol, typed (``sama_bench.scoring.frames.frame_of``)."""
        return frame_of({**asdict(found), "sure": found.sure} for found in self.metrics)

    def to_json(self) -> dict[str, Any]:
        """Return plain data, None where a number does not exist."""
        data: dict[str, Any] = _finite(asdict(self))
        for found, difference in zip(data["metrics"], self.metrics, strict=True):
            found["sure"] = difference.sure
        return data


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    return value
