"""Several jobs on one run folder: what they append to, and what they refuse to go on over."""

import json

import pytest

from sama_bench.errors import UserError
from sama_bench.runfolder.folder import RunFolder
from sama_bench.running import job as job_module
from sama_bench.running.job import Job
from sama_bench.running.status import read_events
from tests.running.fakes import answers, ask, request, target


def test_without_locks_a_job_has_files_of_its_own(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(job_module, "why_not_shared", lambda folder: "it has no locks")
    result = ask(tmp_path)
    (folder,) = result.folders
    parts = [path.name for path in folder.glob("predictions.*.jsonl")]
    assert len(parts) == 1
    assert "answers go to a file of this job alone: it has no locks" in capsys.readouterr().err
    assert not (folder / "events.jsonl").exists()
    assert {event["event"] for event in read_events(folder)} >= {"started", "sample", "finished"}
    assert len((folder / "predictions.jsonl").read_text().splitlines()) == 12  # gathered
    assert len(answers(result)) == 12
    ask(tmp_path, fresh=True)
    assert len(list(folder.glob("events.*.old-1"))) == 1


def test_events_of_several_jobs_are_read_in_the_order_of_time(tmp_path):
    for name, times in (("events.jsonl", (1, 4)), ("events.b.jsonl", (2, 3))):
        lines = [json.dumps({"event": "sample", "time": time}) for time in times]
        (tmp_path / name).write_text("\n".join([*lines, '{"event": "torn']))
    assert [event["time"] for event in read_events(tmp_path)] == [1, 2, 3, 4]


def test_answers_without_a_manifest_are_not_gone_on_with(tmp_path):
    (folder,) = ask(tmp_path).folders
    kept = (folder / "predictions.jsonl").read_bytes()
    (folder / "manifest.json").unlink()
    with pytest.raises(UserError, match=r"holds answers but no manifest\.json"):
        ask(tmp_path, seed=5)
    assert (folder / "predictions.jsonl").read_bytes() == kept
    assert ask(tmp_path, seed=5, fresh=True).asked == 12


def test_a_job_asks_again_what_it_holds_and_lost(tmp_path, monkeypatch):
    """Both jobs think all is done; then lines become unreadable while each waits for the other."""
    asked = request(tmp_path)
    shared = [target(tmp_path / "plain" / "fake" / "tiny")]
    with Job(asked, shared, None) as first:
        first.work()
        folder = shared[0].folder.path
        lines = (folder / "predictions.jsonl").read_text().splitlines()
        (folder / "predictions.jsonl").write_text("\n".join(lines[:-1]) + "\n")
        other = Job(asked, [target(folder)], None)  # alive, holds nothing that is open
        with monkeypatch.context() as patch:
            patch.setattr(job_module.time, "sleep", lambda seconds: pytest.fail("it waits"))
            first._wait_for_others()
        other.__exit__(None)
        first.work()
    assert len(RunFolder(folder)) == 12
