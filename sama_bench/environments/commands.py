"""Running pip and uv so that they can be watched, and end with whoever started them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
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
_RAW = re.compile(r"Progress (\d+) of (\d+)")
_STARTED = re.compile(r"\s*Downloading (\S+)(?: \(([^)]*)\))?")


class Watched:
    """Turns what an installer prints into lines of progress: what, bytes, rate, time left."""

    def __init__(self, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._name = ""
        self._began = self._next = 0.0

    def line(self, text: str) -> bool:
        """Take in a line; tell whether it was one about a download."""
        if found := _RAW.fullmatch(text.strip()):
            self._gained(int(found[1]), int(found[2]))
            return True
        if found := _STARTED.match(text):
            self._name = found[1].rpartition("/")[2]
            self._began = self._next = self._clock()
            self._say(f"fetching {self._name}" + (f" ({found[2]})" if found[2] else ""))
            return True
        return False

    def _gained(self, done: int, total: int) -> None:
        now = self._clock()
        if now < self._next + PAUSE or done >= total or not done:
            return
        self._next = now
        rate = done / max(now - self._began, 1e-9)
        self._say(
            f"fetching {self._name}: {done / 1e6:,.0f} of {total / 1e6:,.0f} MB, "
            f"{rate / 1e6:,.1f} MB a second, about {(total - done) / rate:,.0f} s left"
        )


class Meter:
    """Says how much a process has written so far, for installers that do not tell themselves.

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
        command: pip's or uv's.
        environ: its variables.
        say: receives lines of progress.
        expected: bytes that it will have written at its end, where that is known.
        cwd: where it runs; uv takes settings, and so packages, from files there.

    Raises:
        UserError: it cannot be started or fails, with the last lines of what it printed.
    """
    watched, last = Watched(say), deque[str](maxlen=LAST_LINES)
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
    silent = Path(command[0]).stem == "uv"  # off a terminal it names files alone
    try:
        with Meter(process.pid, expected, say) if silent else contextlib.nullcontext():
            status = _follow(process, watched, last)
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


def _follow(process: subprocess.Popen[str], watched: Watched, last: deque[str]) -> int:
    """Read what a process prints to its end; return its exit status."""
    assert process.stdout is not None
    with process.stdout as printed:
        for line in printed:
            if not watched.line(line) and line.strip():
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


def installer_environment() -> dict[str, str]:
    """Return the variables for pip and uv: the user's, with pip's indexes also for uv."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for name, value in _pip_settings().items():
        environ.setdefault(name, value)
    if links := environ.get("UV_FIND_LINKS"):  # uv runs elsewhere
        places = re.split(r"[\s,]+", links.strip())
        environ["UV_FIND_LINKS"] = ",".join(
            os.path.abspath(place) if os.path.exists(place) else place for place in places
        )
    return environ


def _pip_settings() -> dict[str, str]:
    """Return the indexes of pip's configuration for uv, which does not read it."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pip", "config", "list"], capture_output=True, text=True
    )
    names = {"index-url": "UV_INDEX_URL", "find-links": "UV_FIND_LINKS"}
    names["extra-index-url"] = "UV_EXTRA_INDEX_URL"
    names["cert"] = "SSL_CERT_FILE"
    # pip takes the best version of all indexes, uv by default only looks at the first that has any.
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for line in done.stdout.splitlines():
        key, sign, value = line.partition("=")
        name = names.get(key.rpartition(".")[2])
        if sign and name and key.startswith(("global.", "user.", "site.", "install.", ":env:")):
            settings[name] = value.strip().strip("'\"")
    return settings
