"""How similar two phrases are: the text gate of recall (SAMA-Bench-G protocol, section 6).

The official measure is the cosine of mean-pooled ``bert-base-uncased`` embeddings. Where that model
cannot be had, a stand-in may be chosen; its scores are another variant of the metric and say so
(``official`` is False).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

OFFICIAL = "bert-base-uncased"
MINILM = "minilm"
TOKEN_OVERLAP = "token-overlap"
BACKENDS = (OFFICIAL, MINILM, TOKEN_OVERLAP)
"""Names that ``phrase_similarity`` knows; the first is the protocol's."""


class PhraseError(RuntimeError):
    """A phrase encoder that cannot be had; the message is one line that says what to do."""


class UnknownPhrasesError(PhraseError, ValueError):
    """A name that stands for no phrase similarity."""


class PhraseSimilarity(Protocol):
    """A measure of phrase similarity.

    ``name`` identifies it in results; ``official`` says whether it is the protocol's own.
    """

    @property
    def name(self) -> str:
        """Name shown beside scores."""
        ...

    @property
    def official(self) -> bool:
        """Whether this is the protocol's measure."""
        ...

    def similarity(self, first: Sequence[str], second: Sequence[str]) -> NDArray[np.float64]:
        """Return the similarity of every phrase of ``first`` (rows) to every one of ``second``.

        float64, shape (len(first), len(second)), at most 1.
        """
        ...


class TokenOverlap:
    """Share of common words: |A and B| / |A or B| over the sets of lower-cased words.

    A stand-in without a model; 0 where both phrases are empty.

    >>> TokenOverlap().similarity(["a red car"], ["red car", "dog"]).round(2).tolist()
    [[0.67, 0.0]]
    """

    name = TOKEN_OVERLAP
    official = False

    def similarity(self, first: Sequence[str], second: Sequence[str]) -> NDArray[np.float64]:
        """Return the overlap of all pairs; float64 in [0, 1], shape (len(first), len(second))."""
        rows = [set(phrase.lower().split()) for phrase in first]
        columns = [set(phrase.lower().split()) for phrase in second]
        result = np.zeros((len(rows), len(columns)))
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                union = len(row | column)
                result[i, j] = len(row & column) / union if union else 0.0
        return result


def phrase_similarity(
    backend: str = OFFICIAL, *, model: str | Path | None = None
) -> PhraseSimilarity:
    """Return a measure by name: ``bert-base-uncased``, ``minilm`` or ``token-overlap``.

    ``model`` is the folder or hub id of the encoder to load for the first (default
    ``$SAMA_BENCH_BERT``, then the hub). Encoders are loaded when first asked, once a process.
    Raises PhraseError for an unknown name, or when the package of ``minilm`` is missing.
    """
    if backend == TOKEN_OVERLAP:
        return TokenOverlap()
    from sama_bench.metrics._phrases.encoder import minilm, official_encoder

    if backend == MINILM:
        return minilm()
    if backend == OFFICIAL:
        return official_encoder(model)
    known = ", ".join(BACKENDS)
    raise UnknownPhrasesError(f"no phrase similarity {backend!r}: choose one of {known}")


class BestHere:
    """The official encoder if it can be loaded from this machine, else the word overlap.

    Decided when it is first asked; a hub is never asked.

    Attributes:
        problem: why the stand-in had to be taken although the encoder seemed to be here, in one
            line; None otherwise.
    """

    def __init__(self) -> None:
        self.problem: str | None = None
        self._lock = threading.Lock()
        self._chosen: PhraseSimilarity | None = None

    @property
    def name(self) -> str:
        """Name of the measure that was taken."""
        return self._measure().name

    @property
    def official(self) -> bool:
        """Whether it is the protocol's own."""
        return self._measure().official

    def similarity(self, first: Sequence[str], second: Sequence[str]) -> NDArray[np.float64]:
        """Return the similarity of all pairs; float64, shape (len(first), len(second))."""
        return self._measure().similarity(first, second)

    def _measure(self) -> PhraseSimilarity:
        with self._lock:
            if self._chosen is None:
                self._chosen = self._choose()
            return self._chosen

    def _choose(self) -> PhraseSimilarity:
        from sama_bench.metrics._phrases.encoder import encoder_here

        try:
            found = encoder_here()
            if found is not None:
                found.load()
                return found
        except PhraseError as error:
            self.problem = f"phrases are compared by {TOKEN_OVERLAP}: {error}"
        return TokenOverlap()


def chosen_similarity(name: str) -> PhraseSimilarity:
    """Return a measure by name, ready to use; ``auto`` is the best that is on this machine.

    ``auto`` never asks a hub and never fails (see ``BestHere``). Raises PhraseError when a measure
    that was named cannot be had.
    """
    if name == "auto":
        return BestHere()
    measure = phrase_similarity(name)
    load = getattr(measure, "load", None)
    if load is not None:
        load()
    return measure


PROVIDES = {"phrase_similarity": chosen_similarity}
"""What scoring asks the metrics for by name."""
