"""What a case left behind: processes that it started, files that were to be temporary."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from tests.campaign.case import MARK, Case, FaultError

PATIENCE = 20.0
"""Seconds in which what a command started may end after it."""

EXPECTED = frozenset({".nojekyll"})


def processes(mark: str) -> dict[int, str]:
    """Return the living processes that inherited a case's mark, with their commands."""
    wanted = f"{MARK}={mark}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                command = (
                    (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z" and int(folder.name) != os.getpid():
                    found[int(folder.name)] = command.strip()[:120]
    return found


def end_processes(mark: str) -> dict[int, str]:
    """Kill what is left of a case; return what that was."""
    left = processes(mark)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left


def check_processes(case: Case, patience: float = PATIENCE) -> None:
    """Insist that nothing runs that the case started.

    Raises:
        FaultError: a process was left behind; it is killed.
    """
    until = time.monotonic() + patience
    while processes(case.mark) and time.monotonic() < until:
        time.sleep(0.05)
    left = end_processes(case.mark)
    if left:
        raise FaultError(f"process left behind: {'; '.join(left.values())}")


def check_files(case: Case, *folders: Path) -> None:
    """Insist that no temporary file is left, neither where such files lie nor beside results.

    Raises:
        FaultError: one is; it is named.
    """
    left = [path for path in case.temporary.rglob("*") if path.is_file()]
    for folder in folders:
        left += [path for path in folder.rglob(".*") if path.name not in EXPECTED]
        left += [path for path in folder.rglob("claims") if path.is_dir()]
    if left:
        named = ", ".join(str(path.relative_to(case.folder)) for path in left[:3])
        raise FaultError(f"temporary file left behind: {named}")
