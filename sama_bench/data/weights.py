"""Fetching weights into the cache of the hub's clients, with what is fetched shown as it comes.

The clients' own downloads are silent in a worker's log, and some begin an interrupted file from its
start. What lies in the cache afterwards is what they would have put there: ``blobs/<checksum>``,
``snapshots/<commit>/<path>`` as a link to it, ``refs/main``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from sama_bench.data.download import DownloadError, download
from sama_bench.errors import AdapterError
from sama_bench.storage import hub

Part = tuple[hub.Repository, tuple[hub.HubFile, ...]]


class Gained(Protocol):
    """Is told how far a download is."""

    def __call__(self, name: str, done: int, total: int) -> None:
        """Take in that ``done`` of ``total`` bytes of the repository ``name`` are here."""


def fetch_weights(parts: Sequence[Part], gained: Gained) -> None:
    """Fetch files of repositories; what is here already is not fetched again.

    An interrupted call keeps what it has, and the next one goes on from there. Several processes
    that fetch the same wait for each other.

    Args:
        parts: repositories, and which of their files.
        gained: is told how far it is, after every piece.

    Raises:
        AdapterError: the hub refuses, the connection is lost again and again, or the disk is full.
    """
    for repository, files in parts:
        folder = hub.cache_of(repository.id)
        try:
            with _alone(folder):
                _fetch(repository, files, folder, gained)
        except OSError as error:
            raise AdapterError(
                f"the weights {repository.id} cannot be kept in {folder}: {error.strerror}; the "
                "same command goes on where it stopped"
            ) from None


def _fetch(
    repository: hub.Repository, files: Sequence[hub.HubFile], folder: Path, gained: Gained
) -> None:
    missing = set(hub.missing_files(repository))
    total = sum(file.size for file in files)
    done = sum(file.size for file in files if file not in missing)
    gained(repository.id, done, total)

    def add(count: int) -> None:
        nonlocal done
        done += count
        gained(repository.id, done, total)

    snapshot = folder / "snapshots" / repository.commit
    for file in files:
        if file in missing:
            _one_file(repository, file, folder, snapshot, add)
    name = repository.revision or "main"
    if name != repository.commit:
        ref = folder / "refs" / name
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(repository.commit, encoding="utf-8")


def _one_file(
    repository: hub.Repository,
    file: hub.HubFile,
    folder: Path,
    snapshot: Path,
    add: Callable[[int], None],
) -> None:
    blob = folder / "blobs" / file.checksum.partition(":")[2]
    if blob.is_file() and blob.stat().st_size == file.size:
        add(file.size)
    else:
        url = f"{hub.endpoint()}{hub.file_path(repository, file)}"
        try:
            download(url, hub.headers(), blob, file.size, file.checksum, add)
        except DownloadError as error:
            raise AdapterError(f"{file.path} of {repository.id}: {error}") from None
    place = snapshot.joinpath(*PurePosixPath(file.path).parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        place.unlink()
    try:
        place.symlink_to(os.path.relpath(blob, place.parent))
    except OSError:  # a file system without links: the clients then keep the file itself
        os.replace(blob, place)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from fetching the same; where there are no locks nothing is held."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (folder / ".sama-bench.lock").open("w") as handle:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
