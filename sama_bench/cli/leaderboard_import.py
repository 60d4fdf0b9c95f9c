"""``sama-bench leaderboard import``: results of other kits."""

from __future__ import annotations

from pathlib import Path

import click

from sama_bench.cli import EXIT_INCOMPLETE
from sama_bench.cli._leaderboard import to_option, write_json
from sama_bench.cli._options import json_option
from sama_bench.cli._printing import say
from sama_bench.leaderboard.entry import write_entry
from sama_bench.leaderboard.make import entry_of_import
from sama_bench.leaderboard.vlmevalkit import Imported, read_results
from sama_bench.tables.escape import clean


@click.group("import")
def command() -> None:
    """Read the results of other evaluation kits, so that one table shows both."""


@command.command("vlmevalkit")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@to_option
@json_option
@click.pass_context
def vlmevalkit(context: click.Context, folder: Path, to: Path, json_file: Path | None) -> None:
    """Read the work folder of VLMEvalKit: MME, MMBench, SEED-Bench, Video-MME and the like.

    DIR is the kit's work folder (outputs/) or one model's folder in it. Result files that cannot
    be read are named, and the exit status is then 1.

    \b
    sama-bench leaderboard import vlmevalkit outputs/
    """
    found = read_results(folder)
    for imported in found:
        if imported.rows:
            path = write_entry(entry_of_import(imported, "VLMEvalKit"), to)
            if str(json_file) != "-":
                benchmarks = len({row["benchmark"] for row in imported.rows})
                say(f"{path}: {len(imported.rows)} numbers of {benchmarks} benchmarks")
        _name_skipped(imported)
    write_json(json_file, {"scores": [row for imported in found for row in imported.rows]})
    if any(imported.skipped for imported in found):
        context.exit(EXIT_INCOMPLETE)


def _name_skipped(imported: Imported) -> None:
    for skipped in imported.skipped:
        say(f"not read: {clean(skipped.file)}: {clean(skipped.reason)}", err=True)
