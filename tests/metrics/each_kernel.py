"""Count with the compiled kernels and with NumPy, and insist that they agree."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import fields

import numpy as np

from sama_bench.metrics._masks import counts, overlap

VARIABLE = "SAMA_BENCH_KERNEL"


@contextmanager
def using(kernel):
    """Choose a kernel; setting one variable takes a hundredth of restoring all of them."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = kernel
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


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
    assert type(one) is type(other)
    for field in fields(one):
        values = getattr(one, field.name), getattr(other, field.name)
        assert np.array_equal(*values), field.name
    return one


def frame_counts(*arguments):
    return agreed(counts.frame_counts, *arguments)


def overlaps(*arguments, **options):
    return agreed(overlap.overlap, *arguments, **options)
