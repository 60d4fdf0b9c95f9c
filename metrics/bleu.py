"""BLEU 1-4 of a corpus and of each of its sentences.

Source: Papineni et al., "BLEU" (2002), as pycocoevalcap computes it (SAMA-Bench-G protocol,
section 7): closest reference length, precisions (correct + 1e-15) / (guess + 1e-9), brevity factor
exp(1 - 1/ratio) where ratio = (length + 1e-15) / (reference length + 1e-9) is below 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .ngrams import ORDERS, TextCounts

_SMALL = 1e-9
_TINY = 1e-15

Bleu = tuple[float, ...]
"""BLEU-1 to BLEU-4, each in [0, 1]."""


@dataclass(frozen=True)
class Matches:
    """What one prediction, or a corpus of them, shares with its references."""

    length: int
    reference_length: int
    correct: tuple[int, ...]
    guess: tuple[int, ...]


def count_matches(prediction: TextCounts, references: Sequence[TextCounts]) -> Matches:
    """Count n-grams that occur in a reference, each at most as often as in the richest one.

    The reference length is that of the reference closest in length, the shorter one on ties.
    """
    richest = references[0].counts
    for reference in references[1:]:
        richest = tuple(a | b for a, b in zip(richest, reference.counts, strict=True))
    correct = tuple(
        sum([min(said[gram], true[gram]) for gram in said.keys() & true.keys()])
        for said, true in zip(prediction.counts, richest, strict=True)
    )
    length = prediction.length
    closest = min((abs(r.length - length), r.length) for r in references)[1]
    return Matches(length, closest, correct, tuple(max(0, length - n) for n in range(ORDERS)))


def total_matches(matches: Sequence[Matches]) -> Matches:
    """Add the matches of a corpus's sentences."""
    return Matches(
        sum(m.length for m in matches),
        sum(m.reference_length for m in matches),
        tuple(sum(m.correct[n] for m in matches) for n in range(ORDERS)),
        tuple(sum(m.guess[n] for m in matches) for n in range(ORDERS)),
    )


def bleu(matches: Matches) -> Bleu:
    """Return BLEU-1 to BLEU-4 of a sentence's or a corpus's matches."""
    ratio = (matches.length + _TINY) / (matches.reference_length + _SMALL)
    brevity = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    scores = []
    product = 1.0
    for n in range(ORDERS):
        product *= (matches.correct[n] + _TINY) / (matches.guess[n] + _SMALL)
        scores.append(product ** (1 / (n + 1)) * brevity)
    return tuple(scores)
