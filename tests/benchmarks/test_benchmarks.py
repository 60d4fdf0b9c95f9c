"""The benchmarks run and compare values; how fast anything is, is no business of a test."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import _memory, _scenes, _timing, masks, start, whole


def test_benchmarks_are_found_by_their_run_function():
    assert "masks" in command.modules()
    assert not any(name.startswith("_") for name in command.modules())


def test_the_documentation_names_every_benchmark():
    text = (start.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listed = text.partition("`python -m benchmarks NAME`")[2].partition(".\n")[0]
    assert re.findall(r"`(\w+)`", listed) == sorted(command.modules())


def test_rows_become_one_table():
    text = command.table([{"a": 1.23456, "b": "x"}, {"a": 1234.5, "c": None}])
    assert text.splitlines() == [
        "| a    | b | c |",
        "| ---- | - | - |",
        "| 1.23 | x |   |",
        "| 1234 |   |   |",
    ]


def test_unknown_names_and_json(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        command.main(["nothing"])
    assert "no benchmark nothing" in capsys.readouterr().err
    monkeypatch.setattr(masks, "run", lambda quick: [{"way": "ours", "quick": str(quick)}])
    assert command.main(["masks", "--quick", "--json", str(tmp_path / "rows.json")]) == 0
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert rows["masks"] == [{"way": "ours", "quick": "True"}]
    assert "core CPU" in rows["machine"]
    assert "| ours | True  |" in capsys.readouterr().out


@pytest.mark.parametrize(
    "scene",
    [
        _scenes.realistic(1, (60, 90), 3),
        _scenes.noise(2, (60, 90)),
        _scenes.stripes((60, 90), 6),
    ],
)
def test_ours_and_the_reference_are_compared_on_equal_terms(scene):
    rows = masks._frames("J and F, realistic", *scene, rounds=1)
    assert len(rows) >= 3
    assert {row["values"] for row in rows} == {"bit for bit"}
    assert all(row["ms"] > 0 for row in rows)


def test_the_slow_way_of_grounding_gives_the_same():
    case = masks._tracks(4, 2, (60, 90))
    assert masks.released_grounding(*case) == masks.our_grounding(*case)
    assert masks._same(np.zeros(2), np.array([0.0, 0.25])) == "within 0.2"


def test_every_way_is_timed():
    calls = []
    seconds = _timing.side_by_side({"a": lambda: calls.append(sum(range(200_000)))}, rounds=2)
    assert len(calls) >= 2
    assert seconds["a"] > 0


def test_a_whole_benchmark_is_made_and_scored(monkeypatch, few_paraphrases):
    monkeypatch.setattr(whole, "VIDEOS", 13)
    monkeypatch.setattr(whole, "ROUNDS", 26)
    monkeypatch.setattr(whole, "FRAMES", {"VidSTG": 6})
    monkeypatch.setattr(whole, "SIZE", (60, 90))
    duration, memory = whole.run()
    assert duration["measure"].startswith("scoring 13 videos, 26 rounds")
    assert duration["value"] > 0
    assert memory["value"] is None or memory["value"] > 10


def test_a_start_is_the_median_of_ratios():
    times = ((2.0, 2.0), (1.0, 3.0), (4.0, 20.0))
    rounds = [{start.CLICK: click, "--help": ours, "list models": ours} for click, ours in times]
    first, ours, listed = (start.row(way, rounds) for way in rounds[0])
    assert first == {
        "start": 'python -c "import click"', "CPU ms": 2000.0, "times click": 1.0, "bound": None
    }  # fmt: skip
    assert (ours["start"], ours["CPU ms"], ours["times click"]) == ("sama-bench --help", 3000.0, 3)
    assert (ours["bound"], listed["bound"]) == (3.0, None)


def test_starts_are_timed_in_processes_of_their_own(monkeypatch):
    asked = []
    monkeypatch.setattr(start, "processor_time", lambda words: asked.append(words) or 1.0)
    rows = start.run(quick=True)
    assert len(asked) == 6 * len(rows)
    assert ["-m", "sama_bench", "--help"] in asked
    monkeypatch.undo()
    busy = start.processor_time(["-c", "sum(range(3_000_000))"])
    assert busy > 0
    with pytest.raises(subprocess.CalledProcessError):
        start.processor_time(["-c", "raise SystemExit(3)"])


def test_memory_is_that_of_children_too():
    hold = "held = bytearray(60_000_000); print(flush=True); input()"
    with _memory.Watch(os.getpid()) as before:
        pass
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        with _memory.Watch(os.getpid()) as watch:
            pass
        process.communicate(b"\n")
    if watch.highest is None:
        pytest.skip("this system does not tell a process's memory")
    assert watch.highest > before.highest + 50


def test_inference_compares_both_ways_on_the_same_questions(tmp_path):
    pytest.importorskip("torch")
    from benchmarks import inference

    clips = [inference._clip(tmp_path / str(n), 4, n) for n in range(2)]
    without, shared = inference._side_by_side("stand-in", inference._standin, clips)
    assert (without["sharing"], shared["sharing"]) == ("without", "with")
    assert without["encoder calls"] == 2 * inference.QUESTIONS * (4 + 4)
    assert shared["encoder calls"] == 2 * 4
    assert shared["answers"] == "the same bits"
    assert shared["kept MiB"] > without["kept MiB"] == 0
