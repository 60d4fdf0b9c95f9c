"""Compiling with Numba; imported only where Numba is there (see ``backend``)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core.compiler_lock import global_compiler_lock

Function = Callable[..., Any]


def compiled(function: Function) -> Function:
    """Compile a function with Numba, keeping the result on disk where a folder allows it.

    Not beside the source, Numba's default: an uninstalled package would leave a folder behind
    there, which then hides an editable install.
    """
    home = os.environ.get("SAMA_BENCH_CACHE") or str(Path.home() / ".cache" / "sama-bench")
    with global_compiler_lock:  # another thread may be importing kernels too
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = before or os.path.join(home, "numba")
        try:
            fast: Function = numba.njit(cache=True, nogil=True)(function)
        except RuntimeError:  # no writable folder for the cache
            fast = numba.njit(nogil=True)(function)
        finally:
            numba.config.CACHE_DIR = before
    return fast
