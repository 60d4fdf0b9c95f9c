"""The split ``mini`` of every benchmark: small generated data in the layout of the real files."""

from __future__ import annotations

from pathlib import Path

from sama_bench.splits.mini import ensure_mini

MINI = "mini"


def with_mini(root: Path | None, benchmark: str, split: str, whole: str) -> tuple[Path | None, str]:
    """Return the data root and the split of the files that a user's split means.

    Args:
        root: from ``--data``, or None.
        benchmark: name.
        split: as asked for; ``mini`` needs no root and is generated on first use.
        whole: the split of the real files that ``mini`` imitates.
    """
    if split != MINI:
        return root, split
    return (ensure_mini(None, benchmark) if root is None else root), whole
