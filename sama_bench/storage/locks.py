"""Whether several writers may append to one file of a folder: proven, not assumed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# fmt: off
LOCAL = frozenset({
    "apfs", "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay",
    "ramfs", "reiserfs", "tmpfs", "vfat", "xfs", "zfs",
})
# fmt: on
"""File systems of one machine. Any other may be mounted by several, whose locks and appends may
not know of each other (NFS without a lock service finds the end first and then writes)."""


def why_not_shared(folder: Path) -> str | None:
    """Return why several jobs must not append to one file in a folder, or None where they may.

    They may where the file system is of this machine alone and a lock that one open file holds
    was seen to keep another one out.

    Args:
        folder: exists and can be written.
    """
    if fcntl is None:
        return "this system has no file locks"
    kind = file_system(folder)
    if kind not in LOCAL:
        return f"its file system ({kind or 'of unknown kind'}) may be shared between machines"
    try:
        with tempfile.TemporaryFile(dir=folder) as one:
            fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with open(f"/proc/self/fd/{one.fileno()}", "rb") as other:
                try:
                    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return None
    except OSError as error:
        return f"its file system has no working locks ({error.strerror})"
    return "its file system's locks keep nobody out"


def file_system(folder: Path) -> str | None:
    """Return the kind of file system that holds a folder, e.g. ``ext4``; None if unknown."""
    place = os.path.realpath(folder)
    best, kind = "", None
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mounts").read_text(errors="replace").splitlines():
            fields = line.split(" ")
            if len(fields) < 3:
                continue
            mount = fields[1].replace("\\040", " ")
            holds = place == mount or place.startswith(mount.rstrip("/") + "/")
            if holds and len(mount) >= len(best):
                best, kind = mount, fields[2]
    return kind
