"""Downloading one file: resumed, checked, and put in its place only when it is whole.

huggingface_hub 2 begins an interrupted file from its start; files of many gigabytes are resumed
here at the byte where they stopped.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

CHUNK = 1 << 20
ATTEMPTS = 5
TIMEOUT = 30.0
"""Seconds without a byte after which an attempt is given up."""

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOST = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class DownloadError(Exception):
    """A file could not be had; the message says why and what to do."""


def checksum_of(path: Path, kind: str) -> str:
    """Return ``sha256:...`` of a file, or ``git:...``, the SHA-1 that git gives its content.

    Args:
        path: the file.
        kind: ``sha256`` or ``git``.
    """
    if kind == "git":
        digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    else:
        digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return f"{kind}:{digest.hexdigest()}"


def matches(path: Path, checksum: str) -> bool:
    """Return whether a file has this checksum (``sha256:...`` or ``git:...``)."""
    return checksum_of(path, checksum.partition(":")[0]) == checksum


def download(
    url: str,
    secrets: Mapping[str, str],
    target: Path,
    size: int,
    checksum: str,
    progress: Callable[[int], None] = lambda count: None,
) -> None:
    """Download a file to ``target``, going on where an earlier attempt stopped.

    The bytes gather in a hidden ``.part`` file beside the target, which is renamed once size and
    checksum are right.

    Args:
        url: of the file; redirects are followed.
        secrets: headers for the first request alone: they never travel along a redirect.
        target: where the file goes.
        size: its size in bytes.
        checksum: ``sha256:...`` or ``git:...``.
        progress: called with numbers of bytes gained, negative where bytes had to be dropped.

    Raises:
        DownloadError: the server refused, the connection failed again and again, or the content
            is not what the checksum promises.
        OSError: the disk refused.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    mark = checksum.partition(":")[2][:12]
    part = target.with_name(f".{target.name}.{mark}.part")
    if _length(part) > size:
        part.unlink()
    progress(_length(part))
    for attempt in range(ATTEMPTS):
        if part.exists() and _length(part) == size:
            break
        if attempt:
            time.sleep(2.0 ** (attempt - 1))
        _try(url, secrets, part, progress, last=attempt == ATTEMPTS - 1)
    if _length(part) != size:
        arrived = f"{_length(part)} of {size} bytes arrived"
        raise DownloadError(f"{arrived}; the same command goes on from there")
    if not matches(part, checksum):
        part.unlink()
        progress(-size)
        raise DownloadError("the content does not have the promised checksum; it was deleted")
    os.replace(part, target)


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _try(
    url: str, secrets: Mapping[str, str], part: Path, progress: Callable[[int], None], last: bool
) -> None:
    """Make one attempt; swallow what may pass by the next one, unless it is the last."""
    try:
        _gain(url, secrets, part, progress)
    except urllib.error.HTTPError as error:
        if last or error.code not in _RETRIED:
            raise DownloadError(_refusal(error.code)) from None
    except _LOST as error:
        if last:
            reason = getattr(error, "reason", None) or error
            raise DownloadError(f"connection failed {ATTEMPTS} times: {reason}") from None


def _gain(
    url: str, secrets: Mapping[str, str], part: Path, progress: Callable[[int], None]
) -> None:
    """Fetch the rest of a file in one request."""
    have = _length(part)
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    for name, value in secrets.items():
        request.add_unredirected_header(name, value)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        if have and not _continues(answer, have):
            progress(-have)
            have = 0
        with part.open("ab" if have else "wb") as file:
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                progress(len(chunk))


def _continues(answer: http.client.HTTPResponse, have: int) -> bool:
    """Whether an answer holds the bytes from ``have`` on, not the file from its start."""
    return answer.status == 206 and (answer.headers.get("Content-Range") or "").startswith(
        f"bytes {have}-"
    )


def _refusal(code: int) -> str:
    if code in (401, 403):
        return (
            f"the server refuses access (HTTP {code}): accept the terms on its page "
            "and log in with 'hf auth login', or set HF_TOKEN"
        )
    if code == 404:
        return "the server has no such file (HTTP 404)"
    return f"the server answers with HTTP {code}; try again later"
