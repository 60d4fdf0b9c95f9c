"""Paired comparison of two runs over the same videos: which is better, and how surely.

Both runs answered the same videos, so their scores rise and fall together; the difference is
judged on the pairs. Two views that share no assumption: the paired bootstrap draws videos and asks
how far the difference moves (Efron and Tibshirani 1993, chapter 16); the permutation test swaps
the two runs within videos at random and asks how often chance alone does as well (Fisher's
randomisation; Noreen, Computer-Intensive Methods, 1989). Scores are ratios of sums over videos, as
in `sama_bench.statistics.bootstrap`, and A minus B is what is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sama_bench.statistics import bootstrap
from sama_bench.statistics.bootstrap import Array

_EXACT_UP_TO = 16  # 2^16 swaps of 16 videos are listed one by one; more videos are drawn at random


@dataclass(frozen=True)
class Terms:
    """Numerators and denominators of one run: two arrays of shape (V, M).

    The rows of two runs that are compared are the same videos in the same order.
    """

    num: Array
    den: Array


@dataclass(frozen=True)
class Difference:
    """A minus B, one element per metric: arrays of shape (M,).

    ``p`` is the two-sided p value of the permutation test, ``p_bootstrap`` that of the paired
    bootstrap, neither corrected for several comparisons.
    """

    value: Array
    low: Array
    high: Array
    p: Array
    p_bootstrap: Array
    level: float


def difference(
    a: Terms,
    b: Terms,
    *,
    level: float = 0.95,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = 0,
) -> Difference:
    """The difference of every metric with its BCa interval and both p values.

    Args:
        a: terms of the first run, (V, M).
        b: terms of the second run, same shape and videos.
        level: nominal coverage of the interval.
        resamples: number of bootstrap resamples, and of random swaps.
        seed: of the random draws.

    Raises:
        ValueError: the shapes of the two runs differ, or their terms are not valid.
    """
    value = bootstrap.estimate(a.num, a.den) - bootstrap.estimate(b.num, b.den)
    counts = bootstrap.resample_counts(len(a.num), resamples, seed)
    drawn = paired_replicates(a, b, counts)
    left_out = bootstrap.jackknife(a.num, a.den) - bootstrap.jackknife(b.num, b.den)
    low, high = bootstrap.bca_interval(drawn, value, left_out, level)
    enough = ((a.den > 0) & (b.den > 0)).sum(axis=0) > 1
    return Difference(
        value=value,
        low=np.where(enough, low, np.nan),
        high=np.where(enough, high, np.nan),
        p=swap_test(a, b, permutations=resamples, seed=seed),
        p_bootstrap=bootstrap_p(drawn),
        level=level,
    )


def paired_replicates(a: Terms, b: Terms, counts: Array) -> Array:
    """The difference in every resample, (R, M): both runs lose and gain the same videos."""
    if a.num.shape != b.num.shape:
        raise ValueError(f"the runs have terms of shapes {a.num.shape} and {b.num.shape}")
    drawn_a = bootstrap.replicates(a.num, a.den, counts)
    return drawn_a - bootstrap.replicates(b.num, b.den, counts)


def bootstrap_p(drawn: Array) -> Array:
    """Two-sided p value per metric: twice the smaller share of differences beyond 0.

    Args:
        drawn: shape (R, M), of `paired_replicates`; NaN is left out.

    Returns:
        shape (M,), above 0 (one resample is added to each side) and at most 1; NaN without any.
    """
    known = (~np.isnan(drawn)).sum(axis=0)
    least = np.minimum((drawn <= 0).sum(axis=0), (drawn >= 0).sum(axis=0))
    p = np.minimum(1.0, 2 * (least + 1) / (known + 1))
    return np.where(known > 0, p, np.nan)


def swap_test(
    a: Terms, b: Terms, *, permutations: int = bootstrap.RESAMPLES, seed: int = 0
) -> Array:
    """Two-sided permutation test: the runs are swapped within videos.

    For a mean over videos this flips the signs of the per-video differences. Up to 16 videos, or
    fewer swaps than ``permutations``, all swaps are listed and p is exact; otherwise they are
    drawn, and the observed one is counted in (Phipson and Smyth 2010), so that p is never 0.

    Args:
        a: terms of the first run, (V, M).
        b: terms of the second run, same shape and videos.
        permutations: number of random swaps.
        seed: of the random draws.

    Returns:
        shape (M,) in (0, 1]; NaN where the difference does not exist.

    Raises:
        ValueError: the shapes of the two runs differ, or their terms are not valid.
    """
    if a.num.shape != b.num.shape:
        raise ValueError(f"the runs have terms of shapes {a.num.shape} and {b.num.shape}")
    observed = np.abs(bootstrap.estimate(a.num, a.den) - bootstrap.estimate(b.num, b.den))
    swaps, exact = _swaps(len(a.num), permutations, seed)
    swapped = _swapped_difference(a, b, swaps)
    # sums in another order differ in the last bits; a tie is a tie
    slack = 1e-12 * np.maximum(1.0, observed)
    beyond = (np.abs(swapped) >= observed - slack).sum(axis=0)
    p = beyond / len(swaps) if exact else (beyond + 1) / (len(swaps) + 1)
    return np.where(np.isnan(observed), np.nan, p)


@lru_cache(maxsize=1)  # many columns of one table have the same videos
def _swaps(videos: int, permutations: int, seed: int) -> tuple[Array, bool]:
    """Which videos are swapped, (R, V) of 0 and 1, and whether these are all ways to swap."""
    if videos <= _EXACT_UP_TO:
        numbers = np.arange(2**videos, dtype=np.int64)[:, None]
        return ((numbers >> np.arange(videos)) & 1).astype(np.float64), True
    rng = np.random.default_rng(seed)
    return rng.integers(2, size=(permutations, videos), dtype=np.int8).astype(np.float64), False


def _swapped_difference(a: Terms, b: Terms, swaps: Array) -> npt.NDArray[np.float64]:
    moved_num, moved_den = swaps @ (b.num - a.num), swaps @ (b.den - a.den)
    one = bootstrap.ratio(a.num.sum(axis=0) + moved_num, a.den.sum(axis=0) + moved_den)
    other = bootstrap.ratio(b.num.sum(axis=0) - moved_num, b.den.sum(axis=0) - moved_den)
    return one - other
