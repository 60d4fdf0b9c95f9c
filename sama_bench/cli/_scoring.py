"""What the commands that print scores share: options, tools, tables."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from sama_bench import tables
from sama_bench.benchmark import Part
from sama_bench.cli._options import write_text
from sama_bench.cli._printing import say
from sama_bench.errors import UserError
from sama_bench.scoring.declarations import declared
from sama_bench.scoring.frames import frame_of
from sama_bench.scoring.result import Result, whole

Command = Callable[..., Any]

REASONS = 5
"""Reasons of failures that are printed."""


def headline(rows: Sequence[dict[str, Any]], groups: bool) -> list[dict[str, Any]]:
    """Choose the rows of the printed table: no secondary means, and groups only if asked."""
    known = declared()
    return [
        row
        for row in rows
        if not known.metric(row["metric"]).secondary
        and (groups or Part.parse(row["split"]).group is None)
    ]


def print_results(results: Sequence[Result], groups: bool = True, err: bool = False) -> None:
    """Print the table of results, and what a user has to know about them."""
    rows = [row for result in results for row in result.rows()]
    click.echo(tables.render(frame_of(headline(rows, groups)), declared=declared()), err=err)
    for result in results:
        for line in (*result.problems, *(remark.text for remark in result.remarks())):
            say(f"note: {line}", err=True)
        _say_failed(result)


def _say_failed(result: Result) -> None:
    failed = result.failures()
    if not failed:
        return
    reasons: dict[str, list[str]] = {}
    for id, reason in failed.items():
        reasons.setdefault(reason, []).append(id)
    for reason, ids in list(reasons.items())[:REASONS]:
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        where = f"{len(ids)} samples of {result.benchmark} {result.split} failed, no score"
        say(f"note: {where}: {reason} ({ids[0]}{more})", err=True)
    if len(reasons) > REASONS:
        left = sum(map(len, list(reasons.values())[REASONS:]))
        say(f"note: {left} more failed for other reasons; --json FILE lists all", err=True)


def write_json(results: Sequence[Result], file: Path | None) -> None:
    """Write the tidy JSON of results to a file, or to standard output for ``-``."""
    if file is not None:
        write_text(file, json.dumps(whole(results), indent=1, ensure_ascii=False))


@contextlib.contextmanager
def written_first(*writers: Callable[[], None]) -> Iterator[None]:
    """Write what was scored, then print, then say what could not be written.

    What is printed may have nowhere to go, and a folder that cannot be written must not cost the
    table.

    Raises:
        UserError: what could not be written, the first of it in full.
    """
    errors = []
    for write in writers:
        try:
            write()
        except UserError as error:
            errors.append(str(error))
    yield
    if errors:
        more = f" (and {len(errors) - 1} more not written)" if len(errors) > 1 else ""
        raise UserError(errors[0] + more)


def scoring_options(command: Command) -> Command:
    """Add the options of scoring: ``--phrases``, ``--no-captions``."""
    command = click.option(
        "--phrases",
        default="auto",
        show_default=True,
        help="Phrase similarity of recall: bert-base-uncased (official), minilm, token-overlap; "
        "auto takes the official one where its weights are, else marks the score as a variant.",
    )(command)
    return click.option(
        "--captions/--no-captions",
        default=True,
        show_default=True,
        help="Run the caption metrics (they start Java, some seconds).",
    )(command)
