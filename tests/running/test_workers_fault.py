"""Adapters that crash, hang, or say odd things: the fault stays theirs, and its reason is kept."""

import json
import os
import textwrap

import pytest

from sama_bench.adapter import Setup
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.runfolder.folder import RunFolder
from sama_bench.worker.handshake import hello
from sama_bench.worker.messages import Message
from tests.processes import lives, wait_until
from tests.running import fakes
from tests.running.fakes import Plain
from tests.runs import run_command

HEAD = """
import os, subprocess, sys, threading, time
import numpy as np
from sama_bench.adapter import Adapter
from sama_bench.nouns import Answer, Masklet, Segment

def good(sample):
    masks = np.zeros((len(sample.video), sample.video.height, sample.video.width), np.uint8)
    masks[:, :10, :10] = 1
    return Answer("It is <p> it </p> [SEG].", (Segment("it", Masklet.from_arrays(masks)),))
"""


@pytest.fixture
def ask(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(code, *more, status=0, limit=3):
        (tmp_path / "mine.py").write_text(HEAD + textwrap.dedent(code))
        run_command("run", "--model", "mine.py:A", "--split", "mini", "--task", "g", "--limit",
                    str(limit), "--devices", "cpu", "--no-score", *more, status=status)  # fmt: skip
        return RunFolder(tmp_path / "runs/a/sama-bench-g/mini")

    return run


def statuses(folder):
    return [folder.status(id) for id in folder.ids()]


def events(folder, kind):
    lines = (folder.path / "events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == kind]


def test_a_crash_is_the_crashers_alone(ask):
    folder = ask(
        """
        class A(Adapter):
            concurrency = 3
            together = threading.Barrier(3)
            def predict(self, sample):
                try:
                    self.together.wait(2)  # the crash comes while others are at work
                except threading.BrokenBarrierError:
                    pass
                if sample.id.endswith("_2"):
                    os._exit(7)
                time.sleep(0.2)
                return good(sample)
        """,
        status=1, limit=4,
    )  # fmt: skip
    assert sorted(statuses(folder)) == ["answered"] * 3 + ["failed"]
    assert folder.status(next(id for id in folder.ids() if id.endswith("_2"))) == "failed"


def test_what_a_crashed_worker_started_ends_with_it(ask, tmp_path):
    ask(
        f"""
        class A(Adapter):
            def predict(self, sample):
                if sample.id.endswith("_1"):
                    child = subprocess.Popen(["sleep", "3000"])
                    with open({str(tmp_path / "children")!r}, "a") as file:
                        file.write(f"{{child.pid}}\\n")
                    os._exit(7)
                return good(sample)
        """,
        status=1,
    )
    children = [int(line) for line in (tmp_path / "children").read_text().split()]
    assert len(children) == 2
    wait_until(lambda: not any(lives(child) for child in children))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def card(self): return {'scale': np.float32(0.5)}", "card() must return JSON values"),
        ("def card(self): return {'scale': float('nan')}", "card() must return JSON values"),
        ("def card(self): raise KeyError('sizes')", "KeyError: 'sizes'"),
        ("def card(self): sys.exit('no card')", "SystemExit: no card"),
        ("def load(self, setup): sys.exit('no weights')", "SystemExit: no weights"),
        ("def card(self): return {'x': 'x' * 2_000_000}", "card() is stored with every run"),
        ("def card(self): return [1]", "card() returned list, not a dict"),
        ("async def load(self, setup): pass", "load() is asynchronous, and nothing awaits it"),
        ("def load(self, setup): raise Odd", "Odd: its text cannot be had"),
        ("sys.exit('no licence')", "mine.py cannot be imported: SystemExit: no licence"),
        ("raise Odd", "mine.py cannot be imported: Odd: its text cannot be had"),
        ("concurrency = 10**9", "concurrency is 1000000000; it is a whole number from 1 to 1024"),
        ("concurrency = None", "concurrency is None; it is a whole number from 1 to 1024"),
        ("can = None", "can is None; it is a set of segment, ground, describe, image"),
        ("can = frozenset({'describe'})", "wants masks: it declares that it can describe"),
        ("tasks = {'sing'}", "tasks is {'sing'}; it is a set of grounded-chat, region-description"),
        (
            "def load(self, setup): self.tasks = {'region-description'}",
            "sama-bench-g, which asks grounded-chat: it is for region-description (tasks)",
        ),
    ],
)
def test_what_an_adapter_says_of_itself_is_checked_at_once(ask, tmp_path, capsys, code, said):
    ask(
        f"""
        class Odd(BaseException):
            def __str__(self):
                raise ValueError

        class A(Adapter):
            {code}
            def predict(self, sample):
                return good(sample)
        """,
        status=2,
    )
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs/a/sama-bench-g/mini/manifest.json").exists()


@pytest.mark.parametrize("declared", ["tasks = {'choice'}", "can = frozenset({'image'})"])
def test_a_model_is_refused_before_it_is_loaded(ask, tmp_path, capsys, declared):
    ask(
        f"""
        class A(Adapter):
            {declared}
            def load(self, setup):
                open({str(tmp_path / "loaded")!r}, "w").close()
            def predict(self, sample):
                return good(sample)
        """,
        status=2,
    )
    assert "a cannot be asked by sama-bench-g" in capsys.readouterr().err
    assert not (tmp_path / "loaded").exists()


