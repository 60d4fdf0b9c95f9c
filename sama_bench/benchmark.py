"""The interface of a benchmark: what it asks, and how its scores are put together.

A file in ``splits/`` defines subclasses of ``Benchmark`` and ``Dataset`` and lists its benchmarks
in ``BENCHMARKS``. ``Dataset`` is what the engine plans from: a light list of entries; samples,
references and tracks are built one at a time and never kept.

Every command that looks a name up imports these files: what only scoring needs is imported inside
``score``.
"""

from __future__ import annotations

import re
import typing
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, runtime_checkable

from sama_bench.errors import UserError, did_you_mean
from sama_bench.metric import LAST, Metric, PerSample
from sama_bench.metric import Quirk as Quirk
from sama_bench.nouns import Answer, Reference, Sample

Option = tuple[str, str, str]
"""Default under ``released``, default under ``strict``, one line of help."""

Protocol = Literal["released", "strict"]
PROTOCOLS: tuple[Protocol, ...] = ("released", "strict")

Aggregation = Literal["videos", "ratio", "groups", "whole"]
"""How a row came about: the mean of its videos' ``values``; the ratio of the sums of their
``pooled`` numerators and denominators (a mean over samples is one); the mean of its groups; or
something that its videos do not carry, such as a corpus score."""

OVERALL = "overall"
"""The group that is the mean of a benchmark's groups: where there is one, it is the headline."""


@dataclass(frozen=True)
class Entry:
    """One sample in the list of a dataset, without its masks and frames.

    Attributes:
        id: of the sample, unique within the benchmark.
        video: id of its video; entries of one video stand together.
        group: the row of its own that it also counts in, e.g. the source ``VidSTG`` or type
            ``long``; None when the benchmark has none.
        protocols: under which the sample exists.
        turn: position in the video's dialogue, from 0; 0 without dialogue.
        frames: number of frames of the video.
        attributes: further facts for reports, e.g. number of objects; JSON values.
    """

    id: str
    video: str
    group: str | None
    protocols: frozenset[Protocol] = frozenset(PROTOCOLS)
    turn: int = 0
    frames: int = 1
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One thing that a loader had to drop, fill, cut or resize, or could not use.

    Attributes:
        kind: what happened, e.g. ``dropped_round``, ``filled_frames``, ``resized_mask``.
        where: file, video and item.
        detail: one line for a person.
        count: how many frames or items it stands for.
        protocols: under which it happens.
        fatal: the affected sample cannot be asked or scored.
    """

    kind: str
    where: str
    detail: str
    count: int = 1
    protocols: frozenset[Protocol] = frozenset(PROTOCOLS)
    fatal: bool = False


def tally(findings: Iterable[Finding], protocol: Protocol) -> Counter[str]:
    """Count findings by kind under one protocol, each with its own ``count``."""
    total: Counter[str] = Counter()
    for finding in findings:
        if protocol in finding.protocols:
            total[finding.kind] += finding.count
    return total


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


@dataclass(frozen=True)
class Outcome:
    """What is known of one sample in a run folder.

    Attributes:
        status: ``answered``, ``refused`` (an answer without masks where masks were wanted),
            ``failed`` (the model raised) or ``missing`` (not asked yet).
        answer: present when answered or refused.
        error: one line, present when failed.
    """

    status: Literal["answered", "refused", "failed", "missing"]
    answer: Answer | None = None
    error: str | None = None


@dataclass(frozen=True)
class Coverage:
    """How many samples a score rests on: expected = answered + refused + failed + missing."""

    expected: int
    answered: int
    refused: int
    failed: int
    missing: int

    @classmethod
    def of(cls, statuses: Iterable[str]) -> Coverage:
        """Count the statuses of the expected samples."""
        seen = Counter(statuses)
        return cls(
            expected=seen.total(),
            answered=seen["answered"],
            refused=seen["refused"],
            failed=seen["failed"],
            missing=seen["missing"],
        )

    @property
    def share(self) -> float:
        """Answered or refused samples as a share of the expected ones, 0 to 1."""
        return (self.answered + self.refused) / self.expected if self.expected else 0.0


@dataclass(frozen=True)
class SampleScore:
    """Values of one sample under one protocol; None where a value does not exist."""

    id: str
    video: str
    group: str | None
    protocol: Protocol
    status: str
    values: Mapping[str, float | None]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class VideoScore:
    """Values of one video under one protocol, from which the split's are averaged.

    Attributes:
        values: by metric, None where the video leaves the mean.
        pooled: by metric the (numerator, denominator) of a ratio, for uncertainty.
        notes: by metric, why the released protocol counts 0 for the whole video.
    """

    video: str
    group: str | None
    protocol: Protocol
    samples: int
    values: Mapping[str, float | None]
    pooled: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One tidy score: the value of a metric on a split under a protocol.

    Attributes:
        split: as asked for, or with a group: ``all:VidSTG``, ``valid:long``.
        value: unrounded, in the metric's natural unit; None where it does not exist.
        samples: how many samples it rests on.
        videos: how many videos it rests on.
        coverage: answered share of the expected samples, 0 to 1.
        variant: how it departs from the protocol (a stand-in had a part), or None.
        note: why a value does not exist, or what to know about it, or None.
        aggregation: how the value came about from the videos' (see ``Aggregation``); intervals and
            comparisons draw videos by it.
    """

    split: str
    protocol: Protocol
    metric: str
    value: float | None
    samples: int
    videos: int
    coverage: float
    variant: str | None = None
    note: str | None = None
    aggregation: Aggregation = "whole"


