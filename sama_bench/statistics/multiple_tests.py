"""Corrections of p values for several comparisons."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sama_bench.statistics.bootstrap import Array


def holm(p: npt.ArrayLike) -> Array:
    """Holm's step-down adjustment: bounds the chance of even one false finding.

    Holm, Scandinavian Journal of Statistics 6 (1979). No assumption on how the tests depend.

    Args:
        p: shape (N,), values 0 to 1; NaN marks a comparison that does not exist.

    Returns:
        shape (N,), adjusted p values, at most 1, never below the raw ones; NaN stays NaN and does
        not count.

    Raises:
        ValueError: a value lies outside 0 to 1.
    """
    values, known = _checked(p)
    order = np.argsort(values[known], kind="stable")
    steps = values[known][order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return _placed(adjusted, known)


def benjamini_hochberg(p: npt.ArrayLike) -> Array:
    """Step-up adjustment: bounds the expected share of false findings among the findings.

    Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995). For independent
    or positively dependent tests, as metrics of one run are.

    Args:
        p: shape (N,), values 0 to 1; NaN marks a comparison that does not exist.

    Returns:
        shape (N,), adjusted p values, at most 1; NaN stays NaN and does not count.

    Raises:
        ValueError: a value lies outside 0 to 1.
    """
    values, known = _checked(p)
    order = np.argsort(values[known], kind="stable")
    steps = values[known][order] * len(order) / np.arange(1, len(order) + 1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return _placed(adjusted, known)


def _checked(p: npt.ArrayLike) -> tuple[Array, npt.NDArray[np.bool_]]:
    values = np.asarray(p, dtype=np.float64)
    known = ~np.isnan(values)
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise ValueError("p values must lie between 0 and 1")
    return values, known


def _placed(adjusted: Array, known: npt.NDArray[np.bool_]) -> Array:
    result = np.full(known.shape, np.nan)
    result[known] = adjusted
    return result
