"""``sama-bench status``: how far runs are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from sama_bench.cli._columns import columns
from sama_bench.cli._options import json_option, runs_option, takes_stdout, write_text
from sama_bench.cli._printing import say, say_lines
from sama_bench.errors import DataError, UserError
from sama_bench.runfolder.folder import find_runs
from sama_bench.running.costs import KNOWN
from sama_bench.running.progress import duration
from sama_bench.running.status import RunStatus, run_status

SHOWN = 5


@click.command("status", short_help="Say how far runs are: rate, time left, failures.")
@click.argument("paths", nargs=-1, metavar="[RUN]...", type=click.Path(path_type=Path))
@runs_option
@click.option("--costs", is_flag=True, help="Also show seconds a question, GPU-hours and memory.")
@json_option
def command(paths: tuple[Path, ...], runs: Path, costs: bool, json_file: Path | None) -> int:
    """Say how far each RUN folder is; without RUN, all below --runs.

    Works from another terminal or machine while the run goes on, and changes nothing. Exit status
    1 also when a run cannot be read; the others are shown.
    """
    found = [folder for path in paths or (runs,) for folder in find_runs(path)]
    if not found:
        where = ", ".join(map(str, paths or (runs,)))
        raise UserError(f"there is no run in {where}; start one with 'sama-bench run'")
    statuses: list[RunStatus] = []
    unreadable: list[tuple[Path, str]] = []
    said: list[str] = []
    for folder in found:
        try:
            statuses.append(run_status(folder))
            said += lines(statuses[-1])
        except DataError as error:  # one damaged run must not hide the others
            unreadable.append((folder, str(error)))
            said.append(f"{folder}: cannot be shown: {error}")
    if json_file is not None:
        content = {
            "runs": [as_json(status) for status in statuses],
            "unreadable": [{"path": str(path), "error": error} for path, error in unreadable],
        }
        write_text(json_file, json.dumps(content, indent=1))
    if not takes_stdout(json_file):
        for line in said:
            say(line)
        if costs and statuses:
            say("")
            say_lines(cost_table(statuses))
    complete = all(s.missing == 0 and not s.counts.get("failed") for s in statuses)
    return 0 if complete and not unreadable else 1


def lines(status: RunStatus) -> list[str]:
    """Return what a person wants to know of one run."""
    counts = status.counts
    parts = [f"{counts.get('answered', 0)} answered", f"{counts.get('refused', 0)} refused"]
    parts += [f"{counts.get('failed', 0)} failed"]
    parts += [] if status.missing is None else [f"{status.missing} missing of {status.expected}"]
    if status.jobs:
        parts.append(f"{len(status.jobs)} job{'s' * (len(status.jobs) > 1)} at work")
    if status.rate is not None:
        parts.append(f"{status.rate * 3600:,.0f} questions an hour")
    if status.seconds_left is not None:
        parts.append(f"about {duration(status.seconds_left)} left")
    said = [f"{status.path}: {', '.join(parts)}"]
    said += [f"  failed: {id}: {reason}" for id, reason in status.failures[:SHOWN]]
    if len(status.failures) > SHOWN:
        said.append(f"  and {len(status.failures) - SHOWN} more failures")
    return said + [f"  note: {note}" for note in status.notes[:SHOWN]]


def cost_table(statuses: Sequence[RunStatus]) -> str:
    """Return a table of what runs have cost; what is not known is a dash.

    Seconds are those of a question, by part; memory is what one worker's process held at most, in
    GB of 10^9 bytes.
    """
    heads = ("run", "questions", "s a question", *KNOWN, "GPU-hours", "GPU memory", "shared", "GPU")
    rows = []
    for status in statuses:
        found = status.costs
        rows.append(
            (
                "/".join(status.path.absolute().parts[-3:]),
                str(found.questions),
                _figure(found.seconds),
                *(_figure(found.parts.get(name)) for name in KNOWN),
                _figure(found.gpu_seconds, 1 / 3600),
                _figure(found.gpu_memory, 1e-9, " GB"),
                _figure(found.shared, 100, "%"),
                found.gpu or "-",
            )
        )
    return columns(heads, rows)


def _figure(value: float | None, by: float = 1.0, unit: str = "") -> str:
    return "-" if value is None else f"{value * by:.2f}{unit}"


def as_json(status: RunStatus) -> dict[str, Any]:
    """Return a status as plain data."""
    return {
        **vars(status),
        "path": str(status.path),
        "missing": status.missing,
        "costs": vars(status.costs),
        "failures": [{"id": id, "error": reason} for id, reason in status.failures],
    }
