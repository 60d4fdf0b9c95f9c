"""Compiling with Numba; imported only where Numba is there (see ``backend``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

Function = Callable[..., Any]


def compiled(function: Function) -> Function:
    """Compile a function with Numba, keeping the result on disk where a folder allows it."""
    try:
        fast: Function = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no writable folder for the cache
        fast = numba.njit(nogil=True)(function)
    return fast
