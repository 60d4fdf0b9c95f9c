"""Printing for people: what others wrote, in names and messages, steers no terminal."""

from __future__ import annotations

import click

from sama_bench.tables.escape import one_line, printable


def say(line: object, err: bool = False) -> None:
    """Print one line, also where something in it holds line breaks."""
    click.echo(one_line(str(line)), err=err)


def say_lines(text: str, err: bool = False) -> None:
    """Print lines that were laid out here."""
    click.echo(printable(text), err=err)
