"""A part of the scores that was asked for and cannot be given shows in the exit status."""

from __future__ import annotations

import json
import threading

import pytest

from sama_bench.cli import main
from tests.in_process import call
from tests.judge.judge_server import GOOD, JudgeServer
from tests.shared import needs


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


@needs("openai")
@pytest.mark.parametrize(
    ("behaviour", "status", "said"),
    [
        (lambda handler, body, number: handler.say(GOOD), 0, "0 failed"),
        (lambda handler, body, number: handler.error(400, "max_tokens is unknown"), 2, "=null"),
        (lambda handler, body, number: handler.say("hm"), 1, "has no readable verdict"),
        (lambda handler, body, number: handler.say(None, refusal="no"), 1, "refused: no"),
        (
            lambda handler, body, number: handler.error(422) if number == 3 else handler.say(GOOD),
            1,
            "got no reply on 1 of",
        ),
    ],
    ids=["good", "refuses", "babbles", "filters", "once"],
)
def test_a_judge_that_was_named_and_gives_nothing(
    runs, capfd, tmp_path, monkeypatch, behaviour, status, said
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    server = JudgeServer(behaviour)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    asked = ("--no-captions", "--judge-model", "m", "--judge-base-url", server.url)
    try:
        done = call(capfd, "score", runs[0], *asked, "--json", tmp_path / "scores.json")
    finally:
        server.stop()
    assert done.returncode == status
    assert said in done.stderr
    if said.startswith("got no reply"):
        rows = json.loads((tmp_path / "scores.json").read_text())["scores"]
        clair = [row for row in rows if row["metric"] == "clair" and row["split"] == "mini"]
        assert [row["value"] for row in clair] == pytest.approx([0.8, 0.8]), "left out, and no 0"
        assert any("without a valid judgement" in (row["note"] or "") for row in clair)
