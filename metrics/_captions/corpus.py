"""Put the caption metrics of tokenised corpora together, by protocol."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sama_bench.metrics._captions.ngrams import ORDERS, CorpusCounts, Segment, count_ngrams
from sama_bench.metrics._captions.scores import (
    CAPTION_METRICS,
    CaptionError,
    CorpusScores,
    StrictScores,
    Values,
)
from sama_bench.metrics.bleu import Bleu, Matches, bleu, count_matches, total_matches
from sama_bench.metrics.cider import cider
from sama_bench.metrics.meteor import MeteorCorpus
from sama_bench.metrics.rouge import rouge_l


@dataclass(frozen=True)
class TextCorpus:
    """A tokenised corpus and everything about it that needs no Java, one entry a segment."""

    segments: tuple[Segment, ...]
    counts: CorpusCounts
    matches: tuple[Matches, ...]
    rouge: tuple[float, ...]


def text_corpus(segments: tuple[Segment, ...]) -> TextCorpus:
    """Count n-grams, BLEU's matches and ROUGE_L of tokenised segments."""
    counts = count_ngrams(segments)
    rouge = tuple(rouge_l(prediction, texts) for prediction, texts in segments)
    return TextCorpus(segments, counts, count_matches(counts), rouge)


@dataclass(frozen=True)
class Corpus:
    """A corpus with what the Java programs said of it.

    ``spice`` holds one value a segment, or is None where SPICE is not available.
    """

    text: TextCorpus
    meteor: MeteorCorpus
    spice: tuple[float, ...] | None

    def sample_values(self, cider_scores: Sequence[float]) -> tuple[Values, ...]:
        """Per sample, all metrics by name; CIDEr as given."""
        text = self.text
        spice = self.spice or (None,) * len(text.segments)
        bleus = map(bleu, text.matches)
        columns = (bleus, self.meteor.segments, text.rouge, cider_scores, spice)
        return tuple(_named(scores, *rest) for scores, *rest in zip(*columns, strict=True))


def released_scores(corpus: Corpus) -> CorpusScores:
    """Score one group as the released code does; a failure is 0 with its cause."""
    text = corpus.text
    try:
        value, scores = cider(text.counts)
    except ValueError as error:
        return failed_scores(str(error), len(text.segments), corpus.spice is not None)
    spice = None if corpus.spice is None else mean(corpus.spice)
    values = _named(
        bleu(total_matches(text.matches)), corpus.meteor.value, mean(text.rouge), value, spice
    )
    return CorpusScores(values, corpus.sample_values(scores))


def failed_scores(cause: str, samples: int, with_spice: bool) -> CorpusScores:
    """Return what the released code stores for a group on which its chain fails."""
    values = _named((0.0,) * ORDERS, 0.0, 0.0, 0.0, 0.0 if with_spice else None)
    nothing: Values = dict.fromkeys(CAPTION_METRICS)
    return CorpusScores(values, (nothing,) * samples, cause)


def strict_scores(groups: Mapping[str, Corpus]) -> StrictScores:
    """Score all groups as one corpus.

    Raises CaptionError when no reference of the whole corpus has a token.
    """
    together = [segment for corpus in groups.values() for segment in corpus.text.segments]
    try:
        scores = iter(cider(count_ngrams(together))[1])
    except ValueError as error:
        raise CaptionError(f"captions have no strict score: {error}") from None
    samples = {
        name: corpus.sample_values([next(scores) for _ in corpus.text.segments])
        for name, corpus in groups.items()
    }
    everything = [values for group in samples.values() for values in group]
    matches = [m for corpus in groups.values() for m in corpus.text.matches]
    return StrictScores(
        values=_summary(matches, everything),
        groups={name: _summary(groups[name].text.matches, v) for name, v in samples.items()},
        samples=samples,
    )


def _summary(matches: Sequence[Matches], samples: Sequence[Values]) -> Values:
    """BLEU of the corpus, mean over samples of the others; SPICE's NaN left out."""
    means = []
    for name in CAPTION_METRICS[ORDERS:]:
        numbers = [v for sample in samples if (v := sample[name]) is not None and v == v]
        means.append(mean(numbers) if numbers else None)
    return dict(zip(CAPTION_METRICS, (*bleu(total_matches(matches)), *means), strict=True))


def _named(scores: Bleu, *rest: float | None) -> Values:
    return dict(zip(CAPTION_METRICS, (*scores, *rest), strict=True))


def mean(values: Sequence[float]) -> float:
    """Return the mean of one or more numbers, summed exactly; NaN if any is NaN."""
    return math.fsum(values) / len(values)
