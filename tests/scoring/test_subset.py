"""Data that are less than the published split, by accident and on purpose."""

import json

import pytest

from sama_bench.benchmark import split_and_subset, subset_of
from sama_bench.errors import UserError
from sama_bench.leaderboard.entry import read_entry
from sama_bench.splits._mini import ensure_mini
from tests.runs import run_command

QUICK = ("--no-captions", "--phrases", "token-overlap")


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    """Generated data with the published shards and 14 of the 522 videos."""
    return str(ensure_mini(None, "sama-bench"))


@pytest.fixture
def asked(part, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def ask(*more, status=0):
        run_command("run", "--model", "static", "--split", "all", "--task", "g", "--data", part,
                    "--devices", "cpu", *QUICK, *more, status=status)  # fmt: skip

    return ask


def scores(path):
    return json.loads((path / "scores.json").read_text())


def test_a_part_by_accident_is_never_complete(asked, tmp_path, capsys):
    asked()
    said = capsys.readouterr()
    assert "14 of 522 videos" in said.err
    assert "not complete, not ranked: the data hold 14 of 522 videos" in said.out
    run = tmp_path / "runs/static/sama-bench-g/all"
    kept = scores(run)
    assert kept["complete"] is False
    assert all(row["complete"] is False and row["unranked"] for row in kept["scores"])
    run_command("merge", str(run), "--split", "all", *QUICK)
    assert scores(run)["complete"] is False
    run_command("leaderboard", "add", str(run), "--to", "entries", status=2)
    run_command("leaderboard", "add", str(run), "--to", "entries", "--partial")
    entry = read_entry(tmp_path / "entries/static--sama-bench-g--all.json")
    assert entry.complete is False
    run_command("leaderboard", "table", "--entries", "entries", "--no-published")
    assert "not ranked" in capsys.readouterr().out


def test_a_part_on_purpose_has_a_name_and_is_complete(asked, tmp_path, capsys):
    asked("--subset", "pilot")
    run = tmp_path / "runs/static/sama-bench-g/all@pilot"
    kept = scores(run)
    assert kept["complete"] is True
    assert {row["split"].partition(":")[0] for row in kept["scores"]} >= {"all@pilot"}
    assert not any(row["split"] == "all" for row in kept["scores"])
    run_command("merge", *QUICK)
    assert scores(run) == kept
    run_command("leaderboard", "add", str(run), "--to", "entries")
    entry = read_entry(tmp_path / "entries/static--sama-bench-g--all@pilot.json")
    assert (entry.split, entry.complete) == ("all@pilot", True)


def test_naming_a_part_afterwards_changes_no_number(asked, tmp_path):
    asked()
    run = tmp_path / "runs/static/sama-bench-g/all"
    run_command("merge", str(run), "--subset", "pilot", *QUICK)
    named = scores(tmp_path / "runs/static/sama-bench-g/all@pilot")
    run_command("score", str(run), "--subset", "pilot", *QUICK)
    assert scores(run)["split"] == "all@pilot"
    assert [row["value"] for row in scores(run)["scores"]] == [
        row["value"] for row in named["scores"]
    ]


def test_names_of_subsets():
    assert split_and_subset("all@pilot-2") == ("all", "pilot-2")
    assert split_and_subset("all") == ("all", None)
    assert subset_of("all@x", "y") == "all@y"
    for bad in ("all@", "all@a/b", "all@..", "all@a b", f"all@{'x' * 65}"):
        with pytest.raises(UserError, match="--subset"):
            split_and_subset(bad)
