"""``sama-bench compare A B``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sama_bench.cli._options import (
    chosen_protocols,
    json_option,
    protocol_option,
    takes_stdout,
    write_text,
)
from sama_bench.comparison import compare
from sama_bench.comparison.text import to_text
from sama_bench.scoring.scored_run import read_scored_run
from sama_bench.tables.escape import printable


@click.command("compare")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@protocol_option
@click.option(
    "--resamples",
    type=click.IntRange(min=100),
    default=10_000,
    show_default=True,
    help="Bootstrap resamples, and random swaps of the permutation test.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random draws.")
@click.option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Nominal coverage of the intervals.",
)
@click.option(
    "--top",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="Videos and samples to list for each metric.",
)
@json_option
def command(
    a: Path,
    b: Path,
    protocol: str,
    resamples: int,
    seed: int,
    level: float,
    top: int,
    json_file: Path | None,
) -> None:
    """Compare two scored runs: which metrics differ, how surely, and where.

    A and B are run folders (or their scores.json) of one benchmark. Differences are A minus B over
    the videos that both have; whole videos are drawn and swapped, because the questions of one
    video are not independent.

    \b
    sama-bench compare runs/sa2va-8b/mevis/valid_u runs/flow/mevis/valid_u
    """
    result = compare(
        read_scored_run(a),
        read_scored_run(b),
        protocols=chosen_protocols(protocol),
        level=level,
        resamples=resamples,
        seed=seed,
        top=top,
    )
    text = json.dumps(result.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    if json_file is not None:  # before anything is printed, which may have nowhere to go
        write_text(json_file, text)
    if not takes_stdout(json_file):
        click.echo(printable(to_text(result, gaps=min(top, 5))), nl=False)
