"""The contract suite passes a sound adapter and names each fault of a broken one."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from sama_bench.adapter import Adapter, Setup
from sama_bench.authoring.contract_check import check_adapter
from sama_bench.authoring.contract_clips import draw_clip
from sama_bench.authoring.template import write_adapter
from sama_bench.cli import build
from sama_bench.errors import UserError
from sama_bench.nouns import Answer, Masklet, Segment


class Sound(Adapter):
    takes_history = True

    def predict(self, sample):
        video = sample.video
        if "masks" not in sample.wants:
            return Answer("A square.")
        if "elephants" in sample.text:
            return Answer("There are none.")
        masks = np.ones((len(video), video.height, video.width), np.uint8)
        return Answer("<p> all </p> [SEG]", (Segment("all", Masklet.from_arrays(masks)),))


def problems(adapter, tmp_path):
    findings = list(check_adapter(adapter, Setup("x"), tmp_path))
    return {found.name: found.problem for found in findings if found.problem}


def test_a_sound_adapter_is_tried_on_everything(tmp_path):
    findings = list(check_adapter(Sound(), Setup("x"), tmp_path))
    assert [found for found in findings if found.problem] == []
    names = {found.name for found in findings}
    assert {"one frame", "four frames", "portrait", "no region", "two regions"} <= names
    assert {"a dialogue", "an unanswerable question", "determinism", "memory"} <= names
    details = {found.name: found.detail for found in findings}
    assert details["an unanswerable question"].startswith("refused")


def broken(change):
    class Broken(Sound):
        def predict(self, sample):
            return change(self, sample, super().predict(sample))

    return Broken()


def short(self, sample, answer):
    if not answer.segments:
        return answer
    whole = answer.segments[0].masklet
    cut = Masklet(whole.height, whole.width, whole.counts[:1])
    return Answer(answer.text, (Segment("all", cut),))


def transposed(self, sample, answer):
    if not answer.segments:
        return answer
    masks = np.ones((len(sample.video), sample.video.width, sample.video.height), np.uint8)
    return Answer(answer.text, (Segment("all", Masklet.from_arrays(masks)),))


def counting(self, sample, answer):
    self.calls = getattr(self, "calls", 0) + 1
    return Answer(f"{self.calls} {answer.text}", answer.segments)


def raising(self, sample, answer):
    if "elephants" in sample.text:
        raise RuntimeError("no\nelephants")
    return answer


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        (short, "one region", "segment 0 has 1 masks, the video 6 frames"),
        (transposed, "portrait", "masks of 90x160, the video frames of 160x90"),
        (lambda s, q, a: a.text, "one frame", "predict returned str, not an Answer"),
        (lambda s, q, a: Answer("", a.segments), "one region", "0 [SEG] but there are 1 segments"),
        (counting, "determinism", "answered differently"),
        (raising, "an unanswerable question", "predict raised RuntimeError: no elephants"),
        (lambda s, q, a: Answer(""), "a description", "no text was returned"),
        (lambda s, q, a: Answer("x" * 200_000), "one frame", "200000 characters"),
    ],
)
def test_each_fault_is_said_in_words(tmp_path, change, where, words):
    assert words in problems(broken(change), tmp_path)[where]


def test_declarations_cards_and_loading_are_checked(tmp_path):
    class Odd(Sound):
        can = frozenset({"fly"})

    assert "must be a set of" in problems(Odd(), tmp_path)["declarations"]

    class Card(Sound):
        def card(self):
            return {"x": object()}

    assert "JSON" in problems(Card(), tmp_path)["card"]

    class Unloadable(Sound):
        def load(self, setup):
            raise UserError("the weights are missing; fetch them")

    assert problems(Unloadable(), tmp_path)["load"].startswith("the weights are missing")


def test_generated_clips_are_what_they_say(tmp_path):
    clip = draw_clip(tmp_path, "x", 3, 40, 30)
    assert clip.video.frame(2).shape == (40, 30, 3)
    for frame in range(3):
        assert (clip.video.frame(frame)[clip.red.decode(frame) == 1] == (200, 40, 40)).all()


def test_a_new_adapter_works_at_once(tmp_path):
    adapter, test, cls = write_adapter("My-Model 2", tmp_path)
    assert (adapter.name, cls) == ("my_model_2.py", "MyModel2")
    result = CliRunner().invoke(build(), ["adapter", "check", f"{adapter}:{cls}"])
    assert result.exit_code == 0, result.output
    assert "WRONG" not in result.output
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "1 passed" in done.stdout, done.stdout
    with pytest.raises(UserError, match="exists already"):
        write_adapter("my-model-2", tmp_path)
    with pytest.raises(UserError, match="no Python name"):
        write_adapter("42!", tmp_path)


class Gone(Sound):
    @property
    def can(self):
        raise RuntimeError("no such thing")


def test_declarations_that_raise_are_a_finding(tmp_path):
    assert "RuntimeError: no such thing" in problems(Gone(), tmp_path)["declarations"]


PREDICT = "predict = None.__eq__"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("pass", "abstract"),
        (f"def __init__(self): raise OSError('no licence')\n    {PREDICT}", "no licence"),
        (f"def __init__(self): raise SystemExit('no key')\n    {PREDICT}", "no key"),
    ],
)
@pytest.mark.parametrize("recorded", [False, True])
def test_a_class_that_cannot_be_made_is_one_line(tmp_path, body, says, recorded):
    file = tmp_path / "mine.py"
    file.write_text(f"from sama_bench.adapter import Adapter\nclass Mine(Adapter):\n    {body}\n")
    more = ["--recorded", str(tmp_path)] if recorded else []
    result = CliRunner().invoke(build(), ["adapter", "check", f"{file}:Mine", "--no-env", *more])
    assert isinstance(result.exception, UserError)
    assert says in str(result.exception)
    assert "mine.py:Mine cannot be made" in str(result.exception)


def test_a_file_or_class_that_exits_is_a_finding_with_its_reason(tmp_path):
    def leave(*_):
        raise SystemExit("out of here")

    class Leaving(Sound):
        load = card = predict = close = leave

    found = problems(Leaving(), tmp_path)
    assert "SystemExit: out of here" in found["load"]
    file = tmp_path / "mine.py"
    file.write_text("import sys\nsys.exit('no licence')\n")
    result = CliRunner().invoke(build(), ["adapter", "check", f"{file}:Mine"])
    assert result.exit_code != 0
    assert "cannot be imported: SystemExit: no licence" in str(result.exception) + result.output