def test_reasons_are_kept_and_the_worker_lives(ask):
    folder = ask(
        """
        class Odd(Exception):
            def __str__(self):
                raise SystemExit("no text")

        class A(Adapter):
            def predict(self, sample):
                place = int(sample.id.rpartition("_")[2])
                if place == 0:
                    sys.exit("out of here")
                if place == 1:
                    raise Odd
                if place == 2:
                    rles = good(sample).segments[0].masklet.rles()
                    height, width = np.array([sample.video.height, sample.video.width])
                    return Answer("[SEG]", (Segment("it", Masklet.from_rles(rles, height, width)),))
                return Answer("x", notes={"long": "x" * 2_000_000})
        """,
        status=1, limit=4,
    )  # fmt: skip
    found = {id[-1]: folder.record(id) for id in folder.ids()}
    assert "SystemExit: out of here" in found["0"].error
    assert "Odd: its text cannot be had" in found["1"].error
    assert found["2"].status == "answered"
    assert "notes have 2000012 characters" in found["3"].error
    assert len(events(folder, "worker_started")) == 1


def test_masks_in_any_plain_form_are_stored_and_words_have_a_bound_in_all(ask):
    folder = ask(
        """
        class A(Adapter):
            def predict(self, sample):
                place = int(sample.id.rpartition("_")[2])
                size = np.array([sample.video.height, sample.video.width])
                rles = good(sample).segments[0].masklet.rles()
                counts = tuple(rle["counts"].encode() for rle in rles)
                if place == 0:
                    return Answer("[SEG]", (Segment("it", Masklet(*size, counts)),))
                if place == 1:
                    counts = tuple(map(np.bytes_, counts))
                    return Answer("[SEG]", [Segment("it", Masklet(*size.tolist(), counts))])
                if place == 2:
                    segment = Segment("word" * 2500, good(sample).segments[0].masklet)
                    return Answer("[SEG]" * 200, (segment,) * 200)
                if place == 3:
                    return Answer("x", None)
                return Answer("x", (Segment("it", Masklet(*size, None)),))
        """,
        status=1, limit=5,
    )  # fmt: skip
    found = {id[-1]: folder.record(id) for id in folder.ids()}
    assert found["0"].status == found["1"].status == "answered"
    assert found["0"].segments == found["1"].segments
    assert "text, phrases and notes have 2001002 characters, over 1000000" in found["2"].error
    assert "the answer's segments are NoneType" in found["3"].error
    assert "segment 0: its masks are NoneType" in found["4"].error
    assert (folder.path / "predictions.jsonl").stat().st_size < 100_000


def test_what_an_adapter_does_to_its_sample_changes_no_line(ask):
    folder = ask(
        """
        class A(Adapter):
            def predict(self, sample):
                answer = good(sample)
                object.__setattr__(sample, "id", "another")
                return answer
        """
    )
    assert statuses(folder) == ["answered"] * 3
    assert "another" not in list(folder.ids())


class Confused:
    """A worker whose lines are of other samples than it was asked, or of none."""

    def __init__(self, name, device, log, hear):
        self.hear = hear

    def send(self, message):
        if message.kind == "setup":
            self.hear(Message("hello", hello(Plain(), Setup("x")).to_json()))
        elif message.kind == "sample":
            id = message.data["sample"]["id"]
            line = to_line(Prediction("v0/0" if id == "v0/1" else id, "refused", "no"))
            if id == "v0/2":
                line = line.replace(b"no", b"na")
            said = {"key": message.data["key"], "status": "refused", "error": None}
            self.hear(Message("answer", {**said, "seconds": 1, "worker": "w", "decoded": 0}, line))

    def kill(self, patience=0.0):
        pass


def test_a_line_of_another_sample_than_was_asked_is_never_stored(tmp_path):
    result = fakes.ask(tmp_path, launch=Confused)
    folder = RunFolder(result.folders[0])
    errors = {id: folder.record(id).error for id in folder.ids() if folder.status(id) == "failed"}
    assert set(errors) == {"v0/1", "v0/2"}
    assert errors["v0/1"] == "the worker answered with a line of 'v0/0', refused"
    assert "its checksum does not fit" in errors["v0/2"]
    assert len(folder) == 12
    assert not folder.duplicates
    assert not folder.damaged


def test_a_load_that_hangs_is_ended_and_told(ask, capsys):
    ask(
        """
        class A(Adapter):
            def load(self, setup):
                time.sleep(3000)
            def predict(self, sample):
                return good(sample)
        """,
        "--load-timeout", "1", status=2,
    )  # fmt: skip
    assert "the model was not loaded within 1 s (--load-timeout)" in capsys.readouterr().err


def test_a_helper_beside_the_adapter_is_found_late_and_nothing_of_the_folder_is_run(
    ask, tmp_path, monkeypatch
):
    """``queue.py`` of the working folder would end the worker; a helper is for load() to import."""
    theirs = tmp_path / "theirs"
    (theirs / "metrics").mkdir(parents=True)
    (theirs / "metrics" / "__init__.py").write_text("MINE = 1")
    monkeypatch.setenv("PYTHONPATH", f"{theirs}{os.pathsep}")
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "helper.py").write_text("ANSWER = 'late'")
    for name in ("queue", "numpy", "cv2", "json"):
        (work / f"{name}.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w')")
    code = """
    from metrics import MINE

    class A(Adapter):
        def load(self, setup):
            import helper
            self.text = helper.ANSWER
        def predict(self, sample):
            return Answer(f"{self.text} {MINE}")
    """
    (tmp_path / "mine.py").write_text(HEAD + textwrap.dedent(code))
    monkeypatch.chdir(work)
    run_command("run", "--model", "../mine.py:A", "--split", "mini", "--task", "c", "--limit", "1",
                "--devices", "cpu", "--no-score")  # fmt: skip
    folder = RunFolder(work / "runs/a/sama-bench-c/mini")
    (id,) = folder.ids()
    assert folder.text(id) == "late 1"
    assert not (tmp_path / "executed").exists()
