"""Scores as pandas frames: one typed column a field, the unit of each metric beside its value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sama_bench.scoring.declarations import Catalogue, declared

if TYPE_CHECKING:
    import pandas

_TEXTS = (
    "model", "benchmark", "split", "protocol", "metric", "variant", "note", "aggregation",
    "history", "prompt", "shortfall", "source", "better", "video", "id", "group", "status",
    "relative_to", "flags", "printed_unit",
)  # fmt: skip
_COUNTS = ("samples", "videos", "videos_needed")
_FLAGS = ("takes_tracks", "complete", "unranked", "sure")
UNIT = "unit"
"""Column that names the unit of a row's metric; ``attrs["units"]`` has them by metric too."""


def frame_of(rows: Iterable[Mapping[str, Any]], known: Catalogue | None = None) -> pandas.DataFrame:
    """Return rows as a frame; what a row lacks is missing there, never 0.

    Args:
        rows: tidy, as commands write them with ``--json``.
        known: declarations of the metrics; by default of all that can be scored here.

    Returns:
        texts as ``string``, counts as ``Int64``, flags as ``boolean``, other numbers as
        ``float64`` in the metric's natural unit, which ``unit`` names.
    """
    import pandas as pd

    listed = [dict(row) for row in rows]
    frame = pd.DataFrame(listed)
    kinds: dict[Any, Any] = {column: _dtype(str(column)) for column in frame.columns}
    frame = frame.astype(kinds)
    if "metric" in frame.columns:
        catalogue = known if known is not None else declared()
        units = {name: catalogue.metric(name).unit for name in frame["metric"].unique()}
        frame[UNIT] = frame["metric"].map(units).astype("string")
        frame.attrs["units"] = units
    return frame


def _dtype(column: str) -> str:
    if column in _TEXTS:
        return "string"
    if column in _COUNTS:
        return "Int64"
    return "boolean" if column in _FLAGS else "float64"
