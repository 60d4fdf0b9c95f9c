"""Run folders, predictions and entries that an earlier version wrote are read as they were."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sama_bench.leaderboard.entry import read_entries
from sama_bench.runfolder.folder import RunFolder
from sama_bench.scoring.score import score_run, standard_tools
from tests.runs import run_command

FORMER = Path(__file__).parent / "former"
WHERE = Path("runs/static/mevis/mini")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(FORMER / "run", WHERE)
    return WHERE


def test_its_scores_are_the_same(run):
    result = score_run(run, tools=standard_tools("token-overlap", False), write=False)
    found = {(r["split"], r["protocol"], r["metric"]): r["value"] for r in result.rows()}
    for split, protocol, metric, value in json.loads((FORMER / "values.json").read_text()):
        assert found[split, protocol, metric] == value


def test_the_run_goes_on_where_it_stopped(run):
    answered = set(RunFolder(run).ids())
    assert len(answered) == 5
    before = (run / "predictions.jsonl").read_bytes()
    run_command("run", "--model", "static", "--benchmark", "mevis", "--limit", "6", "--no-score",
                "--split", "mini")  # fmt: skip
    folder = RunFolder(run)
    assert len(folder) == 6
    assert not folder.damaged
    assert (run / "predictions.jsonl").read_bytes().startswith(before)


def test_entries_are_read():
    (entry,) = read_entries([FORMER / "entries"])
    assert (entry.model, entry.benchmark, entry.split) == ("static", "mevis", "mini")
    assert entry.complete is False
