"""Options that several commands share, so that they are called and explained the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from sama_bench.benchmark import PROTOCOLS, Protocol
from sama_bench.errors import UserError
from sama_bench.storage.append import write_atomically
from sama_bench.tables.escape import json_text

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

data_option: Decorator = click.option(
    "--data",
    envvar="SAMA_BENCH_DATA",
    type=click.Path(path_type=Path),
    help="Root of the benchmark's files; also the environment variable SAMA_BENCH_DATA.",
)
runs_option: Decorator = click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder of the run folders.",
)
json_option: Decorator = click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the result as JSON to this file ('-' for standard output).",
)
protocol_option: Decorator = click.option(
    "--protocol",
    type=click.Choice([*PROTOCOLS, "both"]),
    default="both",
    show_default=True,
    help="Definitions to score under: as published, corrected, or both.",
)
subset_option: Decorator = click.option(
    "--subset",
    metavar="NAME",
    help="The data hold a part of the split on purpose: call it SPLIT@NAME, which is complete by "
    "itself and never ranked with the whole.",
)
option_option: Decorator = click.option(
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of the model or the benchmark; may be given several times.",
)


def chosen_protocols(protocol: str) -> tuple[Protocol, ...]:
    """Turn the value of ``--protocol`` into the protocols to compute."""
    return PROTOCOLS if protocol == "both" else tuple(p for p in PROTOCOLS if p == protocol)


def parse_options(pairs: Sequence[str]) -> dict[str, str]:
    """Turn ``key=value`` strings into a dict.

    Raises:
        UserError: a pair without ``=``, or one key given twice.
    """
    options: dict[str, str] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise UserError(f"--option {pair}: write it as key=value")
        if key in options:
            raise UserError(f"--option {key} is given twice")
        options[key] = value
    return options


def takes_stdout(json_file: Path | None) -> bool:
    """Tell whether ``--json -`` has standard output to itself; tables then go to standard error."""
    return str(json_file) == "-"


def write_text(file: Path, text: str) -> None:
    """Write the value of ``--json``: to the file, or to standard output for ``-``.

    Raises:
        UserError: the file cannot be written.
    """
    if takes_stdout(file):
        click.echo(json_text(text))
        return
    # half a surrogate pair in a text from others becomes its JSON escape
    content = (text + "\n").encode("utf-8", "backslashreplace")
    write_atomically(file, content, "name another file with --json")
