"""How metrics and benchmarks are written in tables, in which order and on which scale."""

from __future__ import annotations

import math

METRICS = {
    "miou": "mIoU",
    "recall": "Recall",
    "abstention_accuracy": "Abst. acc.",
    "j": "J",
    "f": "F",
    "j_and_f": "J&F",
    "accuracy": "Acc.",
    "robustness": "R",
    "ciou": "cIoU",
    "giou": "gIoU",
    "ap50": "AP50",
    "bleu_1": "BLEU-1",
    "bleu_2": "BLEU-2",
    "bleu_3": "BLEU-3",
    "bleu_4": "BLEU-4",
    "meteor": "METEOR",
    "rouge_l": "ROUGE-L",
    "cider": "CIDEr",
    "spice": "SPICE",
    "clair": "CLAIR",
    "refusal_rate": "No mask",
    "perception": "Perc.",
    "cognition": "Cogn.",
    "total": "Total",
    "score": "Score",
}
BENCHMARKS = {
    "sama-bench-g": "SAMA-Bench-G",
    "sama-bench-c": "SAMA-Bench-C",
    "refcoco": "RefCOCO",
    "refcoco+": "RefCOCO+",
    "refcocog": "RefCOCOg",
    "grefcoco": "gRefCOCO",
    "mevis": "MeViS",
    "ref-davis17": "Ref-DAVIS17",
    "revos": "ReVOS",
    "ref-youtube-vos": "Ref-YouTube-VOS",
    "ref-sav": "Ref-SAV",
    "gcg": "GCG",
    "region-captions": "Region captions",
    "mme": "MME",
    "mmbench": "MMBench",
    "seed-bench": "SEED-Bench",
    "video-mme": "Video-MME",
    "mmbench-video": "MMBench-Video",
    "ai2d": "AI2D",
    "mmstar": "MMStar",
    "mmmu": "MMMU",
    "scienceqa": "ScienceQA",
}
# what the grand table of the papers shows of each benchmark; others show their first metric
HEADLINES = {
    "sama-bench-g": ("miou", "recall", "meteor", "cider", "clair"),
    "sama-bench-c": ("meteor", "cider", "clair"),
    "refcoco": ("ciou",),
    "refcoco+": ("ciou",),
    "refcocog": ("ciou",),
    "grefcoco": ("ciou", "giou"),
    "mevis": ("j_and_f",),
    "ref-davis17": ("j_and_f",),
    "revos": ("j_and_f",),
    "ref-youtube-vos": ("j_and_f",),
    "ref-sav": ("j_and_f",),
    "gcg": ("ap50", "miou", "recall", "meteor", "cider"),
    "region-captions": ("meteor", "cider"),
    "mme": ("perception", "cognition"),
}
# not shares of 1: shown as they are
_PLAIN = frozenset({"perception", "cognition", "total", "score", "score_of_valid", "fps"})
_LARGEST = {"cider": 10.0}
"""The largest values of metrics that are shown in percent and are no shares of 1."""
_TIMES = frozenset({"seconds", "hours"})
_LOWER_IS_BETTER = _TIMES | {"refusal_rate"}
_COUNTS = frozenset({"videos", "questions", "expressions", "samples"})


def metric_name(metric: str) -> str:
    """``J&F`` for ``j_and_f``; an unknown metric keeps its name, with spaces."""
    return METRICS.get(metric, metric.replace("_", " "))


def benchmark_name(benchmark: str) -> str:
    """``Ref-SAV`` for ``ref-sav``; an unknown benchmark keeps its name."""
    return BENCHMARKS.get(benchmark, benchmark)


def metric_rank(metric: str) -> tuple[int, str]:
    """Sorting key: the order of the field, unknown metrics last by name."""
    order = list(METRICS)
    return (order.index(metric) if metric in METRICS else len(order), metric)


def benchmark_rank(benchmark: str) -> tuple[int, str]:
    """Sorting key: the order of the papers, unknown benchmarks last by name."""
    order = list(BENCHMARKS)
    return (order.index(benchmark) if benchmark in BENCHMARKS else len(order), benchmark)


def scale(metric: str) -> float:
    """What a value in its natural unit is multiplied by for reading: 100 for shares, else 1."""
    return 1.0 if metric in _PLAIN | _TIMES | _COUNTS else 100.0


def resolution(metric: str) -> float:
    """The smallest difference that a metric tells, in its natural unit.

    One step of the last digit that tables print: two values that print alike do not differ.
    """
    return 0.1 / scale(metric)


def bounds(metric: str) -> tuple[float, float]:
    """The least and the largest value that a metric can have, in its natural unit.

    Another way of averaging a metric has its bounds; of an unknown metric nothing is known.
    """
    plain = metric.removeprefix("rank_mean_")
    plain = plain.removesuffix("_over_samples").removesuffix("_over_videos")
    if plain not in METRICS:
        return -math.inf, math.inf
    return 0.0, math.inf if plain in _PLAIN else _LARGEST.get(plain, 1.0)


def is_secondary(metric: str) -> bool:
    """Whether a metric is another way of averaging one that is also reported."""
    return metric.startswith("rank_mean_") or metric.endswith(("_over_samples", "_over_videos"))


def higher_is_better(metric: str) -> bool:
    """Whether more is better; False for times and refusals."""
    return metric not in _LOWER_IS_BETTER
