"""Recomputing an entry's scores from its predictions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sama_bench.errors import DataError, UserError
from sama_bench.leaderboard.entry import BoardEntry, is_complete
from sama_bench.scoring.declarations import Coverage, Part
from sama_bench.scoring.freshness import prediction_checksums, run_parts
from sama_bench.scoring.scored_run import SCORES, recorded_manifest

Rescored: TypeAlias = tuple[Sequence[Mapping[str, Any]], Mapping[str, Coverage]]
Rescore: TypeAlias = Callable[[Sequence[Path], Path | None], Rescored]
"""From run folders (the shards of a merged run, or one) and the data root to rows and coverage."""

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Verification:
    """What recomputing an entry showed.

    Attributes:
        entry: its name.
        checked: how many numbers were recomputed.
        differing: split, protocol and metric, the entry's value and the recomputed one.
        unchecked: numbers that could not be recomputed here, with the reason.
        problems: other findings: predictions of another checksum, another coverage.
    """

    entry: str
    checked: int
    differing: Sequence[tuple[str, float, float]]
    unchecked: Sequence[tuple[str, str]]
    problems: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether everything that was recomputed agrees, and something was."""
        return self.checked > 0 and not self.differing and not self.problems


def verify(entry: BoardEntry, run: Path, data: Path | None, rescore: Rescore) -> Verification:
    """Recompute an entry from the predictions of its run.

    Args:
        entry: of kind ``run``.
        run: run folder with the predictions.
        data: root of the benchmark's files, or None for where the run found them.
        rescore: scores run folders afresh.

    Raises:
        UserError: the entry is an import, which has no predictions.
        DataError: the run holds no predictions.
    """
    if entry.kind != "run":
        raise UserError(f"{entry.name} was imported from another kit and has no predictions")
    known = (run / SCORES).is_file()
    parts = run_parts(run, recorded_manifest(run).merged_from if known else ())
    found = prediction_checksums(parts)
    if not found:
        raise DataError(f"{run} holds no predictions; name the run folder of {entry.name}")
    rows, coverage = rescore(parts, data)
    fresh = {_key(row): row for row in rows}
    recorded = [
        r for r in entry.rows if Part.parse(r["split"]).attribute is None and r["value"] is not None
    ]
    differing, unchecked = [], []
    for row in recorded:
        now = fresh.get(_key(row))
        if now is None or now["value"] is None:
            reason = (now or {}).get("note") or "this number was not computed"
            unchecked.append((_said(row), str(reason)))
        elif not _equal(row["value"], now["value"]):
            differing.append((_said(row), row["value"], now["value"]))
    return Verification(
        entry=entry.name,
        checked=len(recorded) - len(unchecked),
        differing=differing,
        unchecked=unchecked,
        problems=[
            *_changed_files(entry.provenance.predictions or {}, found),
            *_changed_coverage(entry, coverage),
        ],
    )


def _changed_files(recorded: Mapping[str, str], found: Mapping[str, str]) -> Iterable[str]:
    if sorted(recorded.values()) != sorted(found.values()):
        yield "the predictions are not those that the entry was made of (other checksum)"


def _changed_coverage(entry: BoardEntry, coverage: Mapping[str, Coverage]) -> Iterable[str]:
    for protocol, counts in entry.coverage.items():
        now = coverage.get(protocol)
        if now is not None and now != counts:
            yield f"coverage under {protocol} is {_counts(now)}, the entry says {_counts(counts)}"
    if entry.complete and not is_complete(coverage):
        yield "the entry calls itself complete, its predictions are not"


def _counts(cover: Coverage) -> str:
    return ", ".join(f"{number} {name}" for name, number in asdict(cover).items())


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["split"], row["protocol"], row["metric"], row.get("variant")


def _said(row: Mapping[str, Any]) -> str:
    return f"{row['metric']} of {row['split']} ({row['protocol']})"


def _equal(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
