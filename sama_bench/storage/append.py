"""Appending lines to a file that others may append to as well: durable, whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from sama_bench.errors import UserError

try:
    import fcntl
except ImportError:  # Windows has no flock; there a run folder has one writer
    fcntl = None  # type: ignore[assignment]


class Appender:
    """Appends to one file; each line is on disk when ``append`` returns.

    A lock is held for the time of one append. A line that another writer left torn is closed
    first, so that it costs itself and nothing else; a line that does not fit on the disk is taken
    back. Where the file was removed or replaced meanwhile, lines go to what bears its name now.

    Args:
        path: of the file; it is made if need be.
        moved: called before lines go to another file of this name; may raise to refuse that.
    """

    def __init__(self, path: Path, moved: Callable[[], None] = lambda: None) -> None:
        self.path = path
        self._moved = moved
        self._open()

    def _open(self) -> None:
        path = self.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = not path.exists()
            if not new and not path.is_file():
                raise UserError(f"{path} is no regular file; {ELSEWHERE}")
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
            if new:
                sync_folder(path.parent)
        except OSError as error:
            raise _refusal(path, error) from None

    def append(self, line: bytes, wait: bool = True) -> None:
        """Write one or more whole lines, each with its newline.

        Args:
            line: what to write.
            wait: until it is on disk.

        Raises:
            UserError: the disk is full or the file cannot be written; nothing of it is left.
        """
        self._lock(True)
        while not self._in_place():
            self._lock(False)
            self.close()
            self._moved()
            self._open()
            self._lock(True)
        try:
            size = os.fstat(self._file).st_size
            torn = size > 0 and os.pread(self._file, 1, size - 1) != b"\n"
            try:
                self._write(b"\n" + line if torn else line)
                if wait:
                    os.fsync(self._file)
            except OSError as error:
                self._take_back(size)
                raise _refusal(self.path, error) from None
        finally:
            self._lock(False)

    def close(self) -> None:
        """Close the file; appending is over."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Appender:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _in_place(self) -> bool:
        """Tell whether what is open is what others find under its name."""
        try:
            return os.path.samestat(os.fstat(self._file), os.stat(self.path))
        except OSError:
            return False

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def _take_back(self, size: int) -> None:
        with contextlib.suppress(OSError):  # else a torn line is left, which readers recognise
            os.ftruncate(self._file, size)

    def _lock(self, hold: bool) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX if hold else fcntl.LOCK_UN)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP):
                raise _refusal(self.path, error) from None
            # A file system without locks: see docs/clusters.md, where each job has its own file.


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder, so that of several processes one at a time changes its files.

    Where the file system has no locks nothing is held; ``write_atomically`` keeps files whole.

    Raises:
        UserError: the folder is not there and cannot be made.
    """
    if fcntl is None:
        yield
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise _refusal(folder, error) from None
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


ELSEWHERE = "choose another folder with --runs"
"""What to do where a run folder cannot be written."""


def write_atomically(path: Path, data: bytes, instead: str = ELSEWHERE) -> None:
    """Replace a file by new content: a reader sees the old or the new one, never a part.

    What is no file (a pipe, ``/dev/null``) is written to; a link stays one.

    Args:
        path: of the file.
        data: its new content.
        instead: what the user can do where the folder cannot be written.

    Raises:
        UserError: the disk is full or the folder cannot be written.
    """
    place = Path(os.path.realpath(path))
    part = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        if place.exists() and not place.is_file() and not place.is_dir():
            place.write_bytes(data)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
        sync_folder(place.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise _refusal(path, error, instead) from None


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, so that a new file is found after a power cut."""
    with contextlib.suppress(OSError):  # some file systems and Windows do not
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refusal(path: Path, error: OSError, instead: str = ELSEWHERE) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT) and instead != ELSEWHERE:
        return UserError(f"{path} cannot be written: the disk is full; {instead}")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(
            f"{path}: the disk is full; what was answered before is kept, make room and give the "
            "same command to go on"
        )
    return UserError(f"{path} cannot be written: {error.strerror}; {instead}")
