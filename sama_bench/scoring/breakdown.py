"""Scores by group and by attribute, each with its interval: what an entry of the leaderboard holds.

A group (a source, a type) is a row that the benchmark itself reports. An attribute (number of
objects, length of the video, turn) splits the samples into bins; its rows are means over samples,
because a video has samples in several bins, and whole videos are drawn for their intervals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from sama_bench.benchmark import Part
from sama_bench.scoring.intervals import Intervals
from sama_bench.scoring.scored_run import ScoredRun
from sama_bench.scoring.scores_file import ScoredSample
from sama_bench.statistics import bootstrap

TidyRow: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Attribute:
    """How samples are binned: the key in their attributes, and the bin of a value."""

    key: str
    bin: Callable[[Any], str | None]


def _steps(*edges: float, unit: str = "") -> Callable[[Any], str | None]:
    """Bins ``up to a``, ``over a to b``, ``over b``, for numbers."""

    def bin(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            return None
        below = [edge for edge in edges if edge < value]
        above = [edge for edge in edges if edge >= value]
        if not below:
            return f"up to {above[0]:g}{unit}"
        return f"over {below[-1]:g}{unit}" + (f" to {above[0]:g}{unit}" if above else "")

    return bin


def _count(most: int, start: int = 0) -> Callable[[Any], str | None]:
    """Bins 1, 2, ... and ``most`` or more; ``start`` is added first."""

    def bin(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        number = value + start
        return str(number) if number < most else f"{most} or more"

    return bin


def _yes(value: Any) -> str | None:
    return {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else None


def _percent(value: Any) -> str | None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return _steps(1, 5, 20, unit="%")(100 * value) if known else None


ATTRIBUTES: Mapping[str, Attribute] = {
    "objects": Attribute("objects", _count(4)),
    "size": Attribute("area", _percent),
    "length": Attribute("frames", _steps(32, 64, 128, 256)),
    "occlusion": Attribute("occluded", _yes),
    "turn": Attribute("turn", _count(6, start=1)),
    "words": Attribute("words", _steps(5, 10, 20)),
}
"""What ``leaderboard table --by`` knows. ``size`` is the share of the frame that the object fills;
``length`` counts frames; ``turn`` is counted from 1."""


def rows_with_intervals(
    run: ScoredRun, *, resamples: int = bootstrap.RESAMPLES, seed: int = 0
) -> list[TidyRow]:
    """The rows of a run, with ``low`` and ``high`` wherever the videos carry the number.

    A row whose value is neither the ratio of sums over its videos nor the mean of its groups' (a
    corpus score) has none: an interval of another number would mislead.
    """
    found = Intervals(run, resamples, seed)
    return [found.complete(row) for row in run.rows]


def attribute_rows(
    run: ScoredRun, *, resamples: int = bootstrap.RESAMPLES, seed: int = 0
) -> list[TidyRow]:
    """Rows of every attribute that the samples have, ``split`` written ``valid_u|turn=2``."""
    rows: list[TidyRow] = []
    for protocol in run.protocols():
        samples = [s for s in run.samples if s.protocol == protocol]
        for name, attribute in ATTRIBUTES.items():
            bins: dict[str, list[ScoredSample]] = {}
            for sample in samples:
                label = attribute.bin(sample.attributes.get(attribute.key))
                if label is not None:
                    bins.setdefault(label, []).append(sample)
            for label in sorted(bins, key=_bin_order):
                split = str(Part(run.split, None, name, label))
                rows += _bin_rows(run, protocol, split, bins[label], resamples, seed)
    return rows


def _bin_rows(
    run: ScoredRun,
    protocol: str,
    split: str,
    samples: Sequence[ScoredSample],
    resamples: int,
    seed: int,
) -> Iterator[TidyRow]:
    metrics = list(dict.fromkeys(name for s in samples for name in s.values))
    videos = list(dict.fromkeys(s.video for s in samples))
    place = {video: number for number, video in enumerate(videos)}
    num, den = np.zeros((len(videos), len(metrics))), np.zeros((len(videos), len(metrics)))
    for sample in samples:
        for column, metric in enumerate(metrics):
            value = sample.values.get(metric)
            if value is not None and math.isfinite(value):
                num[place[sample.video], column] += value
                den[place[sample.video], column] += 1
    found = bootstrap.intervals(num, den, resamples=resamples, seed=seed)
    answered = sum(s.status in ("answered", "refused") for s in samples)
    for column, metric in enumerate(metrics):
        if not den[:, column].any():
            continue
        yield {
            "model": run.model,
            "benchmark": run.benchmark,
            "split": split,
            "protocol": protocol,
            "metric": metric,
            "value": float(found.value[column]),
            "samples": int(den[:, column].sum()),
            "videos": int((den[:, column] > 0).sum()),
            "coverage": answered / len(samples),
            "aggregation": "ratio",
            **_ends(float(found.low[column]), float(found.high[column])),
            **_shared(run, protocol, metric),
        }


def _shared(run: ScoredRun, protocol: str, metric: str) -> TidyRow:
    """What holds for every part of a number: a stand-in that had a part in the whole."""
    row = run.row(protocol, metric)
    keys = ("variant", "takes_tracks", "history", "prompt")
    return {} if row is None else {key: found for key in keys if (found := getattr(row, key))}


def _ends(low: float, high: float) -> TidyRow:
    return {} if math.isnan(low) or math.isnan(high) else {"low": low, "high": high}


def _bin_order(label: str) -> tuple[float, str]:
    """``up to 5`` before ``over 5``, 2 before 10; words by the alphabet."""
    numbers = [
        float(t.rstrip("%")) for t in label.split() if t.rstrip("%").replace(".", "").isdigit()
    ]
    first = numbers[0] if numbers else math.inf
    return (first - 0.5 if label.startswith("up to") else first, label)
