"""A live adapter is asked in this process, and what comes of it is what comes of a worker."""

from __future__ import annotations

import os
import re
import signal
import threading

import numpy as np
import pytest

import sama_bench
from sama_bench.adapter import Adapter, Setup
from sama_bench.errors import AdapterError, UserError
from sama_bench.launch.in_process import InProcess, ThisProcess
from sama_bench.marks import grounded_answer, marked
from sama_bench.media.frames import SHARED
from sama_bench.nouns import HISTORIES, Masklet
from sama_bench.runfolder.folder import RunFolder
from sama_bench.running.limits import StoppedError
from sama_bench.running.run import run
from tests.docs.blocks import python_block
from tests.running import fakes
from tests.running.fakes import answers, ask, request
from tests.running.test_running import KINDS


def ask_live(runs, kind, options=None, **more):
    """Ask an adapter of the fakes that is loaded here."""
    adapter = getattr(fakes, kind)()
    adapter.load(Setup(kind.lower(), options=options or {}))
    more = {"launch": InProcess(adapter), "devices": [ThisProcess()], **more}
    return run(request(runs, kind, options=options, **more))


def where_taken_out(found):
    """Answers, without the line of the file in which an error was raised in the other process."""
    return {
        key: (status, answer, error and re.sub(r" \(\w+\.py:\d+\)$", "", error))
        for key, (status, answer, error) in found.items()
    }


@pytest.mark.parametrize("history", HISTORIES)
def test_the_answers_are_those_of_a_worker(tmp_path, history):
    here = ask_live(tmp_path / "here", "Plain", history=history)
    there = ask(tmp_path / "there", "Plain", history=history)
    assert answers(here) == answers(there)
    assert (here.coverage, here.asked) == (there.coverage, there.asked)


def test_every_kind_of_bad_answer_is_the_failure_that_it_is_in_a_worker(tmp_path, capsys):
    kinds = [kind for kind in KINDS if kind != "raise"]
    options = {f"v{n // 3}/{n % 3}": kind for n, kind in enumerate(kinds)} | {"v3/2": "refuse"}
    here = ask_live(tmp_path / "here", "Misbehaving", options=options)
    there = ask(tmp_path / "there", "Misbehaving", options=options)
    assert where_taken_out(answers(here)) == where_taken_out(answers(there))
    assert here.coverage == there.coverage
    said = capsys.readouterr()
    assert "a word that belongs to the log" in said.out, "what it prints stays where it prints it"
    assert "Traceback" not in said.err
    log = (here.folders[0] / "logs" / "worker-0.log").read_text()
    assert "Traceback" in log
    assert "RuntimeError: a\nbad day" in log


@pytest.mark.parametrize("kind", ["Knowing", "Tracking", "Spying"])
def test_it_is_given_what_it_declares_and_no_more(tmp_path, kind):
    if kind == "Knowing":
        here = ask_live(tmp_path / "here", kind)
    else:  # plain classes are none of ours: only an Adapter can be live
        made = type(kind, (getattr(fakes, kind), Adapter), {})()
        given = request(tmp_path / "here", kind, launch=InProcess(made), devices=[ThisProcess()])
        here = run(given)
    assert answers(here) == answers(ask(tmp_path / "there", kind))


class Mine(Adapter):
    """Counts what is done to it, and looks at the run folder while it is asked."""

    revision = "step 1"

    def __init__(self, runs, stop=None, grade="fine"):
        self.runs, self.stop, self.grade = runs, stop, grade
        self.seen, self.ids, self.threads = [], [], set()

    def load(self, setup):
        raise AssertionError("it is loaded")

    configure = close = load

    def predict(self, sample):
        self.threads.add(threading.current_thread())
        self.ids.append(sample.id)
        self.seen.append(len(RunFolder(self.runs / "mine/sama-bench-g/mini")))
        sample.video.frame(0)
        if len(self.ids) == self.stop:
            os.kill(os.getpid(), signal.SIGINT)
        shape = (len(sample.video), sample.video.height, sample.video.width)
        return grounded_answer(marked("it"), [Masklet.from_arrays(np.ones(shape))])

    def card(self):
        return {"grade": self.grade, "sizes": (1, 2)}


def evaluate(adapter, runs, **more):
    return sama_bench.run(adapter, "mini", **{"task": "g", "runs": runs, "limit": 5, **more})


