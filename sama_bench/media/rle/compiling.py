"""Compiling with Numba; imported only where Numba is there (see ``kernel_choice``)."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import event
from numba.core.compiler_lock import global_compiler_lock

from sama_bench.storage.cache_folder import cache_dir

Function = Callable[..., Any]

OURS = "sama_bench."


def compiled(function: Function) -> Function:
    """Compile a function with Numba, keeping the result on disk where a folder allows it.

    Not beside the source, Numba's default: an uninstalled package would leave a folder behind
    there, which then hides an editable install. Nor where a ``.numba_config.yaml`` of the working
    folder says: what lies in a cache is run.
    """
    with global_compiler_lock:  # another thread may be importing kernels too
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = os.environ.get("NUMBA_CACHE_DIR") or str(_kept())
        try:
            fast: Function = numba.njit(cache=True, nogil=True)(function)
        except RuntimeError:  # no writable folder for the cache
            fast = numba.njit(nogil=True)(function)
        finally:
            numba.config.CACHE_DIR = before
    return fast


@functools.cache
def _kept() -> Path:
    """Return the folder of compiled functions, another one when the shared reader changes.

    Numba notices changes of the file that it compiles, not of the reader that such files call.
    """
    reader = (Path(__file__).parent / "compiled.py").read_bytes()
    return cache_dir() / "numba" / hashlib.sha256(reader).hexdigest()[:8]


class _FirstCompile(event.Listener):  # type: ignore[misc]  # Numba has no types
    """Calls a function when the first of our functions is compiled."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def on_start(self, begun: event.Event) -> None:
        """Tell of the first kernel that is compiled."""
        if self._call is not None and begun.data["dispatcher"].py_func.__module__.startswith(OURS):
            call, self._call = self._call, None
            call()

    def on_end(self, ended: event.Event) -> None:
        """Say nothing more."""


def on_first_compile(call: Callable[[], None]) -> None:
    """Call once when one of our functions is compiled; never where all come from the cache."""
    event.register("numba:compile", _FirstCompile(call))
