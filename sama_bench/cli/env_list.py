"""``sama-bench env list``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from sama_bench.cli._options import json_option, takes_stdout, write_text
from sama_bench.cli._printing import say
from sama_bench.environments.definition import known_environments, read_environment
from sama_bench.environments.manage import Made, environments_dir, half_made, made_environments
from sama_bench.errors import UserError


@click.command("list")
@json_option
def command(json_file: Path | None) -> None:
    """Show the environments that models ask for, and those that have been made."""
    made = made_environments()
    halves = [name for name, _ in half_made()]
    known = known_environments()
    names = dict.fromkeys([*known, *(item.name for item in made), *halves])
    rows = [
        _row(name, known.get(name), [item for item in made if item.name == name], name in halves)
        for name in names
    ]
    if json_file is not None:
        write_text(json_file, json.dumps({"environments": rows}, indent=2))
    if takes_stdout(json_file):
        return
    for row in rows:
        say(f"{row['name']:16} {_state(row):12} {row['summary']}")
    say(f"They lie in {environments_dir()}.")


def _row(name: str, path: Path | None, copies: Sequence[Made], half: bool) -> dict[str, Any]:
    # One beside a user's adapter is known by the file that it was made from.
    noted = [item.file for item in copies if item.file is not None]
    file = path or (noted[-1] if noted else None)
    described, gone = None, False
    if file is not None:
        try:
            described = read_environment(file)
        except UserError:
            gone = True
    return {
        "name": name,
        "summary": described.summary if described else "",
        "python": described.python if described else "",
        "file": None if file is None else str(file),
        "made": [str(item.python) for item in copies],
        "bytes": sum(item.size() for item in copies),
        "current": described is not None
        and any(item.content == described.content() for item in copies),
        "file_gone": gone,
        "interrupted": half,
    }


def _state(row: dict[str, Any]) -> str:
    state = f"{row['bytes'] / 1e6:,.0f} MB" if row["made"] else "not made"
    if row["file_gone"]:
        state += f", {row['file']} is gone"
    elif row["made"] and row["file"] is None:
        state += ", from an unknown file"
    elif row["made"] and not row["current"]:
        state += ", made from an older file"
    if row["interrupted"]:
        state += ", another one is half made"
    return state
