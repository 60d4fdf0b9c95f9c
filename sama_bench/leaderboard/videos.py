"""Scores per video inside an entry, so that two entries can be compared without their runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from sama_bench.leaderboard.columns import check_value
from sama_bench.leaderboard.schema import NONE, Fields, SchemaError, check
from sama_bench.scoring.declarations import Protocol
from sama_bench.scoring.scored_run import ScoredRun, by_id, metrics_of
from sama_bench.scoring.scores_file import ScoredVideo, Sums

Videos: TypeAlias = Mapping[str, Mapping[str, ScoredVideo]]
"""By protocol and video id."""

_DECIMALS = 9
_FIELDS: Fields = {"ids": list, "groups": list, "values": dict, "weights": dict}


def pack(run: ScoredRun) -> dict[str, Any]:
    """The scores per video as columns: one list a metric, in the order of ``ids``.

    A video that stands in several groups stands several times, once for each.

    Values are rounded to nine decimals: they serve comparisons, the rows hold the scores.
    """
    packed: dict[str, Any] = {}
    for protocol in run.protocols():
        videos = [video for video in run.videos if video.protocol == protocol]
        weighted = {name for v in videos for name in v.weights} - run.means(protocol)
        packed[protocol] = {
            "ids": [video.video for video in videos],
            "groups": [video.group for video in videos],
            "values": {
                metric: [_rounded(video.values.get(metric)) for video in videos]
                for metric in metrics_of(videos)
                if metric not in weighted
            },
            "weights": {
                metric: [_pair(video.weights.get(metric)) for video in videos]
                for metric in sorted(weighted)
            },
        }
    return packed


def unpack(packed: Mapping[str, Any], where: str = "videos") -> Videos:
    """The videos of an entry, by protocol and id.

    Raises:
        SchemaError: a column is missing or of another length.
    """
    return {protocol: _protocol(protocol, item, where) for protocol, item in packed.items()}


def _protocol(protocol: str, item: Any, where: str) -> dict[str, ScoredVideo]:
    check(item, _FIELDS, f"{where}: videos {protocol}")
    ids, groups = item["ids"], item["groups"]
    columns = [groups, *item["values"].values(), *item["weights"].values()]
    if any(not isinstance(column, list) or len(column) != len(ids) for column in columns):
        raise SchemaError(f"{where}: videos {protocol}: columns are of different lengths")
    if not all(isinstance(text, str) for text in ids):
        raise SchemaError(f"{where}: videos {protocol}: ids must be texts")
    if not all(isinstance(text, str | NONE) for text in groups):
        raise SchemaError(f"{where}: videos {protocol}: groups must be texts")
    for metric, column in item["values"].items():
        for number in column:
            if not _is_number(number) and number is not None:
                raise SchemaError(f"{where}: videos {protocol}: {number!r} is no score")
            check_value(metric, number, f"{where}: videos {protocol}")
    for pair in (value for column in item["weights"].values() for value in column):
        if not isinstance(pair, list) or len(pair) != 2 or not all(map(_is_number, pair)):
            raise SchemaError(f"{where}: videos {protocol}: {str(pair)[:40]} is no weight")
    return by_id(
        ScoredVideo(
            video=id,
            group=groups[place],
            protocol=cast(Protocol, protocol),
            samples=0,  # an entry does not hold it
            values={name: column[place] for name, column in item["values"].items()},
            weights={
                name: Sums(float(column[place][0]), float(column[place][1]))
                for name, column in item["weights"].items()
            },
        )
        for place, id in enumerate(ids)
    )


def _pair(sums: Sums | None) -> list[float]:
    return [0.0, 0.0] if sums is None else [sums.num, sums.den]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
