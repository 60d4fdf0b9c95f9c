"""A campaign that cannot fail proves nothing: planted faults of every sort are reported."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.campaign import loop
from tests.campaign.__main__ import _close
from tests.campaign.answers import acknowledged, check_kept
from tests.campaign.case import Case, FaultError, Kind
from tests.campaign.commands import check, start_python
from tests.campaign.kinds.damaged_runs import check_numbers
from tests.campaign.loop import Tally, run, run_case
from tests.campaign.material import RUN
from tests.campaign.traces import check_files, check_processes, processes

CHILD = (
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)']"
)


@pytest.fixture
def case(tmp_path, material):
    return Case("planted", 1, 0, tmp_path, material)


def ended(case, code, *, limit=60, signals=()):
    return check(start_python(case, "-c", code).finish(limit), signals)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("1 / 0", "traceback .ZeroDivisionError"),
        ("import sys; sys.exit(3)", "exit status 3"),
        ("import sys; sys.exit(2)", "exit status 2 without a word"),
        ("import os; os.abort()", "traceback|exit status -6"),
        ("import os; os.kill(os.getpid(), 9)", "exit status -9"),
        ("import threading; threading.Thread(target=lambda: 1 / 0).start()", "traceback"),
        ("class A:\n def __del__(self): 1 / 0\nA()", "traceback"),
    ],
)
def test_wrong_ends_are_reported(case, code, fault):
    with pytest.raises(FaultError, match=fault):
        ended(case, code)


def test_right_ends_are_not(case):
    ended(case, "print('fine')")
    ended(case, "import sys; sys.exit('one line')")
    ended(case, "import os; os.kill(os.getpid(), 15)", signals=[signal.SIGTERM])
    ended(case, "import sys; sys.exit(130)", signals=[signal.SIGINT])


def test_a_hang_is_reported_with_where_it_was(case):
    code = "def here():\n import time; time.sleep(99)\nprint('x', flush=True); here()"
    running = start_python(case, "-c", code)
    while not (case.folder / "said" / "01.out").read_text():
        time.sleep(0.01)
    outcome = running.finish(limit=0)
    assert outcome.hung
    assert "in here" in outcome.err
    with pytest.raises(FaultError, match="hang"):
        check(outcome)


@pytest.mark.parametrize("session", ["", ", start_new_session=True"])
def test_a_child_that_is_left_is_reported_and_ended(case, session):
    ended(case, f"{CHILD}{session})")
    with pytest.raises(FaultError, match=r"process left behind: .*sleep"):
        check_processes(case, patience=0)
    while processes(case.mark):
        time.sleep(0.01)


def test_a_lost_or_changed_answer_is_reported(case):
    for name in ("predictions.jsonl", "predictions.a.jsonl"):
        line = {"id": name, "status": "answered"}
        (case.folder / name).write_text(json.dumps(line) + "\n" + '{"status": "answered"')
    known = acknowledged(case.folder)
    assert len(known) == 2  # a line without its end was not acknowledged
    check_kept(case, case.folder, known)
    (case.folder / "predictions.a.jsonl").write_text("")
    with pytest.raises(FaultError, match=r"1 acknowledged answers lost: predictions\.a\.jsonl"):
        check_kept(case, case.folder, known)


@pytest.mark.parametrize("name", ["tmp/x/left", "runs/.part.77", "runs/a/claims/b.job"])
def test_a_temporary_file_is_reported(case, name):
    path = case.folder / name
    path.parent.mkdir(parents=True)
    path.write_text("")
    with pytest.raises(FaultError, match="temporary file left behind"):
        check_files(case, case.folder / "runs")


def test_a_silent_number_is_reported(case, material):
    content = json.loads((material.runs / RUN / "scores.json").read_text())
    content["results"] = [{"problems": []}]
    file = case.folder / "out.json"
    file.write_text(json.dumps(content))
    fine = ended(case, "print()")
    check_numbers(case, fine, file)
    next(row for row in content["scores"] if row["value"])["value"] += 0.01
    file.write_text(json.dumps(content))
    with pytest.raises(FaultError, match="silent number"):
        check_numbers(case, fine, file)
    content["results"][0]["problems"].append("a line was damaged")
    file.write_text(json.dumps(content))
    check_numbers(case, fine, file)


def test_a_reader_that_heeds_no_checksum_is_reported(tmp_path, material, monkeypatch):
    from sama_bench.scoring import scored_run
    from tests.campaign.kinds import damaged_runs

    def planted(rng, file, times):
        raw = file.read_bytes()
        place = raw.index(b'"value": 0.') + len(b'"value": 0.')
        file.write_bytes(
            raw[:place] + (b"1" if raw[place : place + 1] != b"1" else b"2") + raw[place + 1 :]
        )
        return "a digit"

    monkeypatch.setattr(damaged_runs, "damage_file", planted)
    kind = Kind("planted", "", damaged_runs.attack_scores)
    assert run_case(kind, 1, 0, tmp_path, material) is None
    monkeypatch.setattr(scored_run, "unsealed", json.loads)
    assert "silent number" in run_case(kind, 1, 0, tmp_path, material)


def test_failures_are_counted_kept_and_repeatable(tmp_path, material, capsys, monkeypatch):
    drawn = []

    def attack(case):
        drawn.append((case.number, case.rng.random()))
        case.did("something")
        case.insist(case.number % 2 == 0, "an odd number")

    monkeypatch.setattr(loop, "MOST_KEPT", 1)
    kind = Kind("planted", "numbers", attack)
    clock = iter(range(1000)).__next__
    (tally,) = run([kind], 7, 14, tmp_path, material, clock=clock)
    assert tally.tries > 4
    assert [number for number, _ in tally.failures] == list(range(1, tally.tries, 2))
    kept = [path.name for path in (tmp_path / "cases").iterdir()]
    assert kept == ["planted-1"]
    facts = json.loads((tmp_path / "cases" / "planted-1" / "case.json").read_text())
    assert (facts["fault"], facts["steps"], facts["seed"]) == ("an odd number", ["something"], 7)
    assert run_case(kind, 7, 1, tmp_path, material) == "an odd number"
    assert drawn[-1] == drawn[1]
    assert _close([tally], 7, tmp_path, 1.0) == 1
    assert _close([Tally(kind, 3)], 7, tmp_path, 1.0) == 0
    said = capsys.readouterr().out
    assert "--seed 7 --kind planted --case 1: an odd number" in said
