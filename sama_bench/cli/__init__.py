"""The command line: thin layers over the functions that ``sama_bench`` exports.

A module of this package that defines a click command called ``command`` adds it; with
``GROUP = "data"`` it becomes ``sama-bench data ...``.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
import sys
from typing import Any

import click

from sama_bench._version import __version__
from sama_bench.errors import SamaBenchError, did_you_mean

EXIT_DONE, EXIT_INCOMPLETE, EXIT_WRONG = 0, 1, 2

GROUPS = {
    "data": "Check, prepare and fetch the files of the benchmarks.",
    "adapter": "Write and check an adapter for a model of yours.",
    "leaderboard": "Published results and entries: add, verify, tables, the page.",
    "env": "Manage the environments that models run in.",
    "list": "Show what can be named: models, splits, benchmarks, metrics.",
}


class Suggesting(click.Group):
    """A group whose unknown commands get a 'did you mean', listed in order of use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or suggest the nearest."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise did_you_mean("command", args[0], self.commands)
        return super().resolve_command(ctx, args)


# fmt: off
ORDER = (
    "run", "merge", "score", "report", "compare", "leaderboard", "status", "list", "data",
    "submit", "adapter", "env", "selftest",
)
# fmt: on


def build() -> Suggesting:
    """Assemble the command tree from the modules of this package."""
    root = Suggesting(
        "sama-bench",
        help="Run, score and compare models on referring and grounded video understanding.\n\n"
        "Start with `sama-bench run --model flow --split mini`: it needs no download.",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    click.version_option(__version__, "--version", prog_name="sama-bench")(root)
    found: list[click.Command] = []
    groups = {name: Suggesting(name, help=text) for name, text in GROUPS.items()}
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        module: Any = importlib.import_module(f"{__name__}.{info.name}")
        command = getattr(module, "command", None)
        if isinstance(command, click.Command):
            group = getattr(module, "GROUP", None)
            if group is None:
                found.append(command)
            else:
                groups[group].add_command(command)
    found.extend(group for group in groups.values() if group.commands)
    rank = {name: place for place, name in enumerate(ORDER)}
    for command in sorted(found, key=lambda item: rank.get(item.name or "", len(rank))):
        root.add_command(command)
    return root


def main(argv: list[str] | None = None) -> None:
    """Run a command; exit 0 when done, 1 when samples failed or miss, 2 when the request was wrong.

    A mistake of the user is one line on standard error, without a traceback.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # what a terminal cannot show is escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        result = build().main(args=argv, prog_name="sama-bench", standalone_mode=False)
    except click.exceptions.Abort:
        _say("stopped; the same command goes on where it stopped")
        sys.exit(130)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see '{context.command_path} --help'" if context is not None else ""
        _say(error.format_message().replace("\n", " ").rstrip(".") + hint)
        sys.exit(EXIT_WRONG)
    except SamaBenchError as error:
        _say(str(error))
        sys.exit(EXIT_WRONG)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_INCOMPLETE)
    except OSError as error:
        if error.filename is None:  # not about a file that the user can see to
            raise
        _say(f"{error.filename}: {error.strerror}")
        sys.exit(EXIT_WRONG)
    sys.exit(result if isinstance(result, int) else EXIT_DONE)


def _say(message: str) -> None:
    click.echo(f"sama-bench: {message}", err=True)
