"""Commands of the toolkit under attack: started, steered, and judged by how they end.

``call`` forks this process, which has imported the toolkit already: hundreds of commands a minute.
``start`` starts a fresh Python, where the process itself is the point.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.campaign.case import MARK, Case, FaultError

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 120.0
"""Seconds after which a command hangs; the slowest takes a tenth of it on a busy machine."""

ENDS = (0, 1, 2)
STOPPED = {130, 143}
"""Exit statuses of a command that was told to stop, by Ctrl-C or SIGTERM."""
PRELOADED = (
    "sama_bench.api",
    "sama_bench.cli.run",
    "sama_bench.cli.score",
    "sama_bench.cli.merge",
    "sama_bench.cli.report",
    "sama_bench.cli.compare",
    "sama_bench.cli.leaderboard_table",
    "sama_bench.cli.leaderboard_add",
    "sama_bench.cli.leaderboard_verify",
    "sama_bench.cli.data_verify",
    "sama_bench.splits.sama_bench.score",
    "sama_bench.metrics.jf",
    "openai",
)
NEVER_SAID = (
    "Traceback (most recent call last)",
    "Exception ignored in",
    "Exception in thread",
    "Fatal Python error",
    "Segmentation fault",
)


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit status (minus the signal that ended it) and what it said."""

    command: str
    status: int
    out: str
    err: str
    hung: bool = False

    @property
    def said(self) -> str:
        return self.out + self.err


class Running:
    """A command at work, in a process group of its own."""

    def __init__(self, command: str, place: Path, process: subprocess.Popen[bytes] | int) -> None:
        self.command = command
        self._place = place
        self._process = process
        self.pid = process if isinstance(process, int) else process.pid
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None:
            if isinstance(self._process, int):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                self._status = os.waitstatus_to_exitcode(status) if pid else None
            else:
                self._status = self._process.poll()
        return self._status

    def send(self, number: int, group: bool = False) -> bool:
        """Send a signal; False when it has ended already."""
        if self.poll() is not None:
            return False
        (os.killpg if group else os.kill)(self.pid, number)
        return True

    def finish(self, limit: float = LIMIT) -> Outcome:
        """Wait for its end; after ``limit`` seconds it has to say where it hangs, and is killed."""
        try:
            hung = self._wait(limit)
        except BaseException:  # the campaign itself is stopped
            self.send(signal.SIGKILL, group=True)
            raise
        out, err = (self._read(name) for name in ("out", "err"))
        return Outcome(self.command, self._status or 0, out, err, hung)

    def _wait(self, limit: float) -> bool:
        until, hung = time.monotonic() + limit, False
        while self.poll() is None:
            if time.monotonic() > until:
                self.send(signal.SIGKILL if hung else signal.SIGABRT)
                hung, until = True, time.monotonic() + 5
            time.sleep(0.01)
        return hung

    def _read(self, name: str) -> str:
        return self._place.with_suffix(f".{name}").read_text("utf-8", errors="replace")


def preload() -> None:
    """Import what most commands import, and their kernels, so that a fork has them at once."""
    import cv2

    from sama_bench import registry
    from tests import kernels

    cv2.setNumThreads(0)  # a pool of threads does not live on in a fork
    for name in PRELOADED:
        importlib.import_module(name)
    registry.benchmarks()
    for part in kernels.PARTS.values():
        part()


def start(case: Case, *args: Any, env: Mapping[str, str] | None = None, **streams: Any) -> Running:
    """Start ``sama-bench ARGS`` as a fresh process."""
    return start_python(case, "-m", "sama_bench", *args, env=env, **streams)


def start_python(
    case: Case, *args: Any, env: Mapping[str, str] | None = None, **streams: Any
) -> Running:
    """Start Python with arguments as a process of the case."""
    command = list(map(str, args))
    place, out, err = _files(case, command)
    with out, err:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=case.folder,
            env=environment(case, env),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **{"stdout": out, "stderr": err, **streams},
        )
    return Running(" ".join(command), place, process)


