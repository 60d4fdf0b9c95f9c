"""``sama-bench env list``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from sama_bench.cli._options import json_option, takes_stdout, write_text
from sama_bench.environments.definition import known_environments, read_environment
from sama_bench.environments.manage import environments_dir, made_environments


@click.command("list")
@json_option
def command(json_file: Path | None) -> None:
    """Show the environments that models ask for, and those that have been made."""
    made = made_environments()
    rows: list[dict[str, Any]] = []
    names = dict.fromkeys([*known_environments(), *(item.name for item in made)])
    for name in names:
        path = known_environments().get(name)
        file = read_environment(path) if path else None
        copies = [item for item in made if item.name == name]
        rows.append(
            {
                "name": name,
                "summary": file.summary if file else "",
                "python": file.python if file else "",
                "made": [str(item.python) for item in copies],
                "bytes": sum(item.size() for item in copies),
                "current": file is not None
                and any(item.content == file.content() for item in copies),
            }
        )
    if json_file is not None:
        write_text(json_file, json.dumps({"environments": rows}, indent=2))
    if takes_stdout(json_file):
        return
    for row in rows:
        state = "not made" if not row["made"] else f"{row['bytes'] / 1e6:,.0f} MB"
        if row["made"] and not row["current"]:
            state += ", made from an older file"
        click.echo(f"{row['name']:16} {state:12} {row['summary']}")
    click.echo(f"They lie in {environments_dir()}.")
