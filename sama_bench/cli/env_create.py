"""``sama-bench env create``."""

from __future__ import annotations

import click

from sama_bench.cli._printing import say
from sama_bench.environments.definition import environment_named
from sama_bench.environments.manage import create


@click.command("create")
@click.argument("name")
def command(name: str) -> None:
    """Make the environment NAME (an environment, a model that uses it, or a .toml file).

    `sama-bench run` does this by itself when it first needs the environment; do it beforehand
    where the machine that runs has no network.
    """
    made = create(environment_named(name), lambda line: say(line, err=True))
    shares = f", shares {', '.join(made.shares)}" if made.shares else ""
    say(f"{made.name}: {made.python} ({made.size() / 1e6:,.0f} MB{shares})")
