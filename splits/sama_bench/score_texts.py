"""Captions and judge of all answers (sama-bench-g.md 7, 8, 10; sama-bench-c.md 4, 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sama_bench.benchmark import Protocol, Tools
from sama_bench.metric import Quirk
from sama_bench.metrics import clair
from sama_bench.metrics._captions.java import JavaError
from sama_bench.metrics._captions.java_scores import Texts
from sama_bench.metrics._captions.scores import VIDEO_CORPORA
from sama_bench.metrics._captions.text_cuts import CUT_TEXTS, cut
from sama_bench.metrics.captions import (
    CAPTION_METRICS,
    CaptionError,
    CaptionPair,
    CaptionScores,
    score_both,
)
from sama_bench.splits._scores.caption_rows import NOT_COUNTED
from sama_bench.splits.sama_bench.judging import Judged

Values = Mapping[str, float | None]
Groups = Mapping[str, Sequence[Judged]]
V = TypeVar("V")


@dataclass(frozen=True)
class TextScores:
    """What the texts are worth under one protocol.

    Attributes:
        whole: by metric, where the benchmark as a whole is the corpus; empty where it is not.
        videos: by video, by metric.
        samples: by sample id, by metric.
        reasons: by metric, why it has no value.
        causes: by video, by metric, why its released value is 0.
        unjudged: samples without a valid judgement.
        lacking: what was asked for and could not be given, one line each.
    """

    whole: Values = field(default_factory=dict)
    videos: Mapping[str, Values] = field(default_factory=dict)
    samples: Mapping[str, Values] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    causes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unjudged: int = 0
    lacking: tuple[str, ...] = ()

    def joined(self, other: TextScores) -> TextScores:
        """Return the scores of both, of different metrics for the same samples."""
        return TextScores(
            {**self.whole, **other.whole},
            _joined(self.videos, other.videos),
            _joined(self.samples, other.samples),
            {**self.reasons, **other.reasons},
            _joined(self.causes, other.causes),
            self.unjudged + other.unjudged,
            (*self.lacking, *other.lacking),
        )


def _joined(
    one: Mapping[str, Mapping[str, V]], other: Mapping[str, Mapping[str, V]]
) -> dict[str, Mapping[str, V]]:
    keys = dict.fromkeys([*one, *other])
    return {key: {**one.get(key, {}), **other.get(key, {})} for key in keys}


def score_texts(
    judged: Mapping[Protocol, Sequence[Judged]],
    quirks: Mapping[Protocol, frozenset[Quirk]],
    tools: Tools,
) -> dict[Protocol, TextScores]:
    """Score the texts of the answered samples, given in each protocol's order."""
    groups = {protocol: _by_video(items) for protocol, items in judged.items()}
    captions = _captions(groups, quirks, tools)
    return {
        protocol: captions[protocol].joined(
            _verdicts(groups[protocol], protocol, quirks[protocol], tools)
        )
        for protocol in judged
    }


def _by_video(items: Iterable[Judged]) -> dict[str, list[Judged]]:
    groups: dict[str, list[Judged]] = {}
    for item in items:
        if item.prediction is not None:
            groups.setdefault(item.entry.video, []).append(item)
    return groups


def caption_corpora(items: Iterable[Judged], quirks: frozenset[Quirk]) -> list[Texts]:
    """Return the corpora whose captions ``score_texts`` scores, one a video."""
    return [tuple(pairs) for pairs in _pairs(_by_video(items), CUT_TEXTS in quirks).values()]


def _captions(
    groups: Mapping[Protocol, Groups], quirks: Mapping[Protocol, frozenset[Quirk]], tools: Tools
) -> dict[Protocol, TextScores]:
    """Score the captions of all protocols with one run of the Java programs."""
    if not tools.captions:
        return dict.fromkeys(groups, _without(CAPTION_METRICS, "captions were switched off"))
    if not any(groups.values()):
        return dict.fromkeys(groups, _without(CAPTION_METRICS, "no answer"))
    by_video = next((p for p in groups if VIDEO_CORPORA in quirks[p]), None)
    whole = next((p for p in groups if VIDEO_CORPORA not in quirks[p]), None)
    try:
        scores = score_both(
            None if by_video is None else _pairs(groups[by_video], CUT_TEXTS in quirks[by_video]),
            None if whole is None else _pairs(groups[whole], CUT_TEXTS in quirks[whole]),
            cut_released=False,
        )
    except (JavaError, CaptionError) as error:
        lost = _without(CAPTION_METRICS, str(error), lacking=(NOT_COUNTED.format(error),))
        return dict.fromkeys(groups, lost)
    found: dict[Protocol, TextScores] = {}
    if by_video is not None:
        found[by_video] = _of_videos(groups[by_video], scores)
    if whole is not None:
        found[whole] = _of_whole(groups[whole], scores)
    return found


