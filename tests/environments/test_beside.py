"""An environment file beside a user's adapter serves every command, from any folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sama_bench.authoring import check_model as checking
from sama_bench.authoring.template import write_adapter
from sama_bench.cli import build
from sama_bench.environments import manage
from sama_bench.environments.definition import read_environment

BARE = 'summary = "mine"\npython = ">=3.9"\nrequirements = []\n'


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


def listed(name: str) -> dict:
    done = CliRunner().invoke(build(), ["env", "list", "--json", "-"])
    return next(r for r in json.loads(done.output)["environments"] if r["name"] == name)


def test_the_list_is_right_from_any_folder(tmp_path, monkeypatch):
    file = tmp_path / "mine.toml"
    file.write_text(BARE)
    monkeypatch.chdir(tmp_path)
    made = manage.create(read_environment(Path("mine.toml")))
    monkeypatch.chdir("/")
    row = listed("mine")
    assert row["current"]
    assert row["summary"] == "mine"
    assert row["made"] == [str(made.python)]
    shown = CliRunner().invoke(build(), ["env", "list"]).output
    assert "older file" not in next(line for line in shown.splitlines() if "mine" in line)
    file.write_text(BARE.replace("[]", '["six==1.16.0"]'))
    assert "made from an older file" in CliRunner().invoke(build(), ["env", "list"]).output
    file.unlink()
    assert f"{file} is gone" in CliRunner().invoke(build(), ["env", "list"]).output


def test_adapter_check_runs_where_run_does(tmp_path, monkeypatch):
    adapter, _, cls = write_adapter("mine", tmp_path)
    (tmp_path / "mine.toml").write_text(BARE)
    asked = []

    def python_for(spec, env_python, no_env, say):
        asked.append(spec.adapter)
        return Path(sys.executable)

    monkeypatch.setattr(checking, "python_for", python_for)
    findings = list(checking.check_model(f"{adapter}:{cls}"))
    assert asked == [f"{adapter}:{cls}"]
    assert [found for found in findings if found.problem] == []
    assert findings[-1].name == "close"


def test_what_a_check_elsewhere_meets_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(checking, "python_for", lambda *given: Path(sys.executable))
    adapter, _, cls = write_adapter("mine", tmp_path)
    text = adapter.read_text()
    adapter.write_text(text.replace("import numpy", "import no_such_package_here\nimport numpy", 1))
    [found] = checking.check_model(f"{adapter}:{cls}")
    assert "no_such_package_here" in found.problem
    adapter.write_text(
        text.replace("self.threshold = ", "import os; os._exit(7); self.threshold = ")
    )
    *_, last = checking.check_model(f"{adapter}:{cls}")
    assert "exit status 7" in last.problem


def test_new_names_the_environment_beside(tmp_path):
    (tmp_path / "mine.toml").write_text(BARE)
    done = CliRunner().invoke(build(), ["adapter", "new", "mine", "--folder", str(tmp_path)])
    assert f"in the environment of {tmp_path / 'mine.toml'}" in done.output
    done = CliRunner().invoke(build(), ["adapter", "new", "other", "--folder", str(tmp_path)])
    assert "in the environment of" not in done.output
