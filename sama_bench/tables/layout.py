"""From tidy rows to tables: what goes where, what may be ranked, what needs a footnote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sama_bench.tables.escape import clean
from sama_bench.tables.model import Cell, Declared, Line, Mark, Table

TidyRow: TypeAlias = Mapping[str, Any]
Column: TypeAlias = tuple[str, str, str]
"""Benchmark, split (empty where lines name it), metric."""

SIGNIFICANT = 0.05
TRACKS = "sees whole tracks of the objects it is asked about"


def by_benchmark(rows: Sequence[TidyRow], declared: Declared) -> list[Table]:
    """One table per benchmark: a line per model, split and protocol, a column per metric."""
    tables = []
    for benchmark in _distinct(rows, "benchmark"):
        own = [row for row in rows if row["benchmark"] == benchmark]
        metrics = sorted(_distinct(own, "metric"), key=lambda name: declared.metric(name).rank)
        columns = [(benchmark, "", metric) for metric in metrics]
        labels, title = ["model", "split", "protocol"], declared.benchmark(benchmark).title
        tables.append(_table(title, own, labels, columns, _own_column, declared))
    return tables


def grand(rows: Sequence[TidyRow], declared: Declared) -> list[Table]:
    """The table of the papers: a line per model and protocol, a column per benchmark and metric."""
    shown = headline(rows, declared)
    own = [row for row in rows if shown(row)]
    columns = sorted({_grand_column(row) for row in own}, key=lambda c: _grand_rank(c, declared))
    labels = ["model", "protocol"]
    return [_table("All benchmarks", own, labels, columns, _grand_column, declared)]


def _own_column(row: TidyRow) -> Column:
    return row["benchmark"], "", row["metric"]


def _grand_column(row: TidyRow) -> Column:
    return row["benchmark"], row.get("split") or "split not named", row["metric"]


def _grand_rank(column: Column, declared: Declared) -> tuple[Any, ...]:
    benchmark, split, metric = column
    order = declared.benchmark(benchmark).order
    return (order, benchmark, split, *declared.metric(metric).rank)


def headline(rows: Sequence[TidyRow], declared: Declared) -> Callable[[TidyRow], bool]:
    """Return whether a row is one that the grand table shows: the metrics its papers headline.

    A benchmark without headlines, or without any of them among ``rows``, shows its first metric.
    """
    metrics: dict[str, set[str]] = {}
    for row in rows:
        metrics.setdefault(row["benchmark"], set()).add(row["metric"])
    wanted = {
        benchmark: set(declared.benchmark(benchmark).headlines) & found
        or {min(found, key=lambda name: declared.metric(name).rank)}
        for benchmark, found in metrics.items()
    }
    return lambda row: row["metric"] in wanted[row["benchmark"]]


def _table(
    title: str,
    rows: Sequence[TidyRow],
    labels: Sequence[str],
    columns: Sequence[Column],
    column_of: Callable[[TidyRow], Column],
    declared: Declared,
) -> Table:
    if any(row.get("source") for row in rows):
        labels = [*labels, "source"]
    notes: list[str] = []
    marks = _marks(rows, declared)
    lines = [
        _line(group, labels, columns, column_of, marks, notes, declared)
        for group in _lines(rows, labels)
    ]
    shares = [declared.metric(metric).scale == 100 for _, _, metric in columns]
    said = ", in percent" if all(shares) else ", shares in percent" if any(shares) else ""
    return Table(
        title=clean(title + said),
        labels=tuple(labels),
        columns=tuple(_heading(column, columns, declared) for column in columns),
        lines=tuple(lines),
        notes=tuple(notes),
    )


def _heading(column: Column, columns: Sequence[Column], declared: Declared) -> str:
    benchmark, split, metric = column
    title = declared.metric(metric).heading
    if not split:
        return clean(title)
    parts = [declared.benchmark(benchmark).title, title]
    if len({c[1] for c in columns if c[0] == benchmark}) > 1:
        parts.insert(1, split)
    return clean(" ".join(parts))


def _lines(rows: Sequence[TidyRow], labels: Sequence[str]) -> list[list[TidyRow]]:
    """Rows of one line together; a second number for the same cell opens a line of its own."""
    lines: dict[tuple[Any, ...], list[TidyRow]] = {}
    taken: set[tuple[Any, ...]] = set()
    for row in rows:
        line = (*(row.get(label) for label in labels), *about_model(row))
        copy = 0
        while (cell := (line, copy, row["benchmark"], row.get("split"), row["metric"])) in taken:
            copy += 1
        taken.add(cell)
        lines.setdefault((*line, copy), []).append(row)
    return list(lines.values())


def _line(
    rows: Sequence[TidyRow],
    labels: Sequence[str],
    columns: Sequence[Column],
    column_of: Callable[[TidyRow], Column],
    marks: Mapping[int, Mark],
    notes: list[str],
    declared: Declared,
) -> Line:
    by_column = {column_of(row): row for row in rows}
    first = rows[0]
    about = tuple(_note(text, notes) for text in about_model(first))
    cells = tuple(
        _cell(by_column[column], marks, notes, declared) if column in by_column else None
        for column in columns
    )
    return Line(
        labels=tuple(clean(str(first.get(label) or "-")) for label in labels),
        notes=about,
        cells=cells,
        coverage=min(_coverage(row) for row in rows),
    )


def _cell(row: TidyRow, marks: Mapping[int, Mark], notes: list[str], declared: Declared) -> Cell:
    metric, value = declared.metric(row["metric"]), row["value"]
    factor = metric.scale
    bare = value is not None and row.get("low") is None
    texts = [row.get("variant"), row.get("note")]
    p = row.get("p")
    return Cell(
        value=_scaled(value, factor),
        low=_scaled(row.get("low"), factor),
        high=_scaled(row.get("high"), factor),
        mark=marks.get(id(row)),
        differs=p is not None and p < SIGNIFICANT,
        notes=tuple(_note(str(text), notes) for text in texts if text),
        decimals=0 if bare and metric.decimals(value) == 0 else None,
    )


def about_model(row: TidyRow) -> tuple[str, ...]:
    """What must be said of a model wherever its name stands."""
    texts = []
    if row.get("takes_tracks"):
        texts.append(TRACKS)
    if row.get("history") not in (None, "independent"):
        texts.append(f"history: {row['history']}")
    if row.get("prompt"):
        texts.append(f"prompt: {row['prompt']}")
    if row.get("shortfall"):
        texts.append(f"not complete, not ranked: the data hold {row['shortfall']}")
    return tuple(texts)


def _note(text: str, notes: list[str]) -> int:
    text = clean(text)
    if text not in notes:
        notes.append(text)
    return notes.index(text)


def _marks(rows: Sequence[TidyRow], declared: Declared) -> dict[int, Mark]:
    """Best and second best among the numbers that may be compared, when there are two models."""
    groups: dict[tuple[Any, ...], list[TidyRow]] = {}
    for row in rows:
        marked = row.get("variant") or row.get("unranked")
        if row["value"] is not None and not marked and _coverage(row) >= 1:
            key = (row["benchmark"], row.get("split"), row.get("protocol"), row["metric"])
            groups.setdefault(key, []).append(row)
    marks: dict[int, Mark] = {}
    for key, group in groups.items():
        if len({row["model"] for row in group}) < 2:
            continue
        good = {id(row): declared.metric(key[-1]).goodness(row["value"]) for row in group}
        values = sorted(set(good.values()), reverse=True)
        for row in group:
            if good[id(row)] in values[:2]:
                marks[id(row)] = "best" if good[id(row)] == values[0] else "second"
    return marks


def _coverage(row: TidyRow) -> float:
    coverage = row.get("coverage")
    return 1.0 if coverage is None else float(coverage)


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else float(value) * factor


def _distinct(rows: Iterable[TidyRow], name: str) -> list[Any]:
    return list(dict.fromkeys(row[name] for row in rows))
