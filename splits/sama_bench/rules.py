"""What is scored, and which quirks of the published code act in it (sama-bench-g.md 10)."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sama_bench.benchmark import Entry, Protocol, Tools
from sama_bench.metric import Quirk
from sama_bench.metrics import grounding
from sama_bench.metrics._captions.scores import CAPTION_METRICS, VIDEO_CORPORA
from sama_bench.metrics._captions.text_cuts import CUT_TEXTS
from sama_bench.metrics._captions.text_marks import MARKS_KEPT

MASK_METRICS = ("miou", "recall", "abstention_accuracy")
TEXT_METRICS = (*CAPTION_METRICS, "clair")

_SECTION = "SAMA-Bench-G protocol, section 10"
RANK_EPSILON = Quirk(
    28,
    "rank_epsilon",
    "1e-5 is added to the number of videos of a rank in the per-split files of part G",
    (*MASK_METRICS[:2], *TEXT_METRICS),
    _SECTION,
)
RANKS_ALIKE = Quirk(
    29,
    "ranks_alike",
    "ranks weigh alike in the per-split files, however many videos they held",
    (*MASK_METRICS[:2], *TEXT_METRICS),
    _SECTION,
)
SHUFFLED = Quirk(
    33, "shuffled", "the samples of part G are shuffled, file by file, with seed 0", (), _SECTION
)

OF_C = (MARKS_KEPT, CUT_TEXTS, VIDEO_CORPORA)
OF_G = (MARKS_KEPT, *grounding.QUIRKS, CUT_TEXTS, VIDEO_CORPORA)
"""The quirks of scoring that can be switched off one at a time, of the parts C and G."""


def acting(protocol: Protocol, tools: Tools) -> frozenset[Quirk]:
    """Return the quirks that act: all under released, none under strict.

    ``Tools.quirks`` narrows those of the released protocol, to explain what one is worth.
    """
    if protocol == "strict":
        return frozenset()
    every = frozenset(OF_G)
    return every if tools.quirks is None else every & tools.quirks


def in_order(entries: Sequence[Entry], protocol: Protocol, grounded: bool) -> list[Entry]:
    """Return the entries of a protocol in its order (SHUFFLED).

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
