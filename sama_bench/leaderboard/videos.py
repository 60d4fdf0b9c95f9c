"""Scores per video inside an entry, so that two entries can be compared without their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import TypeAlias, cast

from sama_bench.leaderboard.columns import check_value
from sama_bench.leaderboard.entry_file import PackedVideos
from sama_bench.leaderboard.schema import SchemaError
from sama_bench.scoring.declarations import Protocol
from sama_bench.scoring.scored_run import ScoredRun, by_id, metrics_of
from sama_bench.scoring.scores_file import ScoredVideo, Sums

Videos: TypeAlias = Mapping[str, Mapping[str, ScoredVideo]]
"""By protocol and video id."""

_DECIMALS = 9


def pack(run: ScoredRun) -> dict[str, PackedVideos]:
    """The scores per video as columns: one list a metric, in the order of ``ids``.

    A video that stands in several groups stands several times, once for each.

    Values are rounded to nine decimals: they serve comparisons, the rows hold the scores.
    """
    packed = {}
    for protocol in run.protocols():
        videos = [video for video in run.videos if video.protocol == protocol]
        weighted = {name for v in videos for name in v.weights} - run.means(protocol)
        packed[str(protocol)] = PackedVideos(
            ids=[video.video for video in videos],
            groups=[video.group for video in videos],
            values={
                metric: [_rounded(video.values.get(metric)) for video in videos]
                for metric in metrics_of(videos)
                if metric not in weighted
            },
            weights={
                metric: [_pair(video.weights.get(metric)) for video in videos]
                for metric in sorted(weighted)
            },
        )
    return packed


def unpack(packed: Mapping[str, PackedVideos], where: str = "videos") -> Videos:
    """The videos of an entry, by protocol and id.

    Raises:
        SchemaError: a column is of another length, or holds what its metric cannot be.
    """
    return {protocol: _protocol(protocol, item, where) for protocol, item in packed.items()}


def _protocol(protocol: str, item: PackedVideos, where: str) -> dict[str, ScoredVideo]:
    columns: list[Sized] = [item.groups, *item.values.values(), *item.weights.values()]
    if any(len(column) != len(item.ids) for column in columns):
        raise SchemaError(f"{where}: videos {protocol}: columns are of different lengths")
    for metric, column in item.values.items():
        for number in column:
            check_value(metric, number, f"{where}: videos {protocol}")
    return by_id(
        ScoredVideo(
            video=id,
            group=item.groups[place],
            protocol=cast(Protocol, protocol),
            samples=0,  # an entry does not hold it
            values={name: column[place] for name, column in item.values.items()},
            weights={name: Sums(*column[place]) for name, column in item.weights.items()},
        )
        for place, id in enumerate(item.ids)
    )


def _pair(sums: Sums | None) -> tuple[float, float]:
    return (0.0, 0.0) if sums is None else (sums.num, sums.den)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
