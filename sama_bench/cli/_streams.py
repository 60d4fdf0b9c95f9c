"""Standard streams that cannot be had must not cost a run: closed, full, or of another encoding."""

from __future__ import annotations

import io
import os
import sys
from typing import Any


class _Lenient(io.FileIO):
    """Standard error that drops what it cannot take: a full disk ends no run for its progress."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return len(data)


def settle_streams() -> None:
    """Open what is closed, escape what a terminal cannot show, and let standard error be lenient.

    Descriptors 0 to 2 are filled first: a file that is opened later must not take the place of
    standard error.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8")
    if sys.stderr is None or sys.stderr is sys.__stderr__:  # not one that a notebook put there
        sys.stderr = _lenient(2)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _lenient(number: int) -> io.TextIOWrapper:
    raw = io.BufferedWriter(_Lenient(number, "w", closefd=False))
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    return io.TextIOWrapper(raw, encoding, "backslashreplace", line_buffering=True)


def flush_output() -> None:
    """Write out what standard output still holds.

    Raises:
        OSError: it cannot be written; nothing more is tried when Python ends.
    """
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise
