"""``sama-bench run``: ask a model what a split asks, then score it."""

from __future__ import annotations

import json
import os
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from sama_bench import api
from sama_bench.cli._compiling import say_compiling
from sama_bench.cli._options import (
    chosen_protocols,
    json_option,
    parse_options,
    protocol_option,
    takes_stdout,
    write_text,
)
from sama_bench.cli._printing import say
from sama_bench.cli._run_options import run_options
from sama_bench.cli._scoring import print_results, scoring_options, written_first
from sama_bench.runfolder.folder import SCORES
from sama_bench.running.cluster import cluster_rank
from sama_bench.running.options import RunOptions
from sama_bench.running.plan import Plan
from sama_bench.running.run import RunResult
from sama_bench.scoring.result import Result, whole
from sama_bench.scoring.score import score_run, standard_tools

SHOWN_FAILURES = 5
EXIT_WRONG = 2


@click.command("run", short_help="Ask a model the samples of a split and score its answers.")
@run_options
@click.option(
    "--dry-run",
    is_flag=True,
    help="Say what would be done and what is missing; install, download and write nothing.",
)
@click.option(
    "--score/--no-score",
    default=None,
    help="Score the answers and print the table; default: yes, but not in a job of a cluster.",
)
@protocol_option
@scoring_options
@json_option
def command(
    json_file: Path | None,
    options: tuple[str, ...],
    dry_run: bool,
    score: bool | None,
    protocol: str,
    phrases: str,
    captions: bool,
    **given: Any,
) -> int:
    """Ask MODEL every sample of a split that has no answer yet, then score the run.

    Answers are recorded as they come, in runs/MODEL/BENCHMARK/SPLIT. The same command again goes
    on where it stopped: only what is missing or failed is asked. Several commands at once, on
    several machines, share one run folder.
    """
    wanted = RunOptions(options=parse_options(options), **given)
    if dry_run:
        return say_plan(api.dry_run(wanted), json_file)
    result = api.run(wanted)
    say_result(result)
    scored: list[Result] = []
    if score or (score is None and cluster_rank(os.environ) is None):
        tools = standard_tools(phrases, captions)
        say("scoring the answers", err=True)
        say_compiling()
        scored = [
            score_run(folder, given["data"], chosen_protocols(protocol), tools, write=False)
            for folder in result.folders
        ]
    writers = [
        partial(item.write, folder / SCORES)
        for folder, item in zip(result.folders, scored, strict=False)
    ]
    if json_file is not None:
        content = json.dumps(as_json(result) | whole(scored), indent=1)
        writers.append(partial(write_text, json_file, content))
    with written_first(*writers):
        if scored:
            print_results(scored, groups=False, err=takes_stdout(json_file))
    return 0 if result.complete and not any(item.lacking for item in scored) else 1


def say_plan(plan: Plan, json_file: Path | None) -> int:
    """Print what a run would do and what it needs; return the exit status."""
    err = takes_stdout(json_file)
    for part in plan.parts:
        say(
            f"{plan.model} on {part.benchmark} {part.split}: {part.samples} samples about "
            f"{part.videos} videos of {part.frames} frames, {part.answered} answered; in "
            f"{part.folder}",
            err=err,
        )
    for check in plan.checks:
        say(f"{check.state:8} {check.name}: {check.text}", err=err)
    missing = sum(check.state == "missing" for check in plan.checks)
    end = f"{missing} missing: it would not start" if missing else "ready"
    say(f"{end}; nothing was installed, downloaded or written", err=err)
    if json_file is not None:
        content = {
            "model": plan.model,
            "ready": plan.ready,
            "parts": [{**vars(part), "folder": str(part.folder)} for part in plan.parts],
            "devices": list(plan.devices),
            "bytes_to_fetch": plan.to_fetch,
            "checks": [vars(check) for check in plan.checks],
        }
        write_text(json_file, json.dumps(content, indent=1))
    return 0 if plan.ready else EXIT_WRONG


def say_result(result: RunResult) -> None:
    """Say on standard error what is answered, and which samples failed and why."""
    for folder, found in zip(result.folders, result.coverage, strict=True):
        parts = [f"{found.answered} answered", f"{found.refused} refused"]
        parts += [f"{found.failed} failed"] * bool(found.failed)
        parts += [f"{found.missing} missing"] * bool(found.missing)
        say(f"{folder}: {', '.join(parts)} of {found.expected} samples", err=True)
    for benchmark, id, reason in result.failures[:SHOWN_FAILURES]:
        say(f"  failed: {benchmark} {id}: {reason}", err=True)
    if len(result.failures) > SHOWN_FAILURES:
        more = len(result.failures) - SHOWN_FAILURES
        say(f"  and {more} more; all are in events.jsonl of the run folder", err=True)
    if not result.complete:
        again = shlex.join(["sama-bench", *(arg for arg in sys.argv[1:] if arg != "--fresh")])
        say(f"To ask again just what failed or is missing: {again}", err=True)


def as_json(result: RunResult) -> dict[str, Any]:
    """Return the result as plain data."""
    return {
        "runs": [
            {"folder": str(folder), **vars(found)}
            for folder, found in zip(result.folders, result.coverage, strict=True)
        ],
        "failures": [
            {"benchmark": benchmark, "id": id, "error": reason}
            for benchmark, id, reason in result.failures
        ],
        "asked": result.asked,
        "seconds": result.seconds,
    }
