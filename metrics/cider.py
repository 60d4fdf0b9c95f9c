"""CIDEr (CIDEr-D) of a corpus and of each of its sentences.

Source: Vedantam et al., "CIDEr" (2015), as pycocoevalcap computes it (SAMA-Bench-G protocol,
section 7): n-grams of 1 to 4 words, idf from the references of this corpus, clipped counts,
Gaussian length penalty with sigma 6 where length counts bigrams, times 10.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from .ngrams import ORDERS, TextCounts

_SIGMA = 6.0


@dataclass(frozen=True)
class _Vector:
    """tf-idf weights per n-gram order, their norms, and the number of bigrams."""

    weights: tuple[dict[Hashable, float], ...]
    norms: tuple[float, ...]
    length: int


def cider(
    predictions: Sequence[TextCounts], references: Sequence[Sequence[TextCounts]]
) -> tuple[float, tuple[float, ...]]:
    """Return CIDEr of the corpus (mean over its sentences) and of each sentence, in [0, 10].

    ``references[i]`` holds one or more references of ``predictions[i]``. A corpus of one sentence
    scores 0: every idf is 0. Raises ValueError when no reference of the corpus has a token, as the
    reference does (Q24).
    """
    frequency = _document_frequency(references)
    if not any(frequency):
        raise ValueError("CIDEr is undefined: no reference of the corpus has a token")
    size = math.log(len(references))
    idf = tuple(
        {ngram: size - math.log(df) for ngram, df in counts.items()} for counts in frequency
    )
    scores = []
    for prediction, texts in zip(predictions, references, strict=True):
        vector = _weigh(prediction, idf, size)
        total = sum(_similarity(vector, _weigh(text, idf, size)) for text in texts)
        scores.append(total / len(texts) * 10.0)
    return float(np.mean(scores)), tuple(scores)


def _document_frequency(references: Sequence[Sequence[TextCounts]]) -> list[Counter[Hashable]]:
    """Count, for each n-gram, the sentences that have it in any of their references."""
    frequency: list[Counter[Hashable]] = [Counter() for _ in range(ORDERS)]
    for texts in references:
        for n, counts in enumerate(frequency):
            counts.update(set().union(*(text.counts[n].keys() for text in texts)))
    return frequency


def _weigh(text: TextCounts, idf: tuple[dict[Hashable, float], ...], unseen: float) -> _Vector:
    """Weigh a text's n-grams; one that no reference has counts as if one sentence had it."""
    weights = tuple(
        {ngram: count * idf[n].get(ngram, unseen) for ngram, count in text.counts[n].items()}
        for n in range(ORDERS)
    )
    norms = tuple(math.sqrt(sum(w * w for w in order.values())) for order in weights)
    return _Vector(weights, norms, max(0, text.length - 1))


def _similarity(prediction: _Vector, reference: _Vector) -> float:
    """Return the mean over n of the clipped cosine similarities, with the length penalty."""
    total = 0.0
    for n in range(ORDERS):
        norm = prediction.norms[n] * reference.norms[n]
        if norm == 0:
            continue
        theirs = reference.weights[n]
        dot = 0.0
        for ngram, weight in prediction.weights[n].items():
            other = theirs.get(ngram)
            if other is not None:
                dot += min(weight, other) * other
        total += dot / norm
    delta = prediction.length - reference.length
    return total / ORDERS * math.exp(-(delta**2) / (2 * _SIGMA**2))
