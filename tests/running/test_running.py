import dataclasses
import errno
import json
import os

import pytest

from sama_bench.adapter import ModelSpec
from sama_bench.errors import AdapterError, DataError, UserError
from sama_bench.launch.devices import Device
from sama_bench.nouns import HISTORIES
from sama_bench.runfolder.folder import RunFolder
from sama_bench.running.limits import StoppedError
from sama_bench.running.questions import Declared, QuestionBuilder
from sama_bench.running.schedule import Ask, Target
from tests.running import fakes
from tests.running.fakes import QUICK, FakeDataset, answers, ask, request


def strip(found):
    return {key: (status, answer) for key, (status, answer, _) in found.items()}


def test_everything_is_asked_once_and_only_what_is_missing_later(tmp_path):
    first = ask(tmp_path, limit=5)
    assert (first.asked, first.complete) == (5, True)
    rest = ask(tmp_path)
    assert (rest.asked, rest.complete) == (7, True)
    assert ask(tmp_path).asked == 0
    folder = RunFolder(rest.folders[0])
    assert not folder.duplicates
    assert rest.folders[0] == tmp_path / "plain" / "fake" / "tiny"
    assert not (rest.folders[0] / "claims").exists()


def test_two_tasks_share_their_workers_and_each_frame_is_decoded_once(tmp_path):
    data = tmp_path / "frames"
    datasets = [FakeDataset(frames=5, benchmark=name, folder=data) for name in ("fake-g", "fake-c")]
    result = ask(tmp_path, "Looking", datasets=datasets, devices=[Device()])
    assert result.complete
    assert result.asked == 24
    events = (result.folders[0] / "events.jsonl").read_text()
    found = [json.loads(line) for line in events.splitlines()]
    assert sum(event["event"] == "worker_started" for event in found) == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_answers_do_not_depend_on_the_number_of_workers(tmp_path, workers):
    one = ask(tmp_path / "one")
    some = ask(tmp_path / "some", devices=[Device()] * workers)
    assert strip(answers(one)) == strip(answers(some))


def test_history_is_the_engines(tmp_path):
    dataset = FakeDataset(videos=1, rounds=3)

    def said(history):
        result = ask(tmp_path / history, datasets=[dataset], history=history)
        return [answers(result)["fake", f"v0/{n}"][1].text.split(" after ", 1)[1] for n in range(3)]

    assert said("independent") == ["[]"] * 3
    assert said("teacher-forced")[2] == "[truth of v0/0 | truth of v0/1]"
    free = said("free-running")
    assert "[SEG] v0/0" in free[1]
    assert "[SEG] v0/1" in free[2]
    manifest = RunFolder(tmp_path / "free-running" / "plain" / "fake" / "tiny").manifest()
    assert manifest.history == "free-running"


def test_free_running_goes_on_from_its_own_earlier_answers(tmp_path):
    whole = ask(tmp_path / "whole", history="free-running")
    ask(tmp_path / "cut", history="free-running", limit=4)
    assert strip(answers(whole)) == strip(
        answers(ask(tmp_path / "cut", history="free-running", devices=[Device()] * 2))
    )


def test_a_model_without_history_is_refused_for_it(tmp_path):
    with pytest.raises(AdapterError, match="cannot be given earlier rounds"):
        ask(tmp_path, "Bare", history="teacher-forced")
    assert ask(tmp_path, "Bare").coverage[0].refused == 12


KINDS = {
    "raise": "fine",
    "failure": "RuntimeError: a bad day with ***",
    "memory": "out of memory",
    "nothing": "predict returned NoneType, not an Answer",
    "frames": "segment 0 has 1 masks, the video 2 frames",
    "size": "segment 0 has masks of 2x2, the video frames of 6x8",
    "broken": "RLE counts",
    "nan": "values that are not finite",
    "endless": "characters, over",
    "notes": "notes are not JSON",
}


