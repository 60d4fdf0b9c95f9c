"""Run folders, predictions and entries that an earlier version wrote are read as they were."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sama_bench.leaderboard.entry import digest, read_entries, read_entry, write_entry
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


def test_an_entry_that_is_read_is_written_to_the_byte(tmp_path):
    (file,) = (FORMER / "entries").iterdir()
    entry = read_entry(file)
    assert write_entry(entry, tmp_path).read_bytes() == file.read_bytes()
    assert (entry.provenance.history, entry.provenance.scoring) == ("independent", None)
    assert entry.coverage["strict"].missing == 8
    unknown = json.loads(file.read_text())
    del unknown["digest"]
    unknown["scores"][0] = {"mood": "good", **unknown["scores"][0], "value": 1}
    unknown["provenance"]["host"] = "here"
    text = json.dumps({**unknown, "digest": digest(unknown)})
    (tmp_path / file.name).write_text(text)
    written = write_entry(read_entry(tmp_path / file.name), tmp_path / "again")
    assert json.dumps(json.loads(written.read_text())) == text
