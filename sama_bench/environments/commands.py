"""Running uv so that it can be watched, and ends with whoever started it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sama_bench.errors import UserError

Say = Callable[[str], None]
LAST_LINES = 20
PAUSE = 5.0
"""Seconds between two lines about one download."""
_STARTED = re.compile(r"\s*Downloading (\S+)(?: \(([^)]*)\))?")


def told(line: str) -> str | None:
    """Return what to say of a line that uv prints; None where it is not about a download."""
    found = _STARTED.match(line)
    if found is None:
        return None
    return f"fetching {found[1].rpartition('/')[2]}" + (f" ({found[2]})" if found[2] else "")


class Meter:
    """Says how much a process has written so far: off a terminal uv names files alone.

    Linux alone tells what a process writes; elsewhere nothing is said.
    """

    def __init__(self, process: int, expected: int | None, say: Say, pause: float = PAUSE) -> None:
        self._file = Path(f"/proc/{process}/io")
        self._expected = expected
        self._say = say
        self._pause = pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="meter", daemon=True)

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        began, before = time.monotonic(), 0
        while not self._over.wait(self._pause):
            written = self._written()
            if written <= before:
                continue
            before, rate = written, written / (time.monotonic() - began)
            line = f"{written / 1e6:,.0f} MB written, {rate / 1e6:,.1f} MB a second"
            if self._expected is not None and self._expected > written:
                left = (self._expected - written) / rate
                line += f", about {left:,.0f} s left of {self._expected / 1e6:,.0f} MB"
            self._say(line)

    def _written(self) -> int:
        try:
            facts = dict(line.split(": ") for line in self._file.read_text().splitlines())
            return int(facts["wchar"])
        except (OSError, ValueError, KeyError):
            return 0


def run_installer(
    command: Sequence[str],
    environ: dict[str, str],
    say: Say,
    expected: int | None = None,
    cwd: Path | None = None,
) -> None:
    """Run an installer to its end, and say what it downloads.

    If this process is stopped meanwhile, the installer and all that it started end too.

    Args:
        command: of uv.
        environ: its variables.
        say: receives lines of progress.
        expected: bytes that it will have written at its end, where that is known.
        cwd: where it runs; uv takes settings, and so packages, from files there.

    Raises:
        UserError: it cannot be started or fails, with the last lines of what it printed.
    """
    last = deque[str](maxlen=LAST_LINES)
    try:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env=environ,
            cwd=cwd,
            start_new_session=True,
        )
    except OSError as error:
        raise UserError(f"{command[0]} cannot be started: {error}") from None
    try:
        with Meter(process.pid, expected, say):
            status = _follow(process, say, last)
    except BaseException:
        _end(process)
        raise
    if status != 0:
        for line in list(last)[:-2]:
            say(line)
        raise UserError(
            f"the environment could not be made: {' '.join(list(last)[-2:])[:400]}; without a "
            "network give `sama-bench run` an interpreter that has the packages: --env-python PATH"
        )


def _follow(process: subprocess.Popen[str], say: Say, last: deque[str]) -> int:
    """Read what a process prints to its end; return its exit status."""
    assert process.stdout is not None
    with process.stdout as printed:
        for line in printed:
            if words := told(line):
                say(words)
            elif line.strip():
                last.append(line.strip())
    return process.wait()


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and what it started: gently, then for sure."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, number)
            else:
                process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM stop what is inside as Ctrl-C does, so that it is tidied up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
