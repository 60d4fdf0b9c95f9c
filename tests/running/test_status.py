import io
import json
import sys

import pytest

from sama_bench import cli
from sama_bench.cli import build
from sama_bench.errors import DataError, UserError
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.running.status import run_status
from tests.processes import kill, start_job, wait_until
from tests.running.fakes import ask


def status_command(*args):
    return build().main(["status", *map(str, args)], "sama-bench", standalone_mode=False)


def test_status_of_a_finished_run(tmp_path, capsys):
    options = {"v0/1": "failure", "v0/2": "refuse"}
    folder = ask(tmp_path, "Misbehaving", options=options).folders[0]
    assert status_command("--runs", tmp_path) == 1
    said = capsys.readouterr().out
    assert "10 answered, 1 refused, 1 failed, 0 missing of 12" in said
    assert "failed: v0/1: RuntimeError: a bad day" in said
    assert "at work" not in said
    assert status_command(folder, "--json", "-") == 1
    data = json.loads(capsys.readouterr().out)["runs"][0]
    assert data["counts"] == {"answered": 10, "refused": 1, "failed": 1}
    assert data["missing"] == 0


def test_status_of_a_run_at_work_and_of_one_that_was_killed(tmp_path):
    process = start_job(tmp_path, 2)
    folder = tmp_path / "plain" / "fake" / "tiny"
    wait_until(lambda: (folder / "predictions.jsonl").exists())
    wait_until(lambda: sum(run_status(folder).counts.values()) > 10)
    status = run_status(folder)
    assert len(status.jobs) == 1
    assert status.rate > 0
    kill(process.pid)
    process.wait()
    assert run_status(folder).jobs == ()
    assert run_status(folder).missing > 0


def test_what_is_no_run_is_said(tmp_path):
    with pytest.raises(UserError, match="there is no run in"):
        status_command(tmp_path)
    with pytest.raises(DataError, match="is no run folder"):
        run_status(tmp_path)


def test_status_of_a_manifest_that_says_nothing(tmp_path):
    folder = ask(tmp_path, limit=2).folders[0]
    (folder / "manifest.json").write_text("{}")
    with (folder / "events.jsonl").open("a") as events:
        events.write('{"event": 3}\n{"event": "sample"}\n')
    status = run_status(folder)
    assert status.missing is None
    assert status.counts == {"answered": 2}
    assert "no manifest.json that says how many" in status.notes[0]


def test_a_reason_that_a_terminal_cannot_show_is_escaped(tmp_path, monkeypatch):
    folder = ask(tmp_path, limit=2).folders[0]
    with (folder / "predictions.jsonl").open("ab") as file:
        file.write(to_line(Prediction("v0/2", "failed", error="a \ud800 b \u2020 c")))
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stdout)
    with pytest.raises(SystemExit) as end:
        cli.main(["status", str(folder), "--json", str(tmp_path / "s.json")])
    assert end.value.code == 1
    stdout.flush()
    assert rb"failed: v0/2: a \ud800 b " in stdout.buffer.getvalue()
    data = json.loads((tmp_path / "s.json").read_text())["runs"][0]
    assert data["failures"] == [{"id": "v0/2", "error": "a \ud800 b \u2020 c"}]


def test_a_damaged_run_does_not_hide_the_others(tmp_path, capsys):
    broken = {"json": "{", "form": "[1]", "deep": "[" * 100_000, "bytes": "\udcff"}
    for name, text in broken.items():
        folder = ask(tmp_path / name, limit=2).folders[0]
        (folder / "manifest.json").write_text(text, "utf-8", "surrogateescape")
    unreadable = ask(tmp_path / "unreadable", limit=2).folders[0]
    (unreadable / "manifest.json").unlink()
    (unreadable / "manifest.json").mkdir()
    events = ask(tmp_path / "events", limit=2).folders[0] / "events.jsonl"
    events.unlink()
    events.mkdir()
    ask(tmp_path / "whole")
    file = tmp_path / "status.json"
    assert status_command("--runs", tmp_path, "--json", file) == 1
    said = capsys.readouterr().out.splitlines()
    assert sum("manifest.json cannot be read: not valid JSON" in line for line in said) == 3
    assert sum("manifest.json does not hold a JSON object" in line for line in said) == 1
    assert sum(f"{unreadable}: cannot be shown: " in line for line in said) == 1
    assert sum("events.jsonl cannot be read" in line for line in said) == 1
    assert sum("12 answered, 0 refused, 0 failed, 0 missing of 12" in line for line in said) == 1
    assert len(said) == 7
    data = json.loads(file.read_text())
    assert len(data["runs"]) == 1
    assert len(data["unreadable"]) == 6
    errors = {entry["path"]: entry["error"] for entry in data["unreadable"]}
    assert "manifest.json cannot be read: Is a directory" in errors[str(unreadable)]


def test_lines_of_samples_that_the_split_does_not_have_are_named(tmp_path, capsys):
    folder = ask(tmp_path, limit=11).folders[0]
    with (folder / "predictions.jsonl").open("ab") as file:
        for number in range(4):
            file.write(to_line(Prediction(f"x{number}", "failed", error="not of this split")))
    assert status_command(folder) == 1
    said = capsys.readouterr().out
    assert "11 answered, 0 refused, 0 failed, 1 missing of 12" in said
    assert "note: 4 lines are of samples that the split does not have (x0, x1, x2, ...)" in said
    assert "not of this split" not in said


@pytest.mark.parametrize("names", [None, "", "{", '["v0/1"]\n', "[" * 5000, "3\n"])
def test_a_run_whose_samples_are_not_known_by_name(tmp_path, capsys, names):
    folder = ask(tmp_path).folders[0]
    (folder / "samples.jsonl").unlink()
    if names is not None:
        (folder / "samples.jsonl").write_text(names)
    with (folder / "predictions.jsonl").open("ab") as file:
        file.write(to_line(Prediction("x", "failed", error="not of this split")))
    status_command(folder)
    assert "note: 1 line is of samples that the split does not have; not scored" in (
        capsys.readouterr().out
    )
