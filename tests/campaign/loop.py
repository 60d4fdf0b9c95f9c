"""Runs cases of all kinds in turn, and counts."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaign.case import Case, FaultError, Kind
from tests.campaign.material import Material
from tests.campaign.traces import check_processes, end_processes

MOST_KEPT = 5
"""Folders of failures that are kept of each kind."""


@dataclass
class Tally:
    """What came of one kind."""

    kind: Kind
    tries: int = 0
    seconds: float = 0.0
    failures: list[tuple[int, str]] = field(default_factory=list)

    def line(self) -> str:
        """Return the one line of this kind."""
        return (
            f"{self.kind.name:20} {self.tries:6} tries {len(self.failures):4} failures "
            f"{self.seconds:7.0f} s  {self.kind.what}"
        )


def run_case(kind: Kind, seed: int, number: int, work: Path, material: Material) -> str | None:
    """Run one case; return what went wrong, or None. Its folder is kept only if it failed."""
    folder = work / "cases" / f"{kind.name}-{number}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    case = Case(kind.name, seed, number, folder, material)
    fault = None
    try:
        kind.attack(case)
        check_processes(case)
    except FaultError as error:
        fault = str(error)
    except Exception as error:  # the campaign's own, or a wrong output that it could not read
        fault = f"{type(error).__name__}: {error}"
        (folder / "campaign-traceback.txt").write_text(traceback.format_exc())
    finally:
        end_processes(case.mark)
    if fault is None:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    facts = {"kind": kind.name, "seed": seed, "case": number, "fault": fault, "steps": case.steps}
    with contextlib.suppress(OSError):
        (folder / "case.json").write_text(json.dumps(facts, indent=1))
    return fault


def run(
    kinds: Sequence[Kind],
    seed: int,
    seconds: float,
    work: Path,
    material: Material,
    say: Callable[[str], None] = print,
    clock: Callable[[], float] = time.monotonic,
) -> list[Tally]:
    """Run cases until the time is over, at least one of each kind.

    Kinds get time by their shares: the one that had least of its own is next.
    """
    tallies = [Tally(kind) for kind in kinds]
    until = clock() + seconds
    while clock() < until or any(not tally.tries for tally in tallies):
        waiting = [tally for tally in tallies if not tally.tries]
        tally = waiting[0] if waiting else min(tallies, key=lambda t: t.seconds / t.kind.share)
        try_once(tally, seed, work, material, say, clock)
    return tallies


def try_once(
    tally: Tally,
    seed: int,
    work: Path,
    material: Material,
    say: Callable[[str], None] = print,
    clock: Callable[[], float] = time.monotonic,
    number: int | None = None,
) -> None:
    """Run the next case of a kind, or the one of a number, and count it."""
    began = clock()
    number = tally.tries if number is None else number
    fault = run_case(tally.kind, seed, number, work, material)
    tally.tries += 1
    tally.seconds += clock() - began
    if fault is None:
        return
    tally.failures.append((number, fault))
    folder = work / "cases" / f"{tally.kind.name}-{number}"
    if len(tally.failures) > MOST_KEPT:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"FAILED {again(tally.kind, seed, number)}: {fault}\n       {folder}")


def again(kind: Kind, seed: int, number: int) -> str:
    """Return what repeats a case."""
    return f"--seed {seed} --kind {kind.name} --case {number}"
