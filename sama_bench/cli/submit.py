"""``sama-bench submit``: the archive for a benchmark's server."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from tqdm import tqdm

from sama_bench import registry
from sama_bench.benchmark import check_options
from sama_bench.cli._options import (
    data_option,
    json_option,
    option_option,
    parse_options,
    takes_stdout,
    write_text,
)
from sama_bench.cli._printing import say
from sama_bench.data.submit import served, submit
from sama_bench.errors import UserError
from sama_bench.scoring.answers import Answered, open_predictions, open_run


@click.command("submit", short_help="Write the archive that a benchmark's server expects.")
@click.argument("benchmark")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option(
    "--predictions",
    type=click.Path(path_type=Path),
    help="Answers that other code produced, instead of a run folder.",
)
@click.option("--split", help="Split that --predictions answer; default: the server's first.")
@data_option
@option_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Archive to write.")
@click.option(
    "--fill-missing", is_flag=True, help="Write zeros for expressions without a usable answer."
)
@json_option
def command(
    benchmark: str,
    run: Path | None,
    predictions: Path | None,
    split: str | None,
    data: Path | None,
    options: tuple[str, ...],
    out: Path | None,
    fill_missing: bool,
    json_file: Path | None,
) -> None:
    """Write the archive for the server of BENCHMARK, e.g. mevis or ref-youtube-vos.

    \b
    sama-bench submit mevis runs/sa2va-8b/mevis/valid --out mevis.zip
    sama-bench submit ref-youtube-vos --predictions results.json --data DIR --out ytvos.zip

    Every video, expression and frame is checked before anything is written. An interrupted command
    goes on where it stopped.
    """
    if benchmark not in served():
        raise UserError(
            f"{benchmark} is not one of the benchmarks that have a server: {', '.join(served())}"
        )
    answered = _answered(benchmark, run, predictions, split, data, parse_options(options))
    dataset, server = answered.dataset, answered.benchmark.server
    if server is not None and dataset.split not in server.splits:
        say(
            f"note: {dataset.split} is scored here (sama-bench score), servers take "
            f"{' and '.join(server.splits)}",
            err=True,
        )
    for line in answered.problems:
        say(f"note: {line}", err=True)
    target = out or Path(f"{answered.manifest.model}_{benchmark}_{dataset.split}.zip")
    videos = len({entry.video for entry in dataset.entries})
    with tqdm(total=2 * videos, unit="video", desc="checking") as bar:

        def progress(stage: str, done: int) -> None:
            bar.set_description(stage)
            bar.update(done)

        written = submit(
            dataset, answered.answers, target, fill_missing=fill_missing, progress=progress
        )
    say(
        f"{written.path}: {written.videos} videos, {written.expressions} expressions "
        f"({written.empty} of them without any mask), {written.frames} frames, "
        f"{written.size / 1e6:.1f} MB",
        err=takes_stdout(json_file),
    )
    if json_file is not None:
        content = {**asdict(written), "path": str(written.path)}
        write_text(json_file, json.dumps({"submission": content}, indent=2))


def _first(benchmark: str) -> str:
    """Return the split that a benchmark's server takes first."""
    server = registry.benchmark(benchmark).server
    assert server is not None
    return server.splits[0]


def _answered(
    benchmark: str,
    run: Path | None,
    predictions: Path | None,
    split: str | None,
    data: Path | None,
    options: dict[str, str],
) -> Answered:
    if (run is None) == (predictions is None):
        raise UserError("name a run folder, or --predictions; one of the two")
    if predictions is not None:
        chosen = split or _first(benchmark)
        answered = open_predictions(benchmark, predictions, chosen, data, options)
    else:
        assert run is not None
        if split is not None:
            raise UserError("--split goes with --predictions; a run folder names its own")
        answered = open_run(run, data, options)
        if answered.benchmark.name != benchmark:
            raise UserError(f"{run} is a run of {answered.benchmark.name}, not of {benchmark}")
    check_options(answered.benchmark.options, options)
    return answered
