"""``sama-bench merge``: shards to final scores and tables."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import click

from sama_bench import tables
from sama_bench.cli._compiling import say_compiling
from sama_bench.cli._options import (
    chosen_protocols,
    data_option,
    json_option,
    option_option,
    parse_options,
    protocol_option,
    runs_option,
    subset_option,
    takes_stdout,
)
from sama_bench.cli._printing import say
from sama_bench.cli._scoring import (
    headline,
    print_results,
    scoring_options,
    write_json,
    written_first,
)
from sama_bench.scoring.declarations import declared
from sama_bench.scoring.frames import frame_of
from sama_bench.scoring.merge import score_merged
from sama_bench.scoring.result import Result, tidy
from sama_bench.scoring.score import standard_tools
from sama_bench.storage.append import write_atomically


@click.command("merge", short_help="Check shards, merge them into final scores, print tables.")
@click.argument("run_folders", metavar="[RUN]...", nargs=-1, type=click.Path(path_type=Path))
@runs_option
@data_option
@click.option("--split", help="Split to merge to; default: the smallest that holds the runs.")
@subset_option
@click.option(
    "--allow-partial", is_flag=True, help="Score incomplete runs; every row shows its coverage."
)
@protocol_option
@option_option
@scoring_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the tables as table.md, table.csv, table.tex and table.json; default: --runs.",
)
@json_option
def command(
    run_folders: tuple[Path, ...],
    runs: Path,
    data: Path | None,
    split: str | None,
    subset: str | None,
    allow_partial: bool,
    protocol: str,
    options: tuple[str, ...],
    phrases: str,
    captions: bool,
    out: Path | None,
    json_file: Path | None,
) -> int:
    """Merge RUN folders (default: all below --runs) into final scores.

    Every expected sample must be there exactly once, and the shards must agree on model, adapter,
    checkpoint, protocol card and data; otherwise the merge is refused with the list of what is
    missing or differs.
    """
    say_compiling()
    tools = standard_tools(phrases, captions, options=parse_options(options))
    placed = list(
        score_merged(
            run_folders,
            runs,
            split=split,
            subset=subset,
            allow_partial=allow_partial,
            data=data,
            protocols=chosen_protocols(protocol),
            tools=tools,
            say=lambda line: say(line, err=True),
        )
    )
    results = [result for _, result in placed]
    with written_first(
        *(partial(result.write, path) for path, result in placed),
        partial(write_tables, results, out or runs),
        partial(write_json, results, json_file),
    ):
        print_results(results, err=takes_stdout(json_file))
    return 0 if all(result.delivered for result in results) else 1


def write_tables(results: list[Result], folder: Path) -> None:
    """Write the tables of results for papers and programs.

    Raises:
        UserError: the folder cannot be written.
    """
    rows = [row for result in results for row in result.rows()]
    heads = frame_of(headline(rows, groups=True))
    texts = {
        "md": tables.render(heads, "markdown", declared=declared()),
        "tex": tables.render(heads, "latex", declared=declared()),
        "csv": tables.render(frame_of(rows), "csv", declared=declared()),
        "json": json.dumps(tidy(results), indent=1, ensure_ascii=False) + "\n",
    }
    for ending, text in texts.items():
        content = text.encode("utf-8", "backslashreplace")
        write_atomically(folder / f"table.{ending}", content, "choose another folder with --out")
    say(f"tables: {folder}/table.md, .csv, .tex, .json", err=True)
