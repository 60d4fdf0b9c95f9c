"""Conditions in which two runs differ besides the model: data, options, protocol card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sama_bench.scoring.scored_run import ScoredRun


def condition_notes(a: ScoredRun, b: ScoredRun) -> list[str]:
    """One line for each thing that the runs do not share and a reader must know."""
    notes = []
    if a.split != b.split:
        notes.append(f"different splits: A {a.split}, B {b.split}")
    for name, run in (("A", a), ("B", b)):
        notes += [f"{name} ({run.model}): {text}" for text in _incomplete(run)]
    notes += [
        f"{key}: A {one}, B {other}"
        for key, one, other in card_differences(_conditions(a), _conditions(b))
    ]
    return notes


def card_differences(
    a: Mapping[str, Any], b: Mapping[str, Any]
) -> list[tuple[str, object, object]]:
    """Settings in which two protocol cards differ: dotted name and both values, sorted.

    A setting that one card lacks has the value ``not stated`` there.
    """
    one, other = dict(_flat(a)), dict(_flat(b))
    return [
        (key, one.get(key, "not stated"), other.get(key, "not stated"))
        for key in sorted(one.keys() | other.keys())
        if one.get(key, "not stated") != other.get(key, "not stated")
    ]


def _incomplete(run: ScoredRun) -> Iterator[str]:
    for protocol, counts in run.coverage.items():
        lost = {k: n for k in ("failed", "missing") if (n := getattr(counts, k))}
        if lost:
            said = ", ".join(f"{count} {kind}" for kind, count in lost.items())
            yield f"{said} of {counts.expected} samples ({protocol})"


def _conditions(run: ScoredRun) -> dict[str, Any]:
    """The parts of a manifest that say how the model was asked."""
    names = ("history", "takes_tracks", "options", "card")
    return {name: getattr(run.manifest, name) for name in names if run.manifest.says(name)}


def _flat(card: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in card.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
