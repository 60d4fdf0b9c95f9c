"""Several jobs on one run folder: what they append to, and what they refuse to go on over."""

import json
import shutil

import pytest

from sama_bench.errors import UserError
from sama_bench.runfolder.folder import RunFolder
from sama_bench.runfolder.manifest import Manifest
from sama_bench.running import job as job_module
from sama_bench.running import leases
from sama_bench.running.job import Job
from sama_bench.running.run import coverage
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


def test_answers_that_are_removed_under_a_job_are_asked_again(tmp_path, capsys):
    shared = [target(tmp_path / "plain" / "fake" / "tiny")]
    with Job(request(tmp_path), shared, None) as job:
        job.work()
        (shared[0].folder.path / "predictions.jsonl").unlink()
        assert coverage(shared[0]).missing == 12
        job.work()
    assert coverage(shared[0]).answered == len(RunFolder(shared[0].folder.path)) == 12
    assert "tiny: 12 of 12 samples" in capsys.readouterr().err


def test_a_job_whose_file_is_replaced_by_a_copy_goes_on_in_the_copy(tmp_path):
    shared = [target(tmp_path / "plain" / "fake" / "tiny")]
    with Job(request(tmp_path, limit=4), shared, None) as job:
        job.work()
        file = shared[0].folder.path / "predictions.jsonl"
        shutil.copy(file, file.with_suffix(".copy"))
        file.with_suffix(".copy").replace(file)
        job._request = request(tmp_path)
        job.work()
    assert len(RunFolder(shared[0].folder.path)) == 12


def test_a_job_counts_what_another_has_begun_afresh(tmp_path):
    ask(tmp_path)
    shared = [target(tmp_path / "plain" / "fake" / "tiny")]  # knows of 12 answers
    ask(tmp_path, fresh=True, limit=2)
    assert coverage(shared[0]).answered == 2
    with Job(request(tmp_path), shared, None) as job:
        job.work()
    assert job.writer.counts == {"answered": 10}
    assert len(RunFolder(shared[0].folder.path)) == 12


@pytest.mark.parametrize("what", ["removed", "other options"])
def test_a_job_does_not_go_on_in_the_folder_of_another_run(tmp_path, what):
    shared = [target(tmp_path / "plain" / "fake" / "tiny")]
    with Job(request(tmp_path, limit=4), shared, None) as job:
        job.work()
        shared[0].folder.put_aside()
        if what == "other options":
            facts = json.loads((shared[0].folder.path / "manifest.json.old-1").read_text())
            shared[0].folder.write_manifest(Manifest.from_json({**facts, "seed": 5}))
        said = "put aside while this job" if what == "removed" else "answers of another run"
        with pytest.raises(UserError, match=said):
            job.work()
    assert len(RunFolder(shared[0].folder.path)) == 0


def test_a_full_disk_leaves_no_claims(tmp_path, monkeypatch):
    def full(*_):
        raise UserError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "gather", full)
        with pytest.raises(UserError, match="full"):
            ask(tmp_path / "at its end")
    with monkeypatch.context() as patch:
        patch.setattr(leases, "write_atomically", full)
        with pytest.raises(UserError, match="full"):
            ask(tmp_path / "at its start")
    assert list(tmp_path.rglob("claims")) == []
