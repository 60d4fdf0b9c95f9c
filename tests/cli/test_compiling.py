"""Compiling takes its time, once: it is said when it happens, and only then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sama_bench.cli._compiling import say_compiling
from sama_bench.errors import UserError
from sama_bench.media.rle.kernel_choice import can_compile

pytest.importorskip("numba")

COUNT = (
    "import numpy as np, sama_bench.cli._compiling as c; c.say_compiling(); c.say_compiling();"
    "from sama_bench.metrics._masks.kernels import extend, popcount;"
    "print(popcount(np.uint64(7))); extend(np.zeros(4, np.int64), 2, 3, np.zeros(4, np.int64))"
)


def count(cache):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "SAMA_BENCH_K"))}
    done = subprocess.run(
        [sys.executable, "-c", COUNT],
        env={**kept, "SAMA_BENCH_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "3"
    return done.stderr


def test_the_first_use_says_that_it_compiles(tmp_path):
    assert count(tmp_path) == "compiling the mask kernels, once on this machine (some 20 s)\n"
    assert count(tmp_path) == ""


@pytest.mark.skipif(not can_compile(), reason="Numba is not to compile")
def test_kernels_are_compiled_once_in_a_test_run():
    kept = Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbi")
    names = {path.name.partition("-")[0] for path in kept}
    assert {
        "compiled.first_refused", "kernels.count_masklet", "kernels.count_overlap",
        "paraphrase_kernel.select_entries",
    } <= names  # fmt: skip


def test_nothing_is_said_where_kernels_are_not_to_be_used(monkeypatch):
    listened = []
    monkeypatch.setattr("sama_bench.media.rle.compiling.on_first_compile", listened.append)
    monkeypatch.setenv("SAMA_BENCH_KERNEL", "numpy")
    say_compiling.__wrapped__()
    assert listened == []
    monkeypatch.delenv("SAMA_BENCH_KERNEL")
    say_compiling.__wrapped__()
    assert len(listened) == 1


def test_a_wrong_choice_of_kernels_is_one_line(monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_KERNEL", "fast")
    with pytest.raises(UserError, match="SAMA_BENCH_KERNEL=fast: use one of"):
        say_compiling.__wrapped__()
