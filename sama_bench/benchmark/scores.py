"""What is known of answers, and what scoring them yields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sama_bench.benchmark.entries import Finding
from sama_bench.benchmark.parts import (
    Aggregation,
    Protocol,
)
from sama_bench.nouns import Answer


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
