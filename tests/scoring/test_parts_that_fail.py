"""A part of the scores that was asked for and cannot be given shows in the exit status."""

from __future__ import annotations

import json

import pytest

from sama_bench.cli import main
from tests.in_process import call


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs on minis: SAMA-Bench-C, and region captions."""
    root = tmp_path_factory.mktemp("runs")
    asked = ["run", "--model", "static", "--runs", str(root), "--split", "mini", "--no-score"]
    for more in (["--task", "c"], ["--benchmark", "region-captions"]):
        with pytest.raises(SystemExit):
            main([*asked, *more])
    return [root / "static" / name / "mini" for name in ("sama-bench-c", "region-captions")]


@pytest.fixture
def no_java(tmp_path, monkeypatch):
    """A Java that has no memory, and texts that nobody tokenised before."""
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'java.lang.OutOfMemoryError: Java heap space' >&2\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.setenv("SAMA_BENCH_JAVA", str(java))
    monkeypatch.setattr("sama_bench.metrics._captions.java_scores._MEMORY", {})


@pytest.mark.parametrize("number", [0, 1], ids=["sama-bench-c", "region-captions"])
def test_captions_that_cannot_be_counted(runs, no_java, capfd, tmp_path, number):
    kept = tmp_path / "scores.json"
    done = call(capfd, "score", runs[number], "--json", kept)
    assert done.returncode == 1
    (said,) = [line for line in done.stderr.splitlines() if "could not be counted" in line]
    assert "OutOfMemoryError" in said
    assert "--no-captions" in said
    rows = json.loads(kept.read_text())["scores"]
    assert all(row["value"] is None for row in rows if row["metric"] == "meteor")
    merged = call(capfd, "merge", runs[number], "--runs", tmp_path, "--out", tmp_path)
    assert merged.returncode == 1
    if number == 0:
        assert call(capfd, "score", runs[0], "--no-captions").returncode == 0


def test_a_run_whose_captions_cannot_be_counted(no_java, capfd, tmp_path):
    asked = ("--model", "static", "--benchmark", "region-captions", "--split", "mini")
    done = call(capfd, "run", *asked, "--runs", tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("could not be counted") == 1
