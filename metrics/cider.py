"""CIDEr (CIDEr-D) of a corpus and of each of its sentences.

Source: Vedantam et al., "CIDEr" (2015), as pycocoevalcap computes it (SAMA-Bench-G protocol,
section 7): n-grams of 1 to 4 words, idf from the references of this corpus, clipped counts,
Gaussian length penalty with sigma 6 where length counts bigrams, times 10.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sama_bench.metrics._captions.ngrams import ORDERS, CorpusCounts, Counts, Integers, where_in

_SIGMA = 6.0

Floats = NDArray[np.float64]


def cider(corpus: CorpusCounts) -> tuple[float, tuple[float, ...]]:
    """Return CIDEr of the corpus (mean over its segments) and of each segment, in [0, 10].

    A corpus of one segment scores 0: every idf is 0. Raises ValueError when no reference of the
    corpus has a token, as the reference implementation does.

    >>> from sama_bench.metrics._captions.ngrams import count_ngrams
    >>> same = (("a cat", ("a cat",)), ("two dogs run", ("two dogs run",)))
    >>> round(cider(count_ngrams(same))[0], 3) > 4
    True
    """
    if not corpus.reference_lengths.any():
        raise ValueError("CIDEr is undefined: no reference of the corpus has a token")
    owners, segments = corpus.owners, corpus.prediction_lengths.size
    total = np.zeros(owners.size)
    for said, true, richest in zip(
        corpus.predictions, corpus.references, corpus.richest, strict=True
    ):
        total += _similarities(said, true, _idf(richest, segments), owners)
    # Lengths are in bigrams.
    said_length = np.maximum(corpus.prediction_lengths - 1, 0)[owners]
    delta = said_length - np.maximum(corpus.reference_lengths - 1, 0)
    values = total / ORDERS * np.exp(-(delta.astype(np.float64) ** 2) / (2 * _SIGMA**2))
    scores = np.bincount(owners, values, segments) / np.bincount(owners, minlength=segments) * 10.0
    return float(np.mean(scores)), tuple(scores.tolist())


def _similarities(said: Counts, true: Counts, idf: Floats, owners: Integers) -> Floats:
    """Return the clipped cosine similarity of each reference with its prediction, one order."""
    norms = _norms(said, idf, int(owners[-1]) + 1)[owners] * _norms(true, idf, owners.size)
    here, there = where_in(said.keys, owners[true.texts] * true.kinds + true.grams)
    other = true.counts[there]
    shared = np.minimum(said.counts[here], other) * other * idf[said.grams[here]] ** 2
    dot = np.bincount(true.texts[there], shared, owners.size)
    return np.divide(dot, norms, out=np.zeros(owners.size), where=norms != 0)


def _idf(richest: Counts, segments: int) -> Floats:
    """Weigh every n-gram by the segments that have it in any of their references.

    An n-gram that no reference of the corpus has weighs as if one segment had it.
    """
    frequency = np.bincount(richest.grams, minlength=richest.kinds)
    idf: Floats = math.log(segments) - np.log(np.maximum(frequency, 1))
    return idf


def _norms(texts: Counts, idf: Floats, number: int) -> Floats:
    """Return the length of each text's tf-idf vector."""
    squares = np.bincount(texts.texts, (texts.counts * idf[texts.grams]) ** 2, number)
    norms: Floats = np.sqrt(squares)
    return norms
