"""``sama-bench leaderboard verify ENTRY``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from sama_bench.benchmark import Tools
from sama_bench.cli import EXIT_INCOMPLETE
from sama_bench.cli._compiling import say_compiling
from sama_bench.cli._judge import judge_options
from sama_bench.cli._leaderboard import one_entry, write_json
from sama_bench.cli._options import data_option, json_option, runs_option
from sama_bench.cli._scoring import scoring_options
from sama_bench.errors import UserError
from sama_bench.leaderboard import published
from sama_bench.leaderboard.certificate import TOLERANCE, Certificate, certify
from sama_bench.leaderboard.entry import BoardEntry
from sama_bench.leaderboard.text import certificate_text, verification_text
from sama_bench.leaderboard.verify import Rescored, verify
from sama_bench.runfolder.folder import run_path
from sama_bench.scoring.merge import score_merged
from sama_bench.scoring.score import score_run, standard_tools
from sama_bench.tables.escape import printable


@click.command("verify")
@click.argument("entry", type=click.Path(path_type=Path))
@click.option(
    "--run",
    "folder",
    type=click.Path(path_type=Path),
    help="Run folder with the entry's predictions.  [default: where --runs keeps it]",
)
@runs_option
@data_option
@scoring_options
@judge_options
@click.option(
    "--against",
    type=click.Choice(["published"]),
    help="Instead print a reproduction certificate against published results.",
)
@click.option("--as", "published_name", help="Name of the model in the publications.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=100 * TOLERANCE,
    show_default=True,
    help="Largest difference that counts as reproduced, percentage points.",
)
@json_option
@click.pass_context
def command(
    context: click.Context,
    entry: Path,
    folder: Path | None,
    runs: Path,
    data: Path | None,
    phrases: str,
    captions: bool,
    judge: Any,
    against: str | None,
    published_name: str | None,
    tolerance: float,
    json_file: Path | None,
) -> None:
    """Recompute an entry's scores from its predictions, or hold it against what is published.

    ENTRY is an entry's file, or the name of an accepted one. Exit status 1 when the entry does not
    hold, or a published figure is missed.

    \b
    sama-bench leaderboard verify sa2va-8b--mevis--valid_u --data DIR
    sama-bench leaderboard verify sa2va-8b--mevis--valid_u --against published
    """
    found = one_entry(entry)
    if against == "published":
        certificate = certify(
            found, published.figures(), model=published_name, tolerance=tolerance / 100
        )
        text, result, good = certificate_text(certificate), _plain(certificate), _met(certificate)
    else:
        place = folder or _default(found, runs)
        tools = standard_tools(phrases, captions, judge=judge)
        say_compiling()
        verification = verify(
            found, place, data, lambda parts, root: _rescore(found, parts, root, tools)
        )
        text, result, good = (
            verification_text(verification),
            asdict(verification),
            verification.holds,
        )
    if str(json_file) != "-":
        click.echo(printable(text), nl=False)
    write_json(json_file, result)
    if not good:
        context.exit(EXIT_INCOMPLETE)


def _default(entry: BoardEntry, runs: Path) -> Path:
    if entry.benchmark is None or entry.split is None:
        raise UserError(f"{entry.name} was imported from another kit and has no predictions")
    place = run_path(runs, entry.model, entry.benchmark, entry.split)
    if not place.is_dir():
        raise UserError(f"{place} does not exist; name the run folder with --run")
    return place


def _rescore(entry: BoardEntry, parts: Sequence[Path], data: Path | None, tools: Tools) -> Rescored:
    if len(parts) == 1:
        result = score_run(parts[0], data, tools=tools, write=False)
    else:
        ((_, result),) = score_merged(
            parts, split=entry.split, allow_partial=True, data=data, tools=tools
        )
    return result.rows(), result.scored().coverage


def _met(certificate: Certificate) -> bool:
    return certificate.reproduced is not False


def _plain(certificate: Certificate) -> dict[str, Any]:
    return {
        "entry": certificate.entry,
        "model": certificate.model,
        "tolerance": certificate.tolerance,
        "reproduced": certificate.reproduced,
        "lines": [
            {
                "benchmark": line.figure.benchmark,
                "split": line.row["split"],
                "protocol": line.row["protocol"],
                "metric": line.figure.metric,
                "value": line.row["value"],
                "published": line.figure.natural,
                "difference": None if line.difference != line.difference else line.difference,
                "in_interval": line.inside,
                "verdict": line.verdict,
                "source": f"{line.figure.source.document}, {line.figure.source.table}",
                "remarks": list(line.remarks),
            }
            for line in certificate.lines
        ],
        "card_differences": [list(item) for item in certificate.card],
        "stated_only_by_sources": [list(item) for item in certificate.unstated],
    }
