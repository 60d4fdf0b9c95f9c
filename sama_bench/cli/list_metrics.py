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
@json_option
def command(json_file: Path | None) -> None:
    """Show the metrics: what they are called, their range, and where they are defined."""
    found = registry.metrics()
    if json_file is not None:
        items = [item.described() for item in found]
        write_text(json_file, json.dumps({"metrics": items}, indent=2, ensure_ascii=False))
        if str(json_file) == "-":
            return
    shown = sorted((item for item in found if not item.secondary), key=lambda item: item.rank)
    heads = ("name", "title", "unit", "range", "better", "definition")
    rows = [tuple(str(item.described()[head]) for head in heads) for item in shown]
    say_lines(columns(("metric", *heads[1:]), rows))
    if more := len(found) - len(shown):
        say_lines(f"{more} further ways of averaging them stand in scores.json; --json lists all")
