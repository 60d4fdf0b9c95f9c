"""From one result file of the kit to numbers: one reader per kind of file.

The kit has no single scale: choices are shares of 1, yes-or-no and text questions percent, MME
points, video ratings decimal strings. What comes out is in natural units.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from sama_bench.leaderboard.vlmevalkit.datasets import Kind
from sama_bench.storage.untrusted_files import read_regular_text

Number: TypeAlias = tuple[str | None, str, float]
"""Split or group, metric, value in its natural unit."""

_MME = {"perception": "perception", "reasoning": "cognition"}
_HALLUSION = {"aAcc": "accuracy", "fAcc": "figure_accuracy", "qAcc": "question_accuracy"}
_POPE = {"Overall": "f1", "acc": "accuracy", "precision": "precision", "recall": "recall"}
_SPLITS = {"validation": "val"}


class FormatError(ValueError):
    """The file is not what the kit writes for this data set; the text says what is odd."""


def read_numbers(path: Path, kind: Kind) -> list[Number]:
    """Read one result file.

    Args:
        path: CSV or JSON as the kit writes it.
        kind: of its data set.

    Returns:
        Numbers; a group of a split (a category, a duration) is written ``split:group``, or
        ``:group`` where the file does not name a split.

    Raises:
        FormatError: missing columns, or numbers out of the range of the kind.
    """
    return list(_READERS[kind](path))


def _choice(path: Path) -> Iterator[Number]:
    for line in _csv(path, ("Overall",)):
        split = line.get("split")
        split = None if split in (None, "", "none") else _SPLITS.get(split, split)
        yield split, "accuracy", _share(line["Overall"], 1)
        for name, text in line.items():
            if name not in ("split", "Overall") and text:
                yield f"{split or ''}:{name}", "accuracy", _share(text, 1)


def _mme(path: Path) -> Iterator[Number]:
    (line,) = _csv(path, tuple(_MME), lines=1)
    parts = {metric: _number(line[name]) for name, metric in _MME.items()}
    for metric, value in parts.items():
        yield None, metric, value
    yield None, "total", sum(parts.values())
    for name, text in line.items():
        if name not in _MME:
            yield f":{name}", "score", _number(text)


def _hallusion(path: Path) -> Iterator[Number]:
    yield from _percentages(path, "split", _HALLUSION)


def _pope(path: Path) -> Iterator[Number]:
    yield from _percentages(path, "split", _POPE)


def _labelled(path: Path) -> Iterator[Number]:
    """MMVet and MathVista: one line a category, the line Overall among them."""
    label = "Category" if "Category" in _csv(path, ())[0] else "Task&Skill"
    yield from _percentages(path, label, {"acc": "accuracy"})


def _overall(path: Path) -> Iterator[Number]:
    (line,) = _csv(path, ("Overall",), lines=1)
    yield None, "accuracy", _share(line["Overall"], 100)
    for name, text in line.items():
        if name != "Overall" and text:
            yield f":{name}", "accuracy", _share(text, 100)


def _ocrbench(path: Path) -> Iterator[Number]:
    data = _json(path)
    if "Final Score" not in data:
        raise FormatError("it lacks 'Final Score'")
    # 1,000 questions, one point each
    yield None, "accuracy", _share(data["Final Score"], 1000)


def _video_mme(path: Path) -> Iterator[Number]:
    data = _json(path)
    for duration, ratings in data.items():
        if not isinstance(ratings, Mapping) or "overall" not in ratings:
            raise FormatError(f"{duration!r} has no overall rating")
        split = None if duration == "overall" else f":{duration}"
        yield split, "accuracy", _share(ratings["overall"], 1)
    if "overall" not in data:
        raise FormatError("it lacks 'overall'")


def _mmb_video(path: Path) -> Iterator[Number]:
    data = _json(path)
    for part, metric in (("coarse_all", "score"), ("coarse_valid", "score_of_valid")):
        ratings = data.get(part)
        if not isinstance(ratings, Mapping) or "Overall" not in ratings:
            raise FormatError(f"it lacks {part!r} with 'Overall'")
        for name, text in ratings.items():
            value = _number(text)
            if not 0 <= value <= 3:
                raise FormatError(f"{part} {name} is {text}; ratings lie between 0 and 3")
            yield (None if name == "Overall" else f":{name}"), metric, value


def _percentages(path: Path, label: str, columns: Mapping[str, str]) -> Iterator[Number]:
    lines = _csv(path, (label, *columns))
    if not any(line[label].lower() == "overall" for line in lines):
        raise FormatError(f"no line of its column {label!r} is Overall")
    for line in lines:
        split = None if line[label].lower() == "overall" else f":{line[label]}"
        for name, metric in columns.items():
            yield split, metric, _share(line[name], 100)


def _csv(path: Path, needed: Sequence[str], lines: int | None = None) -> list[dict[str, str]]:
    text = read_regular_text(path).removeprefix("\ufeff")
    try:
        found = [dict(line) for line in csv.DictReader(io.StringIO(text, newline=""))]
    except csv.Error as error:
        raise FormatError(f"it is no CSV: {error}") from None
    if not found or (lines is not None and len(found) != lines):
        raise FormatError(f"it has {len(found)} lines, expected {lines or 'at least 1'}")
    if any(None in line or None in line.values() for line in found):
        raise FormatError("a line has more or fewer fields than the header")
    missing = [name for name in needed if name not in found[0]]
    if missing:
        raise FormatError(f"it lacks the column {missing[0]!r}")
    return found


def _json(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(read_regular_text(path))
    except RecursionError:
        raise FormatError("it is nested too deeply") from None
    if not isinstance(data, Mapping):
        raise FormatError("it is not an object")
    return data


def _share(text: Any, full: float) -> float:
    value = _number(text)
    if not 0 <= value <= full:
        raise FormatError(f"{text} is not between 0 and {full:g}")
    return value / full


def _number(text: Any) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError, OverflowError):
        raise FormatError(f"{str(text)[:60]!r} is not a number") from None
    if not math.isfinite(value):
        raise FormatError(f"{text!r} is not a finite number")
    return value


_READERS: Mapping[Kind, Callable[[Path], Iterator[Number]]] = {
    "choice": _choice,
    "mme": _mme,
    "hallusion": _hallusion,
    "pope": _pope,
    "ocrbench": _ocrbench,
    "overall": _overall,
    "labelled": _labelled,
    "video-mme": _video_mme,
    "mmb-video": _mmb_video,
}
