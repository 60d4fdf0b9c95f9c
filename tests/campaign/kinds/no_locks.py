"""A file system without locks, several jobs, and kills: each job keeps to files of its own."""

from __future__ import annotations

import signal
import time

from tests.campaign.answers import acknowledged
from tests.campaign.case import Case, Kind
from tests.campaign.commands import ROOT, check, start
from tests.campaign.kinds.kill_runs import SIGNALS, finish
from tests.campaign.material import ASKING, RUN, SCORING, STEADY
from tests.campaign.steady import PAUSE
from tests.campaign.traces import check_processes

FAULTY = str(ROOT / "tests" / "campaign" / "faulty_locks")
ERRORS = ("ENOSYS", "ENOLCK", "EOPNOTSUPP")


def attack(case: Case) -> None:
    """Start two or three jobs at once, kill one or none, and let them end."""
    env = {
        "PYTHONPATH": FAULTY,
        "SAMA_BENCH_CAMPAIGN_LOCKS": case.rng.choice(ERRORS),
        PAUSE: str(case.rng.choice([0.0, 0.05, 0.1])),
    }
    command = ("run", "--model", STEADY, *ASKING, *SCORING, "--runs", case.folder / "runs")
    folder, known = case.folder / "runs" / RUN, {}
    jobs = [start(case, *command, env=env) for _ in range(case.rng.randint(2, 3))]
    number = case.rng.choice([None, *SIGNALS])
    if number is not None:
        delay = case.rng.uniform(0.3, 4)
        case.did(f"signal {int(number)} to the first after {delay:.3f} s")
        time.sleep(delay)
        known.update(acknowledged(folder))
        jobs[0].send(number)
    for place, job in enumerate(jobs):
        sent = [number] if number is not None and place == 0 else []
        outcome = check(job.finish(), sent)
        case.insist(sent or outcome.status == 0, f"status {outcome.status}: {outcome.err[-200:]}")
        known.update(acknowledged(folder))
    check_processes(case)
    finish(case, command, folder, known)
    if number != signal.SIGKILL:
        ids = [line for path in folder.glob("predictions.*.jsonl") for line in path.open()]
        case.insist(len(ids) >= len(known) > 0, "no job had a file of its own")


KINDS = [Kind("no-locks", "two or three jobs where flock fails, one killed", attack)]
