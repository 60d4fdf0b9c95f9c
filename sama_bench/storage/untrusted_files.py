"""Reading small files from others, and keeping their paths inside a folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from sama_bench.errors import DataError

LARGEST_FILE = 1 << 30
"""An annotation file that is read whole may have this many bytes, 1 GiB."""


def read_bytes(path: Path) -> tuple[bytes, str]:
    """Return a file's content and ``sha256:...``.

    Raises:
        DataError: it is missing, unreadable or absurdly large.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise DataError(f"{path} has {size} bytes, more than an annotation file may have")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path} does not exist") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    return raw, f"sha256:{hashlib.sha256(raw).hexdigest()}"


def read_json(path: Path) -> tuple[Any, str]:
    """Return a JSON file's content and ``sha256:...``.

    Raises:
        DataError: it is missing, unreadable or malformed.
    """
    raw, checksum = read_bytes(path)
    try:
        return json.loads(raw), checksum
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON: {error}") from None


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
