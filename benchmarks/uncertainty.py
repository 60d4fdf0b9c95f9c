"""Intervals and paired tests of a whole benchmark: ours against scipy, one metric at a time there.

522 videos as in SAMA-Bench, 13 metrics, the same number of resamples. Both intervals are BCa; the
columns beside the times say how far their ends lie apart, as a share of the interval's width.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from scipy import stats

from sama_bench.statistics import bootstrap, paired
from sama_bench.statistics.paired import Terms

VIDEOS, METRICS = 522, 13


def run(quick: bool = False) -> list[dict[str, Any]]:
    """Time intervals and paired tests side by side."""
    resamples = 1_000 if quick else 10_000
    rng = np.random.default_rng(0)
    hard = rng.beta(4, 2, (VIDEOS, 1))
    one = np.clip(hard + rng.normal(0.01, 0.1, (VIDEOS, METRICS)), 0, 1)
    other = np.clip(hard + rng.normal(0, 0.1, (VIDEOS, METRICS)), 0, 1)
    return [_intervals(one, resamples), _permutation(one, other, resamples)]


def _intervals(values: np.ndarray[Any, Any], resamples: int) -> dict[str, Any]:
    start = time.process_time()
    ours = bootstrap.intervals(*bootstrap.mean_terms(values), resamples=resamples)
    mine = time.process_time() - start
    start = time.process_time()
    theirs = [
        stats.bootstrap((column,), np.mean, n_resamples=resamples, rng=np.random.default_rng(1))
        for column in values.T
    ]
    reference = time.process_time() - start
    ends = np.array([result.confidence_interval for result in theirs])
    apart = np.abs(np.stack([ours.low, ours.high], axis=1) - ends).max()
    return _row("BCa intervals", resamples, reference, mine, apart / np.ptp(ends, axis=1).mean())


def _permutation(
    one: np.ndarray[Any, Any], other: np.ndarray[Any, Any], resamples: int
) -> dict[str, Any]:
    terms = [Terms(*bootstrap.mean_terms(values)) for values in (one, other)]
    start = time.process_time()
    ours = paired.swap_test(*terms, permutations=resamples)
    mine = time.process_time() - start
    start = time.process_time()
    theirs = [
        stats.permutation_test(
            (column,),
            np.mean,
            permutation_type="samples",
            n_resamples=resamples,
            vectorized=True,
            rng=np.random.default_rng(1),
        ).pvalue
        for column in (one - other).T
    ]
    reference = time.process_time() - start
    return _row("permutation tests", resamples, reference, mine, np.abs(ours - theirs).max())


def _row(what: str, resamples: int, reference: float, ours: float, apart: float) -> dict[str, Any]:
    return {
        "what": f"{what}, {VIDEOS} videos x {METRICS} metrics, {resamples} resamples",
        "scipy s": reference,
        "ours s": ours,
        "ratio": reference / ours,
        "largest difference": float(apart),
    }
