"""``sama-bench env path``."""

from __future__ import annotations

import click

from sama_bench.environments.definition import environment_named
from sama_bench.environments.manage import made_environments
from sama_bench.errors import UserError


@click.command("path")
@click.argument("name")
def command(name: str) -> None:
    """Print the Python of the environment NAME, for installing more into it by hand."""
    environment = environment_named(name)
    for made in made_environments():
        if (made.name, made.content) == (environment.name, environment.content()):
            click.echo(str(made.python))
            return
    raise UserError(
        f"the environment {environment.name} has not been made; "
        f"`sama-bench env create {environment.name}` makes it"
    )
