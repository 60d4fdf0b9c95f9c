"""CIDEr (CIDEr-D) of a corpus and of each of its sentences.

Source: Vedantam et al., "CIDEr" (2015), as pycocoevalcap computes it (SAMA-Bench-G protocol,
section 7): n-grams of 1 to 4 words, idf from the references of this corpus, clipped counts,
Gaussian length penalty with sigma 6 where length counts bigrams, times 10.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from .ngrams import ORDERS, TextCounts

_SIGMA = 6.0

Idf = Mapping[Hashable, float]
"""Weight of every n-gram, of one order, that a reference of the corpus has."""


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
        norms = _norms(prediction, idf, size)
        total = sum(
            _similarity(prediction, norms, text, _norms(text, idf, size), idf) for text in texts
        )
        scores.append(total / len(texts) * 10.0)
    return float(np.mean(scores)), tuple(scores)


def _document_frequency(references: Sequence[Sequence[TextCounts]]) -> list[Counter[Hashable]]:
    """Count, for each n-gram, the sentences that have it in any of their references."""
    frequency: list[Counter[Hashable]] = [Counter() for _ in range(ORDERS)]
    for texts in references:
        for n, counts in enumerate(frequency):
            counts.update(set().union(*(text.counts[n].keys() for text in texts)))
    return frequency


def _norms(text: TextCounts, idf: Sequence[Idf], unseen: float) -> list[float]:
    """Return the length of a text's tf-idf vector, by n-gram order.

    An n-gram that no reference of the corpus has weighs as if one sentence had it.
    """
    return [
        math.hypot(*[count * weights.get(gram, unseen) for gram, count in counts.items()])
        for counts, weights in zip(text.counts, idf, strict=True)
    ]


def _similarity(
    prediction: TextCounts,
    prediction_norms: Sequence[float],
    reference: TextCounts,
    reference_norms: Sequence[float],
    idf: Sequence[Idf],
) -> float:
    """Return the mean over n of the clipped cosine similarities, with the length penalty."""
    total = 0.0
    for n, weights in enumerate(idf):
        norm = prediction_norms[n] * reference_norms[n]
        if norm == 0:
            continue
        said, true = prediction.counts[n], reference.counts[n]
        dot = 0.0
        for gram, count in said.items():  # in the text's order: the sum is the same every time
            other = true.get(gram)
            if other is not None:
                dot += min(count, other) * other * weights[gram] ** 2
        total += dot / norm
    delta = max(0, prediction.length - 1) - max(0, reference.length - 1)  # in bigrams
    return total / ORDERS * math.exp(-(delta**2) / (2 * _SIGMA**2))
