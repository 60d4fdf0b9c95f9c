"""Intervals of the rows of a run, from its videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from sama_bench.benchmark import Part
from sama_bench.scoring.scored_run import ScoredRun, metrics_of, video_terms
from sama_bench.scoring.scores_file import ScoredRow
from sama_bench.statistics import bootstrap
from sama_bench.statistics.bootstrap import Array
from sama_bench.statistics.paired import Terms

Found: TypeAlias = Mapping[str, tuple[float, float, float]]
"""Value, low and high by metric."""

SAME = 1e-4
"""Benchmarks round some means; a number within a hundredth of a point is the same number, unless
it is so small that a hundredth of a point is much of it."""


@dataclass(frozen=True)
class _Drawn:
    """Estimates, resamples and jackknife of all metrics over one set of videos."""

    value: Array
    samples: Array
    left_out: Array
    videos: Array


class Intervals:
    """Completes rows by ``low`` and ``high``; what rows share is computed once."""

    def __init__(self, run: ScoredRun, resamples: int, seed: int) -> None:
        self._run, self._resamples, self._seed = run, resamples, seed
        self._done: dict[tuple[str, str | None], tuple[Found, Found]] = {}

    def complete(self, row: ScoredRow) -> dict[str, Any]:
        """Return the row with its interval, or as it is where its videos do not carry it."""
        tidy, value = row.tidy(), row.value
        if value is None or row.aggregation == "whole":
            return tidy
        plain, meant = self._of(row.protocol, Part.parse(row.split).group)
        found = meant if row.aggregation == "groups" else plain
        number, low, high = found.get(row.metric, (np.nan, np.nan, np.nan))
        same = abs(number - value) <= min(SAME, 0.01 * abs(value)) + 1e-12
        return {**tidy, "low": low, "high": high} if same and not np.isnan(low + high) else tidy

    def _of(self, protocol: str, group: str | None) -> tuple[Found, Found]:
        """Intervals over videos, and of the mean of the groups where the row may be that."""
        key = (protocol, group)
        if not self._ids(protocol, None):
            return {}, {}
        if key not in self._done:
            groups = self._run.groups(protocol)
            own = group in groups
            chosen = self._ids(protocol, group if own else None)
            metrics = metrics_of(self._run.of_protocol(protocol).values())
            plain = self._summed(self._drawn(protocol, group if own else None, metrics), metrics)
            parts = [] if own else [self._drawn(protocol, name, metrics) for name in groups]
            meant = self._summed(_mean(parts), metrics) if len(parts) > 1 and chosen else {}
            self._done[key] = (plain, meant)
        return self._done[key]

    def _ids(self, protocol: str, group: str | None) -> list[str]:
        return sorted(
            self._run.of_protocol(protocol)
            if group is None
            else self._run.of_group(protocol, group)
        )

    def _drawn(self, protocol: str, group: str | None, metrics: Sequence[str]) -> _Drawn:
        """Draw among the videos; those without the group have nothing in its sums."""
        ids = self._ids(protocol, None)
        videos = self._run.of_protocol(protocol)
        means = self._run.means(protocol)
        terms = video_terms(videos, ids, metrics, means)
        if group is not None:
            own = self._run.of_group(protocol, group)
            inside = [id for id in ids if id in own]
            part = video_terms(own, inside, metrics, means)
            terms = Terms(np.zeros_like(terms.num), np.zeros_like(terms.den))
            rows = [place for place, id in enumerate(ids) if id in own]
            terms.num[rows], terms.den[rows] = part.num, part.den
        counts = bootstrap.resample_counts(len(ids), self._resamples, self._seed)
        return _Drawn(
            bootstrap.estimate(terms.num, terms.den),
            bootstrap.replicates(terms.num, terms.den, counts),
            bootstrap.jackknife(terms.num, terms.den),
            (terms.den > 0).sum(axis=0).astype(np.float64),
        )

    def _summed(self, drawn: _Drawn, metrics: Sequence[str]) -> Found:
        low, high = bootstrap.bca_interval(drawn.samples, drawn.value, drawn.left_out)
        enough = drawn.videos > 1
        low, high = np.where(enough, low, np.nan), np.where(enough, high, np.nan)
        return {
            metric: (float(value), float(start), float(end))
            for metric, value, start, end in zip(metrics, drawn.value, low, high, strict=True)
        }


def _mean(parts: Sequence[_Drawn]) -> _Drawn:
    """The mean of several groups' scores: both Ref-SAV and ReVOS headline such a mean."""
    arrays = zip(*((p.value, p.samples, p.left_out, p.videos) for p in parts), strict=True)
    value, samples, left_out, videos = (np.mean(np.stack(group), axis=0) for group in arrays)
    return _Drawn(value, samples, left_out, videos)
