"""What a model hub says of a repository, and what of it this machine has; nothing is downloaded.

Asked with the standard library alone: the core depends on no client of a hub, and clients' errors
differ from version to version. Addresses, folders and the token are the clients' own
(``HF_ENDPOINT``, ``HF_HUB_CACHE``, ``HF_HOME``, ``HF_TOKEN``).
"""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from sama_bench.errors import UserError
from sama_bench.storage.cache_folder import home_dir

PATIENCE = 10.0
"""Seconds to wait for an answer of the hub."""
_LOST = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class HubError(UserError):
    """A hub refuses a repository or does not answer; the message says what to do.

    Attributes:
        status: HTTP status, or None where no answer came.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class HubFile:
    """One file of a repository.

    Attributes:
        path: in the repository.
        size: bytes.
        checksum: ``sha256:...`` or ``git:...`` as the hub states it.
    """

    path: str
    size: int
    checksum: str


@dataclass(frozen=True)
class Repository:
    """A repository of models at one commit.

    Attributes:
        id: as the user named it.
        commit: of the revision that was asked for.
        gated: a licence has to be accepted on its page.
        files: all of them.
        revision: branch, tag or commit that was asked for, or None for the main branch.
    """

    id: str
    commit: str
    gated: bool
    files: tuple[HubFile, ...]
    revision: str | None = None


def endpoint() -> str:
    """Return the hub's address, without a slash at its end."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def page(id: str) -> str:
    """Return the address of a model's page."""
    return f"{endpoint()}/{id}"


def is_offline() -> bool:
    """Tell whether the user's environment variables forbid asking a hub."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE") for name in names)


def headers() -> dict[str, str]:
    """Return what proves to the hub who asks; empty where the user has not logged in."""
    token = os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN")
    if not token:
        place = os.environ.get("HF_TOKEN_PATH")
        file = Path(place).expanduser() if place else _home() / "token"
        try:
            token = file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            token = None
    return {"Authorization": f"Bearer {token}"} if token else {}


def _home() -> Path:
    if named := os.environ.get("HF_HOME"):
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base).expanduser() if base else home_dir() / ".cache") / "huggingface"


def cache_of(id: str) -> Path:
    """Return the folder in which the hub's clients keep a model; it need not exist."""
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    cache = Path(named).expanduser() if named else _home() / "hub"
    return cache / f"models--{id.replace('/', '--')}"


def cached_snapshot(id: str, revision: str | None = None) -> Path | None:
    """Return the folder of a model's revision in the cache, whole or not, or None."""
    folder = cache_of(id)
    try:
        commit = (folder / "refs" / (revision or "main")).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        commit = revision or ""
    snapshot = folder / "snapshots" / commit
    return snapshot if commit and snapshot.is_dir() else None


def ask_hub(id: str, revision: str | None = None) -> Repository:
    """Ask for the files of a model.

    Args:
        id: ``owner/name``.
        revision: branch, tag or commit; the main branch by default.

    Raises:
        HubError: it refuses (log in, accept the licence, no such model or revision), does not
            answer, or lists files that would lie outside the model's folder.
    """
    path = f"/api/models/{quote(id)}"
    if revision:
        path += f"/revision/{quote(revision, safe='')}"
    try:
        told = json.loads(_get(f"{path}?blobs=true", id, revision))
        files = tuple(_files(id, told["siblings"]))
        found = Repository(id, str(told["sha"]), bool(told.get("gated")), files, revision)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise HubError(f"{page(id)} answers with something that is no list of files") from None
    return found


def check_access(repository: Repository) -> None:
    """Check that the user may read the files of a gated model.

    Raises:
        HubError: they may not: not logged in, or the licence is not accepted.
    """
    if repository.gated and repository.files:
        smallest = min(repository.files, key=lambda file: file.size)
        _get(file_path(repository, smallest), repository.id, None, method="HEAD")


def file_path(repository: Repository, file: HubFile) -> str:
    """Return the path of a file on the hub."""
    return f"/{quote(repository.id)}/resolve/{repository.commit}/{quote(file.path)}"


def missing_files(repository: Repository) -> list[HubFile]:
    """Return the files of a repository that the cache does not hold in full."""
    folder = cache_of(repository.id) / "snapshots" / repository.commit
    return [file for file in repository.files if not _holds(folder / file.path, file.size)]


def _holds(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def refusal(id: str, status: int, code: str = "", revision: str | None = None) -> str:
    """Say what an HTTP status of the hub means for a model, and what to do."""
    who = page(id)
    if code == "RevisionNotFound":
        return f"{who} has no revision '{revision or 'main'}'"
    if status == 404:
        return f"no such repository: {who}; check the name, and log in if it is a private one"
    if status == 403:
        return f"no access to {id}: accept the licence on the model's page, {who}"
    if status == 401 and code == "GatedRepo":
        return (
            f"{id} is for those who are logged in: accept the licence on the model's page, {who}, "
            "and log in with `hf auth login`"
        )
    if status == 401:  # the hub's answer to strangers for what is private and what does not exist
        return (
            f"the hub does not show {who}: log in with `hf auth login`; if you are, your token is "
            "not valid or there is no such repository"
        )
    return f"{who} answers with HTTP status {status}; try again later"


def _get(path: str, id: str, revision: str | None, method: str = "GET") -> bytes:
    request = urllib.request.Request(f"{endpoint()}{path}", method=method)
    for name, value in headers().items():
        request.add_unredirected_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        code = error.headers.get("X-Error-Code") or ""
        raise HubError(refusal(id, error.code, code, revision), error.code) from None
    except _LOST as error:
        reason = getattr(error, "reason", None) or error
        raise HubError(f"the hub {endpoint()} does not answer: {reason}") from None


def _files(id: str, siblings: list[Mapping[str, Any]]) -> Iterator[HubFile]:
    for item in siblings:
        name = item["rfilename"]
        path = PurePosixPath(name)
        unsafe = any(mark in name for mark in ("\\", "\0", ":"))
        if path.is_absolute() or ".." in path.parts or not path.parts or unsafe:
            raise HubError(f"{page(id)} lists '{name[:80]}', which leads elsewhere")
        large = item.get("lfs")
        if large:
            yield HubFile(name, int(large["size"]), f"sha256:{large['sha256']}")
        else:
            yield HubFile(name, int(item["size"]), f"git:{item['blobId']}")
