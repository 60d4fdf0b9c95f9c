"""Whether scores are those of the predictions beside them, and the checksums of both."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from sama_bench.errors import DataError
from sama_bench.formats.prediction_files import prediction_files
from sama_bench.runfolder.folder import RunFolder
from sama_bench.scoring.scored_run import ScoredRun
from sama_bench.storage.untrusted_files import open_regular


def run_parts(path: Path, merged_from: Sequence[str]) -> list[Path]:
    """The run folders that hold the predictions: the shards of a merged run, or the run itself.

    Raises:
        DataError: a shard is gone.
    """
    parts = []
    for named in merged_from or [str(path)]:
        place = Path(named) if Path(named).is_dir() else path.parent / Path(named).name
        if not place.is_dir():
            raise DataError(f"{path} was merged from {named}, which is gone")
        parts.append(place)
    return parts


def prediction_checksums(parts: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of every file of predictions in some run folders, by folder and name."""
    files = [(part, file) for part in parts for file in sorted(prediction_files(part))]
    return {f"{part.name}/{file.name}": file_checksum(file) for part, file in files}


def file_checksum(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with open_regular(path) as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check_fresh(path: Path, run: ScoredRun, parts: Sequence[Path]) -> None:
    """Check that the scores are those of the predictions, as far as ids tell.

    Times of files do not tell: copying a run changes them.
    """
    answered = {id for part in parts if prediction_files(part) for id in RunFolder(part).ids()}
    scored = {sample.id for sample in run.samples if sample.status != "missing"}
    missing = {sample.id for sample in run.samples if sample.status == "missing"}
    odd = sorted((scored - answered) | (missing & answered))
    if answered and odd:
        raise DataError(
            f"{path}: the predictions are not those that were scored ({odd[0]} was answered since, "
            "or is gone); run `sama-bench merge` again"
        )
