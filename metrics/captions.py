"""Caption metrics of a benchmark: BLEU 1-4, METEOR, ROUGE_L, CIDEr and SPICE.

Source: pycocoevalcap's COCOEvalCap as the SAMA protocols use it (SAMA-Bench-G protocol, section 7;
SAMA-Bench-C protocol, section 4). Whatever the number of groups, the PTB tokenizer runs once and
METEOR once, and what they said is remembered for the rest of the process.

``released``: each group (a video) is a corpus of its own, texts are cut to 300 words and 2,000
characters, and a group on which the reference's chain fails is 0 with the cause recorded.
``strict``: one corpus of all samples, no cut, mean over samples (BLEU: over the corpus), and what
cannot be scored is an error.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sama_bench.metric import Golden, Metric
from sama_bench.metrics import spice as spice_metric
from sama_bench.metrics._captions.corpus import (
    Corpus,
    failed_scores,
    mean,
    released_scores,
    strict_scores,
    text_corpus,
)
from sama_bench.metrics._captions.java_scores import Texts, score_with_java
from sama_bench.metrics._captions.scores import (
    CAPTION_METRICS,
    FAILED_VIDEO_ZERO,
    NAN_SPREADS,
    VIDEO_CORPORA,
    CaptionError,
    CaptionPair,
    CaptionScores,
    CorpusScores,
    StrictScores,
)
from sama_bench.metrics._captions.text_cuts import CUT_TEXTS, cut, cut_characters
from sama_bench.metrics._captions.text_marks import MARKS_KEPT
from sama_bench.metrics._captions.tokenizer import is_encodable, tokenize
from sama_bench.metrics.meteor import WORD_LIMIT, shorten

__all__ = [
    "CAPTION_METRICS",
    "GOLDENS",
    "METRICS",
    "QUIRKS",
    "CaptionError",
    "CaptionPair",
    "CaptionScores",
    "CorpusScores",
    "StrictScores",
    "score_both",
    "score_captions",
]

QUIRKS = (MARKS_KEPT, CUT_TEXTS, VIDEO_CORPORA, FAILED_VIDEO_ZERO, NAN_SPREADS)


def score_captions(
    groups: Mapping[str, Sequence[CaptionPair]],
    *,
    protocols: Collection[str] = ("released", "strict"),
    cut_released: bool = True,
    java: str | Path | None = None,
) -> CaptionScores:
    """Score captions by group (a video) and over the whole benchmark.

    The order of the pairs inside a group matters to the reference's tokenizer and is kept; the
    order of the groups does not. ``cut_released=False`` scores whole texts under the released
    protocol too, as the image benchmarks do. ``java`` as in ``metrics.java.find_java``.

    Raises CaptionError for an empty group and, under the strict protocol, when no reference has a
    token; JavaError when Java is missing or one of its programs fails: never a 0 in its place.

    >>> pairs = [CaptionPair("a cat", ("a cat sleeps",)), CaptionPair("a dog", ("a dog",))]
    >>> found = score_captions({"video": pairs}, protocols=("strict",))
    >>> round(found.strict.values["meteor"], 2)
    0.65
    """
    unknown = set(protocols) - {"released", "strict"}
    if unknown or not protocols:
        raise CaptionError(f"unknown protocol {sorted(unknown)}: released or strict")
    return score_both(
        groups if "released" in protocols else None,
        groups if "strict" in protocols else None,
        cut_released=cut_released,
        java=java,
    )


def score_both(
    released: Mapping[str, Sequence[CaptionPair]] | None,
    strict: Mapping[str, Sequence[CaptionPair]] | None,
    *,
    cut_released: bool = True,
    java: str | Path | None = None,
) -> CaptionScores:
    """Score captions whose texts differ by protocol, still with one run of each Java program.

    None leaves a protocol out. Otherwise as ``score_captions``.
    """
    by_video, whole = _as_corpora(released), _as_corpora(strict)
    if by_video is not None and cut_released:
        by_video = {name: _cut_all(texts) for name, texts in by_video.items()}
    wanted = [*(by_video or {}).values(), *(whole or {}).values()]
    if not wanted:
        return CaptionScores({} if by_video is not None else None, None, {})

    reason = spice_metric.why_unavailable()
    found = score_with_java(list(dict.fromkeys(wanted)), java=java, with_spice=reason is None)
    corpora = {
        texts: Corpus(text_corpus(said.segments), said.meteor, said.spice)
        for texts, said in found.items()
    }
    scored = None
    if by_video is not None:
        scored = {name: _released(texts, corpora[texts]) for name, texts in by_video.items()}
    summed = strict_scores({n: corpora[texts] for n, texts in whole.items()}) if whole else None
    unavailable = {} if reason is None else {"spice": reason}
    return CaptionScores(scored, summed, unavailable, _notes(corpora.values()))


def _as_corpora(groups: Mapping[str, Sequence[CaptionPair]] | None) -> dict[str, Texts] | None:
    for name, pairs in (groups or {}).items():
        if not pairs:
            raise CaptionError(f"group {name!r} has no captions")
    return None if groups is None else {name: tuple(pairs) for name, pairs in groups.items()}


def _cut_all(texts: Texts) -> Texts:
    return tuple(CaptionPair(cut(t.prediction), tuple(map(cut, t.references))) for t in texts)


def _released(texts: Texts, corpus: Corpus) -> CorpusScores:
    """Score a group as released; a text that UTF-8 cannot carry ends the reference's chain."""
    for pair in texts:
        if not all(map(is_encodable, (pair.prediction, *pair.references))):
            cause = "a text has a lone surrogate, which cannot be written as UTF-8"
            return failed_scores(cause, len(texts), corpus.spice is not None)
    return released_scores(corpus)


