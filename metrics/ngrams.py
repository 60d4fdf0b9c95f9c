"""N-grams of tokenised texts, shared by BLEU and CIDEr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

ORDERS = 4
"""Longest n-gram that BLEU and CIDEr look at."""


@dataclass(frozen=True)
class TextCounts:
    """Counts of a text's n-grams: ``counts[n - 1]`` maps each n-gram to how often it occurs."""

    length: int
    counts: tuple[Counter[Hashable], ...]


def count_ngrams(text: str) -> TextCounts:
    """Count the 1- to 4-grams of a tokenised text, split at any whitespace."""
    words = text.split()
    counts: list[Counter[Hashable]] = [Counter(words)]
    for order in range(2, ORDERS + 1):
        counts.append(Counter(zip(*(words[start:] for start in range(order)), strict=False)))
    return TextCounts(len(words), tuple(counts))
