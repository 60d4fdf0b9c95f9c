"""BLEU 1-4 of a corpus and of each of its sentences.

Source: Papineni et al., "BLEU" (2002), as pycocoevalcap computes it (SAMA-Bench-G protocol,
section 7): closest reference length, precisions (correct + 1e-15) / (guess + 1e-9), brevity factor
exp(1 - 1/ratio) where ratio = (length + 1e-15) / (reference length + 1e-9) is below 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sama_bench.metrics._captions.ngrams import ORDERS, CorpusCounts, Counts, Integers, where_in

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


def count_matches(corpus: CorpusCounts) -> tuple[Matches, ...]:
    """Count n-grams that occur in a reference, each at most as often as in the richest one.

    The reference length is that of the reference closest in length, the shorter one on ties.
    Returns one entry a segment.

    >>> from sama_bench.metrics._captions.ngrams import count_ngrams
    >>> (found,) = count_matches(count_ngrams((("a cat", ("a cat sleeps",)),)))
    >>> found.correct
    (2, 1, 0, 0)
    """
    number = corpus.prediction_lengths.size
    correct = np.stack(
        [
            _correct(said, true, number)
            for said, true in zip(corpus.predictions, corpus.richest, strict=True)
        ],
        axis=1,
    )
    lengths = corpus.prediction_lengths[:, None]
    guess = np.maximum(lengths - np.arange(ORDERS), 0)
    columns = (corpus.prediction_lengths, _closest_lengths(corpus), correct, guess)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(Matches(said, true, tuple(hits), tuple(all)) for said, true, hits, all in rows)


def _correct(said: Counts, richest: Counts, number: int) -> Integers:
    there, here = where_in(richest.keys, said.keys)
    shared = np.minimum(said.counts[here], richest.counts[there])
    return np.bincount(said.texts[here], shared, number).astype(np.int64)


def _closest_lengths(corpus: CorpusCounts) -> Integers:
    lengths = corpus.reference_lengths
    apart = np.abs(lengths - corpus.prediction_lengths[corpus.owners])
    order = np.lexsort((lengths, apart, corpus.owners))
    firsts = np.searchsorted(corpus.owners[order], np.arange(corpus.prediction_lengths.size))
    closest: Integers = lengths[order][firsts]
    return closest


def total_matches(matches: Sequence[Matches]) -> Matches:
    """Add the matches of a corpus's sentences.

    >>> one = Matches(2, 2, (1, 0, 0, 0), (2, 1, 0, 0))
    >>> total_matches([one, one]).correct
    (2, 0, 0, 0)
    """
    return Matches(
        sum(m.length for m in matches),
        sum(m.reference_length for m in matches),
        tuple(sum(m.correct[n] for m in matches) for n in range(ORDERS)),
        tuple(sum(m.guess[n] for m in matches) for n in range(ORDERS)),
    )


def bleu(matches: Matches) -> Bleu:
    """Return BLEU-1 to BLEU-4 of a sentence's or a corpus's matches.

    >>> perfect = Matches(4, 4, (4, 3, 2, 1), (4, 3, 2, 1))
    >>> [round(value, 3) for value in bleu(perfect)]
    [1.0, 1.0, 1.0, 1.0]
    """
    ratio = (matches.length + _TINY) / (matches.reference_length + _SMALL)
    brevity = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    scores = []
    product = 1.0
    for n in range(ORDERS):
        product *= (matches.correct[n] + _TINY) / (matches.guess[n] + _SMALL)
        scores.append(product ** (1 / (n + 1)) * brevity)
    return tuple(scores)
