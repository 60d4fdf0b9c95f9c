"""Unpacking a fetched archive where it lies, trusting nothing in it."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sama_bench.data.archives import Archive, Member, opened
from sama_bench.errors import DataError, UserError

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
"""Endings of the archives that can be unpacked."""

LONGEST = 255
"""Bytes that the name of a file or folder may have, on most file systems."""

_PIECE = 1 << 20


@dataclass(frozen=True)
class Unpacked:
    """What became of an archive: numbers of files written now, and found there already."""

    written: int
    kept: int


def is_archive(path: str) -> bool:
    """Return whether a file's name says that it can be unpacked."""
    return path.lower().endswith(ARCHIVES)


def unpack(archive: Path, overwrite: bool = False) -> Unpacked:
    """Unpack an archive into its own folder.

    A file appears under its name when it is whole; files of the right content are kept, so that an
    interrupted call can be repeated. Only plain files are unpacked.

    Args:
        archive: a zip or tar file.
        overwrite: replace files of other content that are in the way.

    Raises:
        DataError: the archive is damaged, encrypted, or holds a link or a name that leads out of
            its folder, or a different file is in the way. Nothing is written before all names, and
            the checksum of a ``.tar.gz``, are checked; what is half written is removed.
        UserError: the disk is too small.
    """
    folder = archive.parent
    with opened(archive) as content:
        _check_names(content)
        there = {
            member.path
            for member in content.members
            if _is_there(folder / member.path, member, content, overwrite)
        }
        left = [member for member in content.members if member.path not in there]
        need = sum(member.size for member in left)
        if need > shutil.disk_usage(folder).free:
            raise UserError(f"{archive.name} unpacks to {need / 1e9:.1f} GB, more than is free")
        for member in left:
            _write(folder / member.path, member, content)
        return Unpacked(len(left), len(content.members) - len(left))


def _check_names(content: Archive) -> None:
    """Refuse a name that stands twice, is a file and a folder at once, or cannot be a file's."""
    files = {member.path for member in content.members}
    if len(files) < len(content.members):
        names = Counter(member.path for member in content.members)
        twice = next(path for path, times in names.items() if times > 1)
        raise DataError(f"{content.path} holds '{twice}' twice; nothing was unpacked")
    for path in files:
        if str(path) == content.path.name:
            raise DataError(f"{content.path} holds a file of its own name; nothing was unpacked")
        if any(len(part.encode("utf-8", "surrogateescape")) > LONGEST for part in path.parts):
            raise DataError(
                f"{content.path} holds the name '{path.name[:40]}...', which is too long"
            )
    for member in content.members:
        for parent in member.path.parents:
            if parent in files:
                raise DataError(f"{content.path} holds '{parent}' as a file and as a folder")


def _is_there(target: Path, member: Member, content: Archive, overwrite: bool) -> bool:
    """Tell whether a file lies there already; refuse what may not be replaced."""
    folder, name = content.path.parent, content.path.name
    for parent in target.relative_to(folder).parents:
        if parent != Path(".") and (folder / parent).is_symlink():
            raise DataError(f"{folder / parent} is a link; {name} is not unpacked there")
    if not target.is_symlink() and not target.exists():
        return False
    if not target.is_symlink() and _has_content(target, member, content):
        return True
    if not overwrite or target.is_dir():
        raise DataError(f"{target} differs from the one in {name}; --overwrite replaces it")
    return False


def _has_content(target: Path, member: Member, content: Archive) -> bool:
    if not target.is_file() or target.stat().st_size != member.size:
        return False
    with target.open("rb") as file:
        if isinstance(member.handle, zipfile.ZipInfo):
            checksum = 0
            while piece := file.read(_PIECE):
                checksum = zlib.crc32(piece, checksum)
            return checksum == member.handle.CRC
        with content.open(member) as source:
            while piece := source.read(_PIECE):
                if piece != file.read(len(piece)):
                    return False
    return True


def _write(target: Path, member: Member, content: Archive) -> None:
    """Write one file, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        with content.open(member) as source, part.open("wb") as file:
            shutil.copyfileobj(source, file, _PIECE)
        if part.stat().st_size != member.size:
            raise DataError(f"{content.path} is damaged: '{member.path}' is cut off")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
