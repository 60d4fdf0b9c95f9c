"""``sama-bench leaderboard page --out DIR``."""

from __future__ import annotations

from pathlib import Path

import click

from sama_bench.cli._leaderboard import all_entries, entries_option
from sama_bench.cli._printing import say
from sama_bench.leaderboard import published
from sama_bench.leaderboard.page import write_page


@click.command("page")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("site/leaderboard"),
    show_default=True,
    help="Folder to write; an earlier page in it is replaced.",
)
@entries_option
def command(out: Path, folders: tuple[Path, ...]) -> None:
    """Build the leaderboard page: sortable, filterable, with intervals, sources and entries.

    The folder opens from disk and from any web server, GitHub Pages among them, and needs no
    network.

    \b
    sama-bench leaderboard page --out site/leaderboard
    """
    say(write_page(out, all_entries(folders), published.figures()))
