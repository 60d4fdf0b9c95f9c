"""Captions scored beside other work: the same values, and nothing left behind."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sama_bench.metrics._captions import background, java, java_scores
from sama_bench.metrics._captions.java import JavaError
from sama_bench.metrics.captions import score_captions
from sama_bench.metrics.meteor import MeteorCorpus
from tests.metrics import caption_texts
from tests.metrics.test_java import fake_java
from tests.processes import members, wait_until

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="there everything is scored afterwards"),
    pytest.mark.usefixtures("few_paraphrases"),
]


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Nothing remembered, and every process worth its while."""
    monkeypatch.setattr(java_scores, "_MEMORY", {})
    monkeypatch.setattr(background, "ENOUGH", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    real, found = background._start, []

    def start(folder):
        found.append(real(folder))
        return found[-1]

    monkeypatch.setattr(background, "_start", start)
    return found


def groups(seed=3):
    rng = random.Random(seed)
    return {f"v{n}": tuple(caption_texts.pairs(rng, 4, puzzles=0.3)) for n in range(3)}


def slow_java(folder, monkeypatch, script="exec sleep 900"):
    (folder / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    java_folder = folder / "slow"
    java_folder.mkdir()
    monkeypatch.setenv(java.JAVA_VARIABLE, str(fake_java(java_folder, script)))


def test_the_values_are_those_of_scoring_afterwards(monkeypatch, started):
    texts = groups()
    afterwards = score_captions(texts, cut_released=False)
    java_scores._MEMORY.clear()
    with background.scoring_in_background(list(texts.values())):
        assert len(started) == 1
    assert started[0].returncode == 0

    def no_java(*args, **more):
        raise AssertionError("started a JVM for what is known")

    monkeypatch.setattr(java_scores, "_score", no_java)
    assert score_captions(texts, cut_released=False) == afterwards
    with background.scoring_in_background(list(texts.values())):
        assert len(started) == 1, "nothing is scored twice"


def test_a_few_texts_or_one_core_or_no_java_start_no_process(monkeypatch, started):
    few = list(groups().values())
    monkeypatch.setattr(background, "ENOUGH", 13)
    with background.scoring_in_background(few):
        pass
    monkeypatch.setattr(background, "ENOUGH", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with background.scoring_in_background(few):
        pass
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setenv(java.JAVA_VARIABLE, "/nowhere")
    with background.scoring_in_background(few):
        pass
    assert started == []
    assert java_scores._MEMORY == {}


def instead_of_java(folder):
    """Leave a score for every corpus that is asked about, as the real process does."""
    corpora, _ = pickle.loads((folder / "asked").read_bytes())
    scores = java_scores.JavaScores((), MeteorCorpus(0.0, ()), None)
    (folder / "found").write_bytes(pickle.dumps(dict.fromkeys(corpora, scores)))
    return subprocess.Popen(["true"], stdin=subprocess.PIPE, start_new_session=True)


def test_what_was_found_beside_is_forgotten_in_time(monkeypatch):
    monkeypatch.setattr(background, "_start", instead_of_java)
    monkeypatch.setattr(java_scores, "_REMEMBERED_PAIRS", 13)
    first, second, third = (list(groups(seed).values()) for seed in (1, 2, 3))
    for corpora in (first, second, [*second, *third]):
        with background.scoring_in_background(corpora):
            pass
    assert java_scores.unknown(first, False) == first
    assert java_scores.unknown([*second, *third], False) == []


def test_a_failing_program_is_met_by_the_scoring(tmp_path, monkeypatch, started):
    slow_java(tmp_path, monkeypatch, "echo 'Error: no memory' >&2; exit 1")
    texts = groups()
    with background.scoring_in_background(list(texts.values())):
        pass
    assert started[0].returncode
    with pytest.raises(JavaError, match="no memory"):
        score_captions(texts)


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_ends_the_programs(tmp_path, monkeypatch, started, error):
    slow_java(tmp_path, monkeypatch)

    def fail(process):
        wait_until(lambda: len(members(process.pid)) >= 2)  # its Java runs
        raise error

    with pytest.raises(error), background.scoring_in_background(list(groups().values())):
        fail(started[0])
    wait_until(lambda: not members(started[0].pid))
    assert java_scores._MEMORY == {}
    assert list((tmp_path / "temporary").iterdir()) == []


PARENT = """
import sys, time
from sama_bench.metrics._captions import background
from sama_bench.metrics.captions import CaptionPair
background.ENOUGH = 1
background.os.cpu_count = lambda: 2
real = background._start
def start(folder):
    process = real(folder)
    print(process.pid, flush=True)
    return process
background._start = start
with background.scoring_in_background([(CaptionPair("a", ("b",)),)]):
    time.sleep(900)
"""


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
def test_no_program_outlives_a_killed_scoring(tmp_path, monkeypatch):
    slow_java(tmp_path, monkeypatch)
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ)) as parent:
        group = int(parent.stdout.readline())
        wait_until(lambda: len(members(group)) >= 2)
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not members(group))
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_current_folder_gives_java_but_no_modules(tmp_path, monkeypatch, started):
    """Java may be given by a relative path; the user's folder may hold files of others."""
    (tmp_path / "jdk").symlink_to(java.find_java().parents[1])
    (tmp_path / "pickle.py").write_text("raise SystemExit('the user file was imported')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(java.JAVA_VARIABLE, "jdk/bin/java")
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    texts = groups()
    with background.scoring_in_background(list(texts.values())):
        pass
    assert started[0].returncode == 0
    assert java_scores.unknown(texts.values(), False) == []
