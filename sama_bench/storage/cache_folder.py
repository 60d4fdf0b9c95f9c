"""Where things that can be made again are kept: indexes, generated data, cached replies."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sama_bench.errors import UserError
from sama_bench.storage.untrusted_files import read_regular


def cache_dir() -> Path:
    """Return the folder for things that can be made again.

    It is ``SAMA_BENCH_CACHE`` if that is set, otherwise ``~/.cache/sama-bench``; it need not exist.

    Raises:
        UserError: there is neither that variable nor a home folder.
    """
    named = os.environ.get("SAMA_BENCH_CACHE")
    return Path(named) if named else home_dir() / ".cache" / "sama-bench"


def home_dir() -> Path:
    """Return the user's home folder; where there is none, the cache folder that was named.

    Raises:
        UserError: there is no home folder and SAMA_BENCH_CACHE is not set.
    """
    try:
        return Path.home()
    except RuntimeError:
        named = os.environ.get("SAMA_BENCH_CACHE")
        if named:
            return Path(named)
        raise UserError(
            "this user has no home folder (HOME is not set); set SAMA_BENCH_CACHE to a folder for "
            "what can be made again"
        ) from None


_INSTEAD: list[Path] = []
"""The folder that takes what must not be kept, while ``nothing_kept``."""


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Read the cache but keep nothing in it; what has to lie somewhere is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="sama-bench-") as folder:
        _INSTEAD.append(Path(folder))
        try:
            yield
        finally:
            _INSTEAD.pop()


def kept_folder(*parts: str) -> Path:
    """Return a folder of the cache for generated files; it need not exist.

    Under ``nothing_kept`` one that does not exist yet is a temporary one.
    """
    folder = cache_dir().joinpath(*parts)
    return _INSTEAD[-1].joinpath(*parts) if _INSTEAD and not folder.exists() else folder


def read_cached(path: Path) -> Any:
    """Return the JSON kept at ``path``, or None where there is none or it is damaged."""
    try:
        return json.loads(read_regular(path))
    except (OSError, ValueError, RecursionError):
        return None


def keep(path: Path, content: Any) -> None:
    """Keep JSON at ``path``, whole or not at all; a disk that refuses is no error for a cache."""
    if _INSTEAD:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError:
        return
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, separators=(",", ":"))
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
