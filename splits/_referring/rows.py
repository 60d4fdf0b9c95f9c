"""From the values of expressions to rows: by group, overall and over all expressions.

Definition: referring video protocol, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sama_bench.benchmark import OVERALL, Aggregation, Coverage, Option, Part, Protocol, Row
from sama_bench.metrics._masks.refvos_aggregate import (
    MEAN_OF_GROUPS,
    by_group,
    mean_of_expressions,
)
from sama_bench.metrics.jf import FULL_FRAME
from sama_bench.metrics.refusals import refusal_rate
from sama_bench.splits._referring.expression_values import Rules, Value
from sama_bench.splits._scores.coverage import UNANSWERED_REFUSED, listed, refuse_without

UNITED = "union of all masks"
"""The variant of strict's second figure."""


@dataclass(frozen=True)
class Scheme:
    """What a benchmark does with the values of its expressions.

    Attributes:
        options: of the benchmark.
        metrics: those that it reports.
        groups: ``type_id`` to group; expressions of other types are in no figure. Empty: the
            figure is the mean of all expressions.
        foreground: from a video's id to the pixels of all its annotated objects per frame, where
            R is computed, else None.
    """

    options: Mapping[str, Option]
    metrics: Sequence[str]
    groups: Mapping[int, str]
    foreground: Callable[[str], Sequence[int]] | None = None


def lacking_of(values: Iterable[Value]) -> list[str]:
    """Return the ids of the expressions without a usable answer."""
    return [value.id for value in values if value.status in ("failed", "missing")]


def rows_of(
    split: str, protocol: Protocol, values: Sequence[Value], applied: Rules, scheme: Scheme
) -> list[Row]:
    """Return a protocol's rows: every metric of every group, and the rate of refusals."""
    whole = _members(values, "", scheme)
    lacking, short = lacking_of(whole), [value for value in whole if value.short]
    refused = bool(lacking or short) and applied.missing == "refuse"
    figures = _figures(values, applied, scheme)
    notes = [_lacking_note(lacking, applied)] if lacking else []
    notes += [_short_note(short, applied)] if short else []
    borderless = sum(value.notes.get("frames_without_boundary", 0) for value in values)
    rows = []
    for group, scores in figures.items():
        members = _members(values, group, scheme)
        for metric in scheme.metrics:
            percent = scores.get(metric)
            said = [*notes]
            if metric in ("f", "j_and_f") and borderless and protocol == "strict":
                said.append(
                    f"{borderless} frames are filled by a mask and have no boundary ({FULL_FRAME})"
                )
            if not members:
                said.append("no expression of this kind")
            rows.append(
                row_of(
                    str(Part(split, group or None)),
                    protocol,
                    metric,
                    None if percent is None or refused else percent / 100,
                    members,
                    "; ".join(said) or None,
                    aggregation="groups" if group == OVERALL else "ratio",
                )
            )
    rows.append(_refusal_rate(split, protocol, values))
    return rows


def row_of(
    split: str,
    protocol: Protocol,
    metric: str,
    value: float | None,
    members: Sequence[Value],
    note: str | None,
    variant: str | None = None,
    aggregation: Aggregation = "whole",
) -> Row:
    """Return one row; its numbers of samples and videos are those that the value rests on."""
    counted = [member for member in members if member.counted]
    return Row(
        split=split,
        protocol=protocol,
        metric=metric,
        value=value,
        samples=len(counted),
        videos=len({member.video for member in counted}),
        coverage=Coverage.of(member.status for member in members).share,
        variant=variant,
        note=note,
        aggregation=aggregation,
    )


def _refusal_rate(split: str, protocol: Protocol, values: Sequence[Value]) -> Row:
    """Return the share of answers without any mask."""
    answered = [value for value in values if value.status in ("answered", "refused")]
    rate = refusal_rate([value.status == "refused" for value in answered])
    return row_of(split, protocol, "refusal_rate", rate, answered, None)


def second_rows(split: str, united: Sequence[Value], applied: Rules, scheme: Scheme) -> list[Row]:
    """Return strict's second figure, in which all masks of an answer count."""
    figures = _figures(united, applied, scheme)[""]
    members = _members(united, "", scheme)
    return [
        row_of(split, "strict", metric, percent / 100, members, None, UNITED)
        for metric in scheme.metrics
        if (percent := figures.get(metric)) is not None
    ]


def _members(values: Sequence[Value], group: str, scheme: Scheme) -> list[Value]:
    if not scheme.groups:
        return list(values)
    if group in scheme.groups.values():
        return [value for value in values if value.group == group]
    return [value for value in values if value.group is not None]


def _figures(
    values: Sequence[Value], applied: Rules, scheme: Scheme
) -> dict[str, dict[str, float | None]]:
    """Return percentages by group and metric; "" is the mean over all expressions."""
    counted = [value for value in values if value.counted]
    if not scheme.groups:
        return {"": mean_of_expressions([value.scores for value in counted])}
    typed = [(value.type_id, value.scores) for value in counted if value.type_id is not None]
    # The overall figure is the mean of the groups under both protocols; strict shows the
    # mean over expressions beside it.
    figures = by_group(typed, scheme.groups, applied.quirks | {MEAN_OF_GROUPS})
    every = figures.pop("expressions")
    return {**figures, "": every}


def _lacking_note(lacking: Sequence[str], applied: Rules) -> str:
    what = {
        "refuse": "no figure, the published evaluator would leave out",
        "drop": "left out of the mean:",
        "zero": "scored 0:",
    }[applied.missing]
    return (
        f"{what} {len(lacking)} without a usable answer ({UNANSWERED_REFUSED}): {listed(lacking)}"
    )


def _short_note(short: Sequence[Value], applied: Rules) -> str:
    """Say which references list fewer masks than their video has frames."""
    what = "left out of the mean:" if applied.missing == "drop" else "no figure:"
    return (
        f"{what} the published evaluator breaks off at {len(short)} expressions whose masks are "
        f"fewer than the frames ({UNANSWERED_REFUSED}): "
        f"{listed([value.id for value in short])}"
    )


def refuse_if_nothing(
    rows: Sequence[Row],
    values: Mapping[Protocol, Sequence[Value]],
    applied: Mapping[Protocol, Rules],
) -> None:
    """Raise IncompleteError where no protocol gives a figure because answers are missing."""
    if any(row.value is not None for row in rows if row.metric != "refusal_rate"):
        return
    refusing = [protocol for protocol, rule in applied.items() if rule.missing == "refuse"]
    refuse_without("expressions", {name: lacking_of(values[name]) for name in refusing})
