"""What the commands of ``sama-bench leaderboard`` share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from sama_bench.cli._options import Decorator, write_text
from sama_bench.errors import UserError
from sama_bench.leaderboard.entry import FOLDER, BoardEntry, read_entries, read_entry

LOCAL = Path("leaderboards") / "entries"
"""Entries of the working directory: in a checkout these are the accepted ones."""

to_option: Decorator = click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    default=LOCAL,
    show_default=True,
    help="Folder of entries to write to.",
)
entries_option: Decorator = click.option(
    "--entries",
    "folders",
    type=click.Path(path_type=Path, file_okay=False),
    multiple=True,
    help="Folder of entries to read; may be given several times.  [default: the accepted ones and "
    "leaderboards/entries]",
)


def all_entries(folders: Sequence[Path]) -> list[BoardEntry]:
    """Read the entries of the given folders, or of the accepted ones.

    Raises:
        UserError: a folder does not exist, or an entry is broken.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"--entries {folder} is not a folder")
    return read_entries(folders or _places())


def _places() -> list[Path]:
    same = LOCAL.is_dir() and FOLDER.is_dir() and LOCAL.samefile(FOLDER)
    return [FOLDER] if same or not LOCAL.is_dir() else [FOLDER, LOCAL]


def one_entry(name: Path) -> BoardEntry:
    """Read an entry given as a file, or by its name among the accepted ones.

    Raises:
        UserError: there is no such entry, or it is broken.
    """
    for path in (name, *(folder / f"{name}.json" for folder in reversed(_places()))):
        if path.is_file():
            return read_entry(path)
    raise UserError(f"there is no entry {name}; make one with `sama-bench leaderboard add RUN`")


def write_json(file: Path | None, data: Any) -> None:
    """Write a result where ``--json`` asks for it."""
    if file is not None:
        write_text(file, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))
