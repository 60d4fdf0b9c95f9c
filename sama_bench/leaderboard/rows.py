"""Entries and published figures as tidy rows of one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sama_bench.leaderboard.certificate import Line, certify
from sama_bench.leaderboard.columns import known
from sama_bench.leaderboard.entry import BoardEntry
from sama_bench.leaderboard.published import FLAGS, Figure
from sama_bench.leaderboard.significance import p_against_best
from sama_bench.scoring.declarations import Part

SCORES = frozenset({"percent", "points"})


def entry_rows(
    entries: Sequence[BoardEntry], figures: Sequence[Figure] = ()
) -> list[dict[str, Any]]:
    """All rows of some entries; the source is the entry's name.

    Numbers that are compared with the best of their column bear ``p``, corrected.

    With published ``figures``, a number whose like is published for the same model says so in its
    note, with the difference.
    """
    rows = []
    p = p_against_best(entries)
    for number, entry in enumerate(entries):
        lines = certify(entry, figures).lines
        for place, row in enumerate(entry.rows):
            beside = "; ".join(difference_text(line) for line in lines if line.row is row)
            old = outdated_note(entry, row)
            note = "; ".join(text for text in (row.get("note"), beside, old) if text)
            more = {"note": note or None, "source": entry.name, "p": p.get((number, place))}
            rows.append({**row, **more, **({"unranked": True} if old else {})})
    return rows


def outdated_note(entry: BoardEntry, row: Mapping[str, Any]) -> str | None:
    """Say of a number of an entry that its protocol has computed other values since, or None."""
    version = entry.outdated.get(row["protocol"])
    if version is None:
        return None
    return f"scored under version {version} of {row['protocol']}, not ranked with today's"


def difference_text(line: Line) -> str:
    """``published 57.0 in their-table-2, here -2.3``."""
    metric = known().metric(line.figure.metric)
    return (
        f"published {line.figure.value:g} in {line.figure.source.name}, "
        f"here {metric.shown(line.difference, sign=True)}"
    )


def published_rows(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """Published scores (not sizes, speeds or gains) as rows, in natural units.

    The source is the name of its file in ``leaderboards/published``.

    The variant of a published figure (zero-shot, another base model) belongs to the model's name:
    it is another model, not a departure from the protocol.
    """
    return [
        {
            "model": _name(figure),
            "benchmark": figure.benchmark,
            "split": figure.split,
            "protocol": figure.protocol,
            "metric": figure.metric,
            "value": figure.natural,
            "samples": None,
            "videos": None,
            "coverage": None,
            "note": _note(figure),
            "unranked": "inconsistent" in figure.flags,
            "source": figure.source.name,
        }
        for figure in figures
        if figure.model is not None and figure.unit in SCORES and figure.relative_to is None
    ]


def select(
    rows: Iterable[Mapping[str, Any]],
    *,
    benchmarks: Sequence[str] = (),
    models: Sequence[str] = (),
    by: str | None = None,
    secondary: bool = False,
) -> list[Mapping[str, Any]]:
    """The rows that a table shows.

    Args:
        rows: tidy rows of entries and publications.
        benchmarks: names to keep; all when empty.
        models: names to keep, without regard to case; all when empty.
        secondary: also other ways of averaging a metric that is shown.
        by: None for whole splits; ``group`` (source, type) or the name of an attribute for parts.
    """
    wanted = {name.casefold() for name in models}
    keep = _part(by)
    return [
        row
        for row in rows
        if (not benchmarks or row["benchmark"] in benchmarks)
        and (not wanted or str(row["model"]).casefold() in wanted)
        and keep(row)
        and (secondary or not known().metric(str(row["metric"])).secondary)
    ]


def _part(by: str | None) -> Callable[[Mapping[str, Any]], bool]:
    if by is None:
        return lambda row: Part.parse(row.get("split")).whole
    if by == "group":
        return lambda row: (
            (part := Part.parse(row.get("split"))).group is not None and part.attribute is None
        )
    return lambda row: Part.parse(row.get("split")).attribute == by


def _name(figure: Figure) -> str:
    return f"{figure.model} ({figure.variant})" if figure.variant else str(figure.model)


def _note(figure: Figure) -> str | None:
    texts = [FLAGS[flag] for flag in figure.flags]
    return "; ".join(texts) or None
