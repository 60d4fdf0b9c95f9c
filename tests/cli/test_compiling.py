"""Compiling takes its time, once: it is said when it happens, and only then."""

import os
import subprocess
import sys

import pytest

from sama_bench.cli._compiling import say_compiling
from sama_bench.errors import UserError

pytest.importorskip("numba")

COUNT = (
    "import numpy as np, sama_bench.cli._compiling as c; c.say_compiling(); c.say_compiling();"
    "from sama_bench.metrics._masks.kernels import extend, popcount;"
    "print(popcount(np.uint64(7))); extend(np.zeros(4, np.int64), 2, 3, np.zeros(4, np.int64))"
)


def count(cache, **environment):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "SAMA_BENCH_K"))}
    done = subprocess.run(
        [sys.executable, "-c", COUNT],
        env={**kept, "SAMA_BENCH_CACHE": str(cache), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "3"
    return done.stderr


def test_the_first_use_says_that_it_compiles(tmp_path):
    assert count(tmp_path) == "compiling the mask kernels, once on this machine (some 20 s)\n"
    assert count(tmp_path) == ""
    assert count(tmp_path / "none", SAMA_BENCH_KERNEL="numpy") == ""  # they are not to be used


def test_a_wrong_choice_of_kernels_is_one_line(monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_KERNEL", "fast")
    with pytest.raises(UserError, match="SAMA_BENCH_KERNEL=fast: use one of"):
        say_compiling.__wrapped__()