def test_it_is_asked_in_this_thread_and_each_answer_is_kept_at_once(tmp_path, capsys):
    mine = Mine(tmp_path)
    result = evaluate(mine, tmp_path)
    assert result.complete
    assert mine.seen == [0, 1, 2, 3, 4]
    assert mine.threads == {threading.current_thread()}
    assert not SHARED._held.total(), "decoded frames are given back"
    facts = RunFolder(result.folders[0]).manifest()
    assert facts.adapter == f"{__name__}:Mine"
    assert (facts.model, facts.revision) == ("mine", "step 1")
    assert facts.sessions[0].devices == ("this process",)
    scored = sama_bench.score_run(result.folders[0])
    assert {row["model"] for row in scored.rows()} == {"mine"}
    capsys.readouterr()
    assert evaluate(mine, tmp_path).asked == 0
    assert "holds answers under this name" in capsys.readouterr().err
    assert evaluate(mine, tmp_path, fresh=True).asked == 5
    assert evaluate(mine, tmp_path, name="mine at step 2").asked == 5
    mine.revision = "step 2"
    with pytest.raises(UserError, match=r"another run .*revision: step 1 -> step 2"):
        evaluate(mine, tmp_path, limit=6)


def test_ctrl_c_ends_it_and_the_same_call_goes_on(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        evaluate(Mine(tmp_path, stop=3), tmp_path)
    folder = RunFolder(tmp_path / "mine/sama-bench-g/mini")
    assert [folder.status(id) for id in folder.ids()] == ["answered"] * 2
    again = Mine(tmp_path)
    assert evaluate(again, tmp_path).complete
    assert len(again.ids) == 3


def test_failures_in_a_row_stop_it(tmp_path):
    class Failing(Mine):
        def predict(self, sample):
            raise SystemExit("no more")

    with pytest.raises(StoppedError, match=r"2 failures in a row, the last: .*SystemExit: no more"):
        evaluate(Failing(tmp_path), tmp_path, max_failures=2)


def test_what_it_cannot_do_is_refused_and_leaves_no_run(tmp_path):
    mine = Mine(tmp_path)
    mine.tasks = frozenset({"choice"})
    with pytest.raises(AdapterError, match="mine cannot be asked by sama-bench-g, which asks grou"):
        evaluate(mine, tmp_path)
    mine.tasks, mine.grade = None, object()
    with pytest.raises(AdapterError, match=r"card\(\) must return JSON values"):
        evaluate(mine, tmp_path)
    assert not (tmp_path / "mine/sama-bench-g/mini/manifest.json").exists()
    assert mine.ids == []


@pytest.mark.parametrize(
    ("model", "settings", "said"),
    [
        (Mine, {}, "model: Mine is neither a name nor an instance of sama_bench.adapter.Adapter"),
        (lambda runs: Mine, {}, "model: Mine is neither a name nor"),
        (lambda runs: object(), {}, "model: object is neither a name nor"),
        (Mine, {"devices": "cpu:2"}, "devices: the model is loaded already; leave it out"),
        (Mine, {"checkpoint": "x"}, "checkpoint: the model is loaded already"),
        (Mine, {"options": {"frames": "3"}}, "options: frames is no option of sama-bench-g"),
        (Mine, {"limit": 0}, "limit 0: at least 1"),
        (lambda runs: "flow", {"name": "x"}, "name: is for a live adapter; flow is filed"),
    ],
)
def test_a_wrong_request_is_one_line(tmp_path, model, settings, said):
    made = model if model is Mine and not settings else model(tmp_path)
    with pytest.raises(UserError, match=re.escape(said)) as caught:
        evaluate(made, tmp_path, **settings)
    assert "\n" not in str(caught.value)


def test_a_dry_run_is_for_models_that_are_named(tmp_path):
    with pytest.raises(UserError, match="unknown model 'mine'"):
        sama_bench.dry_run(Mine(tmp_path), "mini")


class Network:
    """Stands for what is trained: says that all is the object, when it is asked rightly."""

    training = True

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def segment(self, frames, text):
        assert not self.training
        return [np.ones((len(frames), *frames[0].shape[:2]))]


def test_the_guides_training_loop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = {"__name__": "loop"}
    exec(python_block("add-a-model.md", "InTraining"), space)
    network = Network()
    assert 0 < space["evaluate"](network, 100) < 1
    assert network.training
    assert (tmp_path / "runs/mine-100/sama-bench-g/mini/scores.json").is_file()
