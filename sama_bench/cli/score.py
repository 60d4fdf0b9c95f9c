"""``sama-bench score``: answers against references, of run folders or of other code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from sama_bench.benchmark import Benchmark, Tools, check_options
from sama_bench.cli._compiling import say_compiling
from sama_bench.cli._judge import judge_options, summary
from sama_bench.cli._options import (
    chosen_protocols,
    data_option,
    json_option,
    option_option,
    parse_options,
    protocol_option,
    subset_option,
    takes_stdout,
)
from sama_bench.cli._printing import say, say_lines
from sama_bench.cli._scoring import print_results, scoring_options, write_json, written_first
from sama_bench.errors import UserError
from sama_bench.runfolder.folder import SCORES
from sama_bench.scoring.answers import Answered, open_predictions, open_run, score_answered
from sama_bench.scoring.quirks import Worth, explain
from sama_bench.scoring.score import standard_tools, with_options


@click.command("score", short_help="Score run folders, or answers that other code produced.")
@click.argument("runs", metavar="[RUN]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--benchmark", help="Benchmark that --predictions answer.")
@click.option("--split", help="Its split; default: the one that its papers report.")
@click.option(
    "--predictions",
    type=click.Path(path_type=Path),
    help="Answers from elsewhere: predictions.jsonl, Sa2VA's results.json, a PNG folder, a GCG "
    "folder, SAMA's descriptions, or a list of results on images; told apart by content.",
)
@click.option("--model", help="Name of --predictions in the tables.")
@subset_option
@data_option
@protocol_option
@option_option
@scoring_options
@judge_options
@click.option(
    "--explain",
    "explained",
    is_flag=True,
    help="Also say what each quirk of the released protocol is worth on these answers.",
)
@json_option
def command(
    runs: tuple[Path, ...],
    benchmark: str | None,
    split: str | None,
    predictions: Path | None,
    model: str | None,
    subset: str | None,
    data: Path | None,
    protocol: str,
    options: tuple[str, ...],
    phrases: str,
    captions: bool,
    judge: Any,
    explained: bool,
    json_file: Path | None,
) -> int:
    """Score RUN folders, or with --benchmark and --predictions answers from elsewhere.

    \b
    sama-bench score runs/sa2va-8b/mevis/valid_u
    sama-bench score --benchmark ref-sav --data DIR --predictions results.json

    Needs no model and no GPU. Scores of a run folder are also written to its scores.json.
    """
    given = parse_options(options)
    tools = standard_tools(phrases, captions, judge=judge, options=given)
    sources = _sources(runs, benchmark, split, predictions, model, data, given, subset)
    say_compiling()
    results = []
    lines: list[tuple[Answered, list[Worth]]] = []
    for source in sources:
        results.append(score_answered(source, chosen_protocols(protocol), tools))
        if explained:
            lines.append((source, _explain(source, tools)))
    files = (
        partial(result.write, source.folder / SCORES)
        for source, result in zip(sources, results, strict=True)
        if source.folder is not None
    )
    with written_first(*files, partial(write_json, results, json_file)):
        print_results(results, err=takes_stdout(json_file))
        for source, worth in lines:
            say_lines(explained_text(source.benchmark, worth), err=takes_stdout(json_file))
        if judge is not None:
            say(f"note: {summary(judge)}", err=True)
    return 0 if all(result.delivered for result in results) else 1


def _sources(
    runs: Sequence[Path],
    benchmark: str | None,
    split: str | None,
    predictions: Path | None,
    model: str | None,
    data: Path | None,
    options: Mapping[str, str],
    subset: str | None,
) -> list[Answered]:
    if predictions is None:
        if not runs:
            raise UserError(
                "name run folders (runs/MODEL/BENCHMARK/SPLIT), or --benchmark and --predictions"
            )
        for value, name in ((benchmark, "--benchmark"), (split, "--split"), (model, "--model")):
            if value is not None:
                raise UserError(f"{name} goes with --predictions; a run folder names its own")
        sources = [open_run(run, data, subset=subset) for run in runs]
    elif runs:
        raise UserError("give run folders or --predictions, not both")
    elif benchmark is None:
        raise UserError("--predictions needs --benchmark NAME (sama-bench list benchmarks)")
    else:
        sources = [open_predictions(benchmark, predictions, split, data, options, model, subset)]
    for source in sources:
        check_options(source.benchmark.options, options)
    return sources


def _explain(source: Answered, tools: Tools) -> list[Worth]:
    return explain(
        source.benchmark,
        source.dataset,
        source.answers,
        with_options(tools, source.manifest),
        lambda quirk: say(f"without {quirk} ...", err=True),
    )


def explained_text(benchmark: Benchmark, lines: Sequence[Worth]) -> str:
    """Return what each quirk is worth as text: a line per quirk and metric that it changes."""
    title = f"What the quirks of {benchmark.title} are worth here (released, one switched off):"
    found = [title]
    for quirk in benchmark.quirks:
        found.append(f"  {quirk}: {quirk.about}")
        found += [
            f"    {line.metric:<12} {100 * line.released:8.3f} -> {100 * line.without:8.3f}  "
            f"({100 * (line.without - line.released):+.3f})"
            for line in lines
            if line.quirk == quirk
        ] or ["    no difference"]
    return "\n".join(found)
