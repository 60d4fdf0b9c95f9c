"""Tidy rows as CSV and JSON: unrounded, nothing left out."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from sama_bench.tables import escape

# fmt: off
FIRST = (
    "model", "benchmark", "split", "protocol", "metric", "value", "samples", "videos", "coverage",
)
# fmt: on


def to_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """``{"scores": [...]}`` with None, never NaN, where a value does not exist."""
    scores = [{key: _finite(value) for key, value in row.items()} for row in rows]
    text = json.dumps({"scores": scores}, indent=2, ensure_ascii=False, allow_nan=False)
    return escape.json_text(text) + "\n"


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line a row; the fixed columns first, an empty field where there is no value.

    A text that a spreadsheet would evaluate, one that begins with = + - or @, has an apostrophe
    before it.
    """
    further = dict.fromkeys(key for row in rows for key in row if key not in FIRST)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*FIRST, *further], lineterminator="\n")
    writer.writerow({name: escape.csv(name) for name in writer.fieldnames})
    for row in rows:
        writer.writerow({key: _printable(value) for key, value in row.items()})
    return stream.getvalue()


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _printable(value: Any) -> Any:
    return escape.csv(value) if isinstance(value, str) else _finite(value)
