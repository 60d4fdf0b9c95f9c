"""Unpacking a fetched archive where it lies, trusting nothing in it."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from sama_bench.errors import DataError, UserError

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
"""Endings of the archives that can be unpacked."""

_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, NotImplementedError)


@dataclass(frozen=True)
class Unpacked:
    """What became of an archive: numbers of files written now, and found there already."""

    written: int
    kept: int


@dataclass(frozen=True)
class _Member:
    path: PurePosixPath
    size: int
    handle: zipfile.ZipInfo | tarfile.TarInfo


def is_archive(path: str) -> bool:
    """Return whether a file's name says that it can be unpacked."""
    return path.lower().endswith(ARCHIVES)


def unpack(archive: Path, overwrite: bool = False) -> Unpacked:
    """Unpack an archive into its own folder.

    A file appears under its name when it is whole; files of the right size are kept, so that an
    interrupted call can be repeated. Only plain files are unpacked.

    Args:
        archive: a zip or tar file.
        overwrite: replace files of another size that are in the way.

    Raises:
        DataError: the archive is damaged, or holds a link or a name that leads out of its folder,
            or a different file is in the way. Nothing is written before all names are checked.
        UserError: the disk is too small.
    """
    folder = archive.parent
    try:
        with _opened(archive) as (members, read):
            for member in members:
                _check_way(folder / member.path, member.size, archive, overwrite)
            need = sum(member.size for member in members)
            if need > shutil.disk_usage(folder).free:
                raise UserError(f"{archive.name} unpacks to {need / 1e9:.1f} GB, more than is free")
            written = sum(_write(folder / item.path, item, read, archive) for item in members)
            return Unpacked(written, len(members) - written)
    except _DAMAGE as error:
        raise DataError(f"{archive} is damaged or of an unknown kind: {error}") from None


class _Reader:
    """Opens the members of either kind of archive."""

    def __init__(self, source: zipfile.ZipFile | tarfile.TarFile) -> None:
        self._source = source

    def open(self, member: _Member) -> IO[bytes]:
        if isinstance(self._source, zipfile.ZipFile):
            assert isinstance(member.handle, zipfile.ZipInfo)
            return self._source.open(member.handle)
        assert isinstance(member.handle, tarfile.TarInfo)
        found = self._source.extractfile(member.handle)
        assert found is not None  # only plain files are listed
        return found


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[list[_Member], _Reader]]:
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as packed:
            listed = [info for info in packed.infolist() if not info.is_dir()]
            yield [_zip_member(archive, info) for info in listed], _Reader(packed)
    else:
        with tarfile.open(archive) as tape:
            yield [_tar_member(archive, info) for info in tape if not info.isdir()], _Reader(tape)


def _zip_member(archive: Path, info: zipfile.ZipInfo) -> _Member:
    mode = info.external_attr >> 16
    plain = not stat.S_IFMT(mode) or stat.S_ISREG(mode)
    return _Member(_safe(archive, info.filename, plain), info.file_size, info)


def _tar_member(archive: Path, info: tarfile.TarInfo) -> _Member:
    return _Member(_safe(archive, info.name, info.isreg()), info.size, info)


def _safe(archive: Path, name: str, plain: bool) -> PurePosixPath:
    path = PurePosixPath(name)
    odd = any(mark in name for mark in ("\\", "\0", ":"))
    if not plain or odd or path.is_absolute() or ".." in path.parts or not path.parts:
        raise DataError(
            f"{archive} holds '{name[:80]}', which is no plain file inside its folder; nothing was "
            "unpacked"
        )
    return path


def _check_way(target: Path, size: int, archive: Path, overwrite: bool) -> None:
    folder = archive.parent
    for parent in target.relative_to(folder).parents:
        if parent != Path(".") and (folder / parent).is_symlink():
            raise DataError(f"{folder / parent} is a link; {archive.name} is not unpacked there")
    different = target.is_symlink() or (target.exists() and _length(target) != size)
    if different and (not overwrite or target.is_dir()):
        raise DataError(f"{target} differs from the one in {archive.name}; --overwrite replaces it")


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _write(target: Path, member: _Member, reader: _Reader, archive: Path) -> int:
    """Write one file unless it is there; return how many were written."""
    if _length(target) == member.size and not target.is_symlink():
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    with reader.open(member) as source, part.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
    if part.stat().st_size != member.size:
        part.unlink()
        raise DataError(f"{archive} is damaged: '{member.path}' is cut off")
    part.replace(target)
    return 1
