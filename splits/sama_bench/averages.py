"""The further ways in which SAMA-Bench's metrics are averaged (sama-bench-g.md 9 and 10)."""

from __future__ import annotations

from sama_bench.metric import Metric, averaged
from sama_bench.metrics.captions import METRICS as CAPTIONS
from sama_bench.metrics.clair import METRICS as CLAIR
from sama_bench.metrics.grounding import METRICS as GROUNDING

OVER_SAMPLES = ("miou",)
"""Metrics that strict also gives as a mean over samples."""

OVER_VIDEOS = ("meteor", "cider", "rouge_l")
"""Metrics that strict also gives as a mean over videos."""

RANK_MEAN = "rank_mean_"
"""Begins the name of the mean over the ranks of the published run, aggregation A."""

_ALL = (*GROUNDING, *CAPTIONS, *CLAIR)

METRICS: tuple[Metric, ...] = (
    *(averaged(m, f"{RANK_MEAN}{m.name}", f"{m.title}, mean over ranks") for m in _ALL),
    *(
        averaged(m, f"{m.name}_over_samples", f"{m.title}, over samples")
        for m in _ALL
        if m.name in OVER_SAMPLES
    ),
    *(
        averaged(m, f"{m.name}_over_videos", f"{m.title}, over videos")
        for m in _ALL
        if m.name in OVER_VIDEOS
    ),
)
