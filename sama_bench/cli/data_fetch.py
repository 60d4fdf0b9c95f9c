"""``sama-bench data fetch``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from sama_bench.benchmark import HubSource, HumanSource
from sama_bench.cli import EXIT_DONE, EXIT_INCOMPLETE
from sama_bench.cli._options import data_option, json_option, write_text
from sama_bench.cli._printing import say, say_lines
from sama_bench.data.fetch import FetchReport, fetch
from sama_bench.data.fetch_plan import FetchPlan, plan_fetch
from sama_bench.data.sources import hub_sources, human_sources, source_named
from sama_bench.data.unpack import is_archive, unpack
from sama_bench.errors import UserError
from sama_bench.tables.escape import one_line

_SHOWN = 20


@click.command("fetch")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@data_option
@click.option("--yes", is_flag=True, help="Download without asking.")
@click.option("--dry-run", is_flag=True, help="Show the plan and download nothing.")
@click.option("--revision", help="Branch, tag or commit of the data set; by default its newest.")
@click.option("--everything", is_flag=True, help="Also fetch files that no benchmark here needs.")
@click.option("--overwrite", is_flag=True, help="Replace different files that are in the way.")
@click.option("--unpack", "unpacking", is_flag=True, help="Unpack archives where they lie.")
@json_option
def command(
    names: tuple[str, ...],
    data: Path | None,
    yes: bool,
    dry_run: bool,
    revision: str | None,
    everything: bool,
    overwrite: bool,
    unpacking: bool,
    json_file: Path | None,
) -> int:
    """Download what may be downloaded, and say how to get the rest.

    NAME is a benchmark or a data set; without one the list is shown. Before anything is downloaded
    the files and their sizes are shown. Every file is checked against the checksum that the hub
    states; the same command goes on where it was stopped. HF_ENDPOINT names another hub, HF_TOKEN
    or 'hf auth login' gives access to gated data sets.

    \b
    sama-bench data fetch sama-bench --data sama
    """
    if not names:
        say_lines(catalogue())
        return EXIT_DONE
    chosen = list(dict.fromkeys(source_named(name) for name in names))
    if data is None and any(isinstance(source, HubSource) for source in chosen):
        raise UserError("say where the files go: --data DIR or SAMA_BENCH_DATA")
    quiet = str(json_file) == "-"
    results: list[dict[str, Any]] = []
    complete = True
    for source in chosen:
        if isinstance(source, HumanSource):
            results.append(_human_json(source, data))
            say_lines(instructions(source, data), err=quiet)
            continue
        assert data is not None
        plan = plan_fetch(source.name, data, revision=revision, everything=everything)
        say_lines(describe_plan(plan), err=quiet)
        if dry_run or not _agreed(plan, yes):
            results.append(plan.to_json())
            continue
        report = _carry_out(plan, overwrite)
        say_lines(describe_report(report), err=quiet)
        for line in _archives(report, unpacking, overwrite):
            say(line, err=quiet)
        results.append(report.to_json())
        complete = complete and report.complete
    _write_json(json_file, results)
    return EXIT_DONE if complete else EXIT_INCOMPLETE


def _agreed(plan: FetchPlan, yes: bool) -> bool:
    if yes or all(file.state == "kept" for file in plan.files):
        return True
    if not sys.stdin.isatty():
        raise UserError("nothing was downloaded: say --yes to go on without being asked")
    return click.confirm("Download?", default=False)


def _carry_out(plan: FetchPlan, overwrite: bool) -> FetchReport:
    bar = tqdm(
        total=plan.to_download, unit="B", unit_scale=True, desc=plan.source.name, disable=None
    )
    with bar:

        def show(count: int, path: str) -> None:
            bar.set_postfix_str(one_line(Path(path).name), refresh=False)
            bar.update(count)

        return fetch(plan, overwrite=overwrite, progress=show)


def _archives(report: FetchReport, unpacking: bool, overwrite: bool) -> Iterator[str]:
    """Unpack the archives among the fetched files, or say that there are some."""
    there = {file.path for file in report.files if file.status in ("fetched", "kept")}
    packed = [f for f in report.plan.files if is_archive(f.path) and f.path in there]
    if packed and not unpacking:
        yield f"  to be unpacked (--unpack): {', '.join(file.path for file in packed)}"
        return
    for file in packed:
        done = unpack(file.target, overwrite)
        yield f"  {file.path}: {done.written} files unpacked, {done.kept} were there already"


def catalogue() -> str:
    """Return what there is to fetch, for a person."""
    lines = ["Downloaded by 'sama-bench data fetch NAME --data DIR':"]
    lines += [f"  {s.name:<16} {s.title} (hub: {s.repo})" for s in hub_sources().values()]
    lines.append("Need a person; 'sama-bench data fetch NAME' says what to do:")
    lines += [f"  {s.name:<16} {s.title}" for s in human_sources().values()]
    return "\n".join(lines)


def instructions(source: HumanSource, data: Path | None) -> str:
    """Return what a person has to do to get a data set."""
    place = str(data) if data is not None else "DATA"
    lines = [f"{source.title}", f"  {source.page}", f"  Not downloaded here: {source.why}."]
    lines += [f"  {n}. {step.format(data=place)}" for n, step in enumerate(source.steps, start=1)]
    return "\n".join(lines)


def describe_plan(plan: FetchPlan) -> str:
    """Return the plan for a person: every file with its size, up to a screenful."""
    lines = [
        f"{plan.source.title}",
        f"  from {plan.source.repo}, revision {plan.revision[:12]}, to {plan.folder}",
    ]
    words = {"missing": "", "kept": "here", "unchecked": "here, to be checked", "outdated": "newer"}
    shown = [
        f"  {_size(file.size):>10}  {file.path}  {words[file.state]}".rstrip()
        for file in plan.files[:_SHOWN]
    ]
    if len(plan.files) > _SHOWN:
        rest = plan.files[_SHOWN:]
        shown.append(f"  {_size(sum(f.size for f in rest)):>10}  ... in {len(rest)} more files")
    lines += shown
    lines.append(
        f"  {_size(plan.to_download):>10}  to download of {_size(plan.total)} in "
        f"{len(plan.files)} files; {_size(plan.free)} free"
    )
    if plan.left_out[0]:
        lines.append(
            f"  {_size(plan.left_out[1]):>10}  in {plan.left_out[0]} files that no benchmark "
            "needs are left out (--everything)"
        )
    return "\n".join(lines)


def describe_report(report: FetchReport) -> str:
    """Return what became of a plan, and what remains for a person to do."""
    counts = report.counts
    words = {"fetched": "fetched and checked", "kept": "already there", "foreign": "in the way",
             "failed": "failed"}  # fmt: skip
    said = ", ".join(f"{counts[key]} {word}" for key, word in words.items() if counts[key])
    lines = [f"{report.plan.source.name}: {said}"]
    bad = [file for file in report.files if file.status in ("foreign", "failed")]
    lines += [f"  {file.path}: {file.detail}" for file in bad]
    folders = sorted({str(file.target.parent) for file in report.plan.files})
    if report.complete:
        lines.append(f"  the files lie in {', '.join(folders[:3])}")
    for name in report.plan.source.next:
        lines.append(f"  also needed: {source_named(name).title} ('sama-bench data fetch {name}')")
    return "\n".join(lines)


def _human_json(source: HumanSource, data: Path | None) -> dict[str, Any]:
    place = str(data) if data is not None else "DATA"
    steps = [step.format(data=place) for step in source.steps]
    return {"source": source.name, "page": source.page, "why": source.why, "steps": steps}


def _write_json(json_file: Path | None, results: Sequence[dict[str, Any]]) -> None:
    if json_file is not None:
        write_text(json_file, json.dumps({"fetch": list(results)}, indent=2))


def _size(count: int) -> str:
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
