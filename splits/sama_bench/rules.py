"""What is scored, and which quirks of the published code act in it (sama-bench-g.md 10)."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sama_bench.benchmark import Entry, Protocol, Tools
from sama_bench.metrics._captions.scores import CAPTION_METRICS

MASK_METRICS = ("miou", "recall", "abstention_accuracy")
TEXT_METRICS = (*CAPTION_METRICS, "clair")

QUIRKS: dict[str, str] = {
    "Q10": "the list of special tokens misses some, which then count as words",
    "Q11": "nested, unbalanced and empty phrases count",
    "Q12": "mIoU averages only matched pairs: missed and spurious masks cost nothing",
    "Q13": "samples without target score 0 in mIoU",
    "Q14": "an empty union scores 0",
    "Q15": "masks of another shape make mIoU and recall of the whole video 0",
    "Q16": "recall looks phrases up transposed",
    "Q17": "recall crops its matrices to a common corner",
    "Q18": "recall stops at the first best pair whose phrases differ",
    "Q19": "samples without masks or phrases leave recall",
    "Q20": "recall divides by phrases, not targets, and averages empty videos as 0",
    "Q21": "texts are cut at 300 words and 2,000 characters",
    "Q22": "each video is a caption corpus of its own",
}
"""The quirks of scoring that can be switched off one at a time."""

ALL = frozenset(int(name[1:]) for name in QUIRKS)


def acting(protocol: Protocol, tools: Tools) -> frozenset[int]:
    """Return the numbers of the quirks that act: all under released, none under strict.

    ``Tools.quirks`` narrows those of the released protocol, to explain what one is worth.
    """
    if protocol == "strict":
        return frozenset()
    if tools.quirks is None:
        return ALL
    return ALL & {int(name[1:]) for name in tools.quirks if name[1:].isdigit()}


def in_order(entries: Sequence[Entry], protocol: Protocol, grounded: bool) -> list[Entry]:
    """Return the entries of a protocol in its order (Q33).

    The published code shuffles the samples of part G, split file by split file, with Python's
    generator seeded 0; strict, and part C, keep the order of the files.
    """
    chosen = [entry for entry in entries if protocol in entry.protocols]
    if protocol == "strict" or not grounded:
        return chosen
    by_shard: dict[str, list[Entry]] = {}
    for entry in chosen:
        by_shard.setdefault(entry.attributes["shard"], []).append(entry)
    for listed in by_shard.values():
        Random(0).shuffle(listed)
    return [entry for listed in by_shard.values() for entry in listed]


def mean(values: Sequence[float]) -> float | None:
    """Return the plain mean, or None of nothing."""
    return sum(values) / len(values) if values else None
