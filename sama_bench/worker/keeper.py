"""Keeps together what a worker starts, so that no process survives its run (Linux).

The process that the engine starts splits twice: into an outer and an inner keeper, and the worker.
Processes that lose their parent become children of the nearest keeper, also those in a session of
their own: whatever was started can be found when the worker or the engine is gone. Of two keepers
one is left when somebody kills the other, as Ray does to the children of an actor. Where the
system offers no such thing the worker runs alone, and the engine ends its process group.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
LOOK = 1.0
"""Seconds between two looks whether the parent is there; most often a signal or pipe tells."""
FAREWELL = 5.0
"""Seconds for a worker to end by itself whose pipe was closed by an engine that is there."""
PATIENCE = 10.0
"""Seconds for processes to end that were killed; a broken driver may hold one for ever."""
GONE = 3
"""Exit status of a worker whose engine is gone."""


def keep(read: int, write: int) -> None:
    """Split this process; return in the part that becomes the worker.

    The others never return: each ends as the worker did, after all that the worker started.

    Args:
        read: descriptor on which the worker is spoken to; its end is the engine's.
        write: descriptor on which the worker answers.
    """
    prctl = _prctl()
    if prctl is None:
        return
    if prctl(_PR_SET_CHILD_SUBREAPER, 1):
        _split(prctl, read, write, signal.SIGTERM)  # the inner keeper has to tidy up first
        prctl(_PR_SET_CHILD_SUBREAPER, 1)  # is not inherited
        _split(prctl, read, write, signal.SIGKILL)
    else:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _split(prctl: Callable[[int, int], bool], read: int, write: int, last: int) -> None:
    """Go on in a child, which gets the signal ``last`` when its keeper, the parent, dies."""
    parent, keeper = os.getppid(), os.getpid()
    child = os.fork()
    if child == 0:
        os.setsid()  # what ends the worker's whole group leaves its keepers alone
        prctl(_PR_SET_PDEATHSIG, last)
        if os.getppid() != keeper:
            os._exit(GONE)
        return
    try:
        os.close(write)
        status = _watch(child, parent, read)
        _end_all(child)
        _end_like(status)
    except BaseException:
        traceback.print_exc()
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


def _watch(child: int, parent: int, read: int) -> int:
    """Wait for the end of the child, the parent or the engine, or for a signal to end.

    Returns:
        the child's status as ``waitpid`` gives it, or that of a process so ended.
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
    until = math.inf
    while True:
        ended, _ = _free_ended()
        if child in ended:
            return ended[child]
        if told:
            return told[0]
        if os.getppid() != parent or time.monotonic() > until:
            return GONE << 8
        if any(file == read for file, _ in events.poll(LOOK * 1000)):
            events.unregister(read)
            until = time.monotonic() + FAREWELL
        with contextlib.suppress(BlockingIOError):
            os.read(wake, 4096)


def _free_ended() -> tuple[dict[int, int], bool]:
    """Free all children that have ended; return their statuses, and whether others are left."""
    ended: dict[int, int] = {}
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = found[1]
    except ChildProcessError:
        return ended, False
    return ended, True


def _end_all(child: int) -> None:
    """Kill whatever descends from this process, until there is nothing left."""
    until = time.monotonic() + PATIENCE
    while _free_ended()[1] and time.monotonic() < until:
        for process in _descendants(os.getpid()) or (-child,):
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
