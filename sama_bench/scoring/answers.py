"""``sama_bench.score``: answers of run folders or of other code, against references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sama_bench import registry
from sama_bench.benchmark import (
    PROTOCOLS,
    Answers,
    Benchmark,
    Dataset,
    Finding,
    Protocol,
    Tools,
    subset_of,
)
from sama_bench.errors import UserError
from sama_bench.formats.recognise import answers_from
from sama_bench.runfolder.folder import SCORES, RunFolder
from sama_bench.runfolder.manifest import Manifest
from sama_bench.scoring.result import Result
from sama_bench.scoring.score import (
    check_data,
    is_whole,
    manifest_of,
    open_data,
    problems_of,
    score_answers,
    standard_tools,
    with_options,
)


@dataclass(frozen=True)
class Answered:
    """Answers with what they answer.

    Attributes:
        benchmark: that asks.
        dataset: its split, opened.
        answers: from a sample's id to what is known of it.
        manifest: of the run; for answers from elsewhere, where they come from.
        problems: what a user has to know about them.
        folder: the run folder, or None.
        findings: what of the files was replaced or is not asked.
    """

    benchmark: Benchmark
    dataset: Dataset
    answers: Answers
    manifest: Manifest
    problems: tuple[str, ...]
    folder: Path | None = None
    findings: tuple[Finding, ...] = ()


def open_run(
    path: Path,
    data: Path | None = None,
    options: Mapping[str, str] | None = None,
    subset: str | None = None,
) -> Answered:
    """Open a run folder with the data that it answers.

    Args:
        path: ``runs/<model>/<benchmark>/<split>``.
        data: root of the benchmark's files; by default where the run found them.
        options: of the benchmark, beside those that the run was made with; they win.
        subset: name of the part of the split that the data hold on purpose.

    Raises:
        UserError: no such run, its benchmark is unknown, or the data changed since it ran.
    """
    if not path.is_dir():
        raise UserError(f"{path} is no run folder; 'sama-bench status' lists them")
    folder = RunFolder(path)
    manifest = manifest_of(folder)
    chosen = {**manifest.benchmark_options, **(options or {})}
    manifest |= Manifest.of(benchmark_options=chosen)
    benchmark = registry.benchmark(manifest.benchmark)
    dataset = open_data(benchmark, subset_of(manifest.split, subset), manifest, data)
    check_data(dataset, manifest, path)
    problems = tuple(problems_of(folder, is_whole(folder, dataset)))
    return Answered(benchmark, dataset, folder.answers(), manifest, problems, path)


def open_predictions(
    benchmark: str,
    predictions: Path,
    split: str | None = None,
    data: Path | None = None,
    options: Mapping[str, str] | None = None,
    model: str | None = None,
    subset: str | None = None,
) -> Answered:
    """Open answers that other code produced, in any format that ``answers_from`` knows.

    Args:
        benchmark: name.
        predictions: file or folder.
        split: default: the one that the benchmark's papers report.
        data: root of the benchmark's files.
        options: of the benchmark.
        model: name for the tables; default: the name of the file or folder.
        subset: name of the part of the split that the data hold on purpose.

    Raises:
        UserError: no such benchmark or split, or files that cannot be used.
    """
    asked = registry.benchmark(benchmark)
    wanted = subset_of(split or asked.default_split, subset)
    dataset = asked.opened(data, wanted, options or {})
    imported = answers_from(predictions, dataset)
    manifest = Manifest.of(
        model=model or predictions.resolve().stem,
        benchmark=benchmark,
        split=wanted,
        predictions=str(predictions),
        format=imported.format,
        data=dict(dataset.files),
        benchmark_options=dict(options or {}),
    )
    return Answered(
        asked,
        dataset,
        imported.answers,
        manifest,
        (imported.summary(),),
        findings=tuple(imported.findings()),
    )


def score_answered(
    answered: Answered, protocols: Sequence[Protocol] = PROTOCOLS, tools: Tools | None = None
) -> Result:
    """Score opened answers; nothing is written."""
    return score_answers(
        answered.benchmark,
        answered.dataset,
        answered.answers,
        answered.manifest,
        protocols,
        with_options(tools, answered.manifest),
        answered.problems,
        answered.findings,
    )


def score(
    *runs: str | Path,
    benchmark: str | None = None,
    predictions: str | Path | None = None,
    split: str | None = None,
    data: str | Path | None = None,
    protocols: Sequence[Protocol] = PROTOCOLS,
    tools: Tools | None = None,
    model: str | None = None,
    subset: str | None = None,
) -> list[Result]:
    """Score run folders, or answers that other code produced.

    The scores of a run folder are also written to its ``scores.json``.

    Args:
        runs: run folders; none where ``predictions`` are given.
        benchmark: name, with ``predictions``.
        predictions: file or folder, with ``benchmark``.
        split: with ``predictions``; default: the one that the benchmark's papers report.
        data: root of the benchmark's files; of a run, by default where it found them.
        protocols: definitions to score under.
        tools: see ``sama_bench.scoring.score.standard_tools``.
        model: name for the tables, with ``predictions``.
        subset: name of the part of the split that the data hold on purpose; its rows are of
            ``SPLIT@NAME``.

    Raises:
        UserError: neither or both are given, they cannot be scored, or a ``scores.json`` cannot be
            written.
    """
    root = None if data is None else Path(data)
    chosen = tools if tools is not None else standard_tools()
    if predictions is not None and benchmark is not None and not runs:
        answered = open_predictions(
            benchmark, Path(predictions), split, root, chosen.options, model, subset
        )
        return [score_answered(answered, protocols, chosen)]
    if not runs or predictions is not None:
        raise UserError(
            "name run folders (sama-bench score runs/MODEL/BENCHMARK/SPLIT), or both --benchmark "
            "and --predictions"
        )
    results = []
    for run in runs:
        results.append(score_answered(open_run(Path(run), root, subset=subset), protocols, chosen))
        results[-1].write(Path(run) / SCORES)
    return results
