"""``sama-bench env path``."""

from __future__ import annotations

import click

from sama_bench.cli._printing import say
from sama_bench.environments.definition import environment_named
from sama_bench.environments.manage import made_for
from sama_bench.errors import UserError


@click.command("path")
@click.argument("name")
def command(name: str) -> None:
    """Print the Python of the environment NAME, for installing more into it by hand."""
    environment = environment_named(name)
    made = made_for(environment)
    if made is not None:
        say(str(made.python))
        return
    raise UserError(
        f"the environment {environment.name} has not been made; "
        f"`sama-bench env create {name}` makes it"
    )
