"""Count with the compiled kernels and with NumPy, and insist that they agree."""

from __future__ import annotations

import os
from dataclasses import asdict
from unittest import mock

import numpy as np

from sama_bench.metrics._masks import counts, overlap


def using(kernel):
    return mock.patch.dict(os.environ, {"SAMA_BENCH_KERNEL": kernel})


def agreed(function, *arguments, **options):
    """Call with each kernel; return the common result, or raise the common ValueError."""
    outcomes = []
    for kernel in ("numba", "numpy"):
        with using(kernel):
            try:
                outcomes.append(function(*arguments, **options))
            except ValueError as error:
                outcomes.append(error)
    one, other = outcomes
    if isinstance(one, ValueError) or isinstance(other, ValueError):
        assert str(one) == str(other)
        raise one
    for key, value in asdict(one).items():
        assert np.array_equal(value, asdict(other)[key]), key
    return one


def frame_counts(*arguments):
    return agreed(counts.frame_counts, *arguments)


def overlaps(*arguments, **options):
    return agreed(overlap.overlap, *arguments, **options)
