"""Confidence intervals by bootstrap over videos.

The questions of one video are not independent, so whole videos are drawn: a cluster bootstrap
(Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 14; Davison and
Hinkley, Bootstrap Methods and their Application, 1997, section 3.8).

Every score here is a ratio of sums over videos, ``sum(num) / sum(den)``. A mean over videos has
``den`` 1 where the value exists and 0 where it does not; a pooled score such as strict recall
(SAMA-Bench-G protocol, section 10) has its hits and its targets. A resample is then a vector of
how often each video was drawn, and all scores of all resamples come from two matrix products.

Shapes: V videos, M metrics, R resamples. With few videos (under about 20) every bootstrap interval
is too short; the functions do not hide that, they return what the data hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

RESAMPLES = 10_000
# numbers drawn at a time: bounds the memory (8 MB a block of indices) whatever the size of the data
_BLOCK = 1_000_000


@dataclass(frozen=True)
class Intervals:
    """Estimates with their intervals, one per metric, in the metric's natural unit.

    ``value``, ``low`` and ``high`` are float64 arrays of shape (M,); an element is NaN where the
    score does not exist, or (``low``, ``high``) where fewer than two videos carry it.
    """

    value: Array
    low: Array
    high: Array
    level: float


def mean_terms(values: npt.ArrayLike) -> tuple[Array, Array]:
    """The terms of a plain mean over videos.

    Args:
        values: shape (V, M), float; NaN where a video has no value for a metric.

    Returns:
        ``num`` and ``den``, each (V, M) float64; both 0 where the value is NaN.
    """
    array = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(array)
    return np.where(known, array, 0.0), known.astype(np.float64)


def ratio(num: Array, den: Array) -> Array:
    """``num / den`` where ``den`` is above 0, NaN elsewhere; shapes are broadcast."""
    safe = np.where(den > 0, den, 1.0)
    return np.where(den > 0, num / safe, np.nan)


def estimate(num: npt.ArrayLike, den: npt.ArrayLike) -> Array:
    """The scores themselves.

    Args:
        num: shape (V, M), numerators per video and metric.
        den: shape (V, M), denominators, at least 0.

    Returns:
        shape (M,): ``sum(num) / sum(den)``, NaN where the denominators sum to 0.

    Raises:
        ValueError: shapes differ, are not (V, M), or a term is negative (``den``) or not finite.
    """
    num, den = _checked(num, den)
    return ratio(num.sum(axis=0), den.sum(axis=0))


def resample_counts(videos: int, resamples: int, seed: int) -> npt.NDArray[np.float64]:
    """How often each video is drawn in each resample.

    Args:
        videos: V, at least 1.
        resamples: R, at least 1.
        seed: of numpy's PCG64; the same seed and V give the same draws, which pairs two runs.

    Returns:
        shape (R, V) float64 whole numbers; every row sums to V.
    """
    rng = np.random.default_rng(seed)
    counts = np.empty((resamples, videos))
    step = max(1, _BLOCK // videos)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = rng.integers(videos, size=(rows, videos))
        drawn += np.arange(rows)[:, None] * videos
        flat = np.bincount(drawn.ravel(), minlength=rows * videos)
        counts[start : start + rows] = flat.reshape(rows, videos)
    return counts


def replicates(num: npt.ArrayLike, den: npt.ArrayLike, counts: Array) -> Array:
    """The scores of every resample: shape (R, M), NaN where a resample has no denominator.

    Args:
        num: shape (V, M).
        den: shape (V, M).
        counts: shape (R, V), of `resample_counts`.

    Raises:
        ValueError: as `estimate`.
    """
    num, den = _checked(num, den)
    return ratio(counts @ num, counts @ den)


def jackknife(num: npt.ArrayLike, den: npt.ArrayLike) -> Array:
    """The scores without each video in turn: shape (V, M), NaN where nothing remains."""
    num, den = _checked(num, den)
    return ratio(num.sum(axis=0) - num, _clean(den.sum(axis=0) - den))


def percentile_interval(samples: Array, level: float = 0.95) -> tuple[Array, Array]:
    """The percentile interval (Efron and Tibshirani 1993, section 13.3).

    Args:
        samples: shape (R, M), of `replicates`; NaN is left out.
        level: nominal coverage, between 0 and 1.

    Returns:
        ``low`` and ``high``, each of shape (M,).
    """
    tail = (1 - level) / 2
    tails = np.broadcast_to(np.array([[tail], [1 - tail]]), (2, samples.shape[1]))
    low, high = _quantiles(samples, tails)
    return low, high


def bca_interval(
    samples: Array, value: Array, left_out: Array, level: float = 0.95
) -> tuple[Array, Array]:
    """The bias-corrected and accelerated interval (Efron and Tibshirani 1993, section 14.3).

    Second-order accurate: better than percentiles for skewed scores, such as a recall near 1.

    Args:
        samples: shape (R, M), of `replicates`; NaN is left out.
        value: shape (M,), of `estimate`.
        left_out: shape (V, M), of `jackknife`; NaN is left out.
        level: nominal coverage, between 0 and 1.

    Returns:
        ``low`` and ``high``, each of shape (M,); both equal ``value`` where all resamples do.
    """
    from scipy.special import ndtr, ndtri  # not before an interval is asked for

    known = np.maximum((~np.isnan(samples)).sum(axis=0), 1)
    below = (samples < value).sum(axis=0) + (samples <= value).sum(axis=0)
    # the ends are half a resample away from 0 and 1: an infinite bias says nothing
    bias = ndtri(np.clip(below / (2 * known), 0.5 / known, 1 - 0.5 / known))
    counted = ~np.isnan(left_out)
    mean = np.nansum(left_out, axis=0) / np.maximum(counted.sum(axis=0), 1)
    gap = np.where(counted, mean - left_out, 0.0)
    spread = (gap**2).sum(axis=0) ** 1.5
    acceleration = (gap**3).sum(axis=0) / (6 * np.where(spread > 0, spread, 1.0))
    z = ndtri([[(1 - level) / 2], [(1 + level) / 2]])
    with np.errstate(invalid="ignore"):
        tails = ndtr(bias + (bias + z) / (1 - acceleration * (bias + z)))
    width = np.fmax.reduce(samples, axis=0) - np.fmin.reduce(samples, axis=0)
    constant = width <= 1e-12 * np.maximum(1.0, np.abs(value))
    low, high = _quantiles(samples, np.where(constant, 0.5, tails))
    return low, high


def intervals(
    num: npt.ArrayLike,
    den: npt.ArrayLike,
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Intervals:
    """Scores with BCa intervals from whole videos drawn with replacement.

    Args:
        num: shape (V, M), numerators per video and metric.
        den: shape (V, M), denominators, at least 0.
        level: nominal coverage, between 0 and 1.
        resamples: number of resamples.
        seed: of the random draws.

    Returns:
        Arrays of shape (M,); intervals are NaN where fewer than two videos carry a score.

    Raises:
        ValueError: as `estimate`, or ``level`` or ``resamples`` are out of range.
    """
    if not 0 < level < 1 or resamples < 1:
        raise ValueError(f"level {level} must lie between 0 and 1, resamples {resamples} above 0")
    num, den = _checked(num, den)
    value = estimate(num, den)
    drawn = replicates(num, den, resample_counts(len(num), resamples, seed))
    low, high = bca_interval(drawn, value, jackknife(num, den), level)
    enough = (den > 0).sum(axis=0) > 1
    return Intervals(value, np.where(enough, low, np.nan), np.where(enough, high, np.nan), level)


def _quantiles(samples: Array, tails: Array) -> Array:
    """Quantiles (2, M) of each column at its own two tails, interpolated linearly, without NaN."""
    ordered = np.sort(samples, axis=0)  # NaN goes last
    known = (~np.isnan(samples)).sum(axis=0)
    place = np.clip(np.nan_to_num(tails), 0, 1) * np.maximum(known - 1, 0)
    floor = np.floor(place).astype(np.intp)
    ceiling = np.minimum(floor + 1, np.maximum(known - 1, 0))
    columns = np.arange(samples.shape[1])
    low, high = ordered[floor, columns], ordered[ceiling, columns]
    result: Array = low + (high - low) * (place - floor)
    return np.where(np.isnan(tails), np.nan, result)


def _clean(den: Array) -> Array:
    """Denominators after a subtraction: what is left of rounding is 0, not a tiny weight."""
    return np.where(den > 1e-12 * np.maximum(den.max(axis=0, initial=0.0), 1.0), den, 0.0)


def _checked(num: Any, den: Any) -> tuple[Array, Array]:
    num, den = np.asarray(num, dtype=np.float64), np.asarray(den, dtype=np.float64)
    if num.shape != den.shape or num.ndim != 2 or not len(num):
        raise ValueError(
            f"num {num.shape} and den {den.shape} must both be (videos, metrics), videos above 0"
        )
    if not (np.isfinite(num).all() and np.isfinite(den).all()) or (den < 0).any():
        raise ValueError("terms must be finite and denominators at least 0")
    return num, den
