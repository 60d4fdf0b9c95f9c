"""A scored run as `compare`, the leaderboard and statistics read it: ``scores.json`` of a run."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sama_bench.errors import DataError
from sama_bench.scoring.scores_check import check_scores
from sama_bench.scoring.versions import SCORING, outdated
from sama_bench.statistics.paired import Terms
from sama_bench.storage.untrusted_files import read_regular

SCORES = "scores.json"


@dataclass(frozen=True)
class ScoredVideo:
    """One video's scores under one protocol.

    Attributes:
        video: id.
        group: source or type that it also counts in, or None.
        protocol: ``released`` or ``strict``.
        values: by metric, None where the video leaves the mean.
        weights: by metric numerator and denominator, for scores that are ratios of sums.
    """

    video: str
    group: str | None
    protocol: str
    values: Mapping[str, float | None]
    weights: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class ScoredSample:
    """One sample's scores under one protocol; ``status`` as in the run's coverage."""

    id: str
    video: str
    protocol: str
    status: str
    values: Mapping[str, float | None]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class ScoredRun:
    """All that ``scores.json`` says of one run.

    Attributes:
        path: of the file.
        rows: tidy rows, values in natural units.
        coverage: by protocol the counts expected, answered, refused, failed, missing.
        manifest: what was asked, of what, with what.
        shortfall: what the data lacked of the published split.
    """

    path: Path
    model: str
    benchmark: str
    split: str
    manifest: Mapping[str, Any]
    coverage: Mapping[str, Mapping[str, int]]
    rows: Sequence[Mapping[str, Any]]
    videos: Sequence[ScoredVideo]
    samples: Sequence[ScoredSample]
    shortfall: Sequence[str] = ()

    def protocols(self) -> list[str]:
        """Return the protocols that it was scored under."""
        return list(dict.fromkeys(str(row["protocol"]) for row in self.rows))

    def row(self, protocol: str, metric: str) -> Mapping[str, Any] | None:
        """Return the tidy row of a metric on the split as a whole, or None."""
        for row in self.rows:
            if (row["split"], row["protocol"], row["metric"]) == (self.split, protocol, metric):
                return row
        return None

    def of_protocol(self, protocol: str) -> dict[str, ScoredVideo]:
        """Return the videos under one protocol by id; see ``by_id``."""
        return by_id(video for video in self.videos if video.protocol == protocol)

    def of_group(self, protocol: str, group: str) -> dict[str, ScoredVideo]:
        """Return the videos of one group (a source, a type) under one protocol by id."""
        return by_id(v for v in self.videos if (v.protocol, v.group) == (protocol, group))

    def means(self, protocol: str) -> frozenset[str]:
        """Return the metrics that are means over videos although the videos carry sums too.

        Protocols differ in this: the row's own value decides which of the two it is.
        """
        videos = self.of_protocol(protocol).values()
        found = set()
        for metric in {name for video in videos for name in video.weights}:
            row = self.row(protocol, metric)
            known = [v for video in videos if (v := video.values.get(metric)) is not None]
            if row is None or row["value"] is None or not known:
                continue
            sums = np.sum([video.weights.get(metric, (0.0, 0.0)) for video in videos], axis=0)
            pooled = sums[0] / sums[1] if sums[1] > 0 else math.inf
            if abs(np.mean(known) - row["value"]) < abs(pooled - row["value"]):
                found.add(metric)
        return frozenset(found)

    def groups(self, protocol: str) -> list[str]:
        """Return the names of the groups under one protocol."""
        found = dict.fromkeys(video.group for video in self.videos if video.protocol == protocol)
        return [group for group in found if group is not None]


def read_scored_run(path: Path, any_version: bool = False) -> ScoredRun:
    """Read a run folder, or its ``scores.json``.

    Args:
        path: of the folder or file.
        any_version: also values of another scoring version, which are not to be shown as today's.

    Raises:
        DataError: there is no such file, it does not hold scores, or values of another scoring
            version; one line says what to do.
    """
    file = path / SCORES if path.is_dir() else path
    try:
        data = _one_of(file, json.loads(read_regular(file)))
        check_scores(data)
        run = _from_json(file, data)
        old = {name: version for name, version in outdated(data).items() if name in run.coverage}
    except FileNotFoundError:
        hint = "score it first, with `sama-bench merge`" if path.is_dir() else "check the path"
        raise DataError(f"{file} does not exist; {hint}") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"{file} is not a file of scores: {what}; score the run again") from None
    if old and not any_version:
        said = ", ".join(f"{name} version {version}" for name, version in old.items())
        now = ", ".join(f"{name} {SCORING[name]}" for name in old)
        raise DataError(
            f"{file} holds values of {said}, and today's are of {now}; score the answers again: "
            f"sama-bench {_again(run)}"
        )
    return run


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


def _again(run: ScoredRun) -> str:
    """Return the command that scores a run again: its own folder, or the shards it merged."""
    parts = run.manifest.get("merged_from")
    named = parts if isinstance(parts, list) else [run.path.parent]
    return f"{'merge' if isinstance(parts, list) else 'score'} {shlex.join(map(str, named))}"


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
                num[row, column], den[row, column] = video.weights[metric]
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
    weights: dict[str, tuple[float, float]] = {}
    for part in parts:
        for name, (num, den) in part.weights.items():
            before = weights.get(name, (0.0, 0.0))
            weights[name] = (before[0] + num, before[1] + den)
    values: dict[str, float | None] = {}
    for name in dict.fromkeys(name for part in parts for name in part.values):
        if name in weights:
            num, den = weights[name]
            values[name] = num / den if den > 0 else None
            continue
        known = [value for part in parts if (value := part.values.get(name)) is not None]
        values[name] = sum(known) / len(known) if known else None
    first = parts[0]
    return ScoredVideo(first.video, None, first.protocol, values, weights)


def metrics_of(videos: Iterable[ScoredVideo]) -> list[str]:
    """Metrics that any of the videos has, in order of appearance."""
    return list(dict.fromkeys(name for v in videos for name in [*v.values, *v.weights]))


def _from_json(file: Path, data: Mapping[str, Any]) -> ScoredRun:
    return ScoredRun(
        path=file,
        model=str(data["model"]),
        benchmark=str(data["benchmark"]),
        split=str(data["split"]),
        manifest=dict(data.get("manifest") or {}),
        coverage={name: dict(counts) for name, counts in data["coverage"].items()},
        rows=[dict(row) for row in data["scores"]],
        videos=[_video(item) for item in data["videos"]],
        samples=[_sample(item) for item in data["samples"]],
        shortfall=tuple(map(str, data.get("shortfall") or ())),
    )


def _video(item: Mapping[str, Any]) -> ScoredVideo:
    weights = item.get("weights") or {}
    return ScoredVideo(
        video=str(item["video"]),
        group=item.get("source", item.get("group")),
        protocol=str(item["protocol"]),
        values=dict(item["values"]),
        weights={name: (float(w["num"]), float(w["den"])) for name, w in weights.items()},
    )


def _sample(item: Mapping[str, Any]) -> ScoredSample:
    return ScoredSample(
        id=str(item["id"]),
        video=str(item["video"]),
        protocol=str(item["protocol"]),
        status=str(item["status"]),
        values=dict(item["values"]),
        attributes=dict(item.get("attributes") or {}),
    )
