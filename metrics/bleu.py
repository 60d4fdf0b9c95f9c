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
class _Matches:
    """What one prediction shares with its references."""

    length: int
    reference_length: int
    correct: tuple[int, ...]
    guess: tuple[int, ...]


def bleu(
    predictions: Sequence[TextCounts], references: Sequence[Sequence[TextCounts]]
) -> tuple[Bleu, tuple[Bleu, ...]]:
    """Return BLEU-1 to BLEU-4 of the corpus, and of each sentence.

    ``references[i]`` holds one or more references of ``predictions[i]``.
    """
    matches = [_match(p, r) for p, r in zip(predictions, references, strict=True)]
    total = _Matches(
        sum(m.length for m in matches),
        sum(m.reference_length for m in matches),
        tuple(sum(m.correct[n] for m in matches) for n in range(ORDERS)),
        tuple(sum(m.guess[n] for m in matches) for n in range(ORDERS)),
    )
    return _score(total), tuple(_score(m) for m in matches)


def _match(prediction: TextCounts, references: Sequence[TextCounts]) -> _Matches:
    """Count n-grams that occur in a reference, each at most as often as in the richest one."""
    correct = []
    for n in range(ORDERS):
        allowed = [reference.counts[n] for reference in references]
        correct.append(
            sum(
                min(count, max(counts.get(ngram, 0) for counts in allowed))
                for ngram, count in prediction.counts[n].items()
            )
        )
    length = prediction.length
    closest = min((abs(r.length - length), r.length) for r in references)[1]
    guess = tuple(max(0, length - n) for n in range(ORDERS))
    return _Matches(length, closest, tuple(correct), guess)


def _score(matches: _Matches) -> Bleu:
    ratio = (matches.length + _TINY) / (matches.reference_length + _SMALL)
    brevity = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    scores = []
    product = 1.0
    for n in range(ORDERS):
        product *= (matches.correct[n] + _TINY) / (matches.guess[n] + _SMALL)
        scores.append(product ** (1 / (n + 1)) * brevity)
    return tuple(scores)
