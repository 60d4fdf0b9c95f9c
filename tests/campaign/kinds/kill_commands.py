"""Every other command killed at a random moment: its files are old or new, never a part."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.campaign.case import Case, Kind
from tests.campaign.commands import call, check, start
from tests.campaign.material import OTHER, RUN, SCORING, numbers
from tests.campaign.traces import check_files, check_processes

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
ENDS = (0, 1)
"""A run of twelve of 58 answers is not covered, and says so by its status."""


@dataclass(frozen=True)
class Command:
    """A command and what it leaves.

    Attributes:
        args: given a copy of the runs and of the entries, below a folder.
        wrote: what it writes there.
        most: seconds that it takes, about.
    """

    args: Callable[[Path], tuple[Any, ...]]
    wrote: tuple[str, ...]
    most: float = 1.5


PARTIAL = ("--allow-partial", *SCORING)
TABLES = ("json", "md", "csv", "tex")


def _compare(at: Path) -> tuple[Any, ...]:
    return "compare", at / "runs" / RUN, at / "runs" / OTHER


COMMANDS = {
    "score": Command(
        lambda at: ("score", at / "runs" / RUN, *SCORING, "--json", at / "out.json"),
        ("out.json", f"runs/{RUN}/scores.json"),
    ),
    "merge": Command(
        lambda at: ("merge", "--runs", at / "runs", *PARTIAL, "--json", at / "out.json"),
        ("out.json", f"runs/{RUN}/scores.json", *(f"runs/table.{s}" for s in TABLES)),
        2.0,
    ),
    "report": Command(
        lambda at: ("report", at / "runs" / RUN, "--out", at / "pages", "--max-samples", 2),
        ("pages",), 2.5,
    ),
    "compare": Command(
        lambda at: (*_compare(at), "--json", at / "out.json", "--resamples", 1000),
        ("out.json",),
    ),
    "leaderboard-add": Command(
        lambda at: ("leaderboard", "add", at / "runs" / OTHER, "--partial", "--to", at / "entries"),
        ("entries",),
    ),
    "leaderboard-table": Command(
        lambda at: ("leaderboard", "table", "--entries", at / "entries", "--json", at / "out.json"),
        ("out.json",),
    ),
    "leaderboard-page": Command(
        lambda at: ("leaderboard", "page", "--entries", at / "entries", "--out", at / "pages"),
        ("pages",),
    ),
    "data-verify": Command(
        lambda at: ("data", "verify", "sama-bench-g", "--split", "mini", "--json", at / "out.json"),
        ("out.json",), 2.5,
    ),
    "status": Command(lambda at: ("status", at / "runs", "--json", at / "out.json"), ("out.json",)),
}  # fmt: skip


def attack(case: Case) -> None:
    """Kill a command once or twice, look at its files, and give it again."""
    name = case.rng.choice(sorted(COMMANDS))
    command = COMMANDS[name]
    at = case.folder / "at"
    shutil.copytree(case.material.runs, at / "runs")
    shutil.copytree(case.material.entries, at / "entries")
    killed = set()
    if case.rng.random() < 0.5:  # over what an earlier command wrote
        check(call(case, *command.args(at)).finish(), ends=ENDS)
    before = content(at, command)
    for _ in range(case.rng.randint(1, 2)):
        running = start(case, *command.args(at))
        number, delay = case.rng.choice(SIGNALS), case.rng.uniform(0, command.most)
        case.did(f"signal {int(number)} after {delay:.3f} s")
        time.sleep(delay)
        running.send(number, group=case.rng.random() < 0.5)
        killed.add(number)
        check(running.finish(), [number], ENDS)
        check_processes(case)
    after = content(at, command)
    check(call(case, *command.args(at)).finish(), ends=ENDS)
    done = content(at, command)
    for path, found in after.items():
        whole = found in (before.get(path), done.get(path)) or _is_json(found)
        case.insist(whole, f"{name} left a part of {path} ({len(found)} bytes)")
    if (at / "runs" / RUN / "scores.json").exists():
        found = numbers(at / "runs" / RUN / "scores.json")
        case.insist(found == case.material.numbers, f"scores differ after {name}")
    if signal.SIGKILL not in killed:
        check_files(case, at)


def content(at: Path, command: Command) -> dict[str, bytes]:
    """Return what a command has written: its files, or all files of the folder, by name."""
    found = {}
    for name in command.wrote:
        path = at / name
        files = path.rglob("*") if path.is_dir() else [path]
        for file in files:
            if file.is_file() and not any(
                part.startswith(".") for part in file.relative_to(at).parts
            ):
                found[str(file.relative_to(at))] = file.read_bytes()
    return found


def _is_json(raw: bytes) -> bool:
    """Whether it is whole JSON: times in it differ from command to command."""
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


KINDS = [
    Kind(
        "kill-command",
        "kills of score, merge, report, compare, leaderboard, data verify, status",
        attack,
        2,
    )
]
