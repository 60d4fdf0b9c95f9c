"""The comparison of two scored runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from sama_bench.comparison.conditions import condition_notes
from sama_bench.comparison.gaps import sample_gaps, video_gaps
from sama_bench.comparison.result import Comparison, MetricDifference
from sama_bench.errors import UserError
from sama_bench.scoring.declarations import Metric, declared
from sama_bench.scoring.scored_run import (
    ScoredRun,
    metrics_of,
    read_scored_run,
    video_terms,
)
from sama_bench.scoring.scores_file import ScoredVideo
from sama_bench.statistics import bootstrap, effect_size, multiple_tests, paired
from sama_bench.statistics.paired import Terms


@dataclass(frozen=True)
class _Pair:
    """The videos that both runs have under one protocol, and what only one has."""

    protocol: str
    a: Mapping[str, ScoredVideo]
    b: Mapping[str, ScoredVideo]

    @property
    def ids(self) -> list[str]:
        return sorted(set(self.a) & set(self.b))

    @property
    def metrics(self) -> list[str]:
        other = set(metrics_of(self.b.values()))
        return [name for name in metrics_of(self.a.values()) if name in other]


def compare(
    a: ScoredRun | Path | str,
    b: ScoredRun | Path | str,
    *,
    protocols: Sequence[str] = ("released", "strict"),
    level: float = 0.95,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = 0,
    top: int = 10,
) -> Comparison:
    """Compare two runs over the videos that both have.

    Args:
        a: the first run, or its folder; differences are A minus B.
        b: the second run, of the same benchmark.
        protocols: to compare under, as far as both runs were scored under them.
        level: nominal coverage of the intervals.
        resamples: bootstrap resamples, and random swaps of the permutation test.
        seed: of the random draws.
        top: how many videos and samples to list for each metric.

    Raises:
        UserError: different benchmarks, no protocol in common, or no video in common.
        DataError: a folder holds no scores.
    """
    a, b = (run if isinstance(run, ScoredRun) else read_scored_run(Path(run)) for run in (a, b))
    if a.benchmark != b.benchmark:
        raise UserError(
            f"{a.path} is of {a.benchmark} and {b.path} of {b.benchmark}; "
            "compare two runs of one benchmark"
        )
    shared = [p for p in protocols if a.of_protocol(p) and b.of_protocol(p)]
    if not shared:
        raise UserError(f"{a.path} and {b.path} were not scored under a common protocol")
    pairs = [_Pair(p, a.of_protocol(p), b.of_protocol(p)) for p in shared]
    if not any(pair.ids for pair in pairs):
        raise UserError(f"{a.path} and {b.path} have no video in common")
    found = [
        difference
        for pair in pairs
        if pair.ids
        for difference in _differences(a, b, pair, level, resamples, seed)
    ]
    return Comparison(
        a=a.model,
        b=b.model,
        benchmark=a.benchmark,
        notes=condition_notes(a, b),
        metrics=_corrected(found),
        videos=[
            gap
            for p in pairs
            for gap in video_gaps(p.protocol, p.a, p.b, p.metrics, top, a.means(p.protocol))
        ],
        samples=[gap for p in pairs for gap in sample_gaps(a, b, p.protocol, p.metrics, top)],
        only_a={p.protocol: sorted(set(p.a) - set(p.b)) for p in pairs},
        only_b={p.protocol: sorted(set(p.b) - set(p.a)) for p in pairs},
    )


def _differences(
    a: ScoredRun, b: ScoredRun, pair: _Pair, level: float, resamples: int, seed: int
) -> list[MetricDifference]:
    metrics = pair.metrics
    means = a.means(pair.protocol)
    one, other = (video_terms(side, pair.ids, metrics, means) for side in (pair.a, pair.b))
    value_a, value_b = (bootstrap.estimate(t.num, t.den) for t in (one, other))
    result = paired.difference(one, other, level=level, resamples=resamples, seed=seed)
    known = declared()
    differences = []
    for place, metric in enumerate(metrics):
        columns = [Terms(t.num[:, [place]], t.den[:, [place]]) for t in (one, other)]
        dz = _dz(*columns)
        reason = _not_comparable(a, b, pair.protocol, metric)
        difference = MetricDifference(
            protocol=pair.protocol,
            metric=metric,
            a=float(value_a[place]),
            b=float(value_b[place]),
            difference=float(result.value[place]),
            low=float(result.low[place]),
            high=float(result.high[place]),
            p=float(result.p[place]),
            p_bootstrap=float(result.p_bootstrap[place]),
            p_holm=np.nan,
            p_bh=np.nan,
            dz=dz,
            cliffs_delta=effect_size.cliffs_delta(*(_values(c) for c in columns)),
            videos=int(((one.den[:, place] > 0) & (other.den[:, place] > 0)).sum()),
            videos_needed=effect_size.videos_needed(dz),
            note=_weighting(a, pair, metric, value_a[place]),
            resolution=known.metric(metric).step,
            better=_better(known.metric(metric), float(value_a[place]), float(value_b[place])),
        )
        differences.append(_without_test(difference, reason) if reason else difference)
    return differences


def _better(metric: Metric, a: float, b: float) -> Literal["a", "b"] | None:
    one, other = metric.goodness(a), metric.goodness(b)
    return None if one == other or np.isnan(one - other) else "a" if one > other else "b"


def _corrected(found: Sequence[MetricDifference]) -> list[MetricDifference]:
    p = [difference.p for difference in found]
    holm, bh = multiple_tests.holm(p), multiple_tests.benjamini_hochberg(p)
    return [
        replace(difference, p_holm=float(one), p_bh=float(other))
        for difference, one, other in zip(found, holm, bh, strict=True)
    ]


def _dz(a: Terms, b: Terms) -> float:
    """Cohen's dz of the videos' pull on the difference: their own differences for a mean."""
    shift = bootstrap.estimate(a.num, a.den) - bootstrap.estimate(b.num, b.den)
    pull = effect_size.influence(a.num, a.den) - effect_size.influence(b.num, b.den)
    return effect_size.cohens_dz((pull + shift)[:, 0])


def _values(terms: Terms) -> bootstrap.Array:
    return bootstrap.ratio(terms.num, terms.den)[:, 0]


def _not_comparable(a: ScoredRun, b: ScoredRun, protocol: str, metric: str) -> str | None:
    """A number in which a stand-in had a part is not compared with one without it."""
    rows = [run.row(protocol, metric) for run in (a, b)]
    variants = [row.variant if row else None for row in rows]
    if variants[0] == variants[1]:
        return None
    said = [variant or "by the protocol" for variant in variants]
    return f"not compared: A is {said[0]}, B is {said[1]}"


def _without_test(difference: MetricDifference, reason: str) -> MetricDifference:
    none = np.nan
    return replace(
        difference,
        difference=none,
        low=none,
        high=none,
        p=none,
        p_bootstrap=none,
        dz=none,
        better=None,
        cliffs_delta=none,
        videos_needed=None,
        note=reason,
    )


def _weighting(run: ScoredRun, pair: _Pair, metric: str, value: float) -> str | None:
    """Say so where the benchmark's own figure is not the ratio of sums that is compared."""
    row = run.row(pair.protocol, metric)
    if row is None or row.value is None or set(pair.a) != set(pair.b) or np.isnan(value):
        return None
    if abs(row.value - value) <= 1e-6:
        return None
    return f"over videos; the benchmark weighs otherwise and prints {row.value:.4f} for A"
