"""The command tree: groups that know their commands by name and import them when they are used."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping
from typing import Any

import click

from sama_bench import __version__
from sama_bench.cli._summaries import SUMMARIES, Whole
from sama_bench.errors import did_you_mean


class Suggesting(click.Group):
    """A group whose unknown commands get a 'did you mean', listed in order of use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or suggest the nearest."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            raise did_you_mean("command", args[0], self.commands)
        return super().resolve_command(ctx, args)


class LazyCommands(MutableMapping[str, click.Command]):
    """The commands of a group by name, each imported when it is first looked up.

    Args:
        group: path of the group as in ``SUMMARIES``; empty for the root.
    """

    def __init__(self, group: str = "") -> None:
        self._paths = {
            path.rpartition(" ")[2]: path for path in SUMMARIES if path.rpartition(" ")[0] == group
        }
        self._found: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._found:
            self._found[name] = _command(self._paths[name])
        return self._found[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._paths.setdefault(name, name)
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._paths[name]
        self._found.pop(name, None)

    def __contains__(self, name: object) -> bool:  # the inherited one would import it
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def outlines(self) -> dict[str, click.Command]:
        """Return commands that can say their summary and nothing else."""
        return {name: _outline(name, SUMMARIES[path]) for name, path in self._paths.items()}


class Lazy(Suggesting):
    """A group that shows what it holds without importing it."""

    def __init__(self, name: str, group: str = "", **settings: Any) -> None:
        self._lazy = LazyCommands(group)
        super().__init__(name, commands=self._lazy, **settings)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names and summaries of the commands."""
        Suggesting(commands=self._lazy.outlines()).format_commands(ctx, formatter)


def root() -> click.Group:
    """Return ``sama-bench`` itself."""
    group = Lazy(
        "sama-bench",
        help="Run, score and compare models on referring and grounded video understanding.\n\n"
        "Start with `sama-bench run --model flow --split mini`: it needs no download.",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    click.version_option(__version__, "--version", prog_name="sama-bench")(group)
    return group


def module_of(path: str) -> str:
    """Return the module of a command: ``list models`` is in ``sama_bench.cli.list_models``."""
    return f"{__package__}.{path.replace(' ', '_').replace('-', '_')}"


def is_group(path: str) -> bool:
    """Tell whether ``SUMMARIES`` lists commands below a name."""
    return any(other.startswith(f"{path} ") for other in SUMMARIES)


def _outline(name: str, summary: str) -> click.Command:
    if isinstance(summary, Whole):
        return click.Command(name, short_help=summary)
    return click.Command(name, help=summary)


def _command(path: str) -> click.Command:
    if is_group(path):
        return Lazy(path.rpartition(" ")[2], path, help=SUMMARIES[path])
    command: click.Command = importlib.import_module(module_of(path)).command
    return command
