"""The split ``mini`` of every benchmark: small generated data in the layout of the real files."""

from __future__ import annotations

from pathlib import Path

from sama_bench.splits._mini import ensure_mini
from sama_bench.splits._mini.store import is_generated

MINI = "mini"


def with_mini(root: Path | None, benchmark: str, split: str, whole: str) -> tuple[Path | None, str]:
    """Return the data root and the split of the files that a user's split means.

    The split ``mini`` is always generated data: a root that holds other files is passed over, so
    that scores on real data never bear its name.

    Args:
        root: from ``--data`` or SAMA_BENCH_DATA, or None.
        benchmark: name.
        split: as asked for.
        whole: the split of the real files that ``mini`` imitates.
    """
    if split != MINI:
        return root, split
    if root is None or not is_generated(root, benchmark):
        root = ensure_mini(None, benchmark)
    return root, whole