def test_every_kind_of_bad_answer_is_a_counted_failure_with_its_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "sk-secret-value")
    kinds = [kind for kind in KINDS if kind != "raise"]
    options = {f"v{n // 3}/{n % 3}": kind for n, kind in enumerate(kinds)}
    options["v3/2"] = "refuse"
    result = ask(tmp_path, "Misbehaving", options=options)
    found = answers(result)
    for id, kind in options.items():
        if kind != "refuse":
            assert KINDS[kind] in found["fake", id][2], kind
    assert found["fake", "v3/2"][0] == "refused"
    coverage = result.coverage[0]
    assert (coverage.failed, coverage.refused, coverage.answered) == (9, 1, 2)
    log = (result.folders[0] / "logs" / "worker-0.log").read_text()
    assert "a word that belongs to the log" in log
    for file in result.folders[0].rglob("*"):
        assert file.is_dir() or "sk-secret-value" not in file.read_text(), file


def test_a_crash_is_tried_twice_and_the_run_goes_on(tmp_path):
    options = {"v0/1": "die", "v1/1": "segfault"}
    result = ask(tmp_path, "Misbehaving", options=options)
    found = answers(result)
    assert "exit status 7, each time it was asked this" in found["fake", "v0/1"][2]
    assert "SIGSEGV" in found["fake", "v1/1"][2]
    assert result.coverage[0].answered == 10
    again = ask(tmp_path, "Misbehaving", options=options)
    assert again.asked == 2


@pytest.mark.parametrize(
    ("how", "patience", "said"),
    [
        ("hang", {"timeout": 3.0, "silence": 20.0}, "no answer within 3 s"),
        ("freeze", {"silence": 3.0}, "no sign of life"),
    ],
)
def test_a_hung_call_or_a_frozen_worker_does_not_stop_the_run(tmp_path, how, patience, said):
    limits = dataclasses.replace(QUICK, **patience)
    result = ask(tmp_path, "Misbehaving", options={"v0/1": how}, limits=limits)
    assert said in answers(result)["fake", "v0/1"][2]
    assert result.coverage[0].answered == 11


def test_failures_in_a_row_stop_the_run_and_it_resumes(tmp_path):
    options = {f"v0/{n}": "failure" for n in range(3)}
    limits = dataclasses.replace(QUICK, max_failures=3)
    dataset = FakeDataset(videos=1, rounds=6)
    with pytest.raises(StoppedError, match="3 failures in a row, the last: v0/2: RuntimeError"):
        ask(tmp_path, "Misbehaving", options=options, limits=limits, datasets=[dataset])
    result = ask(tmp_path, "Misbehaving", options=options, datasets=[dataset])
    assert result.coverage[0].failed == 3
    assert result.coverage[0].answered == 3


@pytest.mark.parametrize(
    ("adapter", "said"),
    [("Unloadable", "RuntimeError: no such weights"), ("DiesLoading", "exit status 9")],
)
def test_a_model_that_cannot_be_loaded_is_one_line_with_its_log(tmp_path, adapter, said):
    with pytest.raises(AdapterError, match=f"{said}.*log: "):
        ask(tmp_path, adapter)


def test_a_model_that_says_so_is_asked_several_questions_at_once(tmp_path):
    found = answers(ask(tmp_path, "Remote"))
    assert max(answer.notes["most"] for _, answer, _ in found.values()) == 4
    plain = answers(ask(tmp_path, "Plain"))
    assert {k: a.text for k, (_, a, _) in found.items()} == {
        k: a.text for k, (_, a, _) in plain.items()
    }


def test_a_disk_that_fills_up_loses_nothing_that_was_answered(tmp_path, monkeypatch):
    real, written = os.write, []

    def write(file, data):
        written.append(len(data))
        if b'"segments"' in bytes(data) and sum(written) > 3000:
            real(file, bytes(data)[:50])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data)

    monkeypatch.setattr("sama_bench.storage.append.os.write", write)
    with pytest.raises(UserError, match="the disk is full; what was answered before is kept"):
        ask(tmp_path)
    monkeypatch.undo()
    folder = RunFolder(tmp_path / "plain" / "fake" / "tiny")
    before = len(folder)
    assert 0 < before < 12
    assert not folder.damaged
    assert ask(tmp_path).asked == 12 - before


