"""Standard streams that are closed or full, and what the environment lacks: never a traceback."""

import json
import os
import subprocess
import sys

import pytest

from sama_bench.runfolder.folder import RunFolder
from sama_bench.storage.safe_names import safe_name
from tests.in_process import call
from tests.processes import ROOT
from tests.runs import run_command

ASK = ["run", "--model", "static", "--split", "mini", "--task", "g", "--limit", "2"]
ASK += ["--devices", "cpu", "--no-score"]


def shell(words, tmp_path, **environ):
    """Run a command line of the shell, with ``sama-bench`` for this checkout's command."""
    script = f'sama-bench() {{ "{sys.executable}" -P -m sama_bench "$@"; }}\n{words}'
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    return done


def test_a_run_without_standard_error_records_its_answers(tmp_path):
    for number, closed in enumerate(("2>&-", "2>/dev/full")):
        done = shell(f"sama-bench {' '.join(ASK)} --runs r{number} {closed}", tmp_path)
        assert done.returncode == 0
        assert len(RunFolder(tmp_path / f"r{number}/static/sama-bench-g/mini")) == 2


def test_a_full_standard_output_is_one_line_after_the_scores_are_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_command(*ASK)
    folder = "runs/static/sama-bench-g/mini"
    quick = "--no-captions --phrases token-overlap"
    done = shell(f"sama-bench score {folder} {quick} > /dev/full", tmp_path)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last == "sama-bench: standard output: No space left on device"
    assert json.loads((tmp_path / folder / "scores.json").read_text())["scores"]
    out = "--json compared.json > /dev/full"
    assert shell(f"sama-bench compare {folder} {folder} {out}", tmp_path).returncode == 2
    assert json.loads((tmp_path / "compared.json").read_text())
    out = "--no-published --json table.json > /dev/full"
    assert shell(f"sama-bench leaderboard table {out}", tmp_path).returncode in (0, 2)
    assert "scores" in json.loads((tmp_path / "table.json").read_text())
    assert shell("sama-bench list models | head -c 1", tmp_path).stderr == ""


def test_no_home(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("SAMA_BENCH_CACHE")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: (_ for _ in ()).throw(KeyError(uid)))
    monkeypatch.chdir(tmp_path)
    run_command(*ASK, status=2)
    assert "set SAMA_BENCH_CACHE to a folder" in capsys.readouterr().err
    run_command("env", "list", status=2)
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))
    run_command("env", "list")


@pytest.mark.parametrize(("name", "value"), [("RANK", "abc"), ("WORLD_SIZE", ""), ("RANK", "²")])
def test_odd_variables_of_torchrun(tmp_path, monkeypatch, capsys, name, value):
    for known in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.setenv(known, "1")
    monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    run_command(*ASK, status=2)
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"{name}={value!r} in the environment is no number" in said


def test_names_that_are_no_text(tmp_path):
    assert safe_name("M\udcff").startswith("M-")
    (tmp_path / "m.py").touch()
    done = shell(f"sama-bench {' '.join(ASK)} --model $'m.py:M\\xff'", tmp_path)
    assert done.returncode == 2
    assert "unknown class" in done.stderr


@pytest.mark.parametrize("name", ["predictions.jsonl", "events.jsonl"])
def test_a_pipe_in_a_run_folder_hangs_nobody(tmp_path, monkeypatch, capsys, name):
    folder = tmp_path / "runs/static/sama-bench-g/mini"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    os.mkfifo(folder / name)
    monkeypatch.chdir(tmp_path)
    run_command(*ASK, status=2)
    assert f"{name} is no regular file" in capsys.readouterr().err


def test_ctrl_c_while_the_command_line_is_imported(tmp_path):
    code = """if True:
        import importlib.abc, runpy, sys
        class Interrupt(importlib.abc.MetaPathFinder):
            def find_spec(self, name, *more):
                if name == "sama_bench.cli":
                    raise KeyboardInterrupt
        import sama_bench
        sys.meta_path.insert(0, Interrupt())
        runpy.run_module("sama_bench", run_name="__main__")
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "sama-bench: stopped\n")


def test_several_things_that_are_missing_stand_a_line_each(capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    done = call(capfd, "run", "--model", "sam2-tiny", "--split", "mini", "--offline")
    assert done.returncode == 2
    head, *items = done.stderr.splitlines()
    assert head == f"sama-bench: sam2-tiny cannot start yet, {len(items)} things are missing:"
    assert [item.split(":")[0] for item in items] == ["  tasks", "  weights"]