def _pairs(groups: Groups, shortened: bool) -> dict[str, list[CaptionPair]]:
    fit = cut if shortened else str
    return {
        video: [CaptionPair(fit(item.prediction or ""), (fit(item.reference),)) for item in items]
        for video, items in groups.items()
    }


def _of_videos(groups: Groups, scores: CaptionScores) -> TextScores:
    found = scores.released or {}
    return TextScores(
        videos={video: group.values for video, group in found.items()},
        samples={
            item.entry.id: values
            for video, items in groups.items()
            for item, values in zip(items, found[video].samples, strict=True)
        },
        reasons=scores.unavailable,
        causes={
            video: dict.fromkeys((name for name in group.values if group.values[name] == 0), cause)
            for video, group in found.items()
            if (cause := group.cause)
        },
    )


def _of_whole(groups: Groups, scores: CaptionScores) -> TextScores:
    found = scores.strict
    if found is None:
        return _without(CAPTION_METRICS, "no answer")
    return TextScores(
        whole=found.values,
        videos=found.groups,
        samples={
            item.entry.id: values
            for video, items in groups.items()
            for item, values in zip(items, found.samples[video], strict=True)
        },
        reasons=scores.unavailable,
    )


def _verdicts(
    groups: Groups, protocol: Protocol, quirks: frozenset[Quirk], tools: Tools
) -> TextScores:
    if tools.judge is None:
        return _without(("clair",), "no judge was named (--judge-model)")
    fit = cut if CUT_TEXTS in quirks else str
    texts = {
        item.entry.id: (fit(item.prediction or ""), fit(item.reference))
        for items in groups.values()
        for item in items
    }
    verdicts = tools.judge(texts, protocol)
    samples = {id: {"clair": verdict.score} for id, verdict in verdicts.items()}
    by_video = {video: [verdicts[i.entry.id] for i in items] for video, items in groups.items()}
    unjudged = sum(1 for verdict in verdicts.values() if verdict.score is None)
    problem = _unjudged(list(verdicts.values()), protocol)
    lacking = () if problem is None else (problem,)
    reasons = {} if problem is None else {"clair": problem}
    if protocol == "released":
        released = {video: clair.released_group(items) for video, items in by_video.items()}
        return TextScores(
            videos={video: {"clair": group.value} for video, group in released.items()},
            samples=samples,
            causes={
                video: {"clair": cause}
                for video, group in released.items()
                if group.value is not None and (cause := group.cause)
            },
            reasons=reasons,
            unjudged=unjudged,
            lacking=lacking,
        )
    strict = clair.strict_summary(by_video)
    return TextScores(
        whole={"clair": strict.value},
        videos={video: {"clair": value} for video, value in strict.groups.items()},
        samples=samples,
        reasons=reasons,
        unjudged=unjudged,
        lacking=lacking,
    )


def _without(metrics: Sequence[str], reason: str, lacking: tuple[str, ...] = ()) -> TextScores:
    return TextScores(reasons=dict.fromkeys(metrics, reason), lacking=lacking)


def _unjudged(verdicts: Sequence[clair.SampleClair], protocol: Protocol) -> str | None:
    """Say that the judge failed, on some texts or on all; None where it did its work."""
    failed = [verdict for verdict in verdicts if verdict.failed]
    useless = [verdict for verdict in verdicts if verdict.score is None or verdict.unreadable]
    chosen = useless if len(useless) == len(verdicts) else failed
    if not chosen:
        return None
    what = "got no reply" if chosen == failed else "has no readable verdict"
    cause = chosen[0].cause or "no readable reply"
    return f"CLAIR ({protocol}) {what} on {len(chosen)} of {len(verdicts)} texts, e.g. {cause}"
