"""N-grams of tokenised texts, shared by BLEU and CIDEr: counted for a whole corpus at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ORDERS = 4
"""Longest n-gram that BLEU and CIDEr look at."""

Integers = NDArray[np.int64]
Segment = tuple[str, tuple[str, ...]]
"""One tokenised prediction and its tokenised references, at least one."""


@dataclass(frozen=True)
class Counts:
    """How often n-grams of one order occur in texts: one entry a text and n-gram, sorted by both.

    Attributes:
        texts: int64 (k,), number of the text, from 0.
        grams: int64 (k,), number of the n-gram, from 0 to ``kinds - 1``.
        counts: int64 (k,), at least 1.
        kinds: how many numbers there are for n-grams.
    """

    texts: Integers
    grams: Integers
    counts: Integers
    kinds: int

    @property
    def keys(self) -> Integers:
        """One number an entry, ascending, the same for the same n-gram of the same text."""
        keys: Integers = self.texts * self.kinds + self.grams
        return keys


@dataclass(frozen=True)
class CorpusCounts:
    """N-grams of a corpus's predictions and references.

    Attributes:
        owners: int64 (references,), the segment that each reference belongs to.
        prediction_lengths: int64 (segments,), words.
        reference_lengths: int64 (references,), words.
        predictions: by order, 1 to ``ORDERS``; texts are numbered as the segments.
        references: by order; texts are numbered over all segments.
        richest: by order and segment, each n-gram as often as in the reference that has most of it.
    """

    owners: Integers
    prediction_lengths: Integers
    reference_lengths: Integers
    predictions: tuple[Counts, ...]
    references: tuple[Counts, ...]
    richest: tuple[Counts, ...]


def count_ngrams(segments: Sequence[Segment]) -> CorpusCounts:
    """Count the 1- to 4-grams of tokenised segments; texts are split at any whitespace."""
    said = [prediction.split() for prediction, _ in segments]
    true = [text.split() for _, references in segments for text in references]
    owners = np.repeat(np.arange(len(said)), [len(references) for _, references in segments])
    lengths = np.array([len(words) for words in (*said, *true)], np.int64)
    numbers: dict[str, int] = {}
    words = np.array(
        [numbers.setdefault(w, len(numbers)) for text in (*said, *true) for w in text], np.int64
    )
    texts = np.repeat(np.arange(lengths.size), lengths)
    found = [_count(texts, grams, order) for order, grams in enumerate(_number(words), start=1)]
    first = len(said)
    references = tuple(_part(counts, first, lengths.size) for counts in found)
    return CorpusCounts(
        owners=owners,
        prediction_lengths=lengths[:first],
        reference_lengths=lengths[first:],
        predictions=tuple(_part(counts, 0, first) for counts in found),
        references=references,
        richest=tuple(_richest(counts, owners) for counts in references),
    )


def _number(words: Integers) -> list[Integers]:
    """Number the n-grams that begin at each word, by order; equal ones have equal numbers."""
    chains = [words]
    kinds = int(words.max(initial=0)) + 1
    for order in range(2, ORDERS + 1):
        longer = chains[-1][:-1] * kinds + words[order - 1 :]
        chains.append(np.unique(longer, return_inverse=True)[1].astype(np.int64))
    return chains


def _count(texts: Integers, grams: Integers, order: int) -> Counts:
    """Count n-grams in each text; those that reach into the next text do not count."""
    kinds = int(grams.max(initial=0)) + 1
    begins, ends = texts[: grams.size], texts[order - 1 :]
    inside = begins == ends
    keys, counts = np.unique(begins[inside] * kinds + grams[inside], return_counts=True)
    return Counts(keys // kinds, keys % kinds, counts.astype(np.int64), kinds)


def _part(counts: Counts, first: int, last: int) -> Counts:
    """Return the counts of some texts that follow one another, numbered from 0."""
    begin, end = np.searchsorted(counts.texts, [first, last])
    chosen = slice(int(begin), int(end))
    return Counts(
        counts.texts[chosen] - first, counts.grams[chosen], counts.counts[chosen], counts.kinds
    )


def _richest(references: Counts, owners: Integers) -> Counts:
    """Take the references of each segment together."""
    if owners.size == 0 or owners.size == int(owners[-1]) + 1:  # every segment has one
        return references
    kinds = references.kinds
    keys = owners[references.texts] * kinds + references.grams
    order = np.argsort(keys, kind="stable")
    united, firsts = np.unique(keys[order], return_index=True)
    counts = np.maximum.reduceat(references.counts[order], firsts) if firsts.size else united
    return Counts(united // kinds, united % kinds, counts, kinds)


def where_in(keys: Integers, wanted: Integers) -> tuple[Integers, Integers]:
    """Return the places of common keys in ``keys`` and in ``wanted``; ``keys`` are ascending."""
    if keys.size == 0:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing
    places = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    hits = np.flatnonzero(keys[places] == wanted)
    return places[hits], hits
