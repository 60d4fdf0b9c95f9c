"""Checking a benchmark's files before a job: what is there, what is odd, what cannot be used."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from sama_bench import registry
from sama_bench.benchmark import PROTOCOLS, Benchmark, Dataset, Finding, Protocol, tally
from sama_bench.errors import AbsentError, DataError, UserError, did_you_mean

State = Literal["good", "odd", "incomplete", "broken", "absent"]
"""Nothing found; findings that loading copes with; less than what is published; some cannot be
used; files not there."""


@dataclass(frozen=True)
class Check:
    """What was found of one split.

    Attributes:
        benchmark: name.
        split: as checked.
        state: see ``State``.
        error: why it could not be opened, or None.
        counts: per protocol the numbers of videos and samples.
        files: checksum by relative path of the annotation files.
        findings: everything that was dropped, filled, cut, resized, or cannot be used.
        seconds: that the check took.
        shortfall: what the files lack of the published split, e.g. ``14 of 522 videos``.
    """

    benchmark: str
    split: str
    state: State
    error: str | None = None
    counts: Mapping[Protocol, Mapping[str, int]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    seconds: float = 0.0
    shortfall: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the check as plain data, with every finding."""
        return {
            "benchmark": self.benchmark,
            "split": self.split,
            "state": self.state,
            "complete": self.state in ("good", "odd"),
            "shortfall": list(self.shortfall),
            "error": self.error,
            "counts": {name: dict(counts) for name, counts in self.counts.items()},
            "files": dict(self.files),
            "tally": {name: dict(tally(self.findings, name)) for name in PROTOCOLS},
            "findings": [
                {**asdict(finding), "protocols": sorted(finding.protocols)}
                for finding in self.findings
            ],
            "seconds": round(self.seconds, 3),
        }


def verify(
    names: Sequence[str] = (),
    data: Path | None = None,
    split: str | None = None,
    deep: bool = False,
    options: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Check]:
    """Check the files of benchmarks.

    Args:
        names: of benchmarks; none for all, of which those without files come back as ``absent``.
        data: root of the files.
        split: one split instead of those that together hold everything.
        deep: also decode every frame.
        options: of the benchmarks.
        progress: told what is being checked.

    Raises:
        UserError: no such benchmark or split, or no split of a named benchmark is there.
    """
    chosen = [registry.benchmark(name) for name in names] or list(registry.benchmarks().values())
    checks: list[Check] = []
    opened: dict[tuple[str, str], Dataset] = {}
    for benchmark in chosen:
        own: list[Check] = []
        for wanted in _splits(benchmark, split, named=bool(names)):
            progress(f"{benchmark.name} {wanted}")
            check, dataset = _check(benchmark, wanted, data, deep, options or {})
            if check.state == "absent" and wanted == benchmark.default_split and split is None:
                found = _other_splits(benchmark, data, deep, options or {})
                if found:
                    own += found
                    continue
            if dataset is not None:
                opened[benchmark.name, wanted] = dataset
            own.append(check)
        if names and own and all(check.state == "absent" for check in own):
            raise UserError(str(own[0].error))
        checks += own
    return _with_joint_counts(checks, opened)


def _splits(benchmark: Benchmark, split: str | None, named: bool) -> Sequence[str]:
    if split is None:
        return benchmark.checked or (benchmark.default_split,)
    if split in benchmark.splits:
        return (split,)
    if named:
        raise did_you_mean(f"split of {benchmark.name}", split, benchmark.splits)
    return ()


def _check(
    benchmark: Benchmark, split: str, data: Path | None, deep: bool, options: Mapping[str, str]
) -> tuple[Check, Dataset | None]:
    start = time.monotonic()
    try:
        dataset = benchmark.open(data, split, options)
        findings = tuple(dataset.findings(deep))
    except AbsentError as error:
        return Check(benchmark.name, split, "absent", str(error)), None
    except DataError as error:
        return Check(benchmark.name, split, "broken", str(error)), None
    state: State = "good"
    if not dataset.entries:
        nothing = Finding("no_sample", f"{benchmark.name} {split}", "nothing is asked", fatal=True)
        findings = (nothing, *findings)
    if any(finding.fatal for finding in findings):
        state = "broken"
    elif dataset.shortfall:
        state = "incomplete"
    elif findings:
        state = "odd"
    check = Check(
        benchmark=benchmark.name,
        split=split,
        state=state,
        counts=_counts([dataset]),
        files=dataset.files,
        findings=findings,
        seconds=time.monotonic() - start,
        shortfall=dataset.shortfall,
    )
    return check, dataset


def _other_splits(
    benchmark: Benchmark,
    data: Path | None,
    deep: bool,
    options: Mapping[str, str],
) -> list[Check]:
    """Check the other splits whose files are there, where those of the default one are not all."""
    found = []
    others = {benchmark.default_split, *benchmark.checked, *benchmark.embedded}
    left = set(benchmark.splits) - others
    for split in benchmark.splits:
        if split in left:
            check, _ = _check(benchmark, split, data, deep, options)
            if check.state != "absent":
                found.append(check)
    return found


def _counts(datasets: Iterable[Dataset]) -> dict[Protocol, dict[str, int]]:
    entries = [entry for dataset in datasets for entry in dataset.entries]
    counts: dict[Protocol, dict[str, int]] = {}
    for protocol in PROTOCOLS:
        chosen = [entry for entry in entries if protocol in entry.protocols]
        videos = len({entry.video for entry in chosen})
        counts[protocol] = {"videos": videos, "samples": len(chosen)}
    return counts


def _with_joint_counts(
    checks: Sequence[Check], opened: Mapping[tuple[str, str], Dataset]
) -> list[Check]:
    """Add a check for every published size that several benchmarks have together."""
    found = list(checks)
    joint = [item.joint for item in registry.benchmarks().values() if item.joint is not None]
    for size in [size for place, size in enumerate(joint) if size not in joint[:place]]:
        names, split, published = size.benchmarks, size.split, size.published
        datasets = [opened[name, split] for name in names if (name, split) in opened]
        if len(datasets) < len(names):
            continue
        counts = _counts(datasets)
        findings = [
            Finding(
                "count",
                " and ".join(names),
                f"{counts[protocol][what]} {what} together, published {expected}",
                protocols=frozenset({protocol}),
            )
            for protocol in PROTOCOLS
            for what, expected in published.items()
            if counts[protocol][what] != expected
        ]
        few = [what for what, expected in published.items() if _fewer(counts, what, expected)]
        state: State = "incomplete" if few else "odd" if findings else "good"
        lacks = tuple(
            f"{max(counts[name][what] for name in PROTOCOLS)} of {published[what]} {what}"
            for what in few
        )
        found.append(
            Check(
                " + ".join(names),
                split,
                state,
                counts=counts,
                findings=tuple(findings),
                shortfall=lacks,
            )
        )
    return found


def _fewer(counts: Mapping[Protocol, Mapping[str, int]], what: str, expected: int) -> bool:
    """Whether the files hold fewer than published, also under the protocol that drops least."""
    return max(counts[protocol][what] for protocol in PROTOCOLS) < expected
