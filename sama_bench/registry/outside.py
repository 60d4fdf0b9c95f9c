"""What packages outside this repository bring: entry points, loaded with care.

What another package brings must not stop what has nothing to do with it: a broken entry point is
left out with one line on standard error.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, distributions, entry_points
from typing import Any

SLOW = 2.0
"""Seconds that loading an entry point may take without a word: every command waits for it."""


def brought(group: str, made: Callable[[EntryPoint, Any], Any]) -> Iterator[tuple[EntryPoint, Any]]:
    """Yield what other packages bring; ``made`` checks it and raises where it is of no use."""
    for point in _points(group):
        start, printed = time.monotonic(), io.StringIO()
        try:
            # What an import prints would stand in the midst of a table, or of JSON.
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                item = made(point, point.load())
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too
            tell(point, f"left out: {type(error).__name__}: {error}; repair or uninstall it")
            continue
        seconds = time.monotonic() - start
        if seconds > SLOW:
            tell(point, f"took {seconds:.0f} s to import; its heavy imports belong into load()")
        if printed.getvalue().strip():
            tell(point, f"prints when it is imported: {printed.getvalue().strip()}")
        yield point, item


def _points(group: str) -> list[EntryPoint]:
    try:
        found = list(entry_points(group=group))
    except Exception:  # one package whose list cannot be read: the others still can
        found = []
        for package in distributions():
            try:
                found += package.entry_points.select(group=group)
            except Exception as error:
                say(f"{package.name}, its entry points cannot be read: {error}; repair it")
    return sorted(found, key=lambda point: (point.name, point.value))


def tell(point: EntryPoint, what: str) -> None:
    """Say something of an entry point, in one line on standard error."""
    package = point.dist.name if point.dist is not None else "another package"
    say(f"{package}, entry point {point.name} = {point.value}, {what}")


@cache  # a package is named once, however many groups it has
def say(text: str) -> None:
    """Say something in one line, whatever another package wrote into it."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    print(f"sama-bench: {shown[:500]}", file=sys.stderr)
