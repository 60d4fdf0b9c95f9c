"""``sama-bench env remove``."""

from __future__ import annotations

import click

from sama_bench.cli._printing import say
from sama_bench.environments.manage import remove


@click.command("remove")
@click.argument("name")
def command(name: str) -> None:
    """Delete the environment NAME; it is made anew when a run needs it."""
    for folder in remove(name):
        say(f"removed {folder}")
