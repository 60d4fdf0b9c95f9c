"""A split of a benchmark, opened: what is asked, the truth, and the scores."""

from __future__ import annotations

import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, runtime_checkable

from sama_bench.benchmark.entries import Entry, Finding
from sama_bench.benchmark.parts import (
    Protocol,
)
from sama_bench.benchmark.scores import Outcome, Scores
from sama_bench.metric import PerSample, Quirk
from sama_bench.nouns import Reference, Sample


@dataclass(frozen=True)
class Tools:
    """What scoring may use besides the metrics; None where the user has not asked for it.

    Attributes:
        phrases: phrase similarity (``sama_bench.metrics.phrases.PhraseSimilarity``).
        captions: whether to run the caption metrics (they start Java).
        judge: a judge of texts, or None: takes sample id to (prediction, reference) and a
            protocol, returns sample id to a judgement with ``score`` and ``cause``.
        per_sample: metrics of single samples by name, which the engine applies to every benchmark:
            each from a prediction and a reference as plain data (``text``, ``masks``: a list of
            tracks of COCO RLE or None) to a value or None.
        options: of the benchmark, from ``--option key=value``.
        quirks: if given, only these quirks of the released protocol act (``score --explain``).
        lacking: what the user named and cannot be had, one line each; the status is then 1.
    """

    phrases: Any = None
    captions: bool = True
    judge: Any = None
    per_sample: Mapping[str, PerSample] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    quirks: frozenset[Quirk] | None = None
    lacking: tuple[str, ...] = ()


Answers = Callable[[str], Outcome]
"""From a sample's id to what is known of it; reads one answer at a time."""


@runtime_checkable
class AnswersWithTexts(typing.Protocol):
    """``Answers`` that can tell a text without reading the masks that belong to it."""

    def __call__(self, id: str) -> Outcome:
        """Return what is known of a sample."""

    def text(self, id: str) -> str | None:
        """Return the reply to a sample; None without one.

        Raises:
            DataError: it cannot be read.
        """


class Dataset(ABC):
    """One split of a benchmark, opened.

    Attributes:
        benchmark: name.
        split: as the user asked for it.
        shards: the files' own split names that it consists of (one, unless it is a union).
        entries: what is asked, in the benchmark's order, the entries of one video together.
        files: checksum by relative path, ``sha256:...``, of every annotation file it read.
        published: by what is counted (``videos``, ``expressions``) the number in the files and
            the published one; empty where nothing is published.
        subset: the name of a part that is held on purpose, or None for the whole.
    """

    benchmark: str
    split: str
    shards: tuple[str, ...]
    entries: Sequence[Entry]
    files: Mapping[str, str]
    published: Mapping[str, tuple[int, int]] = {}
    subset: str | None = None

    @property
    def shortfall(self) -> tuple[str, ...]:
        """What the files lack of the published split, e.g. ``14 of 522 videos``."""
        if self.subset is not None:
            return ()
        return tuple(
            f"{found} of {wanted} {what}"
            for what, (found, wanted) in self.published.items()
            if found < wanted
        )

    @abstractmethod
    def sample(self, id: str, tracks: bool = False) -> Sample:
        """Build one sample; with ``tracks`` its regions carry whole masklets.

        Raises:
            DataError: what it needs is missing or broken.
        """

    @abstractmethod
    def reference(self, id: str, protocol: Protocol) -> Reference:
        """Build the reference of one sample under a protocol.

        Raises:
            DataError: what it needs is missing or broken.
        """

    @abstractmethod
    def findings(self, deep: bool = False) -> Iterable[Finding]:
        """Report all that was dropped, filled, cut or resized; ``deep`` also opens every frame."""

    @abstractmethod
    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Score answers against the references, under each protocol.

        Missing and failed samples are never silently left out: the rows' coverage tells.
        """


@runtime_checkable
class IndexMapped(typing.Protocol):
    """A dataset whose answers are also published as index maps, one folder an annotator."""

    def index_map_of(self, id: str) -> tuple[str, int]:
        """Return the annotator in whose folder a sample's object lies, and its label from 1."""
