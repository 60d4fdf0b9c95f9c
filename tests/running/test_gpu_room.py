"""Several workers on one GPU: as many as fit, fewer when memory runs out, the same answers."""

import dataclasses
import json

import pytest

from sama_bench.cli import build
from sama_bench.errors import UserError
from sama_bench.launch.devices import Device, parse_devices
from sama_bench.running.gpu_room import in_words, on_each, workers_a_gpu, workers_that_fit
from sama_bench.running.options import RunOptions
from sama_bench.running.prepare import prepare
from sama_bench.running.status import read_events
from tests.running.fakes import FakeDataset, answers
from tests.running.test_costs import GPU, on_gpu

GB = 10**9


def told(total, free, held, peak):
    return {"name": "A", "total": total, "free": free, "held": held, "peak": peak}


@pytest.mark.parametrize(
    ("memory", "number"),
    [
        ([told(80, 60, 20, 20)], 3),
        ([told(80, 62, 10, 18)], 3),  # it will grow to its peak again
        ([told(80 * GB, 62 * GB, 17 * GB, 17 * GB)], 4),
        ([told(80 * GB, 20 * GB, 20 * GB, 20 * GB)], 1),  # others' processes hold 40
        ([told(80, 20, 60, 60)], 1),
        ([told(800, 799, 1, 1)], 4),
        ([told(80, 60, 20, 20), told(80, 30, 50, 50)], 1),
        ([], 1),
    ],
)
def test_how_many_workers_fit(memory, number):
    assert workers_that_fit(memory) == number


def test_what_is_asked_for():
    assert workers_a_gpu("auto") is None
    assert workers_a_gpu(2) == workers_a_gpu("2") == 2
    for odd in ("0", "many", "-1", "1.5", "65", 0, "\u00b2"):
        with pytest.raises(UserError, match="--workers-per-gpu"):
            workers_a_gpu(odd)
    gpus = parse_devices("0,1")
    assert [str(one) for one in on_each(gpus, 2)] == ["gpu 0", "gpu 0", "gpu 1", "gpu 1"]
    assert on_each([Device()], None) == [Device()]
    with pytest.raises(UserError, match=r"these workers have no GPU; .* --devices cpu:2"):
        on_each([Device()], 2)
    with pytest.raises(UserError, match=r"a GPU is named twice; .* --workers-per-gpu 2"):
        parse_devices("0,0")
    assert in_words([told(80 * GB, 0, 0, 20 * GB)]) == "20.0 of 80.0 GB"


def test_a_request_for_several_workers_a_gpu(tmp_path):
    wanted = RunOptions("static", "mini", devices="0", runs=tmp_path, workers_per_gpu="2")
    assert [str(one) for one in prepare(wanted).devices] == ["gpu 0", "gpu 0"]
    command = ["run", "--model", "static", "--split", "mini", "--devices", "cpu", "--dry-run"]
    command += ["--workers-per-gpu", "auto", "--runs", str(tmp_path)]
    assert build().main(command, "x", standalone_mode=False) == 0
    again = dataclasses.replace(wanted, workers_per_gpu="64", devices="cpu")
    with pytest.raises(UserError, match="these workers have no GPU"):
        prepare(again)


def asked(tmp_path, name, devices=GPU, fill=False, videos=8, **options):
    result = on_gpu(tmp_path / name, devices, [FakeDataset(videos)], fill, sleep="0.05", **options)
    return result, list(read_events(result.folders[0]))


def names(events, kind):
    return {event["worker"] for event in events if event["event"] == kind}


def test_auto_adds_as_many_as_fit_and_answers_stay_the_same(tmp_path, capfd):
    one, _ = asked(tmp_path, "one")
    capfd.readouterr()
    many, events = asked(tmp_path, "many", fill=True)
    assert "gpu 0: 3 workers: the first took 20.0 of 80.0 GB at most" in capfd.readouterr().err
    assert names(events, "worker_started") == {"worker-0", "worker-1", "worker-2"}
    assert not names(events, "worker_given_up")
    assert many.complete
    assert answers(many) == answers(one)
    (session,) = json.loads((many.folders[0] / "manifest.json").read_text())["sessions"]
    (alone,) = json.loads((one.folders[0] / "manifest.json").read_text())["sessions"]
    assert session["gpu_seconds"] > 0
    assert alone["gpu_memory_peak"] == session["gpu_memory_peak"] == 20 * GB


def test_a_worker_without_memory_is_ended_and_its_samples_are_asked_again(tmp_path, capfd):
    one, _ = asked(tmp_path, "one")
    capfd.readouterr()
    many, events = asked(tmp_path, "many", fill=True, later=35)
    assert "gpu 0: out of memory with 3 workers; going on with 2" in capfd.readouterr().err
    assert len(names(events, "worker_given_up")) == 1
    assert many.complete
    assert answers(many) == answers(one)


def test_of_two_one_is_left_and_what_no_gpu_holds_fails_as_before(tmp_path, capfd):
    both = (*GPU, *GPU)
    result, events = asked(tmp_path, "two", both, weights=50)
    assert "gpu 0: out of memory with 2 workers; going on with 1" in capfd.readouterr().err
    assert result.complete
    assert len(names(events, "worker_given_up")) == 1
    result, _ = asked(tmp_path, "none", both, videos=1, answer=90)
    assert len(result.failures) == 3
    assert all("out of memory" in reason for _, _, reason in result.failures)
