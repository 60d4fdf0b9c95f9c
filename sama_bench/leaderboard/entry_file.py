"""An entry's file as types: what is written and every reader reads, checked in one place.

msgspec checks the types, and names the place that is wrong, as for ``scores.json``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from sama_bench.scoring.declarations import Coverage
from sama_bench.scoring.scores_file import Count, Number

Kind = Literal["run", "import"]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One tidy score, as ``ScoredRow``; of an import much is not known.

    A field that a row does not say is left out: an entry keeps what it was made with.

    Attributes:
        low: end of the interval, only where the videos carry the number.
        high: its other end.
    """

    model: str
    benchmark: str
    split: str | None
    protocol: str
    metric: str
    value: Number | None
    samples: Count | None
    videos: Count | None
    coverage: Share | None
    variant: str | UnsetType | None = UNSET
    note: str | UnsetType | None = UNSET
    aggregation: str | UnsetType = UNSET
    history: str | UnsetType | None = UNSET
    takes_tracks: bool | UnsetType = UNSET
    prompt: str | UnsetType | None = UNSET
    complete: bool | UnsetType = UNSET
    unranked: bool | UnsetType = UNSET
    shortfall: str | UnsetType | None = UNSET
    low: Number | UnsetType | None = UNSET
    high: Number | UnsetType | None = UNSET

    def tidy(self) -> dict[str, Any]:
        """Return the row as plain data, as tables and pages have it."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


class PackedVideos(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The scores of videos under one protocol, as columns of one length.

    Attributes:
        ids: of the videos; one that stands in several groups stands several times.
        groups: source or type that each counts in, or None.
        values: by metric a value a video.
        weights: by metric numerator and denominator a video, for ratios of sums.
    """

    ids: list[str]
    groups: list[str | None]
    values: dict[str, list[Number | None]]
    weights: dict[str, list[tuple[Number, Number]]]


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is needed to believe the scores; None is what is not known.

    Attributes:
        adapter: this and what follows, to ``judge``, is as in the manifest of the run.
        not_recorded: what of it the run did not record.
        shortfall: what the data lack of the published split.
        scoring: version of the values by protocol; none in entries before versions.
        scores: checksum of the ``scores.json``.
        predictions: checksums by folder and name.
        kit: that measured it, of an import.
        files: checksums of the kit's result files.
    """

    adapter: str | None = None
    checkpoint: str | None = None
    revision: str | int | None = None
    fingerprint: str | None = None
    card: dict[str, Any] | None = None
    takes_tracks: bool | None = None
    oracle: bool | None = None
    history: str | None = None
    seed: int | None = None
    options: dict[str, Any] | None = None
    dtype: str | None = None
    attention: str | None = None
    device_map: str | None = None
    data: dict[str, str] | None = None
    shards: list[str] | None = None
    benchmark_options: dict[str, str] | None = None
    packages: dict[str, Any] | None = None
    python: str | None = None
    started: str | None = None
    merged_from: list[str] | None = None
    judge: dict[str, Any] | None = None
    not_recorded: list[str] | None = None
    shortfall: list[str] | None = None
    scoring: dict[str, int] | None = None
    scores: str | None = None
    predictions: dict[str, str] | None = None
    kit: str | None = None
    files: dict[str, str] | None = None


class EntryFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of an entry's file, without the digest.

    Attributes:
        schema: of the file.
        kind: ``run`` for a run of ours, ``import`` for another kit's result files.
        model: name.
        benchmark: of the run; None for an import, whose rows name several.
        split: of the run; None for an import.
        complete: whether every expected sample was answered or refused, under every protocol, on
            data that are the published split; None for an import, since other kits do not say.
        coverage: by protocol how the expected samples were answered.
        scores: tidy rows with ``low`` and ``high`` where they have an interval.
        videos: scores per video by protocol; empty for an import.
        provenance: checksums, checkpoint, protocol card, versions, judge.
    """

    schema: Literal[1] = 1
    kind: Kind
    model: str
    benchmark: str | None
    split: str | None
    complete: bool | None
    coverage: dict[str, Coverage]
    scores: list[EntryRow]
    videos: dict[str, PackedVideos]
    provenance: Provenance
