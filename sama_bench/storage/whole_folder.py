"""A folder that is replaced as a whole: a reader, or a kill, finds the old or the new one."""

from __future__ import annotations

import contextlib
import glob
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from sama_bench.errors import UserError
from sama_bench.storage.append import sync_folder
from sama_bench.storage.safe_names import safe_name

_HERE = safe_name(platform.node())


@contextlib.contextmanager
def replacing(out: Path, mark: str) -> Iterator[Path]:
    """Write a folder of pages beside the old one, and put it in its place when it is whole.

    Args:
        out: the folder.
        mark: name of the empty file that tells such a folder from others.

    Yields:
        the folder to write to.

    Raises:
        UserError: ``out`` is a file, holds something else, or cannot be written.
    """
    out = Path(os.path.realpath(out))
    _check_free(out, mark)
    new = _beside(out, "new")
    try:
        _forget_the_dead(out)
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        (new / mark).touch()
        (new / ".nojekyll").touch()
        yield new
        _exchange(new, out)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"--out {out} cannot be written: {reason}; name another folder") from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _beside(out: Path, what: str) -> Path:
    return out.with_name(f".{out.name}.{what}-{_HERE}-{os.getpid()}")


def _forget_the_dead(out: Path) -> None:
    """Remove what processes of this machine left beside the folder when they were killed.

    The old folder, moved away by one that had no time to put the new one there, comes back.
    """
    for what in ("new", "old"):
        start = f".{out.name}.{what}-{_HERE}-"
        for left in out.parent.glob(glob.escape(start) + "*") if out.parent.is_dir() else ():
            number = left.name.removeprefix(start)
            if not number.isdecimal() or _lives(int(number)):
                continue
            if what == "old" and not out.exists():
                left.rename(out)
            shutil.rmtree(left, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _check_free(out: Path, mark: str) -> None:
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / mark).is_file():
        raise UserError(f"--out {out} holds other files; name a new or empty folder")


def _exchange(new: Path, out: Path) -> None:
    """Put the new folder in the place of the old one; at any moment one of the two is there.

    Where the system cannot exchange two names at once, a kill in between leaves the old one beside
    its place, and the next such command puts it back.
    """
    old = _beside(out, "old")
    if out.exists() and _swapped(new, out):
        new.rename(old)
    else:
        if out.exists():
            out.rename(old)
        try:
            new.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise
    sync_folder(out.parent)
    shutil.rmtree(old, ignore_errors=True)


def _swapped(one: Path, other: Path) -> bool:
    """Exchange two names at once (Linux, most file systems); return whether that was done."""
    try:
        import ctypes

        renameat2 = ctypes.CDLL(None).renameat2
    except (ImportError, OSError, AttributeError, TypeError):
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(renameat2(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0)
