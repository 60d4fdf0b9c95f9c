"""A comparison as text for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from sama_bench.comparison.result import Comparison, MetricDifference, SampleGap, VideoGap
from sama_bench.scoring.declarations import declared
from sama_bench.tables.aligned import aligned
from sama_bench.tables.escape import clean

# fmt: off
_HEADS = (
    "protocol", "metric", "A", "B", "A - B", "interval", "p", "corrected", "dz", "videos", "needed",
)
# fmt: on


def to_text(comparison: Comparison, *, gaps: int = 5) -> str:
    """Return what a person reads: the metrics, then where they differ, then what to know.

    Args:
        comparison: of two runs.
        gaps: how many videos and samples to show for the metric that differs most surely.
    """
    lines = [
        f"{declared().benchmark(comparison.benchmark).title}: A = {clean(comparison.a)}, "
        f"B = {clean(comparison.b)}",
        *(f"note: {clean(note)}" for note in comparison.notes),
        *_left_out("A", comparison.only_a),
        *_left_out("B", comparison.only_b),
        "",
        *aligned([_HEADS, *(_metric(d) for d in comparison.metrics)], left=1),
        *(_note(d) for d in comparison.metrics if d.note),
        *_below_resolution(comparison.metrics),
        "p: permutation test over videos; corrected: Holm over all lines; dz: Cohen's dz;",
        "needed: videos from which such a difference is seen with 80% power",
        "",
        verdict(comparison),
    ]
    chosen = _surest(comparison.metrics)
    if chosen is not None:
        lines += ["", *_where(comparison, chosen, gaps)]
    return "\n".join(lines) + "\n"


def verdict(comparison: Comparison) -> str:
    """Return one or two lines: which metrics differ for sure, and which way."""
    sure = [d for d in comparison.metrics if d.sure]
    if not sure:
        return "No metric differs surely (5% after correction)."
    return " ".join(
        f"{side.upper()} is better in {', '.join(_name(d) for d in sure if d.better == side)}."
        for side in ("a", "b")
        if any(d.better == side for d in sure)
    )


def _name(d: MetricDifference) -> str:
    return f"{_title(d.metric)} ({d.protocol})"


def _title(metric: str) -> str:
    return clean(declared().metric(metric).heading)


def _metric(d: MetricDifference) -> tuple[str, ...]:
    factor = declared().metric(d.metric).scale
    return (
        d.protocol,
        _title(d.metric),
        _number(d.a * factor),
        _number(d.b * factor),
        _number(d.difference * factor, sign=True) + "*" * d.sure,
        f"[{_number(d.low * factor, sign=True)}, {_number(d.high * factor, sign=True)}]",
        _probability(d.p),
        _probability(d.p_holm),
        _number(d.dz, digits=2, sign=True),
        str(d.videos),
        "-" if d.videos_needed is None else f"{d.videos_needed:,}",
    )


def _where(comparison: Comparison, chosen: MetricDifference, gaps: int) -> list[str]:
    name = _name(chosen)
    key = (chosen.protocol, chosen.metric)
    videos = [v for v in comparison.videos if (v.protocol, v.metric) == key][:gaps]
    samples = [s for s in comparison.samples if (s.protocol, s.metric) == key][:gaps]
    lines = []
    if videos:
        lines += [f"Videos that make most of the difference in {name}:"]
        lines += aligned(
            [("video", "A", "B", "adds to A - B"), *(_video(v) for v in videos)], left=1
        )
    if samples:
        lines += ["", f"Samples that differ most in {name}:"]
        lines += aligned(
            [("sample", "A", "B", "A is", "B is"), *(_sample(s) for s in samples)], left=1
        )
    return lines


def _video(gap: VideoGap) -> tuple[str, ...]:
    factor = declared().metric(gap.metric).scale
    added = _number(gap.difference * factor, digits=2, sign=True)
    return (clean(gap.video), _optional(gap.a, factor), _optional(gap.b, factor), added)


def _sample(gap: SampleGap) -> tuple[str, ...]:
    factor = declared().metric(gap.metric).scale
    values = (_optional(gap.a, factor), _optional(gap.b, factor))
    return (clean(gap.id), *values, clean(gap.status_a), clean(gap.status_b))


def _surest(metrics: Sequence[MetricDifference]) -> MetricDifference | None:
    tested = [d for d in metrics if not math.isnan(d.p) and d.resolved]
    return min(tested, key=lambda d: (d.p, -abs(d.dz)), default=None)


def _left_out(name: str, only: dict[str, list[str]]) -> Iterable[str]:
    for protocol, videos in only.items():
        if videos:
            yield f"note: {len(videos)} videos of {name} alone are left out ({protocol})"


def _note(d: MetricDifference) -> str:
    return f"{_name(d)}: {clean(d.note or '')}"


def _below_resolution(metrics: Sequence[MetricDifference]) -> Iterable[str]:
    """Say of which metrics a difference that holds is too small to be one."""
    found = [d for d in metrics if d.p_holm < 0.05 and not d.resolved]
    if found:
        names = ", ".join(_name(d) for d in found)
        yield f"no difference, though its sign holds: {names} differ by less than the metric tells"


def _number(value: float, *, digits: int = 1, sign: bool = False) -> str:
    if math.isnan(value):
        return "n/a"
    return f"{value:{'+' if sign else ''}.{digits}f}"


def _optional(value: float | None, factor: float) -> str:
    return "n/a" if value is None else _number(value * factor)


def _probability(p: float) -> str:
    if math.isnan(p):
        return "n/a"
    return "<0.001" if p < 0.001 else f"{p:.3f}"
