"""Reading files from others, and keeping their paths inside a folder."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import stat
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from sama_bench.errors import DataError

LARGEST_FILE = 1 << 30
"""An annotation file that is read whole may have this many bytes, 1 GiB."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading bytes, unless it is no regular file.

    A pipe would be waited for without end, a link to ``/dev/zero`` be read without end, and what
    is read twice, as most files are, cannot come from ``<(...)``.

    Raises:
        OSError: as ``open`` does; also where it is a pipe, a device or a socket, with that as
            its ``strerror``.
    """
    _insist_on_regular(path, os.stat(path).st_mode)  # a device may act on being opened
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(path, flags), "rb")
    try:
        _insist_on_regular(path, os.fstat(file.fileno()).st_mode)  # it may be another one by now
    except OSError:
        file.close()
        raise
    return file


def _insist_on_regular(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file", str(path))


def read_regular(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: as ``open_regular``; also where it has more than ``largest`` bytes.
    """
    with open_regular(path) as file:
        raw = file.read(min(os.fstat(file.fileno()).st_size, largest) + 1)
        while len(raw) <= largest and (more := file.read(1 << 20)):  # it grew, or tells no size
            raw += more
    if len(raw) > largest:
        raise OSError(errno.EFBIG, f"it has more than {largest} bytes", str(path))
    return raw


def read_regular_text(path: Path, largest: int = LARGEST_FILE) -> str:
    """Return the content of a regular file as UTF-8 text.

    Raises:
        OSError: as ``read_regular``.
        ValueError: it is not UTF-8.
    """
    return read_regular(path, largest).decode("utf-8")


def read_bytes(path: Path) -> tuple[bytes, str]:
    """Return a file's content and ``sha256:...``.

    Raises:
        DataError: it is missing, unreadable, no regular file, or absurdly large.
    """
    try:
        raw = read_regular(path)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    return raw, f"sha256:{hashlib.sha256(raw).hexdigest()}"


def read_json(path: Path) -> tuple[Any, str]:
    """Return a JSON file's content and ``sha256:...``.

    Raises:
        DataError: it is missing, unreadable or malformed; also where an object holds a key twice,
            of which Python would silently take the last.
    """
    raw, checksum = read_bytes(path)
    try:
        return json.loads(raw, object_pairs_hook=each_once), checksum
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON: {error}") from None


def each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Make the dict of a JSON object, for ``object_pairs_hook``.

    Raises:
        ValueError: a key stands in it twice.
    """
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"one of its objects holds the key '{shown(twice)}' twice")
    return made


def strict_json(raw: bytes) -> Any:
    """Return the content of JSON whose numbers are finite and no larger than 64 bits.

    Raises:
        ValueError: it is malformed, or holds NaN, Infinity or a number beyond that.
        RecursionError: it is nested too deeply.
    """
    return json.loads(
        raw, parse_constant=_no_number, parse_float=_finite_float, parse_int=_short_int
    )


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _finite_float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text[:40])


def _short_int(text: str) -> int:
    return int(text) if len(text) < 20 else _no_number(text[:40])


def inside(folder: Path, name: str) -> Path:
    """Return ``folder/name`` for a relative name that stands in a file from others.

    Raises:
        DataError: the name is empty, absolute, not text, or leads out of the folder.
    """
    parts = PurePosixPath(name).parts
    if (
        not parts
        or not is_text(name)
        or name.startswith("/")
        or ".." in parts
        or any(character in name for character in ("\\", "\0", ":"))
    ):
        raise DataError(f"'{shown(name)}' is not a path inside {folder}")
    return folder.joinpath(*parts)


def plain_name(name: str, what: str) -> str:
    """Return ``name`` if it is one plain component of a path.

    Raises:
        DataError: it is empty, not text, or holds separators, so that it could lead out of a
            folder.
    """
    unsafe = any(mark in name for mark in "/\\\0:")
    if not name or name in (".", "..") or unsafe or not is_text(name):
        raise DataError(f"{what} '{shown(name)}' cannot be the name of a file")
    return name


def is_text(name: str) -> bool:
    """Tell whether a string can be encoded; a lone half of a surrogate pair in JSON cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(name: str) -> str:
    """Return a name from others for a message: its beginning, in characters that can be written."""
    return name[:80].encode("utf-8", "backslashreplace").decode()
