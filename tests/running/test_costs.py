"""What a run costs is recorded: seconds by part, GPU time and memory, shared calls."""

import json

import pytest

from sama_bench.adapter import ModelSpec, Setup
from sama_bench.cli import build
from sama_bench.formats.prediction_line import Prediction, from_line, to_line
from sama_bench.launch.devices import Device
from sama_bench.media.spent import begin_answer, parts_of, spent
from sama_bench.runfolder.manifest import Manifest
from sama_bench.running.costs import costs_of
from sama_bench.running.request import Request
from sama_bench.running.run import run
from tests.running import fake_gpu
from tests.running.fakes import QUICK, FakeDataset, ask

GPU = (Device(("0",)),)


def on_gpu(runs, devices=GPU, datasets=None, fill=False, **options):
    options = {"gpu": str(runs / "gpu"), **{key: str(value) for key, value in options.items()}}
    spec = ModelSpec("ongpu", f"{fake_gpu.__file__}:OnGPU", "a fake")
    data = [FakeDataset()] if datasets is None else datasets
    setup = Setup(spec.name, options=options)
    return run(Request(spec, setup, data, runs, limits=QUICK, devices=devices, fill_gpus=fill))


def test_every_answer_says_where_its_seconds_went(tmp_path):
    data = FakeDataset(2, 2, folder=tmp_path / "frames")
    folder = ask(tmp_path, "Looking", datasets=[data], options={"sleep": "0.05"}).folders[0]
    lines = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    for line in lines:
        assert list(line["spent"]) == ["decoding", "preparing", "encoding", "model"]
        assert sum(line["spent"].values()) == pytest.approx(line["seconds"], abs=1e-5)
        assert line["spent"]["model"] >= 0.05
        assert line["spent"]["encoding"] > 0
    assert any(line["spent"]["decoding"] > 0 for line in lines)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    told = [event["spent"] for event in events if event["event"] == "sample"]
    assert told == [line["spent"] for line in lines]


def test_a_part_within_another_counts_once():
    begin_answer()
    with spent("preparing"), spent("decoding"):
        pass
    parts = parts_of(10.0)
    assert sum(parts.values()) == pytest.approx(10.0, abs=1e-5)
    assert parts["model"] > 9
    begin_answer()
    assert parts_of(1.0) == {"decoding": 0, "preparing": 0, "encoding": 0, "model": 1}


@pytest.mark.parametrize("odd", ['"much"', "[1]", '{"model": "x", "decoding": NaN}', "null"])
def test_lines_without_parts_and_with_odd_ones_are_read(odd):
    line = to_line(Prediction("a", "answered", "text"))
    assert b"spent" not in line
    assert from_line(line).spent == {}
    plain = b'{"id": "a", "status": "answered", "segments": [], "spent": ' + odd.encode() + b"}"
    assert from_line(plain).status == "answered"
    assert from_line(plain).spent == {}
    sealed = to_line(Prediction("a", "answered", "text", spent={"model": 2.5}))
    assert from_line(sealed).spent == {"model": 2.5}


def test_a_session_says_what_it_took(tmp_path):
    folder = on_gpu(tmp_path, answer=25).folders[0]
    (session,) = json.loads((folder / "manifest.json").read_text())["sessions"]
    assert (session["gpu"], session["gpu_memory_peak"]) == ("Fake 80", 25 * 10**9)
    assert session["gpu_seconds"] > 0
    assert session["shared_calls"] == {"kept": 8, "computed": 4}


def test_status_shows_costs(tmp_path, capsys):
    folder = on_gpu(tmp_path, answer=25).folders[0]
    command = build().main
    assert command(["status", str(folder), "--costs"], "x", standalone_mode=False) == 0
    said = capsys.readouterr().out
    assert "GPU-hours" in said
    assert "66.67%" in said
    assert "Fake 80" in said
    command(["status", str(folder), "--json", "-"], "x", standalone_mode=False)
    costs = json.loads(capsys.readouterr().out)["runs"][0]["costs"]
    assert (costs["questions"], costs["gpu"], costs["gpu_memory"]) == (12, "Fake 80", 25 * 10**9)
    assert set(costs["parts"]) == {"decoding", "preparing", "model", "encoding"}


def test_gpu_time_of_a_session_that_was_cut_off_is_taken_from_its_events():
    manifest = {
        "sessions": [
            {"job": "a", "ended": "2026", "gpu_seconds": 100.0},
            {"job": "b", "ended": None},
        ]
    }
    events = [
        {"event": "worker_started", "job": "a", "device": "gpu 0", "time": 1},
        {"event": "worker_started", "job": "b", "device": "gpu 0+1", "time": 10},
        {"event": "worker_started", "job": "b", "device": "gpu 0+1", "time": 15},
        {"event": "worker_started", "job": "b", "device": "cpu", "time": 15},
        {"event": "sample", "job": "b", "time": 30, "seconds": 4.0, "spent": 3},
        {"event": "sample", "job": "b", "time": 30, "seconds": "x"},
    ]
    found = costs_of(Manifest.from_json(manifest), events)
    assert found.gpu_seconds == 100 + 2 * 20
    assert found.seconds == 2.0
    assert found.gpu_memory is None
    assert costs_of(None, ()).seconds is None


def test_models_say_what_is_published(capsys):
    assert build().main(["list", "models"], "x", standalone_mode=False) in (0, None)
    said = capsys.readouterr().out
    assert "39.5 frames a second (SAM 2's README)" in said
    build().main(["list", "models", "--json", "-"], "x", standalone_mode=False)
    models = {one["name"]: one for one in json.loads(capsys.readouterr().out)["models"]}
    assert models["sama-8b"]["gpu_memory_gb"] == 80
    assert "A100 80 GB" in models["sama-8b"]["costs"]
    assert models["static"]["costs"] == ""
