"""Write docs/commands.md from the command line itself: ``python docs/generate_commands.py``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from sama_bench.cli import build

PAGE = Path(__file__).parent / "commands.md"
HEAD = """# Commands

This page is written by `docs/generate_commands.py` from the command line itself.

Exit status of every command: 0 done; 1 done, but samples failed or are missing (they are listed,
and lower the coverage of the row); 2 the request was wrong, with one line that says what to do.
"""


def page() -> str:
    """Return the whole page."""
    root = build()
    assert isinstance(root, click.Group)
    sections = [section for path, command in commands(root) for section in describe(path, command)]
    return "\n".join([HEAD, *sections]).rstrip() + "\n"


def commands(group: click.Group, path: str = "sama-bench") -> Iterator[tuple[str, click.Command]]:
    """Yield all commands below a group in order of use, groups by their members."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def describe(path: str, command: click.Command) -> Iterator[str]:
    """Yield the lines about one command."""
    arguments = " ".join(
        name if name.startswith("[") or parameter.required else f"[{name}]"
        for parameter in command.params
        if isinstance(parameter, click.Argument)
        for name in [parameter.metavar or (parameter.name or "").upper()]
    )
    yield f"## {path}\n"
    yield f"```text\n{f'{path} [OPTIONS] {arguments}'.rstrip()}\n```\n"
    yield prose(command.help or "")
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if options:
        yield "| option | meaning |\n| --- | --- |"
        for option in options:
            yield f"| {names(option)} | {cell(meaning(option))} |"
        yield ""


def prose(text: str) -> str:
    """Return a help text as Markdown: paragraphs that click must not wrap become code."""
    parts = []
    for part in inspect.cleandoc(text).split("\n\n"):
        if part.startswith("\b\n"):
            parts.append(f"```text\n{part[2:]}\n```")
        else:
            parts.append(cell(part.replace("\n", " ")))
    return "\n\n".join(parts) + "\n"


def names(option: click.Option) -> str:
    """Return how an option is written, with what it takes."""
    written = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return written
    if isinstance(option.type, click.Choice):
        return f"{written} {cell(' or '.join(f'`{choice}`' for choice in option.type.choices))}"
    return f"{written} *{option.metavar or option.type.name.upper()}*"


def meaning(option: click.Option) -> str:
    """Return the help of an option with its default, as the command line shows it."""
    text = (option.help or "").rstrip(".")
    if option.required:
        text += " (required)"
    elif option.show_default:
        default = option.show_default if isinstance(option.show_default, str) else option.default
        if isinstance(default, bool):
            default = (option.opts if default else option.secondary_opts or ["no"])[0]
        text += f" (default: {default})"
    return f"{text}."


def cell(text: str) -> str:
    """Return text that stands in a table cell and is no HTML."""
    text = re.sub(r"\s+", " ", text).replace("|", "\\|")
    return text.replace("<", "&lt;").replace("**", "\\*\\*").replace("VidSTG*", "VidSTG\\*")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
