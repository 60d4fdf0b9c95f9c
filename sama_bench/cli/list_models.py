"""``sama-bench list models``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sama_bench import registry
from sama_bench.cli._columns import columns
from sama_bench.cli._options import json_option, write_text
from sama_bench.cli._printing import say_lines


@click.command("models")
@json_option
def command(json_file: Path | None) -> None:
    """Show the models that --model knows: weights, environment, licence, costs."""
    specs = sorted(registry.models().values(), key=lambda spec: (spec.task, spec.name))
    if json_file is not None:
        items = [
            {
                "name": spec.name,
                "task": spec.task,
                "size": spec.size,
                "checkpoint": spec.checkpoint,
                "environment": spec.environment,
                "licence": spec.licence,
                "summary": spec.summary,
                "adapter": spec.adapter,
                "options": dict(spec.options),
                "gpu_memory_gb": spec.needs.gpu_memory,
                "costs": spec.costs,
            }
            for spec in specs
        ]
        write_text(json_file, json.dumps({"models": items}, indent=2, ensure_ascii=False))
        if str(json_file) == "-":
            return
    rows = [
        (
            spec.name,
            spec.size,
            spec.checkpoint or "no weights",
            spec.environment or "current",
            spec.licence,
            spec.task or "-",
        )
        for spec in specs
    ]
    say_lines(columns(("model", "size", "weights", "environment", "licence", "task"), rows))
    known = [(spec.name, spec.costs) for spec in specs if spec.costs]
    say_lines("\nPublished of memory and time, as far as known:\n")
    say_lines(columns(("model", "memory and time, with the source"), known))
    say_lines("\nA model of your own: --model path/to/file.py:ClassName")
