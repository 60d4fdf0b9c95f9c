"""``sama-bench selftest``: prove that this installation computes the reference's numbers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import click

from sama_bench.authoring.selftest import TOLERANCE, GoldenResult, selftest
from sama_bench.cli import EXIT_DONE, EXIT_INCOMPLETE
from sama_bench.cli._compiling import say_compiling
from sama_bench.cli._options import json_option, takes_stdout, write_text
from sama_bench.cli._printing import say_lines


@click.command("selftest")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@json_option
def command(folder: Path | None, json_file: Path | None) -> int:
    """Recompute golden values of the released evaluators and show the largest difference.

    DIR is searched for golden JSON files, whatever their names; without it a small set that the
    package carries is used. Exit status 1 if a value differs by more than 1e-12.
    """
    say_compiling()
    results = selftest(folder)
    if json_file is not None:
        content = {"selftest": [result.as_dict() for result in results]}
        write_text(json_file, json.dumps(content, indent=2))
    if not takes_stdout(json_file):
        say_lines(_table(results, folder))
    return EXIT_DONE if all(result.passed for result in results) else EXIT_INCOMPLETE


def _table(results: list[GoldenResult], folder: Path | None) -> str:
    lines = [f"{'file':<36} {'kind':<17} {'values':>7} {'difference':>11}"]
    for result in results:
        path = Path(result.path)
        name = path.name if folder is None or path == folder else str(path.relative_to(folder))
        lines.append(
            f"{name:<36} {result.kind:<17} {result.values:>7} {_difference(result):>11}"
            f"  {_verdict(result)}".rstrip()
        )
    failed = sum(not result.passed for result in results)
    values = sum(result.values for result in results)
    if failed:
        lines.append(f"{failed} of {len(results)} files do not agree within {TOLERANCE:g}")
    else:
        lines.append(f"all {values} values of {len(results)} files agree within {TOLERANCE:g}")
    return "\n".join(lines)


def _difference(result: GoldenResult) -> str:
    return f"{result.difference:.2g}" if math.isfinite(result.difference) else "-"


def _verdict(result: GoldenResult) -> str:
    if result.problem is not None:
        return f"not recomputed: {result.problem}"
    return "ok" if result.passed else f"DIFFERS: {result.where}"