@dataclass(frozen=True)
class Scores:
    """All that scoring one run yields.

    Attributes:
        coverage: by protocol, how the expected samples were answered.
        rows: tidy scores.
        videos: what the rows were averaged from.
        samples: values of every sample; one without a usable answer says why in the note
            ``error``.
        findings: what was dropped, filled, cut, resized or replaced, in references and answers.
        lacking: parts that were asked for and could not be given (captions, a judge's verdicts),
            one line each; the exit status is then 1.
    """

    coverage: Mapping[Protocol, Coverage]
    rows: Sequence[Row]
    videos: Sequence[VideoScore]
    samples: Sequence[SampleScore]
    findings: Sequence[Finding] = ()
    lacking: Sequence[str] = ()


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
class IndexMapped(typing.Protocol):
    """A dataset whose answers are also published as index maps, one folder an annotator."""

    def index_map_of(self, id: str) -> tuple[str, int]:
        """Return the annotator in whose folder a sample's object lies, and its label from 1."""


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


@dataclass(frozen=True)
class HubSource:
    """A data set of the Hugging Face hub that may be downloaded by a program.

    Attributes:
        name: on the command line.
        repo: ``owner/name`` on the hub.
        title: one line for a person.
        folder: below the data root, where its files go with the paths that they have on the hub.
        wanted: names of the files that the benchmark needs, wherever in the data set they lie;
            empty for all. The rest (training data) comes with ``everything`` only.
        next: names of the sources that are needed besides.
    """

    name: str
    repo: str
    title: str
    folder: str = ""
    wanted: frozenset[str] = frozenset()
    next: tuple[str, ...] = ()


@dataclass(frozen=True)
class HumanSource:
    """Files that a person has to get: a licence to accept, a form, a registration.

    Attributes:
        name: on the command line.
        title: one line for a person.
        page: where to go.
        why: what a program may not do.
        steps: what to do, in order; ``{data}`` stands for the data root.
    """

    name: str
    title: str
    page: str
    why: str
    steps: tuple[str, ...]


Source = HubSource | HumanSource


@dataclass(frozen=True)
class FramePreparation:
    """Frames that a benchmark reads, to be extracted from videos that a person has got.

    ``sama-bench data prepare NAME`` keeps every ``interval``-th frame as ``frame_<k>.jpg``.

    Attributes:
        name: on the command line.
        title: of the videos' data set, for a person.
        frames: below the data root, the folder that receives a folder of frames for every video.
        records: below the data root, where it is written down how each folder was made.
        interval: in frames.
        quality: of the JPEG files, 0 to 100.
        frame_count: from a video's annotation to the number of frames that it states, or None.
        items: from a video's annotation and the number of extracted frames to what the
            benchmark's own files say of these frames, JSON values.
    """

    name: str
    title: str
    frames: str
    records: str
    interval: int
    quality: int
    frame_count: Callable[[Mapping[str, Any]], int | None]
    items: Callable[[Mapping[str, Any], int], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Server:
    """A server that scores answers to splits whose masks are not published.

    Attributes:
        splits: that it takes, the one that papers report first.
        prefix: what stands before ``<video>/<expression>/<frame>.png`` in its archive.
    """

    splits: tuple[str, ...]
    prefix: str = ""


@dataclass(frozen=True)
class JointSize:
    """A published size that several benchmarks have together.

    Attributes:
        benchmarks: their names.
        split: of each of them.
        published: by what is counted (``videos``, ``samples``) the published number.
    """

    benchmarks: tuple[str, ...]
    split: str
    published: Mapping[str, int]


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


@dataclass(frozen=True)
class Part:
    """What a row is of: a split, a group of it (a source, a type), or a bin of an attribute.

    Written ``all``, ``all:VidSTG`` and ``valid|turn=2``, the form of scores and entries.

    Attributes:
        split: as asked for, with ``@subset`` where one was named; empty where none is named.
        group: name of the group or shard, or None.
        attribute: by which samples are binned, or None.
        bin: of the attribute, or None.

    >>> Part.parse("valid|turn=2")
    Part(split='valid', group=None, attribute='turn', bin='2')
    >>> str(Part("all", "VidSTG"))
    'all:VidSTG'
    """

    split: str
    group: str | None = None
    attribute: str | None = None
    bin: str | None = None

    @classmethod
    def parse(cls, text: str | None) -> Part:
        """Read the form in which scores and entries name a part."""
        whole, bar, binned = (text or "").partition("|")
        split, _, group = whole.partition(":")
        attribute, _, label = binned.partition("=")
        return cls(split, group or None, attribute if bar else None, label if bar else None)

    def __str__(self) -> str:
        group = f":{self.group}" if self.group is not None else ""
        binned = f"|{self.attribute}={self.bin}" if self.attribute is not None else ""
        return f"{self.split}{group}{binned}"

    @property
    def whole(self) -> bool:
        """Whether it is the split itself, or the mean of its groups that headlines it."""
        return self.attribute is None and self.group in (None, OVERALL)


def split_and_subset(split: str) -> tuple[str, str | None]:
    """Take ``all@pilot`` apart: the split, and the name of its subset or None.

    Raises:
        UserError: a name of other characters than letters, digits, ``.``, ``_`` and ``-``.
    """
    whole, at, subset = split.partition("@")
    if at and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", subset):
        raise UserError(f"--subset {subset[:40]!r}: letters, digits, '.', '_' and '-', at most 64")
    return whole, subset if at else None


def subset_of(split: str, subset: str | None) -> str:
    """Return the name of a subset of a split; the split itself where no subset is meant."""
    return split if subset is None else f"{split_and_subset(split)[0]}@{subset}"


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
