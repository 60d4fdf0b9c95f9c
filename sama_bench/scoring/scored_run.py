"""A scored run as `compare`, the leaderboard and statistics read it: ``scores.json`` of a run."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sama_bench.benchmark import Coverage, Protocol
from sama_bench.errors import DataError
from sama_bench.runfolder.manifest import Manifest
from sama_bench.scoring.frames import frame_of
from sama_bench.scoring.scores_file import (
    ScoredRow,
    ScoredSample,
    ScoredVideo,
    ScoresFile,
    Sums,
    read_scores,
)
from sama_bench.scoring.versions import SCORING, outdated
from sama_bench.statistics.paired import Terms
from sama_bench.storage.seal import has_seal, unsealed
from sama_bench.storage.untrusted_files import read_regular

if TYPE_CHECKING:
    import pandas

SCORES = "scores.json"


@dataclass(frozen=True, repr=False)
class ScoredRun:
    """A ``scores.json``: its path and its content."""

    path: Path
    file: ScoresFile

    def __repr__(self) -> str:
        """One line: whose scores, of what."""
        return f"ScoredRun({self.model} on {self.benchmark} {self.split}: {len(self.rows)} rows)"

    def to_frame(self) -> pandas.DataFrame:
        """Return the tidy rows as a typed frame (``sama_bench.scoring.frames.frame_of``)."""
        return frame_of(row.tidy() for row in self.rows)

    @property
    def model(self) -> str:
        """Name under which the run is filed."""
        return self.file.model

    @property
    def benchmark(self) -> str:
        """Name of the benchmark."""
        return self.file.benchmark

    @property
    def split(self) -> str:
        """As it was asked for, or the union that shards were merged to."""
        return self.file.split

    @cached_property
    def manifest(self) -> Manifest:
        """What was asked, of what, with what."""
        return Manifest.from_json(self.file.manifest)

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        """By protocol how the expected samples were answered."""
        return self.file.coverage

    @property
    def rows(self) -> Sequence[ScoredRow]:
        """Tidy rows, values in natural units."""
        return self.file.scores

    @property
    def videos(self) -> Sequence[ScoredVideo]:
        """What the rows were averaged from."""
        return self.file.videos

    @property
    def samples(self) -> Sequence[ScoredSample]:
        """Values of every sample."""
        return self.file.samples

    @property
    def shortfall(self) -> Sequence[str]:
        """What the data lacked of the published split."""
        return self.file.shortfall

    def protocols(self) -> list[Protocol]:
        """Return the protocols that it was scored under."""
        return list(dict.fromkeys(row.protocol for row in self.rows))

    def row(self, protocol: str, metric: str) -> ScoredRow | None:
        """Return the tidy row of a metric on the split as a whole, or None."""
        for row in self.rows:
            if (row.split, row.protocol, row.metric) == (self.split, protocol, metric):
                return row
        return None

    def of_protocol(self, protocol: str) -> dict[str, ScoredVideo]:
        """Return the videos under one protocol by id; see ``by_id``."""
        return by_id(video for video in self.videos if video.protocol == protocol)

    def of_group(self, protocol: str, group: str) -> dict[str, ScoredVideo]:
        """Return the videos of one group (a source, a type) under one protocol by id."""
        return by_id(v for v in self.videos if (v.protocol, v.group) == (protocol, group))

    def means(self, protocol: str) -> frozenset[str]:
        """Return the metrics that are means over videos although the videos may carry sums too."""
        return frozenset(
            row.metric
            for row in self.rows
            if (row.split, row.protocol, row.aggregation) == (self.split, protocol, "videos")
        )

    def groups(self, protocol: str) -> list[str]:
        """Return the names of the groups under one protocol."""
        found = dict.fromkeys(video.group for video in self.videos if video.protocol == protocol)
        return [group for group in found if group is not None]


def read_scored_run(path: Path) -> ScoredRun:
    """Read a run folder, or its ``scores.json``.

    Args:
        path: of the folder or file.

    Raises:
        DataError: there is no such file, it does not hold scores, or values of another scoring
            version; one line says what to do.
    """
    file, data, whole = _content(path)
    old = _old(data)
    if old:
        said = ", ".join(f"{name} version {version}" for name, version in old.items())
        now = ", ".join(f"{name} {SCORING[name]}" for name in old)
        again = _again(file, data)
        raise DataError(f"{file} holds values of {said}, and today's are of {now}; {again}")
    if not whole:
        why = "its checksum is missing: it was cut off, or changed by hand"
        raise DataError(f"{file} is not to be trusted: {why}; {_again(file, data)}")
    try:
        return ScoredRun(file, read_scores(data))
    except ValueError as error:
        raise DataError(f"{file} is not a file of scores: {error}; {_again(file, data)}") from None


def recorded_manifest(path: Path) -> Manifest:
    """Return the manifest in a file of scores of any version; empty where there is none.

    Raises:
        DataError: there is no such file, it is not JSON, or a field is of a wrong type.
    """
    file, data, _ = _content(path)
    manifest = data.get("manifest") if isinstance(data, dict) else None
    try:
        return Manifest.from_json(manifest) if isinstance(manifest, dict) else Manifest()
    except ValueError as error:
        raise DataError(f"{file}: manifest: {error}; {_again(file, None)}") from None


def _content(path: Path) -> tuple[Path, Any, bool]:
    """Return the file, what it holds, and whether it has the checksum that it should have."""
    file = path / SCORES if path.is_dir() else path
    try:
        raw = read_regular(file)
        # what --json writes has none: its name is the user's, and it holds more than scores
        return file, _one_of(file, unsealed(raw)), file.name != SCORES or has_seal(raw)
    except FileNotFoundError:
        hint = "score it first, with `sama-bench merge`" if path.is_dir() else "check the path"
        raise DataError(f"{file} does not exist; {hint}") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, AttributeError, RecursionError) as error:
        raise DataError(f"{file} is not a file of scores: {error}; {_again(file, None)}") from None


def _old(data: Any) -> dict[str, int]:
    """Return the protocols of a file that were scored under another version."""
    covered = data.get("coverage") if isinstance(data, dict) else None
    if not isinstance(covered, dict):
        return {}
    return {name: version for name, version in outdated(data).items() if name in covered}


def _one_of(file: Path, data: Any) -> Any:
    """Return the one run that a file of ``--json`` holds; other files as they are.

    Raises:
        DataError: it holds several, or only a table.
    """
    if not isinstance(data, dict) or "samples" in data or "scores" not in data:
        return data
    runs = data.get("results")
    if not isinstance(runs, list) or not runs:
        raise DataError(
            f"{file} holds a table without the values of videos; name the run folder, its "
            "scores.json, or what `sama-bench score --json` of this version writes"
        )
    if len(runs) > 1:
        held = ", ".join(f"{run.get('model')} on {run.get('benchmark')}" for run in runs)
        raise DataError(f"{file} holds several results ({held}); name the run folder of one")
    return runs[0]


def _again(file: Path, data: Any) -> str:
    """Say how a run is scored again: its own folder, or the shards that it merged."""
    manifest = data.get("manifest") if isinstance(data, dict) else None
    parts = manifest.get("merged_from") if isinstance(manifest, dict) else None
    merged = isinstance(parts, list) and all(isinstance(part, str) for part in parts)
    named = parts if merged and parts else [str(file.parent)]
    command = "merge" if merged and parts else "score"
    return f"score the answers again: sama-bench {command} {shlex.join(named)}"


def video_terms(
    videos: Mapping[str, ScoredVideo],
    ids: Sequence[str],
    metrics: Sequence[str],
    means: frozenset[str] = frozenset(),
) -> Terms:
    """Numerators and denominators, (V, M) each, of the given videos and metrics.

    A ratio of sums brings its own, unless it is among ``means``; a mean over videos has 1 below,
    or 0 where a value is missing.
    """
    num, den = np.zeros((len(ids), len(metrics))), np.zeros((len(ids), len(metrics)))
    for row, id in enumerate(ids):
        video = videos[id]
        for column, metric in enumerate(metrics):
            value = video.values.get(metric)
            if metric in video.weights and metric not in means:
                sums = video.weights[metric]
                num[row, column], den[row, column] = sums.num, sums.den
            elif value is not None and math.isfinite(value):
                num[row, column], den[row, column] = value, 1.0
    return Terms(num, den)


def by_id(videos: Iterable[ScoredVideo]) -> dict[str, ScoredVideo]:
    """Videos by id; one that stands in several groups (long and short expressions) is joined.

    Ratios of sums add up; of plain values the mean over the groups is taken.
    """
    gathered: dict[str, list[ScoredVideo]] = {}
    for video in videos:
        gathered.setdefault(video.video, []).append(video)
    return {id: found[0] if len(found) == 1 else _joined(found) for id, found in gathered.items()}


def _joined(parts: Sequence[ScoredVideo]) -> ScoredVideo:
    weights: dict[str, Sums] = {}
    for part in parts:
        for name, sums in part.weights.items():
            before = weights.get(name, Sums(0.0, 0.0))
            weights[name] = Sums(before.num + sums.num, before.den + sums.den)
    values: dict[str, float | None] = {}
    for name in dict.fromkeys(name for part in parts for name in part.values):
        if name in weights:
            sums = weights[name]
            values[name] = sums.num / sums.den if sums.den > 0 else None
            continue
        known = [value for part in parts if (value := part.values.get(name)) is not None]
        values[name] = sum(known) / len(known) if known else None
    first, samples = parts[0], sum(part.samples for part in parts)
    return ScoredVideo(first.video, None, first.protocol, samples, values, weights=weights)


def metrics_of(videos: Iterable[ScoredVideo]) -> list[str]:
    """Metrics that any of the videos has, in order of appearance."""
    return list(dict.fromkeys(name for v in videos for name in [*v.values, *v.weights]))