def _notes(corpora: Iterable[Corpus]) -> tuple[str, ...]:
    """Say what was done to texts that METEOR cannot align whole."""
    segments = {segment for corpus in corpora for segment in corpus.text.segments}
    short = sum(shorten(*segment) != segment for segment in segments)
    if not short:
        return ()
    return (f"METEOR saw only the first words ({WORD_LIMIT:,} at most) of {short:,} samples",)


_BLEU = "n-gram precision of the corpus times a brevity factor, up to {n}-grams (Papineni 2002)"


METRICS: tuple[Metric, ...] = tuple(
    Metric(name, title, definition, high=high, order=order, reads="texts", corpus=order < 130)
    for name, title, definition, high, order in (
        *((f"bleu_{n}", f"BLEU-{n}", _BLEU.format(n=n), 1.0, 120 + n) for n in range(1, 5)),
        ("meteor", "METEOR", "METEOR 1.5, English: exact, stem, synonym, paraphrase", 1.0, 130),
        ("rouge_l", "ROUGE-L", "F of the longest common subsequence, beta 1.2 (Lin)", 1.0, 140),
        ("cider", "CIDEr", "CIDEr-D: tf-idf weighted n-gram similarity, times 10", 10.0, 150),
        ("spice", "SPICE", "F of scene-graph tuples; needs CoreNLP 3.6.0's models", 1.0, 160),
    )
)
"""What ``sama-bench list metrics`` shows of this module."""


def recompute(data: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Recompute a golden file of caption values: yields (label, expected, computed).

    Tokens and the names of exceptions are yielded as text, everything else as numbers.
    """
    videos = {f"{i}:{v['name']}": v for i, v in enumerate(data["videos"])}
    groups = {
        label: [
            CaptionPair(cut_characters(p), (cut_characters(g),))
            for g, p in zip(video["gt"], video["pred"], strict=True)
        ]
        for label, video in videos.items()
    }
    texts = [[p.references[0] for p in g] for g in groups.values()]
    texts += [[p.prediction for p in g] for g in groups.values()]
    tokens = tokenize(texts)
    scores = score_captions(groups, protocols=["released"], cut_released=False).released or {}
    for index, (label, video) in enumerate(videos.items()):
        for key, found in (("gt", tokens[index]), ("pred", tokens[len(videos) + index])):
            for number, pair in enumerate(zip(video[f"{key}_tokens"], found, strict=True)):
                yield (f"{label} {key}_tokens {number}", *pair)
        group = scores[label]
        if "raises" in video:
            yield f"{label} raises", video["raises"], group.cause and "ValueError"
            continue
        for name, expected in video["scores"].items():
            yield f"{label} {name}", expected, group.values[name.lower()]
        for number, (pair, values) in enumerate(zip(video["per_pair"], group.samples, strict=True)):
            for name, expected in pair.items():
                yield f"{label} pair {number} {name}", expected, values[name.lower()]
    for name, expected in data.get("mean_over_videos", {}).items():
        means = [scores[label].values[name.lower()] for label in videos]
        known = [value for value in means if value is not None]
        yield f"mean {name}", expected, mean(known) if len(known) == len(means) else None


GOLDENS = {"caption": Golden("videos", frozenset({"gt", "pred", "scores"}), recompute)}
"""Golden files that ``sama-bench selftest`` recomputes with this module."""
