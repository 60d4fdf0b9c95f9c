"""A file of scores of which something is of a wrong type is one line, whatever reads it."""

import json
import re

import pytest

from sama_bench.errors import DataError
from sama_bench.scoring.scored_run import read_scored_run
from tests.in_process import call
from tests.scored import random_scores, write

FAULTS = [
    (lambda data: data.update(coverage=[]), "`$.coverage`"),
    (lambda data: data.update(model={}), "Expected `str`, got `object` - at `$.model`"),
    (lambda data: data["coverage"]["strict"].pop("failed"), "missing required field `failed`"),
    (lambda data: data["coverage"]["strict"].update(failed=-1), "below 0"),
    (lambda data: data["scores"][0].pop("value"), "field `value` - at `$.scores[0]`"),
    (lambda data: data["scores"][0].update(value="0.5"), "got `str` - at `$.scores[0].value`"),
    (lambda data: data["scores"][0].update(value=10**400), "`$.scores[0].value`"),
    (lambda data: data["scores"][0].update(samples=[1]), "at `$.scores[0].samples`"),
    (lambda data: data["scores"][0].pop("aggregation"), "missing required field `aggregation`"),
    (lambda data: data["scores"].append(5), "got `int` - at `$.scores["),
    (lambda data: data["videos"][0].pop("protocol"), "field `protocol` - at `$.videos[0]`"),
    (lambda data: data["videos"][0].update(values={"j": "x"}), "`$.videos[0].values["),
    (lambda data: data["videos"][0].update(weights={"j": [1, 2]}), "`$.videos[0].weights["),
    (lambda data: data["samples"][0].update(attributes={"turn": []}), "attribute turn is a list"),
    (lambda data: data["samples"][0]["values"].update(j=float("nan")), "`$.samples[0].values["),
    (lambda data: data.update(manifest={"seed": float("inf")}), "manifest holds a number"),
]


@pytest.mark.parametrize(("change", "says"), FAULTS)
def test_a_field_of_a_wrong_type_is_named(tmp_path, change, says):
    data = random_scores(1, videos=3)
    change(data)
    folder = write(tmp_path / "run", data)
    with pytest.raises(DataError, match=re.escape(says)) as refused:
        read_scored_run(folder)
    assert "scores.json is not a file of scores" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("command", [("compare",), ("leaderboard", "add"), ("report",)])
def test_commands_say_it_in_one_line(tmp_path, command, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = random_scores(1, videos=3)
    data["videos"][1]["values"] = {"j": ["a"]}
    folder = write(tmp_path / "run", data)
    runs = [folder, folder] if command == ("compare",) else [folder]
    done = call(capfd, *command, *runs, *(("--out", "page") if command == ("report",) else ()))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_what_our_own_commands_write_is_read(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for benchmark in ("mevis", "sama-bench-g", "ref-sav", "gcg"):
        given = ("--benchmark", benchmark, "--split", "mini")
        assert call(capfd, "run", "--model", "static", *given, "--no-score").returncode == 0
        folder = f"runs/static/{benchmark}/mini"
        scored = call(capfd, "score", folder, "--no-captions", "--phrases", "token-overlap")
        assert scored.returncode == 0, scored.stderr
        assert read_scored_run(tmp_path / folder).rows


def test_scores_without_videos_have_no_intervals(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = json.loads(json.dumps(random_scores(1, videos=3)))
    data["videos"] = []
    folder = write(tmp_path / "run", data)
    done = call(capfd, "leaderboard", "add", folder, "--to", "entries", "--partial")
    assert done.returncode == 0, done.stderr


def test_scores_whose_checksum_was_taken_off_are_scored_again(tmp_path):
    folder = write(tmp_path / "run", random_scores(1, videos=3))
    assert read_scored_run(folder).rows
    (folder / "scores.json").write_text(json.dumps(random_scores(1, videos=3)))
    with pytest.raises(DataError, match=r"checksum is missing.*score the answers again"):
        read_scored_run(folder)
