"""Which code counts: compiled kernels, or NumPy and OpenCV. Both give the same numbers.

The environment variable ``SAMA_BENCH_KERNEL`` decides: ``auto`` (default) takes the kernels where
Numba is installed and allowed to compile (``NUMBA_DISABLE_JIT`` is not set), ``numpy`` never,
``numba`` insists.
"""

from __future__ import annotations

import functools
import os
from types import ModuleType

CHOICES = ("auto", "numba", "numpy")


def kernels() -> ModuleType | None:
    """Return the module of compiled kernels, or None where NumPy is to count.

    Raises:
        ValueError: ``SAMA_BENCH_KERNEL`` is not one of ``CHOICES``, or insists on Numba where it
            cannot be used.
    """
    choice = os.environ.get("SAMA_BENCH_KERNEL", "auto").strip().lower() or "auto"
    if choice not in CHOICES:
        raise ValueError(f"SAMA_BENCH_KERNEL={choice}: use one of {', '.join(CHOICES)}")
    if choice == "numpy":
        return None
    module = _load()
    if module is None and choice == "numba":
        raise ValueError("SAMA_BENCH_KERNEL=numba, but Numba is not installed or not to compile")
    return module


@functools.cache
def _load() -> ModuleType | None:
    """Import the kernels once; without Numba, or with its compiler switched off, there are none."""
    try:
        import numba

        from sama_bench.metrics._masks import kernels as module
    except ImportError:
        return None
    return None if numba.config.DISABLE_JIT else module
