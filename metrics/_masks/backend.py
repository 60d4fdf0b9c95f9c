"""The compiled kernels, where they are to be used."""

from __future__ import annotations

import functools
from types import ModuleType

from sama_bench.media.rle.kernel_choice import compiles


def kernels() -> ModuleType | None:
    """Return the module of compiled kernels, or None where NumPy is to count.

    Raises:
        ValueError: ``SAMA_BENCH_KERNEL`` asks for what is not there.
    """
    return _module() if compiles() else None


@functools.cache
def _module() -> ModuleType:
    from sama_bench.metrics._masks import kernels as module

    return module
