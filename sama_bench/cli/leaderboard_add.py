"""``sama-bench leaderboard add RUN...``."""

from __future__ import annotations

from pathlib import Path

import click

from sama_bench.cli._leaderboard import to_option, write_json
from sama_bench.cli._options import json_option
from sama_bench.cli._printing import say
from sama_bench.leaderboard.entry import write_entry
from sama_bench.leaderboard.make import entry_of_run


@click.command("add")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@to_option
@click.option(
    "--partial",
    is_flag=True,
    help="Also accept a run that does not cover its split; its numbers are marked, never ranked.",
)
@json_option
def command(runs: tuple[Path, ...], to: Path, partial: bool, json_file: Path | None) -> None:
    """Turn scored runs into entries with their provenance.

    RUN is a run folder that `sama-bench merge` has scored. An entry holds the scores with their
    intervals, by group and by attribute, and what is needed to believe them: checksums of the
    split's files and of the predictions, checkpoint and revision, protocol card, package versions,
    coverage.

    \b
    sama-bench leaderboard add runs/sa2va-8b/mevis/valid_u
    """
    written: list[dict[str, object]] = []
    said: list[str] = []
    for run in runs:
        entry = entry_of_run(run, partial=partial)
        path = write_entry(entry, to)
        written.append({"entry": entry.name, "path": str(path), "complete": entry.complete})
        said.append(f"{path}" + ("" if entry.complete else "  (incomplete: never ranked)"))
        lacking = entry.provenance.not_recorded or ()
        said += [f"  the run did not record {what}" for what in lacking]
    write_json(json_file, {"entries": written})
    if str(json_file) != "-":
        for line in said:
            say(line)
