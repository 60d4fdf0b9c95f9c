"""``run --dry-run`` lists what is missing and what would be done, and writes nothing anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sama_bench import api
from sama_bench.errors import AdapterError, DataError
from sama_bench.launch.readiness import NotReadyError
from sama_bench.runfolder.folder import find_runs
from tests.data.hub_server import FakeHub, serve

REFUSES = """
from sama_bench.adapter import Adapter
from sama_bench.errors import AdapterError


class Refuses(Adapter):
    def load(self, setup):
        raise AdapterError("no weights today")

    def predict(self, sample):
        raise NotImplementedError
"""


@pytest.fixture
def fake_hub(monkeypatch):
    state = FakeHub()
    state.files["Sunye2311/SAMA_1B"] = {"config.json": b"{}", "model.safetensors": b"0" * 5000}
    state.files["bert-base-uncased"] = {"config.json": b"{}", "vocab.txt": b"a"}
    with serve(state) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield state


def test_a_newcomer_meets_everything_in_one_list(fake_hub, tmp_path):
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    kept = ("PATH", "PYTHONPATH", "HF_ENDPOINT", "SYSTEMROOT")
    environ = {name: os.environ[name] for name in kept if name in os.environ}
    root = str(Path(__file__).resolve().parents[2])
    environ |= {"HOME": str(home), "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "sama_bench", "run", "--model", "sama-1b", "--split", "mini"]
    done = subprocess.run(
        [*command, "--dry-run", "--devices", "cpu", "--json", "-"],
        capture_output=True,
        text=True,
        cwd=work,
        env=environ,
    )
    assert done.returncode == 2, done.stderr
    told = json.loads(done.stdout)
    missing = {check["name"] for check in told["checks"] if check["state"] == "missing"}
    assert missing == {"remote code", "SAMA checkout", "CUDA"}
    assert "not published" not in done.stderr  # SAMA's figure is
    assert told["parts"][0]["samples"] == 58
    assert told["parts"][0]["frames"] > told["parts"][0]["videos"] > 0
    assert told["devices"] == ["cpu"]
    assert told["bytes_to_fetch"] == 5002  # SAMA fetches its two files of BERT when it loads
    assert list(home.iterdir()) == []
    assert list(work.iterdir()) == []
    assert fake_hub.log == []  # no content was asked for


def test_a_run_that_is_refused_writes_nothing(fake_hub, tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    with pytest.raises(NotReadyError, match=r"SAMA checkout: .*\n.*CUDA: ") as caught:
        api.run("sama-1b", "mini", devices="cpu", runs=tmp_path / "runs")
    assert "--trust-remote-code" in str(caught.value)
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "cache" / "envs").exists()


def test_missing_data_are_in_the_list_and_alone_the_old_error(tmp_path):
    plan = api.dry_run("sama-1b", "VidSTG_3", data=tmp_path, offline=True)
    assert plan.parts == []
    assert plan.checks[0].name == "data"
    for benchmark in ("sama-bench-g", "ref-sav"):  # no root at all is one more line, not the only
        checks = api.dry_run("sama-1b", benchmark=benchmark, offline=True).checks
        assert "--data DIR" in checks[0].text
        assert {check.name for check in checks if check.state == "missing"} >= {"data", "weights"}
    with pytest.raises(DataError, match="VidSTG_3"):
        api.run("static", "VidSTG_3", data=tmp_path, runs=tmp_path / "runs")


def test_a_model_without_needs_is_ready(tmp_path):
    plan = api.dry_run("flow", "mini", limit=3, devices="cpu:2", runs=tmp_path)
    assert plan.ready
    assert [part.samples for part in plan.parts] == [3, 3]
    assert plan.devices == ["cpu", "cpu"]


def test_what_a_model_cannot_do_is_known_before_its_weights_are_fetched(fake_hub, tmp_path):
    plan = api.dry_run("sam2-tiny", "mini", devices="cpu", runs=tmp_path)
    (check,) = [check for check in plan.checks if check.name == "tasks"]
    assert check.state == "missing"
    assert "sama-bench-c, which asks region-description: it is for grounded-chat" in check.text
    assert check.text.endswith("or with --task the part that it is for")
    plan = api.dry_run("sam2-tiny", "mini", task="g", devices="cpu", runs=tmp_path)
    assert "tasks" not in {check.name for check in plan.checks}
    weights = {"family": "qwen"}
    plan = api.dry_run(
        "sa2va-8b", "mini", benchmark="region-captions", options=weights, runs=tmp_path
    )
    assert "tasks" in {check.name for check in plan.checks}
    with pytest.raises(NotReadyError, match="cannot be asked by region-captions"):
        api.run("sama-1b", "mini", benchmark="region-captions", runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_refused_model_leaves_no_run_behind(tmp_path):
    file = tmp_path / "refuses.py"
    file.write_text(REFUSES)
    with pytest.raises(AdapterError, match="no weights today"):
        api.run(f"{file}:Refuses", "mini", devices="cpu", runs=tmp_path / "runs")
    assert find_runs(tmp_path / "runs") == []
    assert list((tmp_path / "runs").rglob("worker-0.log"))  # what it printed stays
    api.run("static", "mini", task="c", limit=1, devices="cpu", runs=tmp_path / "runs")
    assert len(find_runs(tmp_path / "runs")) == 1
