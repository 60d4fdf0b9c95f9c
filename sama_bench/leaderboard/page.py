"""The leaderboard as a static page: it opens from disk and from any web server, without network.

All rows travel in the page as JSON; nothing in it can end its script element, and the page's own
code puts text on the screen as text only.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sama_bench import tables
from sama_bench.leaderboard.certificate import Line, certify
from sama_bench.leaderboard.columns import known
from sama_bench.leaderboard.entry import BoardEntry, write_entry
from sama_bench.leaderboard.published import FOLDER as PUBLISHED
from sama_bench.leaderboard.published import Figure
from sama_bench.leaderboard.rows import published_rows
from sama_bench.leaderboard.significance import p_against_best
from sama_bench.scoring.breakdown import ATTRIBUTES
from sama_bench.scoring.declarations import Part
from sama_bench.storage.whole_folder import replacing
from sama_bench.tables.escape import clean
from sama_bench.tables.layout import about_model, headline
from sama_bench.web.pages import embedded

SITE = Path(__file__).parent / "site"
MARK = "leaderboard.sama-bench"
"""An empty file that marks a folder as ours to replace."""

_NUMBERS = ("value", "low", "high", "p", "samples", "videos", "coverage")
_TEXTS = ("model", "benchmark", "split", "protocol", "metric", "variant", "note", "source", "url")


def write_page(
    out: Path,
    entries: Sequence[BoardEntry],
    figures: Sequence[Figure],
    published: Path = PUBLISHED,
) -> Path:
    """Write the page with all that it links to, and return its ``index.html``.

    Args:
        out: folder to write; made when missing, replaced when it is an earlier page.
        entries: of the leaderboard.
        figures: published ones.
        published: folder of the published results' files, which the page links to.

    Raises:
        UserError: ``out`` holds something else.
    """
    rows = [*_entry_rows(entries, figures), *_figure_rows(figures)]
    with replacing(out, MARK) as folder:
        _write_files(folder, rows, entries, figures, published)
    return out / "index.html"


def _write_files(
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    entries: Sequence[BoardEntry],
    figures: Sequence[Figure],
    published: Path,
) -> None:
    for entry in entries:
        write_entry(entry, folder / "entries")
    (folder / "published").mkdir()
    for name in sorted({figure.source.name for figure in figures}):
        shutil.copyfile(published / f"{name}.json", folder / "published" / f"{name}.json")
    plain = [{key: row[key] for key in (*_TEXTS, *_NUMBERS)} for row in rows]
    (folder / "scores.csv").write_text(
        tables.render(plain, "csv", declared=known()), encoding="utf-8"
    )
    (folder / "scores.json").write_text(
        tables.render(plain, "json", declared=known()), encoding="utf-8"
    )
    for name in ("board.css", "rank.js", "board.js"):
        shutil.copyfile(SITE / name, folder / name)
    template = (SITE / "index.html").read_text(encoding="utf-8")
    filled = template.replace("@DATA@", embedded(page_data(rows)))
    (folder / "index.html").write_text(filled, encoding="utf-8")


def page_data(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the page shows: its rows, and how metrics and benchmarks are written."""
    metrics = sorted(
        (known().metric(name) for name in {str(row["metric"]) for row in rows}),
        key=lambda metric: metric.rank,
    )
    benchmarks = sorted({row["benchmark"] for row in rows}, key=_benchmark_rank)
    own = [row["benchmark"] for row in rows if row["kind"] != "published"]
    return {
        "rows": rows,
        "metrics": {
            metric.name: {
                "name": metric.heading,
                "rank": place,
                "scale": metric.scale,
                "unit": metric.unit,
                "better": metric.better,
            }
            for place, metric in enumerate(metrics)
        },
        "benchmarks": {name: known().benchmark(name).title for name in benchmarks},
        "attributes": list(ATTRIBUTES),
        "first": min(own, key=_benchmark_rank) if own else None,
    }


def _benchmark_rank(name: str) -> tuple[int, str]:
    return known().benchmark(name).order, name


def _entry_rows(entries: Sequence[BoardEntry], figures: Sequence[Figure]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    p = p_against_best(entries)
    for number, entry in enumerate(entries):
        lines = certify(entry, figures).lines
        rows += [
            _row(
                {**row, "p": p.get((number, place))},
                kind="entry" if entry.kind == "run" else "import",
                source="entry" if entry.kind == "run" else "imported",
                href=f"entries/{entry.name}.json",
                published=_beside([line for line in lines if line.row is row]),
            )
            for place, row in enumerate(entry.rows)
            if not known().metric(str(row["metric"])).secondary
        ]
    return _with_headlines(rows)


def _figure_rows(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    rows = []
    for figure in figures:
        for row in published_rows([figure]):
            href = f"published/{figure.source.name}.json"
            source = f"{figure.source.document}, {figure.source.table}"
            more = {"kind": "published", "href": href, "url": figure.source.url}
            rows.append(_row(row, source=source, **more))
    return _with_headlines(rows)


def _row(row: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    merged = {"published": [], "url": None, "source": None, **row, **more}
    texts = {key: _text(merged.get(key)) for key in (*_TEXTS, "kind", "href")}
    return {
        **texts,
        **{key: _number(merged.get(key)) for key in _NUMBERS},
        "part": _part(Part.parse(_text(merged.get("split")))),
        "unranked": bool(merged.get("unranked")),
        "complete": merged.get("complete") is not False,
        "about": [clean(text) for text in about_model(row)],
        "published": merged["published"],
    }


def _part(part: Part) -> dict[str, Any]:
    return {"group": part.group, "attribute": part.attribute, "bin": part.bin, "whole": part.whole}


def _with_headlines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shown = headline(rows, known())
    return [{**row, "headline": shown(row) and Part.parse(row["split"]).whole} for row in rows]


def _beside(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Each published value once, with all sources that print it."""
    found: dict[float, dict[str, Any]] = {}
    for line in lines:
        source = line.figure.source
        printed = clean(f"{source.document}, {source.table}")
        if line.figure.natural in found:
            found[line.figure.natural]["source"] += f"; {printed}"
        elif math.isfinite(line.difference):
            numbers = {"value": line.figure.natural, "difference": line.difference}
            found[line.figure.natural] = {**numbers, "source": printed}
    return list(found.values())


def _text(value: Any) -> str | None:
    return None if value is None else clean(str(value))


def _number(value: Any) -> float | int | None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, int) else float(value)
