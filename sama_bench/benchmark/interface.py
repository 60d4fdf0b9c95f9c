"""A benchmark: what it is called, and how its splits are opened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from sama_bench.benchmark.dataset import Dataset
from sama_bench.benchmark.parts import (
    split_and_subset,
)
from sama_bench.benchmark.sources import (
    FramePreparation,
    JointSize,
    Server,
    Source,
)
from sama_bench.errors import UserError, did_you_mean
from sama_bench.metric import LAST, Metric, Quirk

Option = tuple[str, str, str]
"""Default under ``released``, default under ``strict``, one line of help."""


class Benchmark(ABC):
    """A benchmark family's member, stateless.

    Attributes:
        name: on the command line, e.g. ``ref-sav``.
        title: as papers write it.
        order: place among benchmarks in tables, small first.
        headlines: metrics that a table of all benchmarks shows; the first of ``metrics`` if empty.
        standing: metrics of which the first that a sample has stands for it on its page; if empty
            ``headlines``, then ``metrics``.
        splits: names that a user may ask for, the default first.
        metrics: names of the metrics it reports.
        options: name to (default under released, default under strict, one line of help).
        licence: how the data may be had, one line.
        checked: splits that ``data verify`` checks; empty for the default one alone.
        further_metrics: that only this benchmark reports, or ``module:name`` of their tuple.
        quirks: of scoring, that ``Tools.quirks`` can switch off one at a time.
        task: what ``--task`` calls it. The benchmarks that have one are those that are asked
            where no benchmark is named; None for all others.
        embedded: splits that are generated and need no data root.
        sources: where its files come from, its own first.
        preparations: of files that its sources bring in another form.
        server: to which answers to some of its splits are submitted, or None.
        joint: a published size that it has together with others, or None.
    """

    name: str
    title: str
    order: int = LAST
    headlines: Sequence[str] = ()
    standing: Sequence[str] = ()
    splits: tuple[str, ...]
    metrics: Sequence[str]
    further_metrics: Sequence[Metric] | str = ()
    options: Mapping[str, Option] = {}
    licence: str = ""
    checked: tuple[str, ...] = ()
    quirks: tuple[Quirk, ...] = ()
    task: str | None = None
    embedded: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    preparations: tuple[FramePreparation, ...] = ()
    server: Server | None = None
    joint: JointSize | None = None

    def opened(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List a split, or as ``SPLIT@NAME`` the part of it that the files hold, on purpose.

        Raises:
            DataError: a file is missing, malformed or unsafe.
            UserError: there is no such split, or the subset's name is none.
        """
        whole, subset = split_and_subset(split)
        if whole not in self.splits:
            raise did_you_mean(f"split of {self.name}", whole, self.splits)
        dataset = self.open(root, whole, options)
        if subset is not None:
            dataset.split, dataset.subset = split, subset
        return dataset

    def family(self, split: str) -> str:
        """Name the splits that may be merged with ``split``; those of one family share it."""
        return split

    def union(self, splits: Sequence[str]) -> str:
        """Return the smallest split that holds all of some splits of one family."""
        return splits[0]

    @property
    def of_samples(self) -> Sequence[str]:
        """Metrics of which the first that a sample has stands for it."""
        return self.standing or tuple(dict.fromkeys([*self.headlines, *self.metrics]))

    @property
    def default_split(self) -> str:
        """The split that its papers report."""
        return self.splits[0]

    @abstractmethod
    def open(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List a split.

        Args:
            root: folder of the benchmark's files, or None for an embedded split.
            split: one of ``splits``.
            options: from ``--option key=value``.

        Raises:
            DataError: a file is missing, malformed or unsafe.
            UserError: there is no such split.
        """


def check_options(options: Mapping[str, Option], given: Mapping[str, str]) -> None:
    """Refuse options that the benchmark does not have.

    Raises:
        UserError: an unknown one, with the nearest names.
    """
    for name in given:
        if name not in options:
            if not options:
                raise UserError(f"--option {name}: this benchmark has no options")
            raise did_you_mean("option", name, options)
