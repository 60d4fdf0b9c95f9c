"""What runs inside a model's environment works on Python 3.10, the version of published models."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sama_bench.api import run
from sama_bench.runfolder.folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ("__init__", "_version", "errors", "nouns", "marks", "adapter")
ROOMS = ("sama_bench/storage", "sama_bench/media", "sama_bench/formats", "sama_bench/worker")
PACKAGES = ("numpy", "pillow", "pycocotools", "opencv-python-headless")


def python_310() -> str:
    """Find an interpreter, on PATH or among those of pyenv; skip without one."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = sorted(root.glob("versions/3.10.*/bin/python")) or [shutil.which("python3.10")]
    if found[-1] is None:
        pytest.skip("no Python 3.10 on this machine")
    return str(found[-1])


def test_its_files_are_python_310():
    files = [ROOT / "sama_bench" / f"{name}.py" for name in CONTRACT]
    for package in ("metric", "benchmark", "registry"):
        files += (ROOT / "sama_bench" / package).glob("*.py")
    for room in (*ROOMS, "adapters"):
        files += sorted((ROOT / room).rglob("*.py"))
    check = "import ast, sys; [ast.parse(open(name).read(), name) for name in sys.argv[1:]]"
    done = subprocess.run([python_310(), "-c", check, *map(str, files)], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.slow
def test_a_worker_answers_on_python_310(tmp_path, request):
    if "slow" not in request.config.getoption("markexpr"):
        pytest.skip("installs an environment; run it with -m slow")
    subprocess.run([python_310(), "-m", "venv", str(tmp_path / "env")], check=True)
    python = str(tmp_path / "env" / "bin" / "python")
    filled = subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES])
    if filled.returncode:
        pytest.skip("the packages cannot be installed here")
    asked = {"model": "static", "split": "mini", "task": "g", "limit": 4}
    here = run(**asked, runs=tmp_path / "here")
    there = run(**asked, runs=tmp_path / "there", env_python=python)
    assert there.complete
    (said,), (expected,) = (map(RunFolder, result.folders) for result in (there, here))
    assert {id: said.outcome(id) for id in said.ids()} == {
        id: expected.outcome(id) for id in expected.ids()
    }
