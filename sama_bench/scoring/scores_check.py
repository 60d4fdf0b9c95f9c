"""Whether a ``scores.json`` holds what its readers count on: fields of their types, all finite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_TEXT, _MAYBE_TEXT, _TABLE, _LIST = (str,), (str, type(None)), (dict,), (list,)
_NUMBER, _COUNT = (int, float, type(None)), (int, type(None))
_SCALAR = (str, bool, *_NUMBER)
_RUN = {"model": _TEXT, "benchmark": _TEXT, "split": _TEXT, "coverage": _TABLE, "scores": _LIST,
        "videos": _LIST, "samples": _LIST}  # fmt: skip
_RUN_MAY = {"manifest": (dict, type(None)), "shortfall": (list, type(None))}
_ROW = {"model": _TEXT, "benchmark": _TEXT, "split": _MAYBE_TEXT, "protocol": _TEXT,
        "metric": _TEXT, "value": _NUMBER}  # fmt: skip
_ROW_MAY = {"samples": _COUNT, "videos": _COUNT, "coverage": _NUMBER, "variant": _MAYBE_TEXT,
            "note": _MAYBE_TEXT, "history": _MAYBE_TEXT, "prompt": _MAYBE_TEXT}  # fmt: skip
_VIDEO = {"video": _TEXT, "protocol": _TEXT, "values": _TABLE}
_VIDEO_MAY = {"group": _MAYBE_TEXT, "source": _MAYBE_TEXT, "weights": (dict, type(None))}
_SAMPLE = {"id": _TEXT, "video": _TEXT, "protocol": _TEXT, "status": _TEXT, "values": _TABLE}
_SAMPLE_MAY = {"attributes": (dict, type(None))}
_COUNTS = ("expected", "answered", "refused", "failed", "missing")
_LARGEST = 1e15

_Fields = Mapping[str, tuple[type, ...]]


def check_scores(data: Any) -> None:
    """Check the content of a file of scores.

    Raises:
        ValueError: it lacks a field or one is of a wrong type, or a number is not finite; one line
            names the place.
    """
    _check("the file", data, _RUN, _RUN_MAY)
    _check_plain("manifest", data.get("manifest"))
    _check_plain("shortfall", data.get("shortfall"))
    for protocol, counts in data["coverage"].items():
        where = f"coverage {protocol}"
        _check(where, counts, dict.fromkeys(_COUNTS, (int,)), {})
        if min(counts[name] for name in _COUNTS) < 0:
            raise ValueError(f"{where} holds a number below 0")
    for place, row in enumerate(data["scores"]):
        _check(f"row {place}", row, _ROW, _ROW_MAY)
        _check_plain(f"row {place}", row)
    for place, video in enumerate(data["videos"]):
        where = f"video {place}"
        _check(where, video, _VIDEO, _VIDEO_MAY)
        _check_scalars(where, video["values"], _NUMBER)
        for metric, sums in (video.get("weights") or {}).items():
            _check(f"{where}, {metric}", sums, {"num": (int, float), "den": (int, float)}, {})
    for place, sample in enumerate(data["samples"]):
        where = f"sample {place}"
        _check(where, sample, _SAMPLE, _SAMPLE_MAY)
        _check_scalars(where, sample["values"], _NUMBER)
        _check_scalars(where, sample.get("attributes") or {}, _SCALAR)


def _check(where: str, item: Any, fields: _Fields, more: _Fields) -> None:
    if not isinstance(item, dict):
        raise ValueError(f"{where} is a {type(item).__name__}, not an object")
    for name in fields:
        if name not in item:
            raise ValueError(f"{where} lacks '{name}'")
    known = {**fields, **more}
    _check_scalars(where, {key: value for key, value in item.items() if key in known}, known)


def _check_scalars(where: str, items: Mapping[str, Any], kinds: _Fields | tuple[type, ...]) -> None:
    for name, value in items.items():
        wanted = kinds if isinstance(kinds, tuple) else kinds[name]
        is_flag = isinstance(value, bool) and bool not in wanted
        if is_flag or not isinstance(value, wanted):
            raise ValueError(f"{where}: '{name}' cannot be a {type(value).__name__}")
        if isinstance(value, (int, float)):
            _check_number(where, value)


def _check_number(where: str, value: float) -> None:
    if not (abs(value) <= _LARGEST and math.isfinite(value)):
        raise ValueError(f"{where} holds a number that is not finite or far too large")


def _check_plain(where: str, value: Any) -> None:
    """Check that all numbers of anything are finite."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            left += item.values()
        elif isinstance(item, list):
            left += item
        elif isinstance(item, (int, float)):
            _check_number(where, item)
