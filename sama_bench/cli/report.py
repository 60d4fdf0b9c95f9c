"""``sama-bench report RUN [RUN]``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from sama_bench.cli._compiling import say_compiling
from sama_bench.cli._options import data_option
from sama_bench.cli._printing import say
from sama_bench.report import parse_filter, write_report


@click.command("report", short_help="Look at a run, or at two side by side, in a browser.")
@click.argument(
    "runs", metavar="RUN [RUN]", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("report"),
    show_default=True,
    help="Folder to write; an earlier report in it is replaced.",
)
@data_option
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="CONDITION",
    help="Pages only for samples that fit, e.g. problem=drifted, video=VidSTG*, turn>2, miou<0.3; "
    "several must all fit.",
)
@click.option(
    "--max-samples",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Pages for the worst N samples; the overview is of all.",
)
@click.option(
    "--frame-size",
    type=click.IntRange(min=64),
    default=480,
    show_default=True,
    help="Longest side of the pictures, in pixels.",
)
@click.option(
    "--max-frames",
    type=click.IntRange(min=2),
    default=120,
    show_default=True,
    help="Of a longer video show N frames, evenly spread.",
)
@click.option(
    "--explain/--no-explain",
    default=True,
    show_default=True,
    help="Find which quirks acted on each sample: scores it once per quirk.",
)
def command(
    runs: tuple[Path, ...],
    out: Path,
    data: Path | None,
    filters: tuple[str, ...],
    max_samples: int,
    frame_size: int,
    max_frames: int,
    explain: bool,
) -> None:
    """Write what one needs to understand a scored run, as a folder that any browser opens.

    Scores under both protocols with intervals, what went wrong and how often, and a page for each
    sample with its video, masks, texts and scores. With two runs of one benchmark everything
    stands side by side, and the first page says where the weaker one loses. The folder needs no
    network and can be copied to any web server.

    \b
    sama-bench report runs/flow/sama-bench-g/mini
    sama-bench report runs/flow/sama-bench-g/mini runs/static/sama-bench-g/mini --out why
    """
    bar: tqdm[Any] = tqdm(file=sys.stderr, disable=None, unit="sample", leave=False)

    def progress(what: str, done: int, total: int) -> None:
        bar.set_description(what, refresh=False)
        bar.total, bar.n = total, done
        bar.update(0)

    say_compiling()
    try:
        made = write_report(
            runs,
            out,
            data=data,
            filters=[parse_filter(text) for text in filters],
            max_samples=max_samples,
            frame_side=frame_size,
            max_frames=max_frames,
            explain=explain,
            progress=progress,
        )
    finally:
        bar.close()
    say(made.index)
    said = f"{made.samples} of {made.total} samples have a page, {made.pictures} pictures"
    if made.fitting > made.samples:
        said += f"; {made.fitting} fit, these are the worst (--max-samples)"
    say(said, err=True)
