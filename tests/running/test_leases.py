import os

import pytest

from sama_bench.running import leases as module
from sama_bench.running.leases import Leases, process_started


class Clock:
    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def on(machine, monkeypatch):
    facts = {"machine": machine, "pid": os.getpid(), "started": process_started(os.getpid())}
    monkeypatch.setattr(module, "_me", lambda: facts)


def test_a_video_is_claimed_once(tmp_path, monkeypatch, clock):
    first, second = Leases(tmp_path, "first"), Leases(tmp_path, "second")
    first.begin()
    second.begin()
    assert first.take("v0")
    assert first.take("v0")
    assert first.holds("v0")
    assert not second.take("v0")
    assert not second.can_take("v0")
    assert second.take("v1")
    assert first.others() == ["second"]
    first.release()
    assert second.take("v0")
    second.release()
    assert not (tmp_path / "claims").exists()


def test_a_job_on_another_machine_is_dead_when_its_counter_stands_still(
    tmp_path, monkeypatch, clock
):
    on("there", monkeypatch)
    remote = Leases(tmp_path, "remote", lease=90)
    remote.begin()
    assert remote.take("v0")
    on("here", monkeypatch)
    local = Leases(tmp_path, "local", lease=90)
    local.begin()
    for _ in range(20):  # it lives, however the clocks of the two machines differ
        clock.now += 50
        on("there", monkeypatch)
        remote.beat()
        on("here", monkeypatch)
        assert not local.take("v0")
    clock.now += 89
    assert not local.take("v0")
    clock.now += 2
    assert local.can_take("v0")
    assert local.take("v0")


def test_a_dead_claim_is_taken_over_by_one_job_only(tmp_path, monkeypatch, clock):
    dead = Leases(tmp_path, "dead")
    dead.begin()
    dead.take("v0")
    (tmp_path / "claims" / "dead.job").unlink()
    jobs = [Leases(tmp_path, f"job{n}") for n in range(5)]
    for job in jobs:
        job.begin()
    assert [job.take("v0") for job in jobs].count(True) == 1
    assert [job.take("v0") for job in reversed(jobs)].count(True) == 1


def test_a_process_that_was_replaced_by_another_of_its_number_is_dead(tmp_path, monkeypatch, clock):
    job = Leases(tmp_path, "job")
    job.begin()
    job.take("v0")
    monkeypatch.setattr(module, "process_started", lambda pid: "later")
    assert Leases(tmp_path, "next").can_take("v0")


def test_a_claim_carries_its_name_from_its_first_moment(tmp_path, monkeypatch, clock):
    job, other = Leases(tmp_path, "job"), Leases(tmp_path, "other")
    job.begin()
    other.begin()
    real, seen = os.link, []

    def link(source, target):
        real(source, target)
        seen.append(other._owner(target))

    monkeypatch.setattr(os, "link", link)
    assert job.take("v0")
    assert seen == ["job"]


def test_a_file_system_without_links_has_claims_too(tmp_path, monkeypatch, clock):
    def link(source, target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    test_a_video_is_claimed_once(tmp_path, monkeypatch, clock)


def test_a_claim_without_a_name_is_waited_for_while_another_job_lives(tmp_path, clock):
    job, other = Leases(tmp_path, "job", lease=90), Leases(tmp_path, "other")
    job.begin()
    other.begin()
    job._path("v0", 0).write_text("")
    assert not job.take("v0")
    assert not job.can_take("v0")
    clock.now += 91
    assert job.take("v0")


def test_a_claim_without_a_name_is_taken_over_at_once_when_nobody_else_lives(tmp_path, clock):
    """Its owner died, or was interrupted, in the moment in which it claimed."""
    job = Leases(tmp_path, "job", lease=90)
    job.begin()
    job._path("v0", 0).write_text("")
    assert job.can_take("v0")
    assert job.take("v0")
    job.release()
    assert not (tmp_path / "claims").exists()


def test_a_claim_that_was_made_without_our_knowing_is_ours(tmp_path, clock):
    """An interruption, or a network file system that repeats a request, hides that it was made."""
    job = Leases(tmp_path, "job")
    job.begin()
    job._path("v0", 0).write_text("job")
    assert job.take("v0")
    job.release()
    assert not (tmp_path / "claims").exists()


def test_a_job_that_left_is_not_announced_again(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.0005)
    for number in range(50):
        job = Leases(tmp_path / str(number), "job")
        job.begin()
        job.release()
        assert not (tmp_path / str(number) / "claims").exists()


def test_a_job_may_take_again_what_it_holds(tmp_path, clock):
    """The line of its answer may be lost; two jobs would wait for each other for ever."""
    first, second = Leases(tmp_path, "first"), Leases(tmp_path, "second")
    first.begin()
    second.begin()
    assert first.take("v0")
    assert second.take("v1")
    assert first.can_take("v0")
    assert not first.can_take("v1")
    assert second.can_take("v1")


def beats(folder, job, age, content):
    path = folder / "claims" / f"{job}.job"
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    now = os.stat(path).st_mtime
    os.utime(path, (now - age, now - age))
    return path


ELSEWHERE = '{"machine": "elsewhere", "pid": 1, "started": "1", "beat": 5}'


@pytest.mark.parametrize(
    ("age", "content", "lives"),
    [
        (5, ELSEWHERE, True),
        (400, ELSEWHERE, False),
        (400, "", False),
        (400, "[1]", False),
        (400, '{"machine": "elsewhere"}', False),
        (400, "[" * 100_000, False),
    ],
)
def test_a_look_tells_a_dead_job_of_another_machine(tmp_path, age, content, lives):
    beats(tmp_path, "gone", age, content)
    assert Leases(tmp_path, "").others() == (["gone"] if lives else [])


@pytest.mark.parametrize("content", ["", "[]", "7", '{"pid": "x"}', '{"machine": 3, "pid": null}'])
def test_a_broken_beat_file_stops_nobody(tmp_path, content):
    left = beats(tmp_path, "gone", 400, content)
    job = Leases(tmp_path, "job")
    job.begin()
    assert job.take("v0")
    job.release()
    assert not left.exists()


def test_this_process_with_a_broken_beat_file_of_its_machine(tmp_path):
    machine = module._me()["machine"]
    beats(tmp_path, "gone", 400, f'{{"machine": "{machine}", "pid": {os.getpid()}}}')
    assert Leases(tmp_path, "").others() == []
