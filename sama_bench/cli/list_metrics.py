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
        items = [dict(item) for item in found]
        write_text(json_file, json.dumps({"metrics": items}, indent=2, ensure_ascii=False))
        if str(json_file) == "-":
            return
    rows = [
        (item["name"], item["title"], item["range"], item["better"], item["definition"])
        for item in found
    ]
    say_lines(columns(("metric", "title", "range", "better", "definition"), rows))
