"""Which numbers of a column differ surely from its best: the stars of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sama_bench.leaderboard.columns import known
from sama_bench.leaderboard.entry import BoardEntry
from sama_bench.scoring.scored_run import video_terms
from sama_bench.scoring.scores_file import ScoredVideo
from sama_bench.statistics import multiple_tests, paired

Place: TypeAlias = tuple[int, int]
"""Number of the entry, number of the row in it."""


def p_against_best(
    entries: Sequence[BoardEntry], *, permutations: int = 10_000, seed: int = 0
) -> dict[Place, float]:
    """Corrected p values of the difference to the best of the column, for whole splits.

    Compared are complete numbers without a variant, of one benchmark, split, protocol and metric,
    whose entries hold the same videos; swaps within videos, Holm's correction within the column.

    Args:
        entries: of the leaderboard.
        permutations: random swaps of each test.
        seed: of the random draws.

    Returns:
        By (entry, row): the p value; the best itself, what cannot be compared, and what differs
        from the best by less than the metric resolves are left out.
    """
    columns: dict[tuple[Any, ...], list[Place]] = {}
    for number, entry in enumerate(entries):
        for place, row in enumerate(entry.rows):
            if entry.kind == "run" and _comparable(entry, row):
                key = (row["benchmark"], row["split"], row["protocol"], row["metric"])
                columns.setdefault(key, []).append((number, place))
    found: dict[Place, float] = {}
    for key, places in columns.items():
        found.update(_column(entries, key, places, permutations, seed))
    return found


def _column(
    entries: Sequence[BoardEntry],
    key: tuple[Any, ...],
    places: Sequence[Place],
    permutations: int,
    seed: int,
) -> dict[Place, float]:
    _, _, protocol, metric = key
    value = {place: float(entries[place[0]].rows[place[1]]["value"]) for place in places}
    about = known().metric(metric)
    best = max(places, key=lambda place: about.goodness(value[place]))
    reference = _videos(entries[best[0]], protocol, metric)
    others = [
        place
        for place in places
        if place != best
        and reference
        and set(_videos(entries[place[0]], protocol, metric)) == set(reference)
    ]
    ids = sorted(reference)
    one = video_terms(reference, ids, [metric])
    raw = []
    for place in others:
        other = video_terms(_videos(entries[place[0]], protocol, metric), ids, [metric])
        p = paired.swap_test(one, other, permutations=permutations, seed=seed)
        raw.append(float(p[0]))
    corrected = zip(others, multiple_tests.holm(raw).tolist(), strict=True)
    return {
        place: p
        for place, p in corrected
        if abs(value[place] - value[best]) >= about.step  # others do not differ
    }


def _videos(entry: BoardEntry, protocol: str, metric: str) -> Mapping[str, ScoredVideo]:
    videos = entry.videos.get(protocol, {})
    return {
        id: video
        for id, video in videos.items()
        if metric in video.weights or metric in video.values
    }


def _comparable(entry: BoardEntry, row: Mapping[str, Any]) -> bool:
    coverage = row.get("coverage")
    return (
        row["split"] == entry.split
        and row["protocol"] not in entry.outdated
        and row["value"] is not None
        and not row.get("variant")
        and not row.get("unranked")
        and (coverage is None or coverage >= 1)
        and "low" in row  # the video scores carry the number
    )
