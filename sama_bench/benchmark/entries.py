"""What a dataset lists, and what its loader had to change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sama_bench.benchmark.parts import (
    PROTOCOLS,
    Protocol,
)


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
