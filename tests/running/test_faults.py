"""Kill workers and jobs at random moments: the answers stay those of an undisturbed run.

``SAMA_BENCH_KILLS`` sets how many kills there are (default 6; the full campaign has 200).
"""

import json
import os
import random
import signal
import time
from functools import partial

import pytest

import sama_bench
from sama_bench.runfolder.folder import RunFolder
from sama_bench.running.leases import Leases
from sama_bench.running.status import read_events
from sama_bench.scoring.score import score_run, standard_tools
from tests.processes import PATIENCE, children, kill, lives, start_job, wait_until
from tests.running import job
from tests.running.fakes import answers

KILLS = int(os.environ.get("SAMA_BENCH_KILLS", "6"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return answers(job.work(tmp_path_factory.mktemp("undisturbed"), 2, sleep=0.02))


def folder(runs):
    return RunFolder(runs / "plain" / "fake" / "tiny")


def finish(runs, workers, *more):
    """The same command again until nothing is left; a user would give it once."""
    for _ in range(3):
        process = start_job(runs, workers, *more)
        if process.wait(PATIENCE) == 0:
            return
    pytest.fail("the run does not end")


def wait_for_an_answer(runs, process):
    seen = len(folder(runs))
    wait_until(
        lambda: len(folder(runs)) > seen or process.poll() is not None, lambda: last_events(runs)
    )


def last_events(runs):
    lines = (folder(runs).path / "events.jsonl").read_text().splitlines()
    leases = [(path.name, path.read_text()) for path in folder(runs).path.glob("claims/*")]
    return "\n".join([*lines[-20:], *map(str, leases)])


@pytest.mark.parametrize("parent_share", [0.0, 0.3])
def test_random_kills_change_nothing(tmp_path, undisturbed, parent_share):
    chance = random.Random(f"{KILLS} {parent_share}")
    kills, rounds, orphans = 0, 0, []
    while kills < KILLS // 2:
        rounds += 1
        runs = tmp_path / str(rounds)  # a run that was finished under fire is followed by another
        process = start_job(runs, 3)
        while kills < KILLS // 2:
            time.sleep(chance.uniform(0.02, 0.3))
            if chance.random() < 0.5:  # at any moment, yet so that the run gets on
                wait_for_an_answer(runs, process)
            if process.poll() is not None:
                break
            workers = children(process.pid)
            if chance.random() < parent_share:
                orphans += workers
                kills += kill(process.pid)
                process.wait()
                process = start_job(runs, 3)
            elif workers:
                kills += kill(chance.choice(workers))
        process.wait(PATIENCE)
        finish(runs, 2)
        assert answers(folder(runs).path) == undisturbed
        assert len(folder(runs)) == job.VIDEOS * job.ROUNDS
    wait_until(lambda: not any(lives(pid) for pid in orphans))


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_any_number_of_workers_resumed_or_not(tmp_path, undisturbed, workers):
    process = start_job(tmp_path, workers)
    wait_until(lambda: len(folder(tmp_path)) > 20 * (workers % 3) or process.poll() is not None)
    process.send_signal(signal.SIGTERM if workers > 1 else signal.SIGINT)
    process.wait(PATIENCE)
    finish(tmp_path, 9 - workers)
    assert answers(folder(tmp_path).path) == undisturbed
    assert not folder(tmp_path).duplicates


def test_scores_do_not_depend_on_workers_or_resuming(tmp_path):
    """``scores.json`` of 1, 2, 3 and 8 workers, whole or in two goes, apart from times."""
    found = []
    for workers in (1, 2, 3, 8):
        runs = tmp_path / str(workers)
        model = {"devices": f"cpu:{workers}", "runs": runs, "task": "g"}
        if workers % 2:
            sama_bench.run("static", "mini", limit=11, **model)
        result = sama_bench.run("static", "mini", **model)
        score_run(result.folders[0], tools=standard_tools("token-overlap", captions=False))
        scores = json.loads((result.folders[0] / "scores.json").read_text())
        del scores["manifest"]["started"], scores["crc32"]
        found.append(scores)
    assert found[0]["samples"]
    assert all(scores == found[0] for scores in found)


def test_two_jobs_at_once_share_the_work(tmp_path, undisturbed):
    jobs = [start_job(tmp_path, 2) for _ in range(2)]
    assert [process.wait(PATIENCE) for process in jobs] == [0, 0]
    lines = (folder(tmp_path).path / "predictions.jsonl").read_bytes().count(b"\n")
    assert lines == job.VIDEOS * job.ROUNDS  # nothing was asked twice
    assert answers(folder(tmp_path).path) == undisturbed
    assert not (folder(tmp_path).path / "claims").exists()


def test_one_job_takes_over_what_a_dead_one_left(tmp_path, undisturbed):
    jobs = [start_job(tmp_path, 2) for _ in range(2)]
    wait_until(lambda: len(folder(tmp_path)) > 10)
    kill(jobs[0].pid)
    assert jobs[1].wait(PATIENCE) == 0
    jobs[0].wait()
    assert answers(folder(tmp_path).path) == undisturbed


def test_what_a_job_claimed_as_it_died_is_not_waited_for(tmp_path, undisturbed):
    dead = Leases(folder(tmp_path).path, "dead")
    dead.beat()
    for video in range(job.VIDEOS):
        dead._path(f"v{video}", 0).write_text("")
    dead._beat_file("dead").unlink()
    job.work(tmp_path, 2)
    assert '"waiting"' not in (folder(tmp_path).path / "events.jsonl").read_text()
    assert answers(folder(tmp_path).path) == undisturbed
    assert not (folder(tmp_path).path / "claims").exists()


def test_a_free_running_dialogue_survives_kills(tmp_path):
    whole = answers(job.work(tmp_path / "whole", 2, "free-running"))
    runs = tmp_path / "killed"
    for _ in range(3):
        process = start_job(runs, 3, "free-running")
        wait_for_an_answer(runs, process)
        for pid in children(process.pid)[:1]:
            kill(pid)
        wait_for_an_answer(runs, process)
        kill(process.pid)
        process.wait()
    finish(runs, 2, "free-running")
    assert answers(folder(runs).path) == whole


def test_a_run_folder_copied_while_it_is_written_can_be_resumed(tmp_path, undisturbed):
    process = start_job(tmp_path / "live", 2)
    wait_until(lambda: len(folder(tmp_path / "live")) > 15)
    live, copy = folder(tmp_path / "live").path, tmp_path / "copy" / "plain" / "fake" / "tiny"
    copy.mkdir(parents=True)
    for file in live.glob("*.json*"):
        content = file.read_bytes()
        (copy / file.name).write_bytes(content[:-7] if file.suffix == ".jsonl" else content)
    assert process.wait(PATIENCE) == 0
    finish(tmp_path / "copy", 2)
    assert answers(copy) == undisturbed


def test_jobs_without_locks_lose_nothing_and_end(tmp_path, undisturbed):
    start = partial(start_job, tmp_path, 2, module="tests.running.job_without_locks")
    jobs = [start() for _ in range(2)]
    wait_until(lambda: len(folder(tmp_path)) > 10)
    kill(jobs[0].pid)
    jobs.append(start())
    assert [process.wait(PATIENCE) for process in jobs][1:] == [0, 0]
    events = list(read_events(folder(tmp_path).path))
    stored = {e["id"] for e in events if e["event"] == "sample" and e["status"] == "answered"}
    assert stored <= set(folder(tmp_path).ids())
    assert answers(folder(tmp_path).path) == undisturbed
    assert folder(tmp_path).damaged == []
    assert sum(event["event"] == "started" for event in events) == 3
