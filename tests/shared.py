"""What tests use where it is there: reference outputs and real data, optional packages."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest


def needs(package: str) -> pytest.MarkDecorator:
    """Skip tests where a package is missing, without importing it while tests are collected."""
    missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(missing, reason=f"{package} is not installed")


def shared(*parts: str) -> Path:
    """Return a path below ``../shared`` (or ``SAMA_BENCH_SHARED``), or skip the test, saying so."""
    root = os.environ.get("SAMA_BENCH_SHARED")
    folder = Path(root) if root else Path(__file__).resolve().parents[2] / "shared"
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(('shared', *parts))} is not beside this repository")
    return path
