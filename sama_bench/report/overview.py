"""The first page of a report: scores with intervals, distributions, what went wrong how often."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from sama_bench.benchmark import Benchmark, Part
from sama_bench.comparison import compare
from sama_bench.report.collect import Run, Shown
from sama_bench.report.problems import KINDS
from sama_bench.report.summary import attribution, sentences
from sama_bench.scoring.breakdown import ATTRIBUTES, attribute_rows, rows_with_intervals
from sama_bench.scoring.declarations import Metric, declared
from sama_bench.scoring.scored_run import ScoredRun
from sama_bench.tables.layout import about_model

BINS = 20


def overview(benchmark: Benchmark, runs: Sequence[Run], samples: Sequence[Shown]) -> dict[str, Any]:
    """Return the data of the first page; all values in natural units."""
    rows = [rows_with_intervals(run.scored) for run in runs]
    against = compare(runs[0].scored, runs[1].scored, top=0) if len(runs) == 2 else None
    whole = [
        [row for row in found if row["split"] == run.scored.split]
        for found, run in zip(rows, runs, strict=True)
    ]
    return {
        "benchmark": benchmark.title,
        "standing": list(benchmark.of_samples),
        "split": runs[0].scored.split,
        "runs": [_run(run, samples, place) for place, run in enumerate(runs)],
        "kinds": {name: vars(kind) for name, kind in KINDS.items()},
        "quirks": {
            str(quirk): {"about": quirk.about, "metrics": list(quirk.metrics)}
            for quirk in benchmark.quirks
        },
        "metrics": {
            metric.name: {
                "title": metric.heading,
                "scale": metric.scale,
                "unit": metric.unit,
                "better": metric.better,
                "corpus": metric.corpus,
                "highest": metric.bounds[1] if math.isfinite(metric.bounds[1]) else None,
            }
            for metric in _metrics([row for found in whole for row in found])
        },
        "scores": whole,
        "groups": [
            [row for row in found if Part.parse(row["split"]).group is not None] for found in rows
        ],
        "differences": [] if against is None else against.to_json()["metrics"],
        "notes": [] if against is None else list(against.notes),
        "histograms": [_histograms(run.scored) for run in runs],
        "attributes": _attributes(runs),
        "attribution": attribution(samples, benchmark.of_samples) if len(runs) == 2 else None,
        "summary": sentences(runs, samples, against, benchmark.of_samples),
    }


def _run(run: Run, samples: Sequence[Shown], place: int) -> dict[str, Any]:
    manifest = run.scored.manifest
    first = Counter(sample.views[place].problems[0].kind for sample in samples)
    any_of = Counter(
        kind for s in samples for kind in {problem.kind for problem in s.views[place].problems}
    )
    facts = ("checkpoint", "revision", "dtype", "seed", "started", "python", "benchmark_options")
    row: Mapping[str, Any] = run.scored.rows[0].tidy() if run.scored.rows else {}
    return {
        "name": run.name,
        "model": run.scored.model,
        "history": manifest.history,
        "takes_tracks": bool(row.get("takes_tracks")),
        "oracle": manifest.oracle,
        "about": list(about_model(row)),
        "card": {key: _text(value) for key, value in manifest.card.items()},
        "facts": {key: _text(said) for key in facts if (said := getattr(manifest, key))},
        "coverage": {name: asdict(cover) for name, cover in run.scored.coverage.items()},
        "first": {kind: first[kind] for kind in KINDS if first[kind]},
        "any": {kind: any_of[kind] for kind in KINDS if any_of[kind]},
    }


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    return str(value)


def _metrics(rows: Sequence[Mapping[str, Any]]) -> list[Metric]:
    """Metrics that have a value, in the order that they declare, without secondary ones."""
    found = [declared().metric(row["metric"]) for row in rows if row["value"] is not None]
    shown = {metric.name: metric for metric in found if not metric.secondary}
    return sorted(shown.values(), key=lambda metric: metric.rank)


def _histograms(run: ScoredRun) -> dict[str, dict[str, Any]]:
    """By metric and protocol how many samples fall into each of 20 bins from 0 to ``top``."""
    values: dict[str, dict[str, list[float]]] = {}
    for sample in run.samples:
        for metric, value in sample.values.items():
            if value is not None:
                values.setdefault(metric, {}).setdefault(sample.protocol, []).append(value)
    found: dict[str, dict[str, Any]] = {}
    for metric, by_protocol in values.items():
        top = max(1.0, *(max(numbers) for numbers in by_protocol.values()))
        found[metric] = {
            "top": top,
            **{
                protocol: np.histogram(numbers, BINS, (0.0, top))[0].tolist()
                for protocol, numbers in by_protocol.items()
            },
        }
    return found


def _attributes(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """By attribute, bin and metric the values of each run, with intervals; strict if there."""
    table: dict[tuple[str, str, str], dict[str, Any]] = {}
    for place, run in enumerate(runs):
        protocols = run.scored.protocols()
        wanted = "strict" if "strict" in protocols else protocols[0]
        for row in attribute_rows(run.scored, resamples=2_000):
            if row["protocol"] != wanted or declared().metric(row["metric"]).corpus:
                continue
            part = Part.parse(row["split"])
            line = table.setdefault(
                (str(part.attribute), str(part.bin), row["metric"]),
                {
                    "attribute": part.attribute,
                    "bin": part.bin,
                    "metric": row["metric"],
                    "protocol": wanted,
                }
                | {"runs": [None] * len(runs)},
            )
            line["runs"][place] = {key: row.get(key) for key in ("value", "low", "high", "samples")}
    rank = {name: place for place, name in enumerate(ATTRIBUTES)}
    several = Counter((line["attribute"], line["metric"]) for line in table.values())
    lines = [v for v in table.values() if several[v["attribute"], v["metric"]] > 1]
    return sorted(lines, key=lambda line: rank[line["attribute"]])
