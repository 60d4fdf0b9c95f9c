"""Reproduction certificates: an entry beside the published figures of the same model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sama_bench.comparison.conditions import card_differences
from sama_bench.leaderboard.entry import BoardEntry
from sama_bench.leaderboard.published import Figure
from sama_bench.scoring.declarations import Part

Verdict = Literal["equal as printed", "within tolerance", "outside", "not comparable"]
TOLERANCE = 0.005
"""Half a percentage point: number formats and attention kernels move answers by about as much."""


@dataclass(frozen=True)
class Line:
    """One published figure beside the entry's number.

    Attributes:
        figure: as published.
        row: the entry's tidy row.
        difference: entry minus published, natural unit.
        inside: whether the published value lies in the entry's interval; None without one.
        verdict: the outcome.
        remarks: what to know: an unnamed split, a contradicted or inconsistent figure, a variant.
    """

    figure: Figure
    row: Mapping[str, Any]
    difference: float
    inside: bool | None
    verdict: Verdict
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Certificate:
    """All that can be said of an entry against what is published.

    Attributes:
        entry: the entry's name.
        model: under which name figures were looked up.
        tolerance: natural unit.
        lines: one for each comparable figure and protocol.
        card: settings in which the sources' stated conditions and the entry's protocol card differ:
            setting, what the source says, what the card says.
        unstated: settings that the sources state and the card does not mention.
        reproduced: whether at least one figure is met under the released protocol and every figure
            that is neither flagged nor incomparable is; None when there is nothing to compare.
    """

    entry: str
    model: str
    tolerance: float
    lines: Sequence[Line]
    card: Sequence[tuple[str, str, str]]
    unstated: Sequence[tuple[str, str]]
    reproduced: bool | None


def certify(
    entry: BoardEntry,
    figures: Iterable[Figure],
    *,
    model: str | None = None,
    tolerance: float = TOLERANCE,
) -> Certificate:
    """Compare an entry with the published figures of its model.

    Args:
        entry: of the leaderboard.
        figures: all published figures.
        model: name in the publications, when it is not the entry's (case is ignored).
        tolerance: largest difference that counts as reproduced, natural unit of shares.

    Returns:
        The certificate. Figures of another split are left out; one whose source names no split is
        compared and says so.
    """
    name = model or entry.model
    own = [f for f in figures if _names(f, name) and f.relative_to is None]
    lines = [
        _line(figure, row, entry, tolerance)
        for figure in own
        for row in entry.rows
        if _same_thing(figure, row)
    ]
    used = [line.figure for line in lines]
    differing, unstated = _conditions(entry, used)
    return Certificate(
        entry=entry.name,
        model=name,
        tolerance=tolerance,
        lines=lines,
        card=differing,
        unstated=unstated,
        reproduced=_reproduced(lines),
    )


def _names(figure: Figure, name: str) -> bool:
    """A variant (zero-shot, another base model) is another model, and is named with it."""
    full = f"{figure.model} ({figure.variant})" if figure.variant else figure.model
    return full is not None and name.casefold() == full.casefold()


def _same_thing(figure: Figure, row: Mapping[str, Any]) -> bool:
    if (figure.benchmark, figure.metric) != (row["benchmark"], row["metric"]):
        return False
    split = row["split"] or ""
    if figure.split is not None:
        return bool(split == figure.split)
    part = Part.parse(split)
    return (part.group, part.attribute, row["value"] is None) == (None, None, False)


def _line(figure: Figure, row: Mapping[str, Any], entry: BoardEntry, tolerance: float) -> Line:
    value = row["value"]
    difference = float("nan") if value is None else float(value) - figure.natural
    low, high = row.get("low"), row.get("high")
    inside = None if low is None or high is None else bool(low <= figure.natural <= high)
    remarks = tuple(_remarks(figure, row, entry))
    return Line(
        figure, row, difference, inside, _verdict(figure, row, difference, tolerance), remarks
    )


def _verdict(
    figure: Figure, row: Mapping[str, Any], difference: float, tolerance: float
) -> Verdict:
    coverage = row.get("coverage")
    if difference != difference or row.get("variant") or (coverage is not None and coverage < 1):
        return "not comparable"
    if abs(difference) <= _half_digit(figure) + 1e-12:
        return "equal as printed"
    # points of other scales: the same share of what was printed
    limit = tolerance if figure.unit == "percent" else tolerance * max(abs(figure.natural), 1.0)
    return "within tolerance" if abs(difference) <= limit else "outside"


def _half_digit(figure: Figure) -> float:
    """Half a unit of the last printed digit, in the natural unit; one decimal for percentages."""
    decimals = len(f"{figure.value!r}".partition(".")[2].rstrip("0"))
    if figure.unit == "percent":
        return 0.005 * 10.0 ** -max(decimals, 1)
    half: float = 0.5 * 10.0**-decimals
    return half


def _remarks(figure: Figure, row: Mapping[str, Any], entry: BoardEntry) -> Iterable[str]:
    if figure.split is None and row["split"]:
        yield f"the source names no split; the entry is of {row['split']}"
    if "contradicted" in figure.flags:
        yield "another source prints another figure"
    if "inconsistent" in figure.flags:
        yield "the figure breaks the arithmetic of its own row: not a target"
    if figure.variant:
        yield f"published for: {figure.variant}"
    if row.get("variant"):
        yield f"the entry's number is {row['variant']}"
    coverage = row.get("coverage")
    if coverage is not None and coverage < 1:
        yield "the entry does not cover all samples"


def _reproduced(lines: Sequence[Line]) -> bool | None:
    """Every target met by one of its protocols; a figure with flags is no target."""
    targets: dict[int, list[Line]] = {}
    for line in lines:
        soft = "inconsistent" in line.figure.flags or line.verdict == "not comparable"
        if not soft and line.row["protocol"] != "strict":
            targets.setdefault(id(line.figure), []).append(line)
    if not targets:
        return None
    groups: dict[tuple[str | None, ...], bool] = {}
    for found in targets.values():
        key = found[0].figure.key
        met = any(line.verdict != "outside" for line in found)
        groups[key] = groups.get(key, False) or met  # one of several contradicting sources will do
    return all(groups.values())


def _conditions(
    entry: BoardEntry, figures: Sequence[Figure]
) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    card = entry.provenance.card or {}
    stated: dict[str, str] = {}
    for figure in figures:
        stated.update(figure.source.conditions)
    differing, unstated = [], []
    for key, published, own in card_differences(stated, card):
        if key in stated and key in card:
            differing.append((key, str(published), str(own)))
        elif key in stated:
            unstated.append((key, str(published)))
    return differing, unstated
