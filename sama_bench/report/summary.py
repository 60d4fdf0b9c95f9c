"""What a reader should know first, in sentences, each with the numbers that it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sama_bench.comparison.result import Comparison
from sama_bench.report.collect import Run, Shown
from sama_bench.report.problems import KINDS
from sama_bench.scoring.declarations import declared


def attribution(samples: Sequence[Shown], standing: Sequence[str]) -> dict[str, Any] | None:
    """Split the gap between two runs by what went wrong in the weaker one.

    The gap is the mean difference of the metric that stands for a sample, over the samples that
    have it in both runs; each sample counts for the main problem of the weaker run.

    Args:
        samples: of the report.
        standing: metrics of which the first that a sample has stands for it.

    Returns:
        ``metric``, ``samples``, ``weaker`` (0 or 1), ``gap`` (at least 0) and ``parts``: per kind
        its share of the gap in the metric's unit, and its samples; None without common samples.
    """
    metrics = Counter(v.metric for s in samples for v in s.views if v.metric is not None)
    metric = next((name for name in standing if metrics[name]), None)
    both = [s for s in samples if all(view.metric == metric for view in s.views)]
    if metric is None or not both:
        return None
    gaps = [(s.views[0].value or 0.0) - (s.views[1].value or 0.0) for s in both]
    weaker = 1 if sum(gaps) >= 0 else 0
    parts: dict[str, dict[str, Any]] = {}
    for sample, gap in zip(both, gaps, strict=True):
        kind = sample.views[weaker].problems[0].kind
        part = parts.setdefault(kind, {"kind": kind, "share": 0.0, "samples": 0})
        part["share"] += (gap if weaker else -gap) / len(both)
        part["samples"] += 1
    return {
        "metric": metric,
        "samples": len(both),
        "weaker": weaker,
        "gap": abs(sum(gaps)) / len(both),
        "parts": sorted(parts.values(), key=lambda part: -part["share"]),
    }


def sentences(
    runs: Sequence[Run],
    samples: Sequence[Shown],
    against: Comparison | None,
    standing: Sequence[str],
) -> list[str]:
    """Return the summary: one run by itself, or why the weaker of two is weaker."""
    lines = [] if len(runs) == 1 else list(_gap(runs, samples, against, standing))
    for place, run in enumerate(runs):
        first = Counter(sample.views[place].problems[0].kind for sample in samples)
        total = len(samples)
        worst = [(kind, count) for kind, count in first.most_common() if kind != "fine"][:3]
        said = ", ".join(f"{KINDS[kind].title} in {count}" for kind, count in worst)
        lines.append(
            f"{run.name}: of {total} samples, {first['fine']} without a finding"
            + (f"; most often {said}." if said else ".")
        )
    return lines


def _gap(
    runs: Sequence[Run],
    samples: Sequence[Shown],
    against: Comparison | None,
    standing: Sequence[str],
) -> list[str]:
    found = attribution(samples, standing)
    if found is None:
        return ["The runs have no sample in common that both have a value for."]
    weaker, metric = found["weaker"], found["metric"]
    weak, strong = runs[weaker].name, runs[1 - weaker].name
    title, unit = declared().metric(metric).heading, declared().metric(metric).scale
    lines = [
        f"{weak} is weaker than {strong}: {title} is lower by "
        f"{found['gap'] * unit:.1f} on average over {found['samples']} common samples."
        if found["gap"]
        else f"{weak} and {strong} have the same mean {title}."
    ]
    costly = [part for part in found["parts"] if part["share"] > 0 and part["kind"] != "fine"][:3]
    if costly and found["gap"]:
        said = "; ".join(
            f"{part['share'] * unit:.1f} where it has a {KINDS[part['kind']].title} "
            f"({part['samples']} samples)"
            for part in costly
        )
        lines.append(f"Where {weak} loses: {said}.")
    counts = [
        Counter(k for s in samples for k in {p.kind for p in s.views[n].problems})
        for n in (weaker, 1 - weaker)
    ]
    more = sorted(
        (k for k in KINDS if k != "fine" and counts[0][k] > counts[1][k]),
        key=lambda k: counts[1][k] - counts[0][k],
    )[:3]
    if more:
        said = ", ".join(
            f"{KINDS[k].title} ({counts[0][k]} to {counts[1][k]} samples)" for k in more
        )
        lines.append(f"{weak} has more of: {said}.")
    tested = [d for d in (against.metrics if against else []) if d.p_holm == d.p_holm]
    sure = list(dict.fromkeys(declared().metric(d.metric).heading for d in tested if d.sure))
    if tested:
        lines.append(
            f"Differences that hold at 5% after correction for {len(tested)} comparisons: "
            + (", ".join(sure) if sure else "none")
            + "."
        )
    return lines
