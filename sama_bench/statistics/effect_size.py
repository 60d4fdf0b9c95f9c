"""How large a difference is, and how many videos it takes to see it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sama_bench.statistics.bootstrap import Array, estimate

_MOST_VIDEOS = 10_000_000


def influence(num: npt.ArrayLike, den: npt.ArrayLike) -> Array:
    """How much each video pulls a ratio of sums: shape (V, M), column means 0.

    ``(num - R * den) / mean(den)`` with ``R = sum(num) / sum(den)``: the linearised ratio
    estimator (Cochran, Sampling Techniques, 1977, section 6.3). For a plain mean over videos it is
    the deviation from the mean. NaN where the score does not exist.
    """
    num, den = np.asarray(num, dtype=np.float64), np.asarray(den, dtype=np.float64)
    mean = den.mean(axis=0)
    result: Array = (num - estimate(num, den) * den) / np.where(mean > 0, mean, np.nan)
    return result


def cohens_dz(differences: npt.ArrayLike) -> float:
    """Mean of the paired differences over their standard deviation (Cohen 1988, section 2.3.5).

    Args:
        differences: shape (V,), one per video, A minus B; NaN is left out.

    Returns:
        0 when all differences are 0, signed infinity when all are equal and not 0, NaN with fewer
        than two.
    """
    values = np.asarray(differences, dtype=np.float64)
    values = values[~np.isnan(values)]
    if len(values) < 2:
        return math.nan
    mean = float(values.mean())
    if np.ptp(values) == 0:
        return 0.0 if mean == 0 else math.copysign(math.inf, mean)
    return mean / float(values.std(ddof=1))


def cliffs_delta(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Share of pairs (one of a, one of b) in which a is larger, minus that in which b is.

    Cliff, Psychological Bulletin 114 (1993). It uses ranks only, so a few disasters do not rule it.

    Args:
        a: shape (N,), values of the first run; NaN is left out.
        b: shape (M,), values of the second.

    Returns:
        -1 (b always larger) to 1; NaN if either is empty.
    """
    left, right = (np.sort(v[~np.isnan(v)]) for v in (np.asarray(a, float), np.asarray(b, float)))
    if not len(left) or not len(right):
        return math.nan
    above = np.searchsorted(right, left, side="left").sum()  # elements of b below each of a
    below = (len(right) - np.searchsorted(right, left, side="right")).sum()
    return float(above - below) / (len(left) * len(right))


def videos_needed(dz: float, *, power: float = 0.8, alpha: float = 0.05) -> int | None:
    """The number of videos from which two models with this effect can be told apart.

    The smallest sample for which the two-sided paired t test at ``alpha`` finds an effect ``dz``
    with probability ``power``, from the noncentral t distribution (Cohen 1988, chapter 2).

    Args:
        dz: `cohens_dz` of the pair; its sign does not matter.
        power: probability of seeing the difference, between 0 and 1.
        alpha: error probability, between 0 and 1.

    Returns:
        At least 2; ``None`` when no number up to ten million suffices (``dz`` is 0 or NaN).

    Raises:
        ValueError: ``power`` or ``alpha`` lies outside 0 to 1.
    """
    if not (0 < power < 1 and 0 < alpha < 1):
        raise ValueError(f"power {power} and alpha {alpha} must lie between 0 and 1")
    if math.isnan(dz) or dz == 0 or _power(abs(dz), _MOST_VIDEOS, alpha) < power:
        return None
    low, high = 1, 2
    while _power(abs(dz), high, alpha) < power:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _power(abs(dz), middle, alpha) < power else (low, middle)
    return high


def _power(dz: float, videos: int, alpha: float) -> float:
    """Power of the two-sided paired t test; the far tail is left out once it is negligible."""
    if math.isinf(dz):
        return 1.0
    from scipy import stats  # a second of imports, and few ask for power

    shift, freedom = dz * math.sqrt(videos), videos - 1
    critical = float(stats.t.ppf(1 - alpha / 2, freedom))
    if shift > critical + 12:  # beyond it the noncentral distribution loses its digits
        return 1.0
    upper = float(stats.nct.sf(critical, freedom, shift))
    lower = float(stats.nct.cdf(-critical, freedom, shift)) if shift < 5 else 0.0
    return upper + lower
