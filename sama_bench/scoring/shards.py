"""Which run folders belong together, and whether they may be merged.

Shards are merged when they are of one model, asked in one way, on the same data; anything else
would put numbers of different things into one mean.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench import registry
from sama_bench.benchmark import Benchmark, Dataset, split_and_subset, subset_of
from sama_bench.errors import IncompleteError, UserError
from sama_bench.runfolder.folder import RunAnswers, RunFolder, find_runs
from sama_bench.runfolder.manifest import IDENTITY, Manifest
from sama_bench.scoring.score import manifest_of

AGREE = tuple(key for key in IDENTITY if key not in ("benchmark", "split", "data"))
"""What the manifests of merged runs must have in common."""

SHOWN = 10


@dataclass(frozen=True)
class Part:
    """One run folder that takes part in a merge."""

    folder: RunFolder
    manifest: Manifest

    @property
    def split(self) -> str:
        """The split that it was run on."""
        return self.manifest.split


@dataclass(frozen=True)
class Group:
    """The runs of one model on one benchmark whose splits belong together."""

    benchmark: Benchmark
    parts: Sequence[Part]

    @property
    def name(self) -> str:
        """Model and benchmark, for messages."""
        return f"{self.parts[0].manifest.model} on {self.benchmark.name}"

    @property
    def split(self) -> str:
        """The smallest split that holds all parts; all are of one subset, or of none."""
        wholes = [split_and_subset(part.split)[0] for part in self.parts]
        return subset_of(self.benchmark.union(wholes), self.subset)

    @property
    def subset(self) -> str | None:
        """The name of the subset that all parts are of, or None."""
        return split_and_subset(self.parts[0].split)[1]


def find_groups(runs: Sequence[Path], root: Path) -> list[Group]:
    """Group run folders by model, benchmark and family of splits.

    Args:
        runs: run folders, or folders that hold some at any depth; all below ``root`` if none.
        root: folder of the run folders.

    Raises:
        UserError: there is no run, or a folder is none.
    """
    paths: dict[Path, None] = {}
    for given in runs or [root]:
        if not given.is_dir():
            raise UserError(f"there is no run folder {given}; 'sama-bench run' makes them")
        found = find_runs(given)
        if not found:
            raise UserError(f"{given} holds no run; 'sama-bench run' makes them")
        paths.update(dict.fromkeys(path.resolve() for path in found))
    grouped: dict[tuple[str, str, str], list[Part]] = {}
    for path in paths:
        folder = RunFolder(path)
        manifest = manifest_of(folder)
        whole, subset = split_and_subset(manifest.split)
        family = subset_of(registry.benchmark(manifest.benchmark).family(whole), subset)
        key = (manifest.model, manifest.benchmark, family)
        grouped.setdefault(key, []).append(Part(folder, manifest))
    place = {name: number for number, name in enumerate(registry.benchmarks())}
    order = sorted(grouped, key=lambda key: (place[key[1]], key))
    return [
        Group(registry.benchmark(key[1]), sorted(grouped[key], key=lambda part: part.folder.path))
        for key in order
    ]


def check_agreement(group: Group) -> None:
    """Check that all parts were made in one way, on the same data.

    Raises:
        IncompleteError: what differs, and where.
    """
    differences = []
    first = group.parts[0]
    for part in group.parts[1:]:
        for key in AGREE:
            one, other = getattr(first.manifest, key), getattr(part.manifest, key)
            if one != other:
                differences.append(
                    f"{key} is {_short(one)} in {first.split} and {_short(other)} in {part.split}"
                )
    sums: dict[str, tuple[str, str]] = {}
    for part in group.parts:
        for name, checksum in part.manifest.data.items():
            before, where = sums.setdefault(name, (checksum, part.split))
            if before != checksum:
                differences.append(f"{name} differs between {where} and {part.split}")
    if differences:
        raise IncompleteError(
            f"the runs of {group.name} disagree and are not merged: {_listed(differences)}"
        )


def joint_answers(group: Group, dataset: Dataset) -> tuple[RunAnswers, Sequence[str]]:
    """Return the answers of all parts as one, and the ids of the samples that no part holds.

    Raises:
        IncompleteError: samples that stand in several parts.
    """
    holder: dict[str, RunFolder] = {}
    twice: list[str] = []
    for part in group.parts:
        for id in part.folder.ids():
            if id in holder:
                twice.append(f"{id} in {holder[id].path.name} and {part.folder.path.name}")
            holder[id] = part.folder
    if twice:
        raise IncompleteError(
            f"the runs of {group.name} hold samples more than once: {_listed(twice)}; "
            "name the run folders that shall be merged"
        )
    missing = [entry.id for entry in dataset.entries if entry.id not in holder]
    return RunAnswers(holder.get), missing


def missing_parts(group: Group, dataset: Dataset, missing: Sequence[str]) -> str:
    """Say in one line what a merge lacks: shards that nobody ran, and samples not asked."""
    ran = {shard for part in group.parts for shard in (part.manifest.shards or [part.split])}
    shards = [shard for shard in dataset.shards if shard not in ran]
    lacks = []
    if shards:
        lacks.append(f"no run of {', '.join(shards)}")
    absent = set(missing)
    unasked = [
        entry.id
        for entry in dataset.entries
        if entry.id in absent and entry.attributes.get("shard") not in shards
    ]
    if unasked:
        lacks.append(f"{len(unasked)} samples not asked yet: {_listed(unasked)}")
    return "; ".join(lacks)


def merged_manifest(group: Group, dataset: Dataset) -> Manifest:
    """Return what the parts agree on, and which they are."""
    first = group.parts[0].manifest
    if len(group.parts) == 1 and group.parts[0].split == dataset.split:
        return first
    kept = ("model", *AGREE, "packages", "python", "can", "oracle", "data_root", "takes_history")
    agreed = Manifest.of(**{key: first.said[key] for key in kept if first.says(key)})
    return agreed | Manifest.of(
        benchmark=group.benchmark.name,
        split=dataset.split,
        shards=list(dataset.shards),
        data=dict(dataset.files),
        merged_from=[str(part.folder.path) for part in group.parts],
    )


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."
