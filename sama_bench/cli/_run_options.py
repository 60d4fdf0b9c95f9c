"""The options of ``sama-bench run``, made from the fields of ``RunOptions``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sama_bench.cli._options import data_option, option_option, runs_option, subset_option
from sama_bench.running.options import About, RunOptions, about, option_of, types_of_fields

SHARED = {
    "data": data_option,
    "runs": runs_option,
    "subset": subset_option,
    "options": option_option,
}
"""Those that other commands have too, so that they are called and explained the same."""


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command every option that a run has, in the order of the fields."""
    for field in reversed(dataclasses.fields(RunOptions)):
        item = about()[field.name]
        if item.typed:
            option = SHARED.get(field.name) or _option(field.name, field.default, item)
            command = option(command)
    return command


def _option(name: str, default: object, item: About) -> Callable[..., Any]:
    kind, option = types_of_fields()[name], option_of(name)
    if default is dataclasses.MISSING:
        return click.option(option, required=True, help=item.help)
    if kind is bool and default is False:
        return click.option(option, is_flag=True, help=item.help)
    if kind is bool:
        both = f"{option}/--no-{option.removeprefix('--')}"
        return click.option(both, default=True, show_default=True, help=item.help)
    plain = click.Path(path_type=Path) if kind is Path else kind
    return click.option(
        option,
        type=click.Choice(item.choices) if item.choices else plain,
        default=default,
        show_default=default is not None,
        metavar=item.metavar,
        help=item.help,
    )
