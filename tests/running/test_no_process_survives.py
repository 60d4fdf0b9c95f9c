"""Whatever a worker starts ends with it, and with its run, however these end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.processes import ROOT, children, kill, lives, wait_until
from tests.running.test_workers_fault import ask as ask

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux lets a process adopt others")

CHILDREN = """
def note(pid):
    with open({file!r}, "a") as file:
        file.write(f"{{pid}}\\n")

def start_children():
    sleep = ["sleep", "3000"]
    note(subprocess.Popen(sleep).pid)
    note(subprocess.Popen(sleep, start_new_session=True, close_fds=False).pid)
    note(subprocess.Popen(sleep, start_new_session=True, env={{}}).pid)
    if os.fork() == 0:  # a daemon as in the books: nobody's child, a session of its own
        os.setsid()
        if os.fork() == 0:
            note(os.getpid())
            time.sleep(3000)
        os._exit(0)

class A(Adapter):
    def predict(self, sample):
        if sample.id.endswith("_1"):
            start_children()
            {then}
        return good(sample)
"""
KINDS = 4
GIL = "import re; re.match('(a+)+$', 'a' * 60 + 'b')"  # years inside C code that holds the GIL


@pytest.fixture
def noted(tmp_path):
    file = tmp_path / "children"

    def pids():
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    yield pids
    for pid in pids():
        kill(pid)


def code(tmp_path, then):
    return CHILDREN.format(file=str(tmp_path / "children"), then=then)


@pytest.mark.parametrize(
    ("then", "status"), [("os._exit(7)", 1), ("os.kill(os.getpid(), 9)", 1), ("pass", 0)]
)
def test_children_in_sessions_of_their_own_end_with_their_worker(
    ask, tmp_path, noted, then, status
):
    """They hold what they inherited; neither the run nor its end waits for them."""
    folder = ask(code(tmp_path, then), status=status)
    assert len(noted()) >= KINDS
    assert not any(lives(pid) for pid in noted())
    events = (folder.path / "events.jsonl").read_text()
    assert "no sign of life" not in events


@pytest.mark.parametrize("then", ["time.sleep(3000)", GIL])
@pytest.mark.parametrize("devices", ["cpu", "cpu:2"])
def test_children_end_when_the_engine_is_killed(ask, tmp_path, noted, then, devices):
    ask(code(tmp_path, then), limit=1)  # writes the adapter
    process = subprocess.Popen(
        [sys.executable, "-m", "sama_bench", "run", "--model", "mine.py:A", "--split", "mini",
         "--task", "g", "--limit", "8", "--devices", devices, "--no-score"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(lambda: len(noted()) >= KINDS)
    workers = children(process.pid)
    assert workers
    process.kill()
    process.wait()
    wait_until(lambda: not any(lives(pid) for pid in [*noted(), *workers]))


@pytest.mark.parametrize("which", ["os.getppid()", "outer()"])
def test_children_end_when_one_of_their_keepers_is_killed(ask, tmp_path, noted, which):
    outer = """
def outer():
    with open(f"/proc/{os.getppid()}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])
"""
    then = f"os.kill({which}, 9); time.sleep(3000)"
    folder = ask(outer + code(tmp_path, then), status=1)
    assert len(noted()) >= KINDS
    wait_until(lambda: not any(lives(pid) for pid in noted()))
    (failed,) = [id for id in folder.ids() if folder.status(id) == "failed"]
    assert "SIGKILL" in folder.record(failed).error


def test_a_copy_of_the_worker_does_not_speak_for_it(ask, tmp_path):
    """What an adapter forks and lets return is no second worker."""
    folder = ask(
        """
        class A(Adapter):
            def load(self, setup):
                os.fork()
            def predict(self, sample):
                child = os.fork()
                if child == 0:
                    if sample.id.endswith("_1"):
                        raise RuntimeError("in the child")
                    sys.exit()
                os.waitpid(child, 0)
                return good(sample)
        """
    )
    assert [folder.status(id) for id in folder.ids()] == ["answered"] * 3
    log = (folder.path / "logs" / "worker-0.log").read_text()
    assert "in the child" not in log


def test_a_worker_that_closes_its_pipe_is_ended_and_the_reason_is_said(ask, monkeypatch):
    monkeypatch.setattr("sama_bench.launch.local_process.ENDING", 1.0)
    folder = ask(
        """
        class A(Adapter):
            def predict(self, sample):
                if sample.id.endswith("_1"):
                    os.closerange(0, 256)
                    time.sleep(3000)
                return good(sample)
        """,
        status=1,
    )
    found = {id[-1]: folder.record(id) for id in folder.ids()}
    assert "closed its pipe to sama-bench" in found["1"].error
    assert found["0"].status == found["2"].status == "answered"


def test_a_worker_that_writes_into_its_pipe_is_ended_and_the_reason_is_said(ask):
    folder = ask(
        """
        class A(Adapter):
            def predict(self, sample):
                if sample.id.endswith("_1"):
                    for fd in range(3, 1024):
                        try:
                            os.write(fd, b"Loading checkpoint shards: 100%" * 9)
                        except OSError:
                            continue
                return good(sample)
        """,
        status=1,
    )
    found = {id[-1]: folder.record(id) for id in folder.ids()}
    assert "wrote into its pipe to sama-bench" in found["1"].error
    assert found["0"].status == found["2"].status == "answered"
