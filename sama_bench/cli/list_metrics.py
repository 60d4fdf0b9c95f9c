"""``sama-bench list metrics``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sama_bench import registry
from sama_bench.cli._columns import columns
from sama_bench.cli._options import json_option, write_text
from sama_bench.cli._printing import say_lines


@click.command("metrics")
@click.option("--quirks", "with_quirks", is_flag=True, help="Also show the quirks of `released`.")
@json_option
def command(with_quirks: bool, json_file: Path | None) -> None:
    """Show the metrics: what they are called, their range, and where they are defined."""
    found, quirks = registry.metrics(), registry.quirks()
    if json_file is not None:
        items = [item.described() for item in found]
        acting = [{**vars(quirk), "metrics": list(quirk.metrics)} for quirk in quirks]
        content = {"metrics": items, "quirks": acting}
        write_text(json_file, json.dumps(content, indent=2, ensure_ascii=False))
        if str(json_file) == "-":
            return
    shown = sorted((item for item in found if not item.secondary), key=lambda item: item.rank)
    heads = ("name", "title", "unit", "range", "better", "definition")
    rows = [tuple(str(item.described()[head]) for head in heads) for item in shown]
    say_lines(columns(("metric", *heads[1:]), rows))
    if more := len(found) - len(shown):
        say_lines(f"{more} further ways of averaging them stand in scores.json; --json lists all")
    if with_quirks:
        lines = [(str(quirk), quirk.name, quirk.about) for quirk in quirks]
        say_lines("")
        say_lines(columns(("quirk", "name", "what happens under released"), lines))
