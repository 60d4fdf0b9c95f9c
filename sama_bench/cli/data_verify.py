"""``sama-bench data verify``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from sama_bench import registry
from sama_bench.benchmark import PROTOCOLS, Finding
from sama_bench.cli import EXIT_DONE, EXIT_INCOMPLETE
from sama_bench.cli._columns import columns
from sama_bench.cli._options import (
    data_option,
    json_option,
    option_option,
    parse_options,
    write_text,
)
from sama_bench.cli._printing import say_lines
from sama_bench.data.verify import Check, verify
from sama_bench.errors import UserError
from sama_bench.tables.escape import clean, one_line

_HEADS = ("benchmark", "split", "videos", "samples", "findings", "seconds", "state")
_SAYS = {
    "good": "good",
    "odd": "usable, see below",
    "incomplete": "NOT complete, see below",
    "broken": "NOT all usable, see below",
}


@click.command("verify")
@click.argument("names", metavar="[BENCHMARK]...", nargs=-1)
@data_option
@click.option("--split", help="One split instead of all that a benchmark has.")
@click.option("--deep", is_flag=True, help="Also decode every frame.")
@click.option("--all", "everything", is_flag=True, help="List every finding, not one per kind.")
@option_option
@json_option
def command(
    names: tuple[str, ...],
    data: Path | None,
    split: str | None,
    deep: bool,
    everything: bool,
    options: tuple[str, ...],
    json_file: Path | None,
) -> int:
    """Check benchmarks' files: presence, published counts and checksums, masks, frames.

    Without BENCHMARK all are looked for. Everything that loading would drop, fill, cut or resize is
    listed, under both protocols. Exit status 1 when something cannot be used, or the files hold
    less than what is published.

    \b
    sama-bench data verify ref-sav mevis --data DIR
    """
    embedded = {name for item in registry.benchmarks().values() for name in item.embedded}
    if data is None and split not in embedded:
        raise UserError(
            f"give --data DIR or set SAMA_BENCH_DATA (or --split {' or '.join(sorted(embedded))})"
        )
    checks = verify(
        names,
        data,
        split,
        deep,
        parse_options(options),
        progress=_progress,
    )
    if json_file is not None:
        content = {"checks": [check.to_json() for check in checks]}
        write_text(json_file, json.dumps(content, indent=1, ensure_ascii=False))
    if all(check.state == "absent" for check in checks):
        raise UserError(f"no benchmark's files are below {data}; 'sama-bench data fetch' helps")
    if str(json_file) != "-":
        say_lines(text(checks, everything))
    lacking = any(check.state in ("broken", "incomplete") for check in checks)
    return EXIT_INCOMPLETE if lacking else EXIT_DONE


def _progress(line: str) -> None:
    """Say what is being checked, where somebody watches."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[Kchecking {one_line(line)}\r", err=True, nl=False)


def text(checks: Sequence[Check], everything: bool) -> str:
    """Return the table of checks and, below it, what was found."""
    lines = [columns(_HEADS, [_row(check) for check in checks if check.state != "absent"])]
    there = {check.benchmark for check in checks if check.state != "absent"}
    absent = dict.fromkeys(
        f"{check.benchmark} {check.split}" if check.benchmark in there else check.benchmark
        for check in checks
        if check.state == "absent"
    )
    if absent:
        lines.append(f"\nnot there: {', '.join(absent)}")
    for check in checks:
        if check.state in ("odd", "incomplete", "broken"):
            lines.append(f"\n{check.benchmark} {check.split}")
            if check.shortfall:
                lines.append(f"  not complete: {', '.join(check.shortfall)}")
            if check.error is not None:
                lines.append(f"  {clean(check.error)}")
            lines += _findings(check.findings, everything)
    return "\n".join(lines)


def _row(check: Check) -> tuple[str, ...]:
    return (
        check.benchmark,
        check.split,
        _count(check, "videos"),
        _count(check, "samples"),
        str(sum(finding.count for finding in check.findings)),
        f"{check.seconds:.1f}",
        _SAYS[check.state],
    )


def _count(check: Check, what: str) -> str:
    """Return a number, or two where the protocols differ: released / strict."""
    found = [str(check.counts[protocol][what]) for protocol in PROTOCOLS if check.counts]
    return "-" if not found else found[0] if len(set(found)) == 1 else " / ".join(found)


def _findings(findings: Sequence[Finding], everything: bool) -> list[str]:
    kinds: dict[tuple[str, frozenset[str], bool], list[Finding]] = {}
    for finding in findings:
        key = (finding.kind, frozenset(finding.protocols), finding.fatal)
        kinds.setdefault(key, []).append(finding)
    lines = []
    for (kind, protocols, fatal), members in kinds.items():
        total = sum(finding.count for finding in members)
        under = "" if len(protocols) == len(PROTOCOLS) else f" under {', '.join(sorted(protocols))}"
        unusable = ", cannot be used" if fatal else ""
        lines.append(f"  {kind}: {total}{under}{unusable}")
        shown = members if everything else members[:1]
        lines += [f"    {clean(item.where)}: {clean(item.detail)}" for item in shown]
        if len(members) > len(shown):
            lines.append(f"    and {len(members) - len(shown)} more (--all lists them)")
    return lines
