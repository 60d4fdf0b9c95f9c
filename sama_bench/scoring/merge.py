"""Merging shards into final scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sama_bench.benchmark import PROTOCOLS, Protocol, Tools, subset_of
from sama_bench.errors import AbsentError, IncompleteError
from sama_bench.runfolder.folder import SCORES, run_path
from sama_bench.scoring.result import Result
from sama_bench.scoring.score import check_data, open_data, problems_of, score_answers, with_options
from sama_bench.scoring.shards import (
    Group,
    check_agreement,
    find_groups,
    joint_answers,
    merged_manifest,
    missing_parts,
)


def merge(
    runs: Sequence[Path | str] | Path | str = (),
    root: Path | str = "runs",
    split: str | None = None,
    allow_partial: bool = False,
    data: Path | str | None = None,
    protocols: Sequence[Protocol] = PROTOCOLS,
    tools: Tools | None = None,
    say: Callable[[str], None] = lambda line: None,
    subset: str | None = None,
) -> list[Result]:
    """Merge run folders into final scores, written as ``scores.json`` of the merged split.

    Arguments and errors are those of ``score_merged``.

    Returns:
        one result per model and benchmark.

    Raises:
        UserError: also where a ``scores.json`` cannot be written.
    """
    results = []
    for path, result in score_merged(
        runs, root, split, allow_partial, data, protocols, tools, say, subset
    ):
        result.write(path)
        results.append(result)
    return results


def score_merged(
    runs: Sequence[Path | str] | Path | str = (),
    root: Path | str = "runs",
    split: str | None = None,
    allow_partial: bool = False,
    data: Path | str | None = None,
    protocols: Sequence[Protocol] = PROTOCOLS,
    tools: Tools | None = None,
    say: Callable[[str], None] = lambda line: None,
    subset: str | None = None,
) -> Iterator[tuple[Path, Result]]:
    """Merge run folders into final scores; nothing is written.

    Everything is scored anew from the answers, as one run of the whole would be, so that a merge
    of 13 shards equals it exactly.

    Args:
        runs: run folders, or folders that hold some (one or several); all below ``root`` if empty.
        root: folder of the run folders.
        split: to merge to; by default the smallest that holds all runs of a model.
        allow_partial: score what is there; every row shows its coverage.
        data: root of the benchmark's files; by default where the runs found them.
        protocols: definitions to score under.
        tools: see ``sama_bench.scoring.score.standard_tools``.
        say: receives a line of progress per merged group.
        subset: name of the part of the split that the data hold on purpose; the merged split is
            then ``SPLIT@NAME``.

    Yields:
        per model and benchmark the path of the ``scores.json`` of the merged split, and its result.

    Raises:
        IncompleteError: samples are missing or there twice, or the runs disagree.
        UserError: there is no run, or its data cannot be found.
    """
    named = [runs] if isinstance(runs, (str, Path)) else runs
    root, data = Path(root), None if data is None else Path(data)
    for group in find_groups([Path(run) for run in named], root):
        wanted = subset_of(split or group.split, subset or group.subset)
        result = _merge_group(group, wanted, allow_partial, data, protocols, tools, say)
        yield _home(group, root, result) / SCORES, result


def _merge_group(
    group: Group,
    wanted: str,
    allow_partial: bool,
    data: Path | None,
    protocols: Sequence[Protocol],
    tools: Tools | None,
    say: Callable[[str], None],
) -> Result:
    check_agreement(group)
    first = group.parts[0].manifest
    try:
        dataset = open_data(group.benchmark, wanted, first, data)
    except AbsentError as error:
        if wanted in [part.split for part in group.parts]:
            raise
        ran = ", ".join(sorted({part.split for part in group.parts}))
        raise IncompleteError(
            f"the runs of {group.name} ({ran}) together belong to split {wanted}, but {error}; "
            "name run folders of one split to merge them by themselves"
        ) from None
    for part in group.parts:
        check_data(dataset, part.manifest, part.folder.path)
    answers, missing = joint_answers(group, dataset)
    problems = [line for part in group.parts for line in problems_of(part.folder, not missing)]
    if missing:
        lack = missing_parts(group, dataset, missing)
        if not allow_partial:
            raise IncompleteError(
                f"{group.name}, split {dataset.split}, is incomplete: {lack}; run what is missing, "
                "or merge with --allow-partial"
            )
        problems.append(f"partial: {lack}")
    say(f"scoring {group.name}, split {dataset.split}: {len(dataset.entries)} samples")
    manifest = merged_manifest(group, dataset)
    return score_answers(
        group.benchmark,
        dataset,
        answers,
        manifest,
        protocols,
        with_options(tools, first),
        problems,
    )


def _home(group: Group, root: Path, result: Result) -> Path:
    if len(group.parts) == 1 and group.parts[0].split == result.split:
        return group.parts[0].folder.path
    return run_path(root, result.model, result.benchmark, result.split)
