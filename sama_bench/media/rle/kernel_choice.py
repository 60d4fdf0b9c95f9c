"""Which code reads and counts masks: compiled kernels, or NumPy and OpenCV, with the same numbers.

The environment variable ``SAMA_BENCH_KERNEL`` decides: ``auto`` (default) takes the kernels where
Numba is installed and allowed to compile (``NUMBA_DISABLE_JIT`` is not set), ``numpy`` never,
``numba`` insists.
"""

from __future__ import annotations

import functools
import os

CHOICES = ("auto", "numba", "numpy")


def compiles() -> bool:
    """Tell whether compiled kernels are to be used.

    Raises:
        ValueError: ``SAMA_BENCH_KERNEL`` is not one of ``CHOICES``, or insists on Numba where it
            cannot be used.
    """
    choice = os.environ.get("SAMA_BENCH_KERNEL", "auto").strip().lower() or "auto"
    if choice not in CHOICES:
        raise ValueError(f"SAMA_BENCH_KERNEL={choice}: use one of {', '.join(CHOICES)}")
    if choice == "numpy":
        return False
    if choice == "numba" and not can_compile():
        raise ValueError("SAMA_BENCH_KERNEL=numba, but Numba is not installed or not to compile")
    return can_compile()


@functools.cache
def can_compile() -> bool:
    """Tell whether Numba is installed and its compiler is not switched off."""
    try:
        import numba
    except ImportError:
        return False
    return not numba.config.DISABLE_JIT
