"""What an archive holds, whole or refused: nothing that it says of itself is believed."""

from __future__ import annotations

import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from sama_bench.errors import DataError

LONGEST_READ = 1 << 24
"""Bytes that a header of a tar archive may have; files are read in smaller pieces."""

_ENCRYPTED = 1
_BLOCK = 512
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, struct.error,
    gzip.BadGzipFile, RuntimeError, ValueError, LookupError, OverflowError, MemoryError,
)  # fmt: skip
"""What the readers of archives raise on damage; an OSError without a number is one too."""


@dataclass(frozen=True)
class Member:
    """A plain file of an archive: its place below the archive's folder, and its bytes."""

    path: PurePosixPath
    size: int
    handle: zipfile.ZipInfo | tarfile.TarInfo


@dataclass(frozen=True)
class Archive:
    """An open archive and its plain files, in its order."""

    path: Path
    members: tuple[Member, ...]
    source: zipfile.ZipFile | tarfile.TarFile

    def open(self, member: Member) -> IO[bytes]:
        """Open a member for reading."""
        if isinstance(self.source, zipfile.ZipFile):
            assert isinstance(member.handle, zipfile.ZipInfo)
            return self.source.open(member.handle)
        assert isinstance(member.handle, tarfile.TarInfo)
        found = self.source.extractfile(member.handle)
        assert found is not None  # only plain files are listed
        return found


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open an archive, whose list of members is whole and, where compressed, its bytes too.

    A zip states a checksum of each member, which is compared when the member is read; a ``.tar.gz``
    states one of all, which is compared here.

    Raises:
        DataError: here or inside the block: the archive is damaged, encrypted or cut off, or holds
            something that is no plain file inside its folder.
    """
    try:
        if path.name.lower().endswith(".zip"):
            with zipfile.ZipFile(path) as packed:
                yield Archive(path, tuple(_of_zip(path, packed)), packed)
        elif path.name.lower().endswith(".tar"):
            with tarfile.open(path, "r:") as tape:
                yield Archive(path, tuple(_of_tar(path, tape)), tape)
        else:
            with _Gzip(path) as stream, tarfile.open(fileobj=stream, mode="r:") as tape:
                members = tuple(_of_tar(path, tape))
                while stream.read(1 << 20):  # to its end, where the checksum stands
                    pass
                yield Archive(path, members, tape)
    except DataError:
        raise
    except _DAMAGE as error:
        raise DataError(f"{path} is damaged or of an unknown kind: {error}") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise DataError(f"{path} is damaged or of an unknown kind: {error}") from None


class _Gzip(gzip.GzipFile):
    """Unpacks no header of gigabytes into memory."""

    def read(self, size: int | None = -1) -> bytes:
        """Read some bytes, as ``GzipFile`` does, but never very many at once."""
        if size is None or not 0 <= size <= LONGEST_READ:
            raise tarfile.ReadError("a header larger than any")
        return super().read(size)


def _of_zip(archive: Path, packed: zipfile.ZipFile) -> Iterator[Member]:
    for info in packed.infolist():
        if info.filename.endswith("/"):
            continue
        mode = info.external_attr >> 16
        plain = not stat.S_IFMT(mode) or stat.S_ISREG(mode)
        path = _safe(archive, info.filename, plain)
        if info.flag_bits & _ENCRYPTED:
            raise DataError(
                f"{archive} is encrypted; unpack it with its password, for example with unzip"
            )
        yield Member(path, info.file_size, info)


def _of_tar(archive: Path, tape: tarfile.TarFile) -> Iterator[Member]:
    for info in tape:
        if not info.isdir():
            plain = info.isreg() and not info.issparse()
            yield Member(_safe(archive, info.name, plain), info.size, info)
    # the module takes a header that it cannot read for the end; the true end is a block of zeros
    assert tape.fileobj is not None
    tape.fileobj.seek(tape.offset)
    if tape.fileobj.read(_BLOCK) != bytes(_BLOCK):
        raise DataError(f"{archive} is damaged or cut off after {len(tape.getmembers())} members")


def _safe(archive: Path, name: str, plain: bool) -> PurePosixPath:
    path = PurePosixPath(name)
    odd = any(mark in name for mark in ("\\", "\0", ":"))
    if not plain or odd or path.is_absolute() or ".." in path.parts or not path.parts:
        raise DataError(
            f"{archive} holds '{name[:80]}', which is no plain file inside its folder; nothing was "
            "unpacked"
        )
    return path
