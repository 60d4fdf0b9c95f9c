"""Rows of the score table of SAMA-Bench (sama-bench-g.md 9 and 10, sama-bench-c.md 5 and 8).

Aggregation B, the headline: the unweighted mean over videos, of the split and of each source.
Aggregation A (``rank_mean_*``): the published per-split files, where each rank's mean weighs the
same however many videos it held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sama_bench.benchmark import Aggregation, Dataset, Part, Protocol, Row, Tools, VideoScore
from sama_bench.errors import UserError
from sama_bench.metrics._captions.scores import FAILED_VIDEO_ZERO, NAN_SPREADS
from sama_bench.metrics.clair import UNCHECKED_VERDICTS
from sama_bench.metrics.grounding import BROKEN_VIDEO_ZERO
from sama_bench.splits.sama_bench.judging import Judged
from sama_bench.splits.sama_bench.rules import MASK_METRICS, TEXT_METRICS, mean
from sama_bench.splits.sama_bench.score_texts import TextScores

EPSILON = 0.00001
"""Added to the number of videos of a rank in part G's aggregation A (RANK_EPSILON)."""
_ZEROS = {
    metric: quirk
    for quirk in (BROKEN_VIDEO_ZERO, UNCHECKED_VERDICTS, FAILED_VIDEO_ZERO)
    for metric in quirk.metrics
}
"""By metric the quirk that makes the whole value of a video 0."""


@dataclass(frozen=True)
class Sheet:
    """All that the rows of one protocol are made from; samples in the protocol's order."""

    dataset: Dataset
    protocol: Protocol
    tools: Tools
    grounded: bool
    judged: Sequence[Judged]
    videos: Sequence[VideoScore]
    texts: TextScores

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics in the order of the table."""
        own = MASK_METRICS if self.grounded else ()
        return (*own, *TEXT_METRICS)

    def part(self, group: str) -> Sheet:
        """Return the sheet of one source."""
        return Sheet(
            self.dataset,
            self.protocol,
            self.tools,
            self.grounded,
            [item for item in self.judged if item.entry.group == group],
            [video for video in self.videos if video.group == group],
            self.texts,
        )


def rows_of(sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of a split, then of its sources, then aggregation A of its shards."""
    split = sheet.dataset.split
    yield from _block(sheet, split, whole=True)
    groups = list(dict.fromkeys(video.group for video in sheet.videos if video.group))
    if len(groups) > 1:
        for group in groups:
            yield from _block(sheet.part(group), str(Part(split, group)), whole=False)
    if sheet.protocol == "released":
        yield from _rank_rows(sheet)


def _block(sheet: Sheet, split: str, whole: bool) -> Iterator[Row]:
    for metric in sheet.metrics:
        yield _row(sheet, split, metric, _value(sheet, metric, whole))
    if sheet.protocol == "strict":
        if sheet.grounded:
            values = [i.masks.miou for i in sheet.judged if i.masks and i.masks.miou is not None]
            yield _row(sheet, split, "miou_over_samples", mean(values))
        for metric in ("meteor", "cider", "rouge_l"):
            yield _row(sheet, split, f"{metric}_over_videos", _over_videos(sheet, metric))


def _value(sheet: Sheet, metric: str, whole: bool) -> float | None:
    if metric == "abstention_accuracy":
        silent = [i.masks.predictions == 0 for i in sheet.judged if i.masks and not i.masks.targets]
        return mean([float(value) for value in silent])
    if metric in sheet.texts.whole:  # one corpus: the mean over samples, not over videos
        if whole:
            return sheet.texts.whole[metric]
        if metric.startswith("bleu"):
            return _over_videos(sheet, metric)
        found = [sheet.texts.samples.get(item.entry.id, {}).get(metric) for item in sheet.judged]
        return mean([value for value in found if value is not None and value == value])
    return _over_videos(sheet, metric)


def _over_videos(sheet: Sheet, metric: str) -> float | None:
    found = [video.values.get(metric) for video in sheet.videos]
    return mean([value for value in found if value is not None])


def _row(sheet: Sheet, split: str, metric: str, value: float | None) -> Row:
    answered = sum(1 for item in sheet.judged if item.status in ("answered", "refused"))
    plain = metric.removesuffix("_over_videos").removeprefix("rank_mean_")
    return Row(
        split=split,
        protocol=sheet.protocol,
        metric=metric,
        value=value,
        samples=answered,
        videos=sum(1 for video in sheet.videos if video.values.get(plain) is not None),
        coverage=answered / len(sheet.judged) if sheet.judged else 0.0,
        variant=_variant(sheet, plain),
        note=_note(sheet, split, plain, value),
        aggregation=_aggregation(sheet, split, metric),
    )


