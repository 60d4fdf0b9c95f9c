"""From run folders to what a report says of each sample; one answer in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sama_bench import registry
from sama_bench.benchmark import Benchmark, Dataset, Entry, Outcome, Tools
from sama_bench.errors import DataError, UserError
from sama_bench.nouns import Reference
from sama_bench.report.problems import (
    Problem,
    in_order,
    mask_problems,
    phrase_problems,
    text_problems,
)
from sama_bench.report.tracks import Tracks, compare_tracks
from sama_bench.runfolder.folder import RunFolder
from sama_bench.scoring.declarations import declared
from sama_bench.scoring.freshness import check_fresh, run_parts
from sama_bench.scoring.score import check_data, open_data
from sama_bench.scoring.scored_run import ScoredRun, read_scored_run
from sama_bench.scoring.scores_file import ScoredSample


@dataclass(frozen=True)
class Run:
    """One run of a report.

    Attributes:
        name: as the report calls it, unlike the other's.
        folders: with its answers; several when the scores are of a merge.
        scored: what ``scores.json`` says, the manifest among it.
    """

    name: str
    folders: tuple[RunFolder, ...]
    scored: ScoredRun

    def outcome(self, id: str) -> Outcome:
        """Return what is known of a sample, its masks checked."""
        return self._holder(id).outcome(id)

    def seconds(self, id: str) -> float | None:
        """Return how long the model took; None where the sample is missing."""
        record = self._holder(id).record(id)
        return None if record is None else record.seconds

    def _holder(self, id: str) -> RunFolder:
        return next((folder for folder in self.folders if id in folder), self.folders[0])


@dataclass(frozen=True)
class View:
    """One sample in one run.

    Attributes:
        status: ``answered``, ``refused``, ``failed`` or ``missing``.
        problems: worst first, at least one.
        values: by protocol and metric, from ``scores.json``.
        metric: the one that the card shows, or None.
        value: its value, strict where it was scored so.
        tracks: the masks against the targets; None where there is nothing to compare.
        error: why it failed, or None.
    """

    status: str
    problems: tuple[Problem, ...]
    values: Mapping[str, Mapping[str, float | None]]
    metric: str | None = None
    value: float | None = None
    tracks: Tracks | None = None
    error: str | None = None


@dataclass(frozen=True)
class Shown:
    """One sample of a report, with one view per run."""

    id: str
    video: str
    group: str | None
    turn: int
    attributes: Mapping[str, Any] = field(default_factory=dict)
    views: tuple[View, ...] = ()


def open_runs(paths: Sequence[Path], data: Path | None) -> tuple[Benchmark, Dataset, list[Run]]:
    """Open one or two scored runs of one benchmark, and the data of the first.

    Raises:
        UserError: the runs are of different benchmarks, or the data are gone or changed.
        DataError: a folder holds no scored run, or was scored before its last answer.
    """
    paths = [path if path.is_dir() else path.parent for path in paths]
    scored = [read_scored_run(path) for path in paths]
    names = {run.benchmark for run in scored}
    if len(names) > 1:
        raise UserError(f"the runs are of {' and '.join(sorted(names))}; name two of one benchmark")
    benchmark = registry.benchmark(scored[0].benchmark)
    dataset = open_data(benchmark, scored[0].split, scored[0].manifest, data)
    runs = []
    for name, path, run in zip(_names(scored, paths), paths, scored, strict=True):
        parts = run_parts(path, run.manifest.merged_from)
        check_fresh(path, run, parts)
        check_data(dataset, run.manifest, path)
        runs.append(Run(name, tuple(RunFolder(part) for part in parts), run))
    return benchmark, dataset, runs


def collect(
    dataset: Dataset,
    runs: Sequence[Run],
    tools: Tools,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Shown]:
    """Look at every sample of a dataset in every run."""
    scored = [_by_sample(run.scored) for run in runs]
    standing = registry.benchmark(dataset.benchmark).of_samples
    shown = []
    for number, entry in enumerate(dataset.entries):
        reference = reference_of(dataset, entry)
        views = tuple(
            _view(run.outcome(entry.id), known.get(entry.id, []), reference, tools, standing)
            for run, known in zip(runs, scored, strict=True)
        )
        facts = next((dict(s.attributes) for known in scored for s in known.get(entry.id, [])), {})
        shown.append(
            Shown(
                entry.id,
                entry.video,
                entry.group,
                entry.turn,
                {**entry.attributes, **facts},
                views,
            )
        )
        progress(number + 1, len(dataset.entries))
    return shown


def reference_of(dataset: Dataset, entry: Entry) -> Reference | None:
    """Return the reference of a sample, strict where it exists so; None where there is none."""
    protocol = "strict" if "strict" in entry.protocols else "released"
    try:
        return dataset.reference(entry.id, protocol)  # type: ignore[arg-type]
    except DataError:
        return None


def main_value(
    values: Mapping[str, Mapping[str, float | None]], standing: Sequence[str]
) -> tuple[str | None, float | None]:
    """Return the metric that stands for a sample and its value, strict before released."""
    for protocol in ("strict", "released"):
        for metric in standing:
            value = values.get(protocol, {}).get(metric)
            if value is not None:
                return metric, value
    return None, None


def _view(
    outcome: Outcome,
    scored: Sequence[ScoredSample],
    reference: Reference | None,
    tools: Tools,
    standing: Sequence[str],
) -> View:
    values: dict[str, Mapping[str, float | None]] = {s.protocol: s.values for s in scored}
    if outcome.answer is None:
        problem = Problem(outcome.status, outcome.error or "")
        return View(outcome.status, (problem,), values, error=outcome.error)
    problems: list[Problem] = []
    tracks = None
    predicted = [segment.masklet for segment in outcome.answer.segments]
    wants_masks = reference is not None and _about_masks(scored, reference)
    if wants_masks and reference is not None:
        tracks = compare_tracks(predicted, reference.masklets)
        problems += mask_problems(tracks, len(predicted), len(reference.masklets))
        problems += phrase_problems(outcome.answer, reference.text, tracks, tools.phrases)
    for protocol in ("strict", "released"):
        if protocol in values:
            problems += text_problems(values[protocol])
            break
    if any(sample.status == "failed" for sample in scored):
        problems.append(Problem("failed", "its masks could not be scored"))
    metric, value = main_value(values, standing)
    return View(outcome.status, in_order(problems), values, metric, value, tracks)


def _about_masks(scored: Sequence[ScoredSample], reference: Reference) -> bool:
    """Tell whether masks are scored: a description of a region has targets in no benchmark."""
    if reference.masklets:
        return True
    return any(declared().metric(name).reads != "texts" for s in scored for name in s.values)


def _by_sample(run: ScoredRun) -> dict[str, list[ScoredSample]]:
    found: dict[str, list[ScoredSample]] = {}
    for sample in run.samples:
        found.setdefault(sample.id, []).append(sample)
    return found


def _names(scored: Sequence[ScoredRun], paths: Sequence[Path]) -> list[str]:
    names = [run.model for run in scored]
    if len(set(names)) < len(names):
        names = [f"{name} ({path})" for name, path in zip(names, paths, strict=True)]
    if len(set(names)) < len(names):
        names = [f"{name} #{number + 1}" for number, name in enumerate(names)]
    return names
