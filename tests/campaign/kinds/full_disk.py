"""A disk that fills up at a random byte: one line, and nothing lost of what was there."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.campaign.answers import acknowledged, check_kept
from tests.campaign.case import Case, Kind
from tests.campaign.commands import ROOT, Outcome, call, check, start, start_python
from tests.campaign.kinds.kill_commands import COMMANDS, content
from tests.campaign.material import ASKING, RUN, SCORING, STEADY, numbers
from tests.campaign.traces import check_files, check_processes

FAULTY = str(ROOT / "tests" / "campaign" / "faulty_disk")
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
from sama_bench.cli import main
main()
"""


def attack_run(case: Case) -> None:
    """Fill the disk under a run; with room again, it ends in the undisturbed scores."""
    runs = case.folder / "runs"
    command = ("run", "--model", STEADY, *ASKING, *SCORING, "--runs", runs)
    outcome = _on_a_full_disk(case, command, most=200_000)
    check_processes(case)
    if outcome.status == 2:
        case.insist(
            "the disk is full" in outcome.err
            or "File too large" in outcome.err
            or "No space" in outcome.err,
            f"the reason is not told: {outcome.err[-200:]}",
        )
    known = acknowledged(runs / RUN)
    check_files(case, runs)
    again = check(call(case, *command).finish())
    case.insist(again.status == 0, f"it does not go on: {again.err[-200:]}")
    check_kept(case, runs / RUN, known)
    case.insist(numbers(runs / RUN / "scores.json") == case.material.numbers, "scores differ")
    check_files(case, runs)


def attack_command(case: Case) -> None:
    """Fill the disk under another command: its files stay the old ones, or become new ones."""
    name = case.rng.choice(sorted(COMMANDS))
    command, at = COMMANDS[name], case.folder / "at"
    shutil.copytree(case.material.runs, at / "runs")
    shutil.copytree(case.material.entries, at / "entries")
    if case.rng.random() < 0.5:
        check(call(case, *command.args(at)).finish())
    before = content(at, command)
    _on_a_full_disk(case, command.args(at), most=300_000)
    after = content(at, command)
    check_files(case, at)
    check(call(case, *command.args(at)).finish())
    done = content(at, command)
    for path, found in after.items():
        whole = found in (before.get(path), done.get(path)) or len(found) >= len(
            done.get(path, b"")
        )
        case.insist(whole, f"{name} left a part of {path} ({len(found)} bytes)")


def attack_output(case: Case) -> None:
    """Standard output or standard error that take nothing: no traceback, files are written."""
    name = case.rng.choice(sorted(COMMANDS))
    command, at = COMMANDS[name], case.folder / "at"
    shutil.copytree(case.material.runs, at / "runs")
    shutil.copytree(case.material.entries, at / "entries")
    streams = case.rng.choice([("stdout",), ("stderr",), ("stdout", "stderr")])
    case.did(f"{name} to /dev/full: {streams}")
    with Path("/dev/full").open("wb") as full:
        outcome = start(case, *command.args(at), **dict.fromkeys(streams, full)).finish()
    ends = (0, 1, 2) if "stdout" in streams else (0, 1)
    if "stderr" in streams and outcome.status == 2:
        outcome = Outcome(outcome.command, 2, outcome.out, "not seen", outcome.hung)
    check(outcome, ends=ends)
    check_files(case, at)
    done = content(at, command)
    case.insist(
        set(command.wrote) & {*done, *(path.split("/")[0] for path in done)},
        f"{name} wrote nothing",
    )


def _on_a_full_disk(case: Case, command: tuple[object, ...], most: int) -> Outcome:
    """Run a command with so much room, by ENOSPC or by a limit on the size of a file."""
    room = int(most * case.rng.random() ** 3)
    if case.rng.random() < 0.3:
        room = max(room, 4096)  # what it says goes to a file too
        case.did(f"no file larger than {room}")
        return check(start_python(case, "-c", LIMITED, room, *command).finish())
    case.did(f"room for {room} bytes")
    disk = {"SAMA_BENCH_CAMPAIGN_DISK": str(case.folder), "SAMA_BENCH_CAMPAIGN_BYTES": str(room)}
    return check(start(case, *command, env={**disk, "PYTHONPATH": FAULTY}).finish())


KINDS = [
    Kind("full-disk-run", "a full disk under run, at a random byte", attack_run),
    Kind("full-disk-command", "a full disk under the other commands", attack_command),
    Kind("full-output", "full standard output or error", attack_output, 0.5),
]
