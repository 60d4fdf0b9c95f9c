"""The result of scoring as data: tidy rows and ``scores.json``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sama_bench.benchmark import Row, Scores
from sama_bench.runfolder.manifest import Manifest
from sama_bench.scoring.frames import frame_of
from sama_bench.scoring.remarks import Remark, failures, remarks
from sama_bench.scoring.scores_file import ScoredRow, ScoresFile, samples_of, videos_of
from sama_bench.scoring.versions import SCORING

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, repr=False)
class Result:
    """Scores of one model on one split.

    Attributes:
        model: name under which it is filed.
        benchmark: name.
        split: as asked for, or the union that shards were merged to.
        manifest: of the run; of merged runs what they agree on, and ``merged_from``.
        scores: see ``sama_bench.benchmark.Scores``.
        problems: what a user has to know: duplicates, damaged lines.
        shortfall: what the data lack of the published split, e.g. ``14 of 522 videos``.
        lacking: parts that were asked for and could not be given; ``problems`` tells of them too.
    """

    model: str
    benchmark: str
    split: str
    manifest: Manifest
    scores: Scores
    problems: Sequence[str] = ()
    shortfall: Sequence[str] = ()
    lacking: Sequence[str] = ()

    def __repr__(self) -> str:
        """One line: what was scored, and how much of it there is."""
        shares = {name: f"{cover.share:.0%}" for name, cover in self.scores.coverage.items()}
        covered = ", ".join(f"{share} {name}" for name, share in shares.items())
        return (
            f"Result({self.model} on {self.benchmark} {self.split}: "
            f"{len(self.scores.rows)} rows, covered {covered})"
        )

    @property
    def covered(self) -> bool:
        """Whether every sample that the data hold was answered or refused."""
        return all(cover.share == 1.0 for cover in self.scores.coverage.values())

    @property
    def delivered(self) -> bool:
        """Whether it is covered and holds every part that was asked for; else the status is 1."""
        return self.covered and not self.lacking

    @property
    def complete(self) -> bool:
        """Whether the data are the published split, and all of it was answered or refused."""
        return self.covered and not self.shortfall

    def remarks(self) -> list[Remark]:
        """Return what was dropped, filled, cut, resized or replaced, counted, with examples."""
        return remarks(self.scores.findings, list(self.scores.coverage))

    def failures(self) -> dict[str, str]:
        """Return why samples have no score although there is an answer, by id."""
        return failures(self.scores.samples)

    def rows(self) -> list[dict[str, Any]]:
        """Return the tidy rows, as in every JSON result that holds scores."""
        return [row.tidy() for row in self._rows()]

    def to_frame(self) -> pandas.DataFrame:
        """Return the tidy rows as a typed frame (``sama_bench.scoring.frames.frame_of``)."""
        return frame_of(self.rows())

    def _rows(self) -> list[ScoredRow]:
        # how a model is shown regions matters only where the benchmark marks some
        regions = any(sample.attributes.get("regions") for sample in self.scores.samples)
        prompt = self.manifest.card.get("region_prompt")
        more: dict[str, Any] = {
            "history": self.manifest.history,
            "takes_tracks": self.manifest.takes_tracks and regions,
            "prompt": str(prompt) if prompt and regions else None,
        }
        if self.shortfall:  # less than the published split: never ranked
            lacks = ", ".join(self.shortfall)
            more |= {"complete": False, "unranked": True, "shortfall": lacks}
        return [
            ScoredRow(model=self.model, benchmark=self.benchmark, **_numbers(row), **more)
            for row in self.scores.rows
        ]

    def scored(self) -> ScoresFile:
        """Return the content of ``scores.json``."""
        return ScoresFile(
            model=self.model,
            benchmark=self.benchmark,
            split=self.split,
            # who worked on it when is in manifest.json; scores do not depend on it
            manifest={k: v for k, v in self.manifest.to_json().items() if k != "sessions"},
            scoring={name: SCORING[name] for name in self.scores.coverage},
            coverage={str(name): cover for name, cover in self.scores.coverage.items()},
            complete=self.complete,
            shortfall=list(self.shortfall),
            problems=list(self.problems),
            remarks=[remark.line() for remark in self.remarks()],
            scores=self._rows(),
            videos=videos_of(self.scores.videos),
            samples=samples_of(self.scores.samples),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``scores.json`` as plain data."""
        return self.scored().to_json()

    def write(self, path: Path) -> None:
        """Write ``scores.json`` atomically, with a checksum that its readers compare.

        Raises:
            UserError: it cannot be written.
        """
        self.scored().write(path)


def tidy(results: Sequence[Result]) -> dict[str, Any]:
    """Return the JSON result of commands that print scores: ``{"scores": [...]}``.

    ``remarks`` and ``failed`` say what stands below the table.
    """
    named = [
        (
            {"model": result.model, "benchmark": result.benchmark, "split": result.split},
            result,
        )
        for result in results
    ]
    return {
        "scores": [row for result in results for row in result.rows()],
        "remarks": [
            name | remark.to_json() for name, result in named for remark in result.remarks()
        ],
        "failed": [
            name | {"id": id, "reason": reason}
            for name, result in named
            for id, reason in result.failures().items()
        ],
    }


def whole(results: Sequence[Result]) -> dict[str, Any]:
    """Return what ``--json`` writes: ``tidy``, and as ``results`` each ``scores.json``.

    So such a file can be compared like a run, also where answers of other code have no folder.
    """
    return {**tidy(results), "results": [result.to_json() for result in results]}


def _numbers(row: Row) -> dict[str, Any]:
    """Return the fields of a row; a NaN, which JSON does not know, is None with a note."""
    fields = asdict(row)
    value = row.value
    if value is not None:
        fields["value"] = float(value)
        if not math.isfinite(value):
            said = f"the value is {value}"
            fields["value"], fields["note"] = None, f"{said}; {row.note}" if row.note else said
    return fields
