"""The rules of who may import whom are kept, and the check sees it when one is broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter")

ROOT = Path(__file__).resolve().parents[2]
CHECK = "from importlinter.cli import lint_imports_command; lint_imports_command()"

FORBIDDEN = {
    "running/job.py": "sama_bench.scoring.shards",
    "runfolder/manifest.py": "sama_bench.running.schedule",
    "cli/score.py": "sama_bench.metrics.jf",
    "tables/text.py": "sama_bench.errors",
    "metrics/jf.py": "sama_bench.nouns",
    "splits/mevis.py": "sama_bench.judge.judge",
    "adapters/flow.py": "sama_bench.formats.recognise",
    "scoring/score.py": "torch",
}
"""A file and a module that it must not import, one for each rule."""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", CHECK], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_forbidden_imports_are_seen(tmp_path):
    shutil.copytree(
        ROOT / "sama_bench",
        tmp_path / "sama_bench",
        ignore=shutil.ignore_patterns("__pycache__", "*.json"),
    )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    kept = lint(tmp_path)
    assert kept.returncode == 0, kept.stdout
    assert "0 broken" in kept.stdout
    for file, module in FORBIDDEN.items():
        path = tmp_path / "sama_bench" / file
        path.write_text(path.read_text() + f"\nimport {module}\n")
    broken = lint(tmp_path)
    assert broken.returncode == 1
    assert "7 broken" in broken.stdout
    for file, module in FORBIDDEN.items():
        importer = "sama_bench." + file.removesuffix(".py").replace("/", ".")
        assert f"{importer} is not allowed to import {module}" in broken.stdout or (
            f"{importer} -> {module}" in broken.stdout
        )
