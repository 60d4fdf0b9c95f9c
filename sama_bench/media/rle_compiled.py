"""Reading RLE counts compiled, for the hundreds of megabytes that a scoring checks.

Imported only where Numba is installed and there is much to read: a worker in a model's own
environment does without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba.core.compiler_lock import global_compiler_lock

from sama_bench.media.rle import MAX_PIXELS
from sama_bench.storage.cache_folder import cache_dir


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile, keeping the result in our cache: beside the source it would outlive the package."""
    with global_compiler_lock:  # another thread may be importing kernels too
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = before or str(cache_dir() / "numba")
        try:
            fast: Callable[..., Any] = numba.njit(cache=True, nogil=True)(function)
        except RuntimeError:  # no writable folder for the cache
            fast = numba.njit(nogil=True)(function)
        finally:
            numba.config.CACHE_DIR = before
    return fast


@_compiled
def _covered(codes: npt.NDArray[np.uint8]) -> int:
    total = 0
    before, last = 0, 0  # the runs two places and one place back
    place, position = 0, 0
    while place < codes.size:
        digit = np.int64(codes[place]) - 48
        place += 1
        number = ((digit & 31) ^ 16) - 16  # most numbers have one character
        if digit < 0 or digit > 31:
            number, shift = digit & 31, 5
            while digit < 0 or digit > 31:
                if digit < 0 or digit > 63 or place == codes.size or shift > 30:
                    return -1
                digit = np.int64(codes[place]) - 48
                place += 1
                number |= (digit & 31) << shift
                shift += 5
            if digit & 16:
                number -= np.int64(1) << shift
        run = number + before if position > 2 else number
        if run < 0 or run > MAX_PIXELS:
            return -1
        total += run
        before, last = last, run
        position += 1
    return total if position > 0 else -1


@_compiled
def covered(codes: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return how many pixels each mask covers; -1 where its counts are broken.

    Args:
        codes: uint8, the counts of all masks one after another.
        ends: int64 (m,), where the counts of each mask end.
    """
    found = np.empty(ends.size, np.int64)
    begin = 0
    for mask in range(ends.size):
        found[mask] = _covered(codes[begin : ends[mask]])
        begin = ends[mask]
    return found
