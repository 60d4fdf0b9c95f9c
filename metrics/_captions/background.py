"""Caption scoring in a process of its own, while the caller compares masks.

They run in a process of their own, since what else is to be done, comparing masks, keeps this
one's interpreter busy. Only the memory of ``caption_java`` is filled: who asks for scores later
gets what is remembered, and everything else is computed then.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sama_bench.metrics import spice as spice_metric
from sama_bench.metrics._captions.java import JavaError, find_java
from sama_bench.metrics._captions.java_scores import (
    JavaScores,
    Texts,
    remember,
    score_with_java,
    unknown,
)

ENOUGH = 1000
"""Pairs for which a process of their own pays."""


@contextmanager
def scoring_in_background(corpora: Sequence[Texts]) -> Iterator[None]:
    """Have the Java programs score corpora while the body runs; wait for them at its end.

    Texts are those that ``captions.score_both`` will be given. Nothing is done for fewer than
    ENOUGH pairs, on one core, or without Java. An error of the programs is left for ``score_both``
    to meet; when the body raises they are ended.
    """
    with_spice = spice_metric.why_unavailable() is None
    new = unknown(corpora, with_spice)
    if sum(map(len, new)) < ENOUGH or not _possible():
        yield
        return
    with tempfile.TemporaryDirectory(
        prefix="sama-bench-captions-",
        ignore_cleanup_errors=True,  # a program that is killed may be at its last write
    ) as name:
        folder = Path(name)
        (folder / "asked").write_bytes(pickle.dumps((new, with_spice)))
        process = _start(folder)
        try:
            yield
            process.wait()
        finally:
            _end(process)
        remember(_found(folder), with_spice, keep=corpora)


def _possible() -> bool:
    several = (os.cpu_count() or 1) > 1
    try:
        find_java()
    except JavaError:
        return False
    return several and os.name == "posix" and bool(sys.executable)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    # What is importable here is there, and nothing else: Python adds the current folder by itself.
    code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(folder)},
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and its JVMs, if they still run."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _found(folder: Path) -> Mapping[Texts, JavaScores]:
    """Read what the process found; nothing where it failed."""
    try:
        found: dict[Texts, JavaScores] = pickle.loads((folder / "found").read_bytes())
    except FileNotFoundError:
        return {}
    return found


def _end_with_parent(folder: Path) -> None:
    """Leave nothing behind when the other end of standard input is gone."""
    os.read(0, 1)
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Score what lies in the folder that is named first, and leave the scores beside it."""
    folder = Path(sys.argv[1])
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    corpora, with_spice = pickle.loads((folder / "asked").read_bytes())
    found = score_with_java(corpora, with_spice=with_spice)
    part = folder / "part"
    part.write_bytes(pickle.dumps(found))
    part.replace(folder / "found")