def test_a_missing_frame_or_mask_fails_its_sample_only(tmp_path):
    class Torn(FakeDataset):
        def sample(self, id, tracks=False):
            if id == "v1/1":
                raise DataError("frame x.jpg does not exist")
            return super().sample(id, tracks)

    result = ask(tmp_path, datasets=[Torn()])
    assert answers(result)["fake", "v1/1"][2] == "frame x.jpg does not exist"
    assert result.coverage[0].answered == 11
    assert not result.complete


def test_another_run_in_the_folder_is_refused_and_fresh_puts_it_aside(tmp_path):
    ask(tmp_path)
    with pytest.raises(UserError, match=r"seed: 0 -> 1.*--fresh"):
        ask(tmp_path, seed=1)
    changed = FakeDataset()
    changed.files = {"tiny.json": "sha256:1"}
    with pytest.raises(UserError, match="data: "):
        ask(tmp_path, datasets=[changed])
    result = ask(tmp_path, seed=1, fresh=True)
    assert result.asked == 12
    assert (result.folders[0] / "predictions.jsonl.old-1").exists()


def test_what_an_adapter_was_not_declared_never_reaches_it(tmp_path):
    for adapter, tracks in (("Spying", False), ("Tracking", True), ("Bare", False)):
        result = ask(tmp_path, adapter)
        for (_, id), (_, answer, _) in answers(result).items():
            first, second = (mask["counts"] for mask in FakeDataset().track(id).rles())
            assert first != second
            if adapter != "Bare":
                assert first in answer.text
                assert (second in answer.text) is tracks
            assert "truth of" not in answer.text
    oracle = answers(ask(tmp_path, "Knowing"))
    assert all(answer.text.startswith("truth of") for _, answer, _ in oracle.values())


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("tracks", [False, True])
def test_what_is_sent_to_a_worker_holds_no_reference(tmp_path, history, tracks):
    dataset = FakeDataset()
    target = Target("fake", dataset, RunFolder(tmp_path))
    questions = QuestionBuilder([target], history, 0, None)
    for entry in dataset.entries:
        ask_ = Ask(0, entry)
        sent = json.dumps(questions.message(ask_, Declared(takes_tracks=tracks)).data)
        assert f"truth of {entry.id}" not in sent
        assert '"reference"' not in sent
        others = [dataset.track(other.id).rles()[1]["counts"] for other in dataset.entries]
        assert any(counts in sent for counts in others) is tracks
        known = json.loads(json.dumps(questions.message(ask_, Declared(oracle=True)).data))
        assert known["reference"]["text"] == f"truth of {entry.id}"


def test_a_python_that_is_none_is_said(tmp_path):
    from sama_bench.launch.local_process import Launcher

    with pytest.raises(UserError, match="no worker can be started with /no/python"):
        ask(tmp_path, launch=Launcher("/no/python"))


def test_an_unknown_class_is_said_with_the_nearest(tmp_path):
    wrong = dataclasses.replace(request(tmp_path).model, adapter=f"{fakes.__file__}:Plainn")
    assert isinstance(wrong, ModelSpec)
    from sama_bench.running.run import run

    with pytest.raises(AdapterError, match="unknown class"):
        run(dataclasses.replace(request(tmp_path), model=wrong))


def test_a_refused_request_says_why_also_when_another_folder_would_be_new(tmp_path):
    old, new = (FakeDataset(benchmark=name) for name in ("fake-g", "fake-c"))
    ask(tmp_path, datasets=[old], limit=1)
    with pytest.raises(UserError, match="answers of another run"):
        ask(tmp_path, datasets=[old, new], history="teacher-forced")
    assert not (tmp_path / "plain" / "fake-g" / "tiny" / "claims").exists()
    assert not (tmp_path / "plain" / "fake-c").exists()
