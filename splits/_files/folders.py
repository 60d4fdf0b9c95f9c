"""Where the files of a benchmark lie below the folder that a user names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sama_bench.errors import AbsentError, NoRootError


def find_folder(root: Path | None, benchmark: str, folders: Sequence[str], marker: str) -> Path:
    """Return the folder below ``root`` that holds ``marker``.

    Args:
        root: what the user gave as ``--data``: the benchmark's own folder, or one above it.
        benchmark: its name, for the message.
        folders: relative to ``root``, the likeliest first; "" is the root itself.
        marker: a file that the folder must hold.

    Raises:
        NoRootError: no root was given.
        AbsentError: none of the folders holds the file; all of them are named.
    """
    if root is None:
        raise NoRootError(
            f"{benchmark} needs its files: give --data DIR or set SAMA_BENCH_DATA "
            "('sama-bench data fetch' says how to get them)"
        )
    if not root.is_dir():
        raise AbsentError(f"the data root {root} does not exist; give --data DIR")
    for folder in folders:
        if (root / folder / marker).is_file():
            return root / folder
    tried = ", ".join(str(root / folder / marker) for folder in folders)
    raise AbsentError(f"no {marker} of {benchmark} below {root}; looked for {tried}")
