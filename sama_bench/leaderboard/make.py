"""Making entries: from a scored run, or from another kit's result files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sama_bench.errors import IncompleteError
from sama_bench.leaderboard.entry import BoardEntry, is_complete
from sama_bench.leaderboard.entry_file import EntryFile, EntryRow, Provenance
from sama_bench.leaderboard.schema import typed
from sama_bench.leaderboard.videos import pack
from sama_bench.leaderboard.vlmevalkit import Imported
from sama_bench.scoring.breakdown import attribute_rows, rows_with_intervals
from sama_bench.scoring.freshness import check_fresh, file_checksum, prediction_checksums, run_parts
from sama_bench.scoring.scored_run import ScoredRun, read_scored_run
from sama_bench.scoring.versions import SCORING

_FIELDS = Provenance.__struct_fields__
_KEPT = _FIELDS[: _FIELDS.index("not_recorded")]
"""What an entry keeps of a manifest, under the names of the manifest."""
_NEEDED = {
    "data": "checksums of the split's files",
    "checkpoint": "the checkpoint",
    "card": "the protocol card",
    "packages": "package versions",
}


def entry_of_run(path: Path, *, partial: bool = False, resamples: int = 10_000) -> BoardEntry:
    """Make an entry of a scored run folder.

    Args:
        path: ``runs/<model>/<benchmark>/<split>`` with its ``scores.json``; the folder of a run or
            of a merge.
        partial: allow a run that does not cover its split; the entry says so, and its numbers are
            never ranked.
        resamples: bootstrap resamples of the intervals.

    Raises:
        DataError: the folder holds no scores, or they are older than its predictions.
        IncompleteError: samples failed or are missing, and ``partial`` is not set.
    """
    path = path if path.is_dir() else path.parent  # the scores.json itself may be named
    run = read_scored_run(path)
    complete = is_complete(run.coverage) and not run.shortfall
    if not complete and not partial:
        how = "run it on the whole data" if run.shortfall else "finish it with `sama-bench run`"
        raise IncompleteError(
            f"{path} does not cover its split ({_lacking(run)}); {how}, or add it with --partial, "
            "which marks it and keeps it out of every ranking"
        )
    parts = run_parts(path, run.manifest.merged_from)
    check_fresh(path, run, parts)
    rows = [
        *rows_with_intervals(run, resamples=resamples),
        # parts are many and small: fewer resamples place their ends well enough
        *attribute_rows(run, resamples=min(resamples, 2_000)),
    ]
    file = EntryFile(
        kind="run",
        model=run.model,
        benchmark=run.benchmark,
        split=run.split,
        complete=complete,
        coverage=dict(run.coverage),
        scores=[typed(row, EntryRow, str(path)) for row in rows],
        videos=pack(run),
        provenance=_provenance(run, parts),
    )
    return BoardEntry(file)


def entry_of_import(imported: Imported, kit: str) -> BoardEntry:
    """Make an entry of what another kit measured; its coverage is not known."""
    file = EntryFile(
        kind="import",
        model=imported.model,
        benchmark=None,
        split=None,
        complete=None,
        coverage={},
        scores=[typed(row, EntryRow, imported.model) for row in imported.rows],
        videos={},
        provenance=Provenance(kit=kit, files=imported.files),
    )
    return BoardEntry(file)


def _provenance(run: ScoredRun, parts: Sequence[Path]) -> Provenance:
    said = run.manifest.to_json()
    kept = {key: _without_homes(said[key]) for key in _KEPT if said.get(key) is not None}
    # a model without weights has the checkpoint None, which is recorded
    lacking = [said for key, said in _NEEDED.items() if not run.manifest.says(key)]
    if run.manifest.checkpoint and not (run.manifest.revision or run.manifest.fingerprint):
        lacking.append("the checkpoint's revision")
    return Provenance(
        **kept,
        not_recorded=lacking,
        shortfall=list(run.shortfall),
        scoring=dict(SCORING),  # scores of another version are not read
        scores=file_checksum(run.path),
        predictions=prediction_checksums(parts),
    )


def _lacking(run: ScoredRun) -> str:
    if run.shortfall:
        return f"its data hold {', '.join(run.shortfall)}"
    said = [
        f"{protocol}: {counts.failed} failed, {counts.missing} missing of {counts.expected}"
        for protocol, counts in run.coverage.items()
    ]
    return "; ".join(said) or "it has no coverage"


def _without_homes(value: Any) -> Any:
    """Replace the folders of somebody's machine: an entry is published."""
    if isinstance(value, Mapping):
        return {_shown(key): _without_homes(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_homes(item) for item in value]
    if isinstance(value, str) and re.match(r"^(/|~|[A-Za-z]:\\)", value):
        value = ".../" + re.split(r"[/\\]", value.rstrip("/\\"))[-1]
    return _shown(value) if isinstance(value, str) else value


def _shown(text: str) -> str:
    """Half a surrogate pair, which no file can hold, as its escape."""
    return text.encode("utf-8", "backslashreplace").decode()
