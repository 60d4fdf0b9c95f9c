"""The embedded split `mini`: small drawn scenes in the files and layout of the real benchmarks."""

from __future__ import annotations

from pathlib import Path

from sama_bench.caches import cache_dir

from .sama_files import write_sama_bench
from .store import MINI_VERSION, generate_once

__all__ = ["MINI_VERSION", "ensure_mini"]


def ensure_mini(root: Path | None = None) -> Path:
    """Return the data root of the mini split, generating it on first use (a few seconds).

    It holds fourteen videos of 24 to 44 frames in exactly the SAMA-Bench files and layout
    (SAMA-Bench data, sections 1.1 to 1.4): the 13 split files, the four mask dictionaries and the
    frames. The bytes depend on `MINI_VERSION` and the installed OpenCV alone.

    Args:
        root: where the data lies or goes; by default `mini-v<version>/sama-bench` below
            `$SAMA_BENCH_CACHE` or `~/.cache/sama-bench`.

    Raises:
        UserError: `root` holds other files.
        OSError: the folder could not be written.
    """
    target = cache_dir() / f"mini-v{MINI_VERSION}" / "sama-bench" if root is None else Path(root)
    return generate_once(target, "sama-bench", write_sama_bench)
