"""Runs killed at random moments, in every form: whole again, they are what they would have been."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from tests.campaign.answers import acknowledged, check_kept
from tests.campaign.case import Case, Kind
from tests.campaign.commands import Running, call, check, start
from tests.campaign.material import ASKING, RUN, SCORING, STEADY, numbers
from tests.campaign.steady import PAUSE
from tests.campaign.traces import check_files, check_processes
from tests.processes import children

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
TARGETS = ("engine", "worker", "group", "everything")
TORCHRUN = {
    "WORLD_SIZE": "2",
    "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "localhost",
    "MASTER_PORT": "1",
}
SRUN = {
    "SLURM_JOB_ID": "71",
    "SLURM_NTASKS": "2",
    "SLURM_STEP_NUM_TASKS": "2",
    "SLURM_STEP_TASKS_PER_NODE": "2",
}


def forms() -> dict[str, tuple[tuple[str, ...], list[dict[str, str]]]]:
    """How a run may be started: more options, and the variables of each of its processes."""
    torchrun = [{**TORCHRUN, "RANK": str(n), "LOCAL_RANK": str(n)} for n in range(2)]
    srun = [{**SRUN, "SLURM_PROCID": str(n), "SLURM_LOCALID": str(n)} for n in range(2)]
    return {
        "plain": ((), [{}]),
        "two workers": (("--devices", "cpu:2"), [{}]),
        "two jobs": ((), [{}, {}]),
        "torchrun": ((), torchrun),
        "srun": ((), srun),
    }


def attack(case: Case) -> None:
    """Start a run, kill some of it, some times over; then let it end, and compare."""
    form = case.rng.choice(sorted(forms()))
    more, ranks = forms()[form]
    pause = {PAUSE: str(case.rng.choice([0.02, 0.1, 0.2]))}
    command = ("run", "--model", STEADY, *ASKING, *SCORING, "--runs", case.folder / "runs", *more)
    folder, known, killed = case.folder / "runs" / RUN, {}, set[int]()
    case.did(f"form: {form}")
    for _ in range(case.rng.randint(1, 2)):
        jobs = [start(case, *command, env={**pause, **rank}) for rank in ranks]
        signals = disturb(case, jobs, folder, known)
        killed |= signals
        for job in jobs:
            outcome = check(job.finish(), signals)
            if not signals:
                case.insist(outcome.status == 0, f"status {outcome.status} undisturbed")
        check_processes(case)
        check_kept(case, folder, known)
    finish(case, command, folder, known)
    if signal.SIGKILL not in killed:
        check_files(case, case.folder / "runs")


def disturb(case: Case, jobs: list[Running], folder: Path, known: dict[bytes, Path]) -> set[int]:
    """Kill something at a random moment; return the signals that jobs were sent."""
    number, target = case.rng.choice(SIGNALS), case.rng.choice(TARGETS)
    wait_for = case.rng.randint(0, 10)  # answers; the moment is any, yet so that the run gets on
    late = case.rng.uniform(0, 3.5 if wait_for == 0 else 0.5)
    victim = case.rng.choice(jobs)
    until = time.monotonic() + 60
    while wait_for and len(acknowledged(folder)) < wait_for and time.monotonic() < until:
        if victim.poll() is not None:
            break
        time.sleep(0.01)
    time.sleep(late)
    known.update(acknowledged(folder))
    case.did(f"signal {int(number)} to {target}, {late:.3f} s after {wait_for} answers")
    if target == "worker":
        for pid in children(victim.pid)[:1]:
            _kill(pid, number)
        return set()  # the engine goes on
    for job in jobs if target == "everything" else [victim]:
        job.send(number, group=target != "engine")
    if target == "everything" and number == signal.SIGKILL:  # as a power cut: workers too
        for job in jobs:
            for pid in children(job.pid):
                _kill(pid, number)
    return {number}


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def finish(case: Case, command: tuple[object, ...], folder: Path, known: dict[bytes, Path]) -> None:
    """Give the command until it is done; insist on every answer and on the undisturbed scores."""
    for _ in range(2):
        outcome = check(call(case, *command).finish())
        check_processes(case)
        if outcome.status == 0:
            break
    case.insist(outcome.status == 0, f"the run does not end: {outcome.err[-200:]}")
    check_kept(case, folder, known)
    found = numbers(folder / "scores.json")
    case.insist(found == case.material.numbers, "scores differ from the undisturbed ones")


KINDS = [Kind("kill-run", "kills of run: engine, workers, groups, ranks, two jobs", attack, 4)]
