"""``python -m benchmarks [NAME ...] [--quick] [--json FILE]``: time the metrics side by side.

Every module of this folder that defines ``run(quick: bool) -> list[dict]`` is a benchmark; each
dict is a row of its table. Reference and ours are measured in one run, so that the ratio does not
depend on the machine as much as the times do.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Before NumPy and OpenCV are loaded: the tables speak of one thread unless they say otherwise.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


def modules() -> list[str]:
    """Names of the modules that are benchmarks."""
    folder = Path(__file__).parent
    names = [info.name for info in pkgutil.iter_modules([str(folder)])]
    return [n for n in names if not n.startswith("_") and "def run(" in _source(folder, n)]


def machine() -> str:
    """Say what kind of machine this is, not which one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.machine()}, {cores}-core CPU, Python {platform.python_version()}"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Lay rows out as a Markdown table with the columns of all of them."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[k]) for line in [columns, *cells]) for k in range(len(columns))]
    lines = [columns, ["-" * width for width in widths], *cells]
    padded = [
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def main(argv: Sequence[str] | None = None) -> int:
    names = modules()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Time the metrics next to the public code."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller inputs")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args(argv)
    unknown = sorted(set(options.names) - set(names))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(names)}")
    print(machine())
    results: dict[str, Any] = {"machine": machine()}
    for name in options.names or names:
        results[name] = importlib.import_module(f"benchmarks.{name}").run(options.quick)
        print(f"\n{name}\n\n{table(results[name])}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


def _source(folder: Path, name: str) -> str:
    path = folder / f"{name}.py"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
