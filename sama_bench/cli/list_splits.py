"""``sama-bench list splits``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sama_bench import registry
from sama_bench.cli._columns import columns
from sama_bench.cli._options import json_option, write_text
from sama_bench.cli._printing import say_lines


@click.command("splits")
@click.argument("benchmark", required=False)
@json_option
def command(benchmark: str | None, json_file: Path | None) -> None:
    """Show the splits of every benchmark, or of one; the first is the default.

    ``mini`` is generated on first use and needs no data.
    """
    chosen = (
        list(registry.benchmarks().values())
        if benchmark is None
        else [registry.benchmark(benchmark)]
    )
    if json_file is not None:
        items = [
            {"benchmark": item.name, "split": split, "default": split == item.default_split}
            for item in chosen
            for split in item.splits
        ]
        write_text(json_file, json.dumps({"splits": items}, indent=2, ensure_ascii=False))
        if str(json_file) == "-":
            return
    rows = [(item.name, ", ".join(item.splits)) for item in chosen]
    say_lines(columns(("benchmark", "splits, the default first"), rows))
