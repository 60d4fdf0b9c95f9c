"""Reference outputs and real data beside the repository, for tests that can use them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared(*parts: str) -> Path:
    """Return a path below ``../shared`` (or ``SAMA_BENCH_SHARED``), or skip the test, saying so."""
    root = os.environ.get("SAMA_BENCH_SHARED")
    folder = Path(root) if root else Path(__file__).resolve().parents[2] / "shared"
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(('shared', *parts))} is not beside this repository")
    return path
