"""The whole mission on generated data: 13 shards, a lost worker, a late shard, merge, entry.

docs/rehearsal.md shows the same commands.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sama_bench.splits._mini import ensure_mini
from sama_bench.splits.sama_bench.layout import SHARDS
from tests.processes import ROOT, children, kill, wait_until
from tests.runs import run_command

MODEL = f"{Path(__file__).parent}/sama_like.py:SamaLike"
LATE = "VidSTG_7"
QUICK = ("--no-captions", "--phrases", "token-overlap")
PART = ("--subset", "rehearsal")  # 14 of 522 videos, on purpose
RUNS = Path("runs/samalike")


@pytest.fixture(scope="module")
def mission(tmp_path_factory):
    """A working folder, and the data in the published layout."""
    folder = tmp_path_factory.mktemp("mission")
    before = Path.cwd()
    os.chdir(folder)
    yield str(ensure_mini(None, "sama-bench"))
    os.chdir(before)


def ask(split, data, *more, status=0):
    run_command("run", "--model", MODEL, "--split", split, "--data", data, "--devices", "cpu",
                "--no-score", *more, status=status)  # fmt: skip


def ask_and_lose_a_worker(split, data):
    """Run a shard as a job of its own, and kill one of its two workers at work."""
    command = ["run", "--model", MODEL, "--split", split, "--data", data, "--devices", "cpu:2"]
    job = subprocess.Popen(
        [sys.executable, "-m", "sama_bench", *command, "--no-score"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "SAMA_LIKE_PAUSE": "0.2"},
    )
    answers = RUNS / "sama-bench-g" / split / "predictions.jsonl"
    wait_until(lambda: answers.is_file() and answers.stat().st_size > 0)
    wait_until(lambda: children(job.pid))
    assert kill(children(job.pid)[0])
    assert job.wait() == 0
    events = (answers.parent / "events.jsonl").read_text().splitlines()
    assert any(json.loads(line)["event"] == "worker_lost" for line in events)


def scores_of(folder):
    kept = json.loads((folder / "scores.json").read_text())
    return {name: kept[name] for name in ("coverage", "scores", "videos", "samples")}


def test_thirteen_shards_become_an_entry(mission, capsys):
    for split in SHARDS:
        if split == "VidSTG_3":
            ask_and_lose_a_worker(split, mission)
        elif split != LATE:
            ask(split, mission)

    capsys.readouterr()
    run_command("merge", *QUICK, status=2)
    assert LATE in capsys.readouterr().err
    ask(LATE, mission)
    run_command("merge", *QUICK)
    few = RUNS / "sama-bench-g" / "all"
    assert json.loads((few / "scores.json").read_text())["complete"] is False
    run_command("leaderboard", "add", str(few), "--to", "entries", status=2)
    assert "14 of 522 videos" in capsys.readouterr().err
    shutil.rmtree(few)
    shutil.rmtree(RUNS / "sama-bench-c" / "all")
    run_command("merge", *QUICK, *PART)

    ask("all", mission, "--runs", "whole", *PART)
    for part in ("sama-bench-g", "sama-bench-c"):
        whole = Path("whole/samalike") / part / "all@rehearsal"
        run_command("score", str(whole), *QUICK)
        assert scores_of(RUNS / part / "all@rehearsal") == scores_of(whole)

    merged = str(RUNS / "sama-bench-g" / "all@rehearsal")
    run_command(
        "compare", merged, "whole/samalike/sama-bench-g/all@rehearsal", "--resamples", "100"
    )
    run_command("report", merged, "--out", "report", "--max-samples", "2", "--no-explain")
    run_command("leaderboard", "add", merged, "--to", "entries")
    (entry,) = Path("entries").glob("*.json")
    run_command("leaderboard", "verify", str(entry), *QUICK)
