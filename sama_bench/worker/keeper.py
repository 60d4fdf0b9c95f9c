"""Keeps together what a worker starts, so that no process survives its run (Linux).

The process that the engine starts splits in two. The first half stays outside as the keeper; the
second becomes the worker. Processes that lose their parent become the keeper's children, also
those in a session of their own: whatever was started can be found when the worker or the engine
is gone. Where the system offers no such thing the worker runs alone, and the engine ends its
process group.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
LOOK = 1.0
"""Seconds between two looks whether the engine is there; most often its pipe tells at once."""
PATIENCE = 10.0
"""Seconds for processes to end that were killed; a broken driver may hold one for ever."""
GONE = 3
"""Exit status of a worker whose engine is gone."""


def keep(read: int, write: int) -> None:
    """Split this process; return in the half that becomes the worker.

    The other half never returns: it ends as the worker did, after all that the worker started.

    Args:
        read: descriptor on which the worker is spoken to; its end is the engine's.
        write: descriptor on which the worker answers.
    """
    prctl = _prctl()
    if prctl is None:
        return
    engine, keeper = os.getppid(), os.getpid()
    if not prctl(_PR_SET_CHILD_SUBREAPER, 1):
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        return
    worker = os.fork()
    if worker == 0:
        os.setsid()  # what ends the worker's whole group leaves the keeper alone
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:
            os._exit(GONE)
        return
    try:
        os.close(write)
        status = _watch(worker, engine, read)
        _end_all(worker)
        _end_like(status)
    finally:
        os._exit(GONE)  # never into the worker's code


def _prctl() -> Callable[[int, int], bool] | None:
    """Return what changes a trait of this process and tells whether it could; None elsewhere."""
    try:
        import ctypes

        call = ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError, TypeError):
        return None
    return lambda trait, value: bool(call(trait, value, 0, 0, 0) == 0)


def _watch(worker: int, engine: int, read: int) -> int:
    """Wait for the end of the worker or of the engine, or for a signal to end.

    Returns:
        the worker's status as ``waitpid`` gives it, or that of a process so ended.
    """
    wake, signalled = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(signalled, False)
    told: list[int] = []
    signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, frame: told.append(number))
    events = select.poll()
    events.register(wake, select.POLLIN)
    events.register(read, 0)  # its end alone, which is always told
    while True:
        ended = dict(_ended())
        if worker in ended:
            return ended[worker]
        if told:
            return told[0]
        if any(file == read for file, _ in events.poll(LOOK * 1000)) or os.getppid() != engine:
            return GONE << 8
        with contextlib.suppress(BlockingIOError):
            os.read(wake, 4096)


def _ended() -> Iterator[tuple[int, int]]:
    """Yield process and status of each child that has ended, which frees them.

    Raises:
        ChildProcessError: there is no child any more.
    """
    while (found := os.waitpid(-1, os.WNOHANG))[0]:
        yield found


def _end_all(worker: int) -> None:
    """Kill whatever descends from this process, until there is nothing left."""
    until = time.monotonic() + PATIENCE
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < until:
            for _ in _ended():
                continue
            for process in _descendants(os.getpid()) or (-worker,):
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.002)


def _descendants(root: int) -> list[int]:
    """Return all processes that descend from ``root``, those without a parent of theirs too."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int(stat.read_bytes().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(children.get(root, ()))
    for process in found:  # grows while it is read
        found.extend(children.get(process, ()))
    return found


def _end_like(status: int) -> None:
    """End this process as the one with this status ended."""
    if os.WIFSIGNALED(status):
        with contextlib.suppress(ImportError, OSError, ValueError):
            import resource

            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the worker's own core is enough
        number = os.WTERMSIG(status)
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))
