"""``sama-bench env lock``."""

from __future__ import annotations

from pathlib import Path

import click

from sama_bench.cli._printing import say
from sama_bench.environments.lock import lock


@click.command("lock")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def command(file: Path) -> None:
    """Complete the environment FILE (a .toml): resolve what it wants, and write its requirements.

    What the author names stands in `wants`, or before the first lock in `requirements`. torch and
    its CUDA packages stay out of the list: they belong to the file's [torch] table. Needs uv.
    """
    environment = lock(file, lambda line: say(line, err=True))
    say(f"{file}: {len(environment.requirements)} packages")
