"""Scoring: answers of run folders against references. Needs no model and no GPU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sama_bench import registry
from sama_bench.benchmark import PROTOCOLS, Answers, Benchmark, Dataset, Finding, Protocol, Tools
from sama_bench.errors import DataError, UserError
from sama_bench.runfolder.folder import SCORES, RunFolder
from sama_bench.runfolder.manifest import Manifest
from sama_bench.scoring.result import Result
from sama_bench.scoring.single_samples import with_single_samples


def standard_tools(
    phrases: str = "auto",
    captions: bool = True,
    judge: Any = None,
    options: Mapping[str, str] | None = None,
) -> Tools:
    """Assemble what scoring uses besides the metrics.

    Args:
        phrases: name of a phrase similarity; ``auto`` takes the official encoder where its
            weights are on this machine, and otherwise a stand-in, which the scores then bear as
            their ``variant``.
        captions: whether to run the caption metrics (they start Java).
        judge: see ``Tools``.
        options: of the benchmark.

    Raises:
        UserError: there is no such phrase similarity. One that cannot be had is ``lacking``.
    """
    similarity = registry.provided("phrase_similarity")
    measure: Any = None
    lacking: tuple[str, ...] = ()
    try:
        measure = similarity(phrases) if similarity is not None else None
    except ValueError as error:
        raise UserError(f"--phrases {phrases}: {error}") from None
    except RuntimeError as error:
        lacking = (f"--phrases {phrases}: {error}",)
    return Tools(
        phrases=measure,
        captions=captions,
        judge=judge,
        options=options or {},
        per_sample=registry.per_sample_metrics(),
        lacking=lacking,
    )


def score_answers(
    benchmark: Benchmark,
    dataset: Dataset,
    answers: Answers,
    manifest: Manifest,
    protocols: Sequence[Protocol] = PROTOCOLS,
    tools: Tools | None = None,
    problems: Sequence[str] = (),
    findings: Sequence[Finding] = (),
) -> Result:
    """Score answers, wherever they come from."""
    tools = tools if tools is not None else standard_tools()
    scores = dataset.score(answers, protocols, tools)
    scores = with_single_samples(scores, dataset, answers, tools.per_sample)
    scores = replace(scores, findings=(*findings, *scores.findings))
    record = getattr(tools.judge, "record", None)
    if record is not None:
        manifest = manifest | Manifest.of(judge=record())
    lacking = (*tools.lacking, *scores.lacking)
    return Result(
        model=manifest.model,
        benchmark=benchmark.name,
        split=dataset.split,
        manifest=manifest,
        scores=scores,
        problems=(*problems, *lacking, *_of_tools(tools), *_of_data(dataset)),
        shortfall=dataset.shortfall,
        lacking=lacking,
    )


def _of_tools(tools: Tools) -> Iterator[str]:
    """Yield what a user has to know about the tools that scored."""
    if problem := getattr(tools.phrases, "problem", None):
        yield problem


def _of_data(dataset: Dataset) -> Iterator[str]:
    """Yield in one line what the data lack of the published split."""
    if dataset.shortfall:
        yield (
            f"{dataset.benchmark} {dataset.split} is not complete: the data hold "
            f"{', '.join(dataset.shortfall)}; a part on purpose is named with --subset NAME"
        )


def score_run(
    path: Path | str,
    data: Path | str | None = None,
    protocols: Sequence[Protocol] = PROTOCOLS,
    tools: Tools | None = None,
    write: bool = True,
) -> Result:
    """Score one run folder, and write its ``scores.json``.

    Args:
        path: ``runs/<model>/<benchmark>/<split>``.
        data: root of the benchmark's files; by default where the run found them.
        protocols: definitions to score under.
        tools: see ``standard_tools``.
        write: whether to write ``scores.json`` into the folder.

    Raises:
        UserError: no such run, its benchmark is unknown, or the data changed since it ran.
    """
    path, data = Path(path), None if data is None else Path(data)
    folder = RunFolder(path)
    manifest = manifest_of(folder)
    benchmark = registry.benchmark(manifest.benchmark)
    dataset = open_data(benchmark, manifest.split, manifest, data)
    check_data(dataset, manifest, path)
    tools = with_options(tools, manifest)
    result = score_answers(
        benchmark,
        dataset,
        folder.answers(),
        manifest,
        protocols,
        tools,
        problems_of(folder, is_whole(folder, dataset)),
    )
    if write:
        result.write(path / SCORES)
    return result


def with_options(tools: Tools | None, manifest: Manifest) -> Tools:
    """Add the benchmark options that a run was made with; those given now win."""
    tools = tools if tools is not None else standard_tools()
    return replace(tools, options={**manifest.benchmark_options, **tools.options})


def manifest_of(folder: RunFolder) -> Manifest:
    """Return the manifest of a run folder.

    Raises:
        DataError: there is none, or it lacks what scoring needs.
    """
    manifest = folder.manifest()
    if manifest is None:
        raise DataError(f"{folder.path} is no run folder: it has no manifest.json")
    for key in ("model", "benchmark", "split"):
        if not getattr(manifest, key):
            raise DataError(f"{folder.path}/manifest.json does not name the {key}")
    return manifest


def open_data(
    benchmark: Benchmark,
    split: str,
    manifest: Manifest,
    data: Path | None,
) -> Dataset:
    """Open the data that a run was made on: at ``data``, or where the run found it."""
    root = data
    if root is None and manifest.data_root:
        root = Path(manifest.data_root)
        if not root.is_dir():
            raise UserError(f"the data of this run lay at {root}, which is gone; give --data DIR")
    return benchmark.opened(root, split, dict(manifest.benchmark_options))


def check_data(dataset: Dataset, manifest: Manifest, path: Path) -> None:
    """Check that the annotation files are those of the run.

    Raises:
        DataError: the files that differ.
    """
    recorded = manifest.data
    changed = [n for n, sum in dataset.files.items() if n in recorded and recorded[n] != sum]
    if changed:
        raise DataError(
            f"{path}: {', '.join(changed)} changed since this run; score it on the same files, "
            "or run again with --fresh"
        )


def is_whole(folder: RunFolder, dataset: Dataset) -> bool:
    """Whether a run folder holds a line for every sample."""
    return all(entry.id in folder for entry in dataset.entries)


def problems_of(folder: RunFolder, whole: bool) -> list[str]:
    """Return what a user has to know about the lines of a run folder.

    Args:
        folder: of the run.
        whole: whether every sample has a line, so that those of damaged lines were asked again.
    """
    problems = []
    if folder.duplicates:
        shown = ", ".join(sorted(folder.duplicates)[:3])
        number = len(folder.duplicates)
        problems.append(
            f"{folder.path}: {number} samples have several lines, e.g. {shown}; the later counts"
        )
    what = "its sample was asked again" if whole else "its sample may be missing"
    problems.extend(f"damaged line, {what}: {line}" for line in folder.damaged)
    return problems
