"""What scoring dropped, filled, cut, resized or replaced, and what failed: said below the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sama_bench.benchmark import PROTOCOLS, Finding, Protocol, SampleScore
from sama_bench.scoring.scores_file import RemarkLine

EXAMPLES = 3
UNKNOWN = "the run recorded no reason"

TEXTS = {
    "filled_frame": "filled {count} frames of {places} objects: lists of masks too short",
    "cut_mask": "cut {count} masks of {places} objects, beyond the last frame",
    "resized_mask": "resized {count} masks of {places} objects to the size of their video",
    "resized_prediction": "resized {count} predicted masks of {places} answers",
    "dropped_message": "dropped the last message of {places} dialogues",
    "dropped_round": "dropped {count} rounds",
    "replaced_result": "{places} items have two results; the later counts",
    "unasked_result": "{places} results are of items that the split does not ask",
    "frames_by_order": "{places} answers name no frames: their masks were matched by order",
    "duplicate_id": "{count} ids stand twice and were numbered",
}
"""What is said of a kind of finding; other kinds are named as they are."""


@dataclass(frozen=True)
class Remark:
    """Findings of one kind under one set of protocols.

    Attributes:
        kind: of the findings, e.g. ``filled_frame``.
        protocols: under which it happened, in the order of ``PROTOCOLS``.
        count: frames or items in all.
        places: objects or samples that it happened to.
        examples: the first of them, at most three, each a line.
    """

    kind: str
    protocols: tuple[Protocol, ...]
    count: int
    places: int
    examples: tuple[str, ...]

    @property
    def text(self) -> str:
        """The remark as one line."""
        what = TEXTS.get(self.kind, f"{{count}} x {self.kind.replace('_', ' ')}")
        who = "" if len(self.protocols) == len(PROTOCOLS) else f"{', '.join(self.protocols)}: "
        said = what.format(count=self.count, places=self.places)
        return f"{who}{said}, e.g. {'; '.join(self.examples[:1])}"

    def line(self) -> RemarkLine:
        """Return the remark as ``scores.json`` has it."""
        return RemarkLine(
            self.kind,
            list(self.protocols),
            self.count,
            self.places,
            list(self.examples),
            self.text,
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return msgspec.structs.asdict(self.line())


def remarks(findings: Iterable[Finding], scored: Sequence[Protocol]) -> list[Remark]:
    """Gather findings by kind and protocol, in order of appearance.

    Args:
        findings: of a dataset and of scoring.
        scored: protocols that were scored; findings of others are left out.
    """
    gathered: dict[tuple[str, tuple[Protocol, ...]], list[Finding]] = {}
    for finding in findings:
        under = tuple(name for name in PROTOCOLS if name in finding.protocols and name in scored)
        if under:
            whole = PROTOCOLS if len(under) == len(scored) else under
            gathered.setdefault((finding.kind, whole), []).append(finding)
    return [
        Remark(
            kind=kind,
            protocols=protocols,
            count=sum(finding.count for finding in found),
            places=len(found),
            examples=tuple(f"{one.where}: {one.detail}" for one in found[:EXAMPLES]),
        )
        for (kind, protocols), found in gathered.items()
    ]


def failures(samples: Iterable[SampleScore]) -> dict[str, str]:
    """Return why samples failed, by id; one that failed under two protocols stands once."""
    found: dict[str, str] = {}
    for sample in samples:
        if sample.status == "failed":
            reason = str(sample.notes.get("error") or sample.notes.get("note") or UNKNOWN)
            found.setdefault(sample.id, reason.removeprefix(f"{sample.id}: "))
    return found
