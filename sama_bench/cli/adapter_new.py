"""``sama-bench adapter new``."""

from __future__ import annotations

from pathlib import Path

import click

from sama_bench.authoring.template import write_adapter
from sama_bench.cli._printing import say


@click.command("new")
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where to write; the current folder by default.",
)
def command(name: str, folder: Path) -> None:
    """Write a working adapter for the model NAME, and its test."""
    adapter, test, cls = write_adapter(name, folder)
    environment = adapter.with_suffix(".toml")
    where = f", in the environment of {environment}" * environment.is_file()
    say(f"wrote {adapter} and {test}; next{where}:")
    say(f"  sama-bench adapter check {adapter}:{cls}")
    say(f"  sama-bench run --model {adapter}:{cls} --split mini")
