"""What the Java programs say of captions: tokens, METEOR, SPICE; one JVM a program.

Results are remembered for the rest of the process, so that a second protocol, or one quirk less,
costs no JVM for texts that it leaves as they were.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sama_bench.media.rle.kernel_choice import can_compile
from sama_bench.metrics import spice as spice_metric
from sama_bench.metrics._captions.ngrams import Segment
from sama_bench.metrics._captions.paraphrases import filter_paraphrases, words_of
from sama_bench.metrics._captions.scores import CaptionPair
from sama_bench.metrics._captions.tokenizer import tokenize
from sama_bench.metrics.meteor import MeteorCorpus, score_corpora

Texts = tuple[CaptionPair, ...]
"""The samples of one corpus, in order."""

_REMEMBERED_PAIRS = 200_000


@dataclass(frozen=True)
class JavaScores:
    """A corpus tokenised, with METEOR and, where it is available, one SPICE value a segment."""

    segments: tuple[Segment, ...]
    meteor: MeteorCorpus
    spice: tuple[float, ...] | None


_MEMORY: dict[tuple[Texts, bool], JavaScores] = {}


def score_with_java(
    corpora: Sequence[Texts], *, java: str | Path | None = None, with_spice: bool = False
) -> Mapping[Texts, JavaScores]:
    """Tokenise and score corpora. Raises JavaError as ``tokenize`` and ``Meteor`` do."""
    new = unknown(corpora, with_spice)
    if new:
        scores = _score(new, java, with_spice)
        remember(dict(zip(new, scores, strict=True)), with_spice, keep=corpora)
    return {texts: _MEMORY[texts, with_spice] for texts in corpora}


def unknown(corpora: Iterable[Texts], with_spice: bool) -> list[Texts]:
    """Return those corpora of which nothing is remembered, each once."""
    return [texts for texts in dict.fromkeys(corpora) if (texts, with_spice) not in _MEMORY]


def remember(found: Mapping[Texts, JavaScores], with_spice: bool, keep: Iterable[Texts]) -> None:
    """Remember scores; where much is remembered, what is not in ``keep`` is forgotten first."""
    if sum(len(texts) for texts, _ in _MEMORY) > _REMEMBERED_PAIRS:
        wanted = set(keep)
        for key in [key for key in _MEMORY if key[0] not in wanted]:
            del _MEMORY[key]
    _MEMORY.update(((texts, with_spice), scores) for texts, scores in found.items())


def _score(
    corpora: Sequence[Texts], java: str | Path | None, with_spice: bool
) -> Iterable[JavaScores]:
    with ThreadPoolExecutor(1) as pool:
        tokenising = pool.submit(_tokenize_corpora, corpora, java)
        if can_compile():  # takes about as long as the tokenizer
            from sama_bench.metrics._captions import paraphrase_kernel  # noqa: F401
        segments = tokenising.result()
    with tempfile.TemporaryDirectory(prefix="sama-bench-meteor-") as folder:
        table = _paraphrases(segments, Path(folder) / "paraphrases.gz")
        scores = score_corpora(segments, java=java, paraphrases=table)
    spice = _spice_corpora(segments, java) if with_spice else [None] * len(segments)
    return map(JavaScores, segments, scores, spice)


def _paraphrases(corpora: Sequence[Sequence[Segment]], target: Path) -> Path | None:
    """Filter METEOR's paraphrases to the words of the corpora; None loads the whole table."""
    if not can_compile():  # in Python the filter would take longer than the table
        return None
    texts = {t for corpus in corpora for said, true in corpus for t in (said, *true)}
    filter_paraphrases(words_of(texts), target)
    return target


def _tokenize_corpora(
    corpora: Sequence[Texts], java: str | Path | None
) -> list[tuple[Segment, ...]]:
    """Tokenise each corpus as the reference does: its references together, then its predictions."""
    groups: list[list[str]] = []
    for corpus in corpora:
        groups.append([text for pair in corpus for text in pair.references])
        groups.append([pair.prediction for pair in corpus])
    tokens = tokenize(groups, java=java)
    result = []
    for index, corpus in enumerate(corpora):
        references = iter(tokens[2 * index])
        result.append(
            tuple(
                (prediction, tuple(next(references) for _ in pair.references))
                for prediction, pair in zip(tokens[2 * index + 1], corpus, strict=True)
            )
        )
    return result


def _spice_corpora(
    corpora: Sequence[tuple[Segment, ...]], java: str | Path | None
) -> list[tuple[float, ...]]:
    """Score every different segment once with SPICE."""
    unique = list(dict.fromkeys(segment for corpus in corpora for segment in corpus))
    values = dict(zip(unique, spice_metric.spice(unique, java=java), strict=True))
    return [tuple(values[segment] for segment in corpus) for corpus in corpora]
