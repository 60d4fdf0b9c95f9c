"""Compile the mask kernels once in a run, before its tests start.

``python -m tests.kernels PART`` compiles a part of them; the parts take about the same time.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from sama_bench.storage.cache_folder import cache_dir

ROOT = Path(__file__).resolve().parents[1]
MASK = {"size": [2, 2], "counts": "0120"}
_STARTED: list[subprocess.Popen[bytes]] = []


def folder() -> Path:
    """Where kernels are kept for all runs of the tests: another one when the shared reader changes.

    Numba notices changes of the file that it compiles, not of the reader that such files call.
    """
    reader = hashlib.sha256()
    for path in sorted((ROOT / "sama_bench" / "media" / "rle").glob("*.py")):
        reader.update(path.read_bytes())
    return cache_dir() / "numba-of-tests" / reader.hexdigest()[:8]


def start_compiling() -> None:
    """Start a process for every part."""
    paths = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    for part in PARTS:
        command = [sys.executable, "-m", "tests.kernels", part]
        _STARTED.append(subprocess.Popen(command, cwd=ROOT, env=environment))


def wait_for_compiling() -> None:
    while _STARTED:
        process = _STARTED.pop()
        if process.wait():
            raise RuntimeError(f"{process.args} failed")


def _boundaries() -> None:
    from sama_bench.metrics._masks.counts import frame_counts

    frame_counts([[MASK]], [MASK])


def _the_rest() -> None:
    import numpy as np

    from sama_bench.media import rle
    from sama_bench.metrics._captions.paraphrase_kernel import select_entries
    from sama_bench.metrics._masks.overlap import overlap

    rle.check_all([MASK])
    overlap([[MASK]], [[MASK]])
    entry = np.frombuffer(bytearray(b"1\na dog\nthe dog\n"), np.uint8)
    select_entries(entry, np.zeros(1 << 8, np.bool_), np.empty_like(entry))


PARTS = {"boundaries": _boundaries, "rest": _the_rest}

if __name__ == "__main__":
    from sama_bench.media.rle.kernel_choice import compiles

    if compiles():
        PARTS[sys.argv[1]]()
