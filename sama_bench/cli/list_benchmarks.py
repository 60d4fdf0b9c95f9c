"""``sama-bench list benchmarks``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sama_bench import registry
from sama_bench.cli._columns import columns
from sama_bench.cli._options import json_option, write_text
from sama_bench.cli._printing import say_lines


@click.command("benchmarks")
@click.option("--options", "with_options", is_flag=True, help="Also show their --option settings.")
@json_option
def command(with_options: bool, json_file: Path | None) -> None:
    """Show the benchmarks: splits, metrics, how their data may be had, and their options."""
    found = registry.benchmarks()
    if json_file is not None:
        items = [
            {
                "name": item.name,
                "title": item.title,
                "splits": list(item.splits),
                "default_split": item.default_split,
                "metrics": list(item.metrics),
                "licence": item.licence,
                "options": {
                    name: {"released": released, "strict": strict, "help": about}
                    for name, (released, strict, about) in item.options.items()
                },
                "quirks": {str(quirk): quirk.about for quirk in item.quirks},
            }
            for item in found.values()
        ]
        write_text(json_file, json.dumps({"benchmarks": items}, indent=2, ensure_ascii=False))
        if str(json_file) == "-":
            return
    rows = [
        (item.name, item.title, item.default_split, ", ".join(item.metrics))
        for item in found.values()
    ]
    say_lines(columns(("benchmark", "title", "default split", "metrics"), rows))
    if not with_options:
        return
    for item in found.values():
        if item.options:
            settings = [
                (name, released or "-", strict or "-", about)
                for name, (released, strict, about) in item.options.items()
            ]
            say_lines(f"\n{item.name}")
            say_lines(columns(("--option", "released", "strict", "meaning"), settings))
