"""``sama-bench data prepare``."""

from __future__ import annotations

import json
from pathlib import Path

import click
from tqdm import tqdm

from sama_bench.cli import EXIT_DONE, EXIT_INCOMPLETE
from sama_bench.cli._options import data_option, json_option, takes_stdout, write_text
from sama_bench.cli._printing import say_lines
from sama_bench.data.extract_frames import VideoReport
from sama_bench.data.prepare_frames import (
    PrepareReport,
    frame_items,
    preparation_named,
    prepare_frames,
)
from sama_bench.data.video_frames import Decoding
from sama_bench.errors import UserError
from sama_bench.storage.append import write_atomically
from sama_bench.tables.escape import one_line

_SHOWN = 20


@click.command("prepare")
@click.argument("name")
@click.option(
    "--videos",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of the videos, <id>.mp4.",
)
@click.option(
    "--annotations",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of their annotations, <id>.json; a video without one is skipped.",
)
@data_option
@click.option(
    "--decoding",
    type=click.Choice(["sequential", "seeking"]),
    default="sequential",
    show_default=True,
    help="Decode strictly in order, or set the position before each frame as the released "
    "script does.",
)
@click.option("--compare", is_flag=True, help="Report where the two ways give different frames.")
@click.option("--overwrite", is_flag=True, help="Make folders anew that something else has made.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes; by default one a core, at most 8.",
)
@click.option(
    "--items",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the frames with their boxes, as split files hold them, to this JSON file.",
)
@json_option
def command(
    name: str,
    videos: Path,
    annotations: Path,
    data: Path | None,
    decoding: Decoding,
    compare: bool,
    overwrite: bool,
    workers: int | None,
    items: Path | None,
    json_file: Path | None,
) -> int:
    """Bring downloaded files into the form that a benchmark needs.

    NAME is vidstg: every fourth frame of its videos goes to DATA/VidSTG/val/<id>/frame_<k>.jpg
    with k = 0, 4, 8, ... A video's folder appears when it is whole, and the same command goes on
    where it was stopped. Exit status 1 if a video could not be extracted.

    \b
    sama-bench data prepare vidstg --videos vidstg/videos --annotations vidstg/jsons --data sama
    """
    preparation = preparation_named(name)
    if data is None:
        raise UserError("say where the benchmark's files lie: --data DIR or SAMA_BENCH_DATA")
    with tqdm(desc="videos", unit="video", disable=None) as bar:

        def show(report: VideoReport, total: int) -> None:
            bar.total = total
            bar.set_postfix_str(one_line(report.video), refresh=False)
            bar.update()

        report = prepare_frames(
            preparation,
            videos,
            annotations,
            data,
            decoding=decoding,
            compare=compare,
            overwrite=overwrite,
            workers=workers,
            progress=show,
        )
    if items is not None:
        content = frame_items(report, annotations)
        write_atomically(items, (json.dumps(content) + "\n").encode(), "name another file")
    if json_file is not None:
        write_text(json_file, json.dumps(report.to_json(), indent=2))
    if not takes_stdout(json_file):
        say_lines(summary(report))
    return EXIT_DONE if report.complete else EXIT_INCOMPLETE


def summary(report: PrepareReport) -> str:
    """Return the report for a person: counts, then whatever is odd."""
    counts = report.counts
    words = {
        "made": "extracted",
        "kept": "extracted before",
        "skipped": "skipped (no annotation)",
        "foreign": "left alone (made by something else)",
        "failed": "failed",
    }
    said = ", ".join(f"{counts[key]} {word}" for key, word in words.items() if counts[key])
    lines = [
        f"{len(report.videos)} videos: {said}",
        f"{counts['frames']} frames by {report.decoding} decoding in {report.frames}",
    ]
    odd = [f"{item.video}: {item.status}; {item.detail}" for item in report.videos if item.detail]
    lines += _some(odd, "with something to know")
    compared = [video for video in report.videos if video.seeking_errors is not None]
    if compared:
        wrong = [_difference(video) for video in compared if video.seeking_errors]
        lines.append(
            f"seeking gives the same frames in {len(compared) - len(wrong)} of "
            f"{len(compared)} videos compared"
        )
        lines += _some(wrong, "that differ")
    return "\n".join(lines)


def _difference(video: VideoReport) -> str:
    errors = video.seeking_errors or {}
    first, other = next(iter(errors.items()))
    instead = "no such frame" if other is None else f"frame {other}"
    count = f"{len(errors)} frames differ"
    return f"{video.video}: {count}, the first is frame {first}, where seeking gives {instead}"


def _some(lines: list[str], kind: str) -> list[str]:
    shown = [f"  {line}" for line in lines[:_SHOWN]]
    if len(lines) > _SHOWN:
        shown.append(f"  ... and {len(lines) - _SHOWN} more videos {kind}; --json lists them all")
    return shown