def _aggregation(sheet: Sheet, split: str, metric: str) -> Aggregation:
    """Say how ``_value`` and the rows beside it make a number of those of the videos."""
    if metric == "abstention_accuracy":
        return "ratio"
    if metric not in sheet.metrics:  # further ways of averaging, which the videos do not carry
        return "whole"
    if metric not in sheet.texts.whole:
        return "videos"
    if metric.startswith("bleu"):
        return "whole" if split == sheet.dataset.split else "videos"
    return "ratio"


def _variant(sheet: Sheet, metric: str) -> str | None:
    phrases = sheet.tools.phrases
    if metric == "recall" and phrases is not None and not phrases.official:
        return f"phrase similarity by {phrases.name}"
    return None


def _note(sheet: Sheet, split: str, metric: str, value: float | None) -> str | None:
    if value is not None:
        return "; ".join(_remarks(sheet, split, metric)) or None
    if metric in sheet.texts.reasons:
        return sheet.texts.reasons[metric]
    if metric == "recall" and sheet.tools.phrases is None:
        return "no phrase similarity (--phrases)"
    return "no sample with a value"


def _remarks(sheet: Sheet, split: str, metric: str) -> Iterator[str]:
    """Say what to know about a value that exists."""
    if metric == "clair" and sheet.texts.unjudged:
        yield f"{sheet.texts.unjudged} samples without a valid judgement"
    zeros = [(video.video, why) for video in sheet.videos if (why := video.notes.get(metric))]
    if zeros:
        what = f"{len(zeros)} videos count 0 as in the published code ({_ZEROS.get(metric)})"
        yield f"{what}, first {zeros[0][0]}: {zeros[0][1]}"
    undefined = _undefined(sheet, metric)
    if undefined:
        yield f"{undefined} samples whose {metric} is not a number ({NAN_SPREADS})"
    if metric.startswith("bleu") and metric in sheet.texts.whole and split != sheet.dataset.split:
        yield "mean over the videos of the source; the split's own value is of one corpus"


def _undefined(sheet: Sheet, metric: str) -> int:
    """Count the samples whose value is NaN, which SPICE gives where a sub-score is missing."""
    found = (sheet.texts.samples.get(item.entry.id, {}).get(metric) for item in sheet.judged)
    return sum(1 for value in found if value is not None and value != value)


def _rank_rows(sheet: Sheet) -> Iterator[Row]:
    """Yield aggregation A: per shard, the mean over ranks of each rank's mean."""
    ranks = _ranks(sheet.tools)
    if ranks is None:
        return
    shards: dict[str, dict[str, None]] = {}
    for item in sheet.judged:
        shards.setdefault(item.entry.attributes["shard"], {})[item.entry.video] = None
    by_id = {video.video: video for video in sheet.videos}
    metrics = [metric for metric in sheet.metrics if metric != "abstention_accuracy"]
    for shard, ids in shards.items():
        videos = [by_id[id] for id in ids]
        whole = sheet.dataset.split
        split = shard if whole == shard else str(Part(whole, shard))
        chosen = Sheet(
            sheet.dataset,
            sheet.protocol,
            sheet.tools,
            sheet.grounded,
            [item for item in sheet.judged if item.entry.video in ids],
            videos,
            sheet.texts,
        )
        for metric in metrics:
            value = rank_mean(
                [video.values.get(metric) for video in videos],
                ranks,
                EPSILON if sheet.grounded else 0.0,
            )
            yield _row(chosen, split, f"rank_mean_{metric}", value)


def rank_mean(values: Sequence[float | None], ranks: int, epsilon: float) -> float | None:
    """Return aggregation A of a split file (sama-bench-g.md 9.1).

    Args:
        values: of its videos in order of first appearance; None is left out.
        ranks: number of processes; rank r held the videos r, r + ranks, ....
        epsilon: added to the number of videos of a rank.

    Returns:
        the mean over the ranks that held videos of sum / (number + epsilon).
    """
    means = []
    for rank in range(ranks):
        held = [value for value in values[rank::ranks] if value is not None]
        if held:
            means.append(sum(held) / (len(held) + epsilon))
    return mean(means)


def _ranks(tools: Tools) -> int | None:
    given = tools.options.get("ranks", "8")
    if given == "none":
        return None
    if not given.isdigit() or int(given) < 1:
        raise UserError(f"--option ranks={given}: a whole number from 1, or none")
    return int(given)
