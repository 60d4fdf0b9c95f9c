"""Where two runs differ: the videos and the samples with the largest gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sama_bench.comparison.result import SampleGap, VideoGap
from sama_bench.scoring.scored_run import ScoredRun, video_terms
from sama_bench.scoring.scores_file import ScoredSample, ScoredVideo
from sama_bench.statistics import bootstrap


def video_gaps(
    protocol: str,
    a: Mapping[str, ScoredVideo],
    b: Mapping[str, ScoredVideo],
    metrics: Sequence[str],
    top: int,
    means: frozenset[str] = frozenset(),
) -> list[VideoGap]:
    """The ``top`` videos per metric that carry most of the difference, either way.

    A video's difference is what it adds to the difference of the whole: for a mean, the difference
    of its values over the number of videos.
    """
    ids = sorted(set(a) & set(b))
    if not ids:
        return []
    terms = [video_terms(side, ids, metrics, means) for side in (a, b)]
    values = [bootstrap.ratio(t.num, t.den) for t in terms]
    one, other = (bootstrap.ratio(t.num, t.den.sum(axis=0)) for t in terms)
    pull = one - other
    total = pull.sum(axis=0)
    gaps = []
    for column, metric in enumerate(metrics):
        known = [row for row in range(len(ids)) if abs(pull[row, column]) > 0]
        for row in sorted(known, key=lambda row: -abs(pull[row, column]))[:top]:
            gap = VideoGap(
                protocol=protocol,
                metric=metric,
                video=ids[row],
                group=a[ids[row]].group,
                a=_known(values[0][row, column]),
                b=_known(values[1][row, column]),
                difference=float(pull[row, column]),
                share=float(pull[row, column] / total[column]) if total[column] else None,
            )
            gaps.append(gap)
    return gaps


def sample_gaps(
    a: ScoredRun, b: ScoredRun, protocol: str, metrics: Sequence[str], top: int
) -> list[SampleGap]:
    """The ``top`` samples per metric on which the values of the two runs lie furthest apart."""
    ours, theirs = ({s.id: s for s in run.samples if s.protocol == protocol} for run in (a, b))
    pairs = [(ours[id], theirs[id]) for id in ours if id in theirs]
    gaps = []
    for metric in metrics:
        found = [_sample_gap(protocol, metric, *pair) for pair in pairs]
        known = [gap for gap in found if gap is not None and gap.difference]
        gaps += sorted(known, key=lambda gap: (-abs(gap.difference), gap.id))[:top]
    return gaps


def _sample_gap(
    protocol: str, metric: str, one: ScoredSample, other: ScoredSample
) -> SampleGap | None:
    first, second = one.values.get(metric), other.values.get(metric)
    if first is None or second is None:
        return None
    return SampleGap(
        protocol=protocol,
        metric=metric,
        id=one.id,
        video=one.video,
        a=first,
        b=second,
        status_a=one.status,
        status_b=other.status,
        difference=first - second,
    )


def _known(value: float) -> float | None:
    return None if value != value else float(value)
