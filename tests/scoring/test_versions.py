"""Scores say under which version of the definitions they were computed."""

import json

import pytest
from msgspec import structs

from sama_bench.errors import DataError
from sama_bench.leaderboard.entry import BoardEntry, read_entry, write_entry
from sama_bench.leaderboard.make import entry_of_run
from sama_bench.leaderboard.rows import entry_rows
from sama_bench.scoring.scored_run import read_scored_run, recorded_manifest
from sama_bench.scoring.versions import SCORING, outdated, versions_of
from sama_bench.storage.seal import sealed, unsealed
from tests.runs import run_command

QUICK = ("--no-captions", "--phrases", "token-overlap")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_command("run", "--model", "static", "--split", "mini", "--task", "g", "--devices", "cpu",
                *QUICK)  # fmt: skip
    return tmp_path / "runs/static/sama-bench-g/mini"


def change(path, **more):
    content = unsealed(path.read_bytes())
    content.update(more)
    kept = {key: value for key, value in content.items() if value is not None}
    path.write_bytes(sealed(json.dumps(kept).encode()))


def test_scores_carry_the_version_of_each_protocol(run, capsys):
    scores = run / "scores.json"
    assert json.loads(scores.read_text())["scoring"] == dict(SCORING)
    run_command("score", str(run), "--protocol", "strict", *QUICK)
    assert json.loads(scores.read_text())["scoring"] == {"strict": SCORING["strict"]}
    assert read_scored_run(run).protocols() == ["strict"]


def test_a_changed_digit_of_the_scores_is_no_score(run, capsys):
    file = run / "scores.json"
    before = file.read_bytes()
    place = before.index(b'"value": 0.') + len(b'"value": 0.')
    digit = b"1" if before[place : place + 1] != b"1" else b"2"
    file.write_bytes(before[:place] + digit + before[place + 1 :])
    for command in (["compare", str(run), str(run)], ["leaderboard", "add", str(run)]):
        run_command(*command, status=2)
        assert "its checksum does not fit" in capsys.readouterr().err


@pytest.mark.parametrize("recorded", [None, {"released": 1, "strict": 2}, {"released": 99}])
def test_values_of_another_version_are_scored_again_first(run, capsys, recorded):
    change(run / "scores.json", scoring=recorded)
    with pytest.raises(DataError, match=r"score the answers again: sama-bench score .*mini"):
        read_scored_run(run)
    assert recorded_manifest(run).model == "static"
    capsys.readouterr()
    for command in (["compare", str(run), str(run)], ["leaderboard", "add", str(run)]):
        run_command(*command, status=2)
        assert "sama-bench score" in capsys.readouterr().err
    run_command("score", str(run), *QUICK)
    assert read_scored_run(run).model == "static"


def test_an_entry_of_another_version_is_shown_and_not_ranked(run, tmp_path):
    entry = entry_of_run(run, resamples=20)
    assert entry.provenance.scoring == dict(SCORING)
    assert not any(row.get("unranked") for row in entry_rows([entry]))
    before = structs.replace(entry.provenance, scoring=None)  # as every entry before versions
    file = structs.replace(entry.file, provenance=before)
    old = read_entry(write_entry(BoardEntry(file), tmp_path))
    rows = entry_rows([old])
    assert all(row["unranked"] for row in rows)
    assert "scored under version 1 of strict" in rows[-1]["note"]


def test_what_records_no_version_is_of_the_first():
    assert versions_of({}) == {"released": 1, "strict": 1}
    assert outdated({"scoring": dict(SCORING)}) == {}
    assert outdated({"scoring": {**SCORING, "strict": 1}}) == {"strict": 1}
