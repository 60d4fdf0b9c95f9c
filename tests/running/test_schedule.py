"""Who is asked what: a video's questions stay together, and are divided only where that pays."""

import itertools
import json

import pytest

from benchmarks._virtual import Shape, engine_makespan, lower_bound, shared_shape
from sama_bench.benchmark import Entry
from sama_bench.launch.devices import Device
from sama_bench.running.schedule import Ask, CostModel
from tests.running.fakes import FakeDataset, ask


def asks(video, number, frames=10):
    return [
        Ask(0, Entry(f"{video}/{n}", video, None, turn=n, frames=frames)) for n in range(number)
    ]


@pytest.mark.parametrize(("history", "tasks"), [("independent", 2), ("free-running", 1)])
def test_the_questions_of_a_video_follow_each_other(tmp_path, history, tasks):
    data = [FakeDataset(6, 4, benchmark=f"task{number}") for number in range(tasks)]
    two = [Device()] * 2
    result = ask(tmp_path, datasets=data, history=history, devices=two, options={"sleep": "0.01"})
    told = []
    for folder in result.folders:
        lines = (folder / "predictions.jsonl").read_text().splitlines()
        told += [(folder.parent.name, json.loads(line)) for line in lines]
    for worker in ("worker-0", "worker-1"):
        mine = [line for _, line in told if line["worker"] == worker]
        mine.sort(key=lambda line: line["time"])
        videos = [video for video, _ in itertools.groupby(x["id"].partition("/")[0] for x in mine)]
        assert len(videos) - len(set(videos)) <= 1  # one may be taken over, divided at the end


def test_a_first_question_has_a_cost_of_its_own():
    costs = CostModel()
    for frames in (10, 20, 30, 40):
        costs.learn(frames, 1 + frames, first=True)
        costs.learn(frames, 1 + 0.1 * frames)
    assert costs.seconds(50, first=True) == pytest.approx(51)
    assert costs.seconds(50) == pytest.approx(6)
    assert costs.unit(asks("v", 3, 50)) == pytest.approx(51 + 2 * 6)
    # Three questions of 2 s are not worth 11 s of looking at the video; twenty are.
    assert costs.worth_moving(asks("v", 3), busy=2, new=False, other_new=True) == 0
    assert costs.worth_moving(asks("v", 20), busy=2, new=False, other_new=True) == 8
    assert costs.worth_moving(asks("v", 3), busy=2, new=False, other_new=False) == 2


def test_before_anything_is_measured_half_is_taken_over():
    assert CostModel().worth_moving(asks("v", 8), busy=0, new=False, other_new=True) == 4


def test_a_video_is_divided_only_where_that_pays():
    found, other = asks("v", 10), asks("w", 1)
    seconds = {one.key: 1.0 for one in found} | {one.key: 5.0 for one in other}
    shape = Shape((*found, *other), seconds, {"v": 30.0, "w": 30.0})
    # At 35 s the second worker is free, and five questions are left of a video new to it.
    assert engine_makespan(shape, 2) == 40


def test_many_workers_end_together_where_first_questions_are_dear():
    shape = shared_shape()
    assert engine_makespan(shape, 64) < 1.02 * lower_bound(shape, 64)
