"""Whole runs, scores and data: made once, then copied and damaged."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from sama_bench.splits._mini import ensure_mini
from tests.campaign.case import Case
from tests.campaign.commands import ROOT, call, check

LIMIT = 12
"""Samples that a run asks: enough for several videos, few enough for hundreds of runs."""

STEADY = f"{ROOT}/tests/campaign/steady.py:Steady"
ASKING = ("--split", "mini", "--task", "g", "--limit", LIMIT, "--devices", "cpu")
SCORING = ("--no-captions", "--phrases", "token-overlap")
RUN = Path("steady/sama-bench-g/mini")
OTHER = Path("static/sama-bench-g/mini")

Numbers = Mapping[tuple[str, str, str, str], tuple[float | None, float | None]]


class Material:
    """What attacks copy; each part is made when it is first asked for.

    Attributes:
        root: folder that holds it, away from those of the cases.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    @cached_property
    def runs(self) -> Path:
        """A runs folder with two runs of ``LIMIT`` answers each, scored, undisturbed."""
        case = self._workplace("runs")
        runs = case.folder / "runs"
        for model in (STEADY, "static"):
            args = ("run", "--model", model, *ASKING, *SCORING, "--runs", runs)
            check(call(case, *args).finish(600), ends=[0])
        return runs

    @cached_property
    def numbers(self) -> Numbers:
        """The scores of the undisturbed run."""
        return numbers(self.runs / RUN / "scores.json")

    @cached_property
    def entries(self) -> Path:
        """A folder of leaderboard entries, of both runs."""
        case = self._workplace("entries")
        folder = case.folder / "entries"
        named = [self.runs / RUN, self.runs / OTHER]
        check(call(case, "leaderboard", "add", *named, "--partial", "--to", folder).finish())
        return folder

    def truth(self, benchmark: str) -> Path:
        """The run folder of ``oracle`` on the mini of a benchmark, not scored."""
        name = f"oracle-{benchmark}"
        runs = self.root / name / "runs"
        if not runs.exists():
            case = self._workplace(name)
            args = ("run", "--model", "oracle", "--benchmark", benchmark, "--split", "mini")
            check(call(case, *args, "--devices", "cpu", "--no-score", "--runs", runs).finish(600))
        return runs / "oracle" / benchmark / "mini"

    def data(self, benchmark: str, place: Path) -> Path:
        """Copy a benchmark's mini, as links: a file to be damaged has to be made anew."""
        whole = ensure_mini(benchmark=benchmark)
        return Path(shutil.copytree(whole, place, copy_function=_link))

    def _workplace(self, name: str) -> Case:
        folder = self.root / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return Case("material", 0, 0, folder, self)


def numbers(path: Path) -> Numbers:
    """Read value and coverage of every row of a ``scores.json`` or of what ``--json`` wrote."""
    return {
        (row["benchmark"], str(row["split"]), row["protocol"], row["metric"]): (
            row["value"],
            row.get("coverage"),
        )
        for row in json.loads(path.read_text("utf-8"))["scores"]
    }


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
    return target