def call(case: Case, *args: Any, env: Mapping[str, str] | None = None) -> Running:
    """Run ``sama-bench ARGS`` in a fork of this process."""
    command = list(map(str, args))
    place, out, err = _files(case, command)
    with out, err:
        pid = os.fork()
        if not pid:
            _become_the_command(case, command, environment(case, env), out, err)
    return Running(" ".join(command), place, pid)


def _become_the_command(
    case: Case, command: list[str], env: Mapping[str, str], out: IO[bytes], err: IO[bytes]
) -> None:
    status = 1
    try:
        os.setsid()
        for stream, number in ((out, 1), (err, 2)):
            os.dup2(stream.fileno(), number)
        sys.stdout = sys.__stdout__ = os.fdopen(1, "w", closefd=False)
        sys.stderr = sys.__stderr__ = os.fdopen(2, "w", buffering=1, closefd=False)
        faulthandler.enable(file=2)  # type: ignore[arg-type]
        os.environ.clear()
        os.environ.update(env)
        os.chdir(case.folder)
        tempfile.tempdir = None
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["sama-bench", *command]
        from sama_bench.cli import main

        main(command)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status & 0xFF)


def environment(case: Case, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables of a case's processes."""
    case.temporary.mkdir(exist_ok=True)
    ours = {
        MARK: case.mark,
        "TMPDIR": str(case.temporary),
        "OMP_NUM_THREADS": "1",
        "PYTHONFAULTHANDLER": "1",
    }
    paths = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    ours["PYTHONPATH"] = os.pathsep.join(paths)
    found = {**os.environ, **ours, **(more or {})}
    if more and "PYTHONPATH" in more:
        found["PYTHONPATH"] = os.pathsep.join([more["PYTHONPATH"], ours["PYTHONPATH"]])
    return found


def _files(case: Case, command: list[str]) -> tuple[Path, IO[bytes], IO[bytes]]:
    case.did("sama-bench " + " ".join(command))
    place = case.folder / "said" / f"{len(case.steps):02d}"
    place.parent.mkdir(exist_ok=True)
    return (
        place,
        place.with_suffix(".out").open("wb"),
        place.with_suffix(".err").open("wb"),
    )


def check(outcome: Outcome, signals: Collection[int] = (), ends: Collection[int] = ENDS) -> Outcome:
    """Insist that a command ended as commands may end, and said what commands may say.

    Args:
        outcome: of the command.
        signals: that it, or its group, was sent.
        ends: exit statuses that are right without a signal.

    Raises:
        FaultError: it hung, showed a traceback, or ended with another status.
    """
    what = shortened(outcome.command)
    if outcome.hung:
        raise FaultError(f"hang: {what}")
    for words in NEVER_SAID:
        if words in outcome.said and not _python_was_starting(outcome, signals):
            raise FaultError(f"traceback ({last_line(outcome.said)}): {what}")
    allowed = {*ends}
    for number in signals:
        allowed |= {-number, *(STOPPED if number != signal.SIGKILL else ())}
    if outcome.status not in allowed:
        raise FaultError(f"exit status {outcome.status} ({last_line(outcome.err)}): {what}")
    if outcome.status == 2 and not outcome.err.strip():
        raise FaultError(f"exit status 2 without a word: {what}")
    return outcome


def _python_was_starting(outcome: Outcome, signals: Collection[int]) -> bool:
    """Whether Ctrl-C met the interpreter before it had come to any code of the toolkit."""
    return signal.SIGINT in signals and not re.search(r'File "[^"]*/sama_bench/', outcome.err)


def shortened(command: str) -> str:
    """Return the words of a command by which it is known."""
    return " ".join(
        Path(word).name for word in command.split() if word not in ("-m", "sama_bench")
    )[:100]


def last_line(text: str) -> str:
    """Return the last line that says something, shortened."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "nothing was said"
