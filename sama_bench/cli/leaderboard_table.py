"""``sama-bench leaderboard table``."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from sama_bench import tables
from sama_bench.cli._leaderboard import all_entries, entries_option, write_json
from sama_bench.cli._options import json_option
from sama_bench.errors import UserError, did_you_mean
from sama_bench.leaderboard import published
from sama_bench.leaderboard.columns import known
from sama_bench.leaderboard.rows import entry_rows, published_rows, select
from sama_bench.scoring.breakdown import ATTRIBUTES
from sama_bench.scoring.frames import frame_of


@click.command("table")
@click.option("--benchmark", "benchmarks", multiple=True, help="Only this benchmark; repeatable.")
@click.option("--model", "models", multiple=True, help="Only this model; repeatable.")
@click.option(
    "--by",
    type=click.Choice(["source", "type", *ATTRIBUTES]),
    help="Scores of parts: per source or type (long, short), or per attribute of the samples.",
)
@click.option("--grand", is_flag=True, help="One table over all benchmarks, as in the papers.")
@click.option(
    "--format",
    "format",
    type=click.Choice(list(tables.FORMATS)),
    default="terminal",
    show_default=True,
    help="latex needs only booktabs; csv and json hold unrounded values.",
)
@click.option("--digits", type=click.IntRange(0, 8), default=1, show_default=True, help="Decimals.")
@click.option("--no-published", is_flag=True, help="Leave published results out.")
@entries_option
@json_option
def command(
    benchmarks: tuple[str, ...],
    models: tuple[str, ...],
    by: str | None,
    grand: bool,
    format: str,
    digits: int,
    no_published: bool,
    folders: tuple[Path, ...],
    json_file: Path | None,
) -> None:
    """Show entries and published results side by side.

    \b
    sama-bench leaderboard table --benchmark mevis
    sama-bench leaderboard table --benchmark sama-bench-g --by turn
    sama-bench leaderboard table --grand --format latex
    """
    figures = () if no_published else published.figures()
    rows = [*entry_rows(all_entries(folders), figures), *published_rows(figures)]
    found = {row["benchmark"] for row in rows}
    for name in benchmarks:
        if name not in found:
            raise did_you_mean("benchmark with results", name, found)
    part = "group" if by in ("source", "type") else by
    data_only = format in ("csv", "json") or json_file is not None
    chosen = select(rows, benchmarks=benchmarks, models=models, by=part, secondary=data_only)
    if not chosen and by is not None:
        raise UserError(f"no result here is split by {by}; leave --by out to see what there is")
    layout: tables.Layout = "grand" if grand else "benchmark"
    write_json(json_file, {"scores": [dict(row) for row in chosen]})
    if str(json_file) != "-":
        kind = cast(tables.Format, format)
        frame = frame_of(chosen, known())
        text = tables.render(frame, kind, declared=known(), layout=layout, digits=digits)
        click.echo(text, nl=False)
