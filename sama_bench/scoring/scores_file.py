"""``scores.json`` as types: what scoring writes and every reader reads, checked in one place.

msgspec checks the types, and names the place that is wrong; the same classes are written.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Annotated, Any

import msgspec

from sama_bench.benchmark import Aggregation, Coverage, Protocol, SampleScore, VideoScore
from sama_bench.runfolder.manifest import Manifest
from sama_bench.storage.append import write_atomically
from sama_bench.storage.seal import sealed

LARGEST = 1e15
"""No number of a file of scores is larger."""

Number = Annotated[float, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
Count = Annotated[int, msgspec.Meta(ge=0, le=int(LARGEST))]
Scalar = str | bool | int | float | None


class ScoredRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tidy score; see ``sama_bench.benchmark.Row`` for what it says of a number.

    Attributes:
        history: how earlier rounds of a dialogue were given.
        takes_tracks: whether the model saw whole tracks of the objects that it was asked about.
        prompt: what stood in for a prompt that the model cannot take, or None.
        complete: False where the data are less than the published split.
        unranked: True for what is never ranked.
        shortfall: what the data lacked of the published split, or None.
    """

    model: str
    benchmark: str
    split: str
    protocol: Protocol
    metric: str
    value: Number | None
    samples: Count
    videos: Count
    coverage: Number
    variant: str | None
    note: str | None
    aggregation: Aggregation
    history: str
    takes_tracks: bool
    prompt: str | None = None
    complete: bool = True
    unranked: bool = False
    shortfall: str | None = None

    def tidy(self) -> dict[str, Any]:
        """Return the row as plain data, as tables and ``--json`` have it."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


class Sums(msgspec.Struct, frozen=True):
    """What a video adds to a ratio of sums: numerator and denominator."""

    num: Number
    den: Number


class ScoredVideo(msgspec.Struct, frozen=True):
    """One video's scores under one protocol.

    Attributes:
        video: id.
        group: source or type that it also counts in, or None.
        samples: how many of its samples have a score.
        values: by metric, None where the video leaves the mean.
        notes: by metric, why the released protocol counts 0 for the whole video.
        weights: by metric numerator and denominator, for scores that are ratios of sums.
    """

    video: str
    group: str | None
    protocol: Protocol
    samples: Count
    values: dict[str, Number | None]
    notes: dict[str, str] = {}
    weights: dict[str, Sums] = {}


class ScoredSample(msgspec.Struct, frozen=True):
    """One sample's scores under one protocol; ``status`` as in the run's coverage."""

    id: str
    video: str
    group: str | None
    protocol: Protocol
    status: str
    values: dict[str, Number | None]
    attributes: dict[str, Any] = {}
    notes: dict[str, Any] = {}


class RemarkLine(msgspec.Struct, frozen=True):
    """What was dropped, filled, cut, resized or replaced; see ``scoring.remarks.Remark``."""

    kind: str
    protocols: list[Protocol]
    count: Count
    places: Count
    examples: list[str]
    text: str


class ScoresFile(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a ``scores.json``.

    Attributes:
        model: name under which the run is filed.
        manifest: what was asked, of what, with what; ``Manifest`` reads it.
        scoring: version of the values by protocol.
        coverage: by protocol how the expected samples were answered.
        complete: whether the data are the published split, all of it answered or refused.
        shortfall: what the data lack of the published split.
        problems: what a user has to know: duplicates, damaged lines.
        scores: tidy rows, values in natural units.
    """

    model: str
    benchmark: str
    split: str
    manifest: dict[str, Any]
    scoring: dict[str, int]
    coverage: dict[str, Coverage]
    complete: bool
    shortfall: list[str]
    problems: list[str]
    remarks: list[RemarkLine]
    scores: list[ScoredRow]
    videos: list[ScoredVideo]
    samples: list[ScoredSample]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        found: dict[str, Any] = msgspec.to_builtins(self, enc_hook=_plain)
        return found

    def write(self, path: Path) -> None:
        """Write it atomically, with a checksum that its readers compare.

        Raises:
            UserError: it cannot be written.
        """
        text = json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False)
        write_atomically(
            path,
            # half a surrogate pair, in a failure's reason say, becomes its JSON escape
            sealed(text.encode("utf-8", "backslashreplace")) + b"\n",
            "make that folder writable or copy the run to one that is; --json FILE keeps the table",
        )


def read_scores(data: Any) -> ScoresFile:
    """Check and type the content of a file of scores.

    Raises:
        ValueError: it lacks a field, one is of a wrong type, or a number is not finite or far too
            large; one line names the place.
    """
    try:
        found = msgspec.convert(data, ScoresFile)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    check_plain("manifest", found.manifest)
    try:
        Manifest.from_json(found.manifest)
    except ValueError as error:
        raise ValueError(f"manifest: {error}") from None
    for protocol, cover in found.coverage.items():
        if min(astuple(cover)) < 0:
            raise ValueError(f"coverage {protocol} holds a number below 0")
    for place, sample in enumerate(found.samples):
        for name, value in sample.attributes.items():
            if not isinstance(value, Scalar):
                raise ValueError(f"sample {place}: attribute {name} is a {type(value).__name__}")
        check_plain(f"sample {place}", sample.attributes)
    return found


def check_plain(where: str, value: Any) -> None:
    """Check that all numbers of plain data are finite.

    Raises:
        ValueError: one is not, or is far too large.
    """
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            left += item.values()
        elif isinstance(item, list):
            left += item
        elif isinstance(item, (int, float)) and not (abs(item) <= LARGEST and math.isfinite(item)):
            raise ValueError(f"{where} holds a number that is not finite or far too large")


def videos_of(videos: Iterable[VideoScore]) -> list[ScoredVideo]:
    """Return the scores of videos as they are written."""
    return [
        ScoredVideo(
            video.video,
            video.group,
            video.protocol,
            video.samples,
            finite(video.values),
            dict(video.notes),
            {
                metric: Sums(float(above), float(below))
                for metric, (above, below) in video.pooled.items()
            },
        )
        for video in videos
    ]


def samples_of(samples: Sequence[SampleScore]) -> list[ScoredSample]:
    """Return the scores of samples as they are written."""
    return [
        ScoredSample(
            sample.id,
            sample.video,
            sample.group,
            sample.protocol,
            sample.status,
            finite(sample.values),
            dict(sample.attributes),
            dict(sample.notes),
        )
        for sample in samples
    ]


def finite(values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Replace what is not finite by None: JSON does not know it."""
    return {
        name: float(value) if value is not None and math.isfinite(value) else None
        for name, value in values.items()
    }


def _plain(value: Any) -> Any:
    """Return a number of NumPy as Python's."""
    return value.item()
