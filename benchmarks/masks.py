"""Masks: J and F of frames, mIoU and recall of grounded samples.

The reference is the work of the released evaluators (decode with pycocotools, J, then F with a
full-frame dilation), written from the definitions in ``tests/metrics/definitions.py``; where the
public package ``vos-benchmark`` is installed, it is timed too, on masks that are decoded already:

    pip install --no-deps vos-benchmark && pip install scikit-image
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from benchmarks._scenes import noise, realistic, stripes
from benchmarks._timing import peak_memory, side_by_side, using
from sama_bench.media import rle
from sama_bench.metrics import grounding
from sama_bench.metrics._masks.counts import boundary_radius, frame_counts
from sama_bench.metrics._masks.overlap import overlap
from sama_bench.metrics.jf import f_per_frame, j_per_frame
from tests.metrics import definitions

Row = dict[str, Any]
Rles = list[dict[str, Any]]

SIZES = {"480p": (480, 854), "720p": (720, 1280), "1080p": (1080, 1920)}
RELEASED = "reference: decode, J, F"


def run(quick: bool) -> list[Row]:
    """Time everything; ``quick`` takes fewer frames and rounds."""
    cv2.setNumThreads(1)
    rows = []
    for name, size in SIZES.items():
        scenes = {
            "realistic": realistic(1, size, 6 if quick else 24),
            "white noise": noise(2, size),
            "stripes": stripes(size, 2 * boundary_radius(size) + 4),
        }
        for kind, (targets, predictions) in scenes.items():
            rows += _frames(f"J and F, {name}, {kind}", targets, predictions, 3 if quick else 5)
    return rows + _grounding(32 if quick else 150, 3, (720, 1280), 1 if quick else 2)


def _frames(work: str, targets: list[Any], predictions: list[Any], rounds: int) -> list[Row]:
    coded = [rle.encode(mask) for mask in targets], [rle.encode(mask) for mask in predictions]
    ways: dict[str, Callable[[], Any]] = {
        RELEASED: lambda: _released_way(*coded),
        "ours, compiled": using("numba", lambda: _ours(*coded)),
        "ours, NumPy": using("numpy", lambda: _ours(*coded)),
    }
    packaged = _vos_benchmark()
    if packaged is not None and "realistic" in work:
        ways["vos-benchmark, masks decoded"] = lambda: packaged(targets, predictions)
    values = {way: np.asarray(call()) for way, call in ways.items()}
    seconds = side_by_side(ways, rounds)
    return [
        {
            "work": work,
            "way": way,
            "ms": 1000 * seconds[way] / len(targets),
            "times faster": seconds[RELEASED] / seconds[way],
            "values": _same(values[way], values[RELEASED]),
        }
        for way in ways
    ]


def _same(values: Any, expected: Any) -> str:
    if np.array_equal(values, expected):
        return "bit for bit"
    return f"within {np.abs(values - expected).max():.1g}"


def _released_way(targets: Rles, predictions: Rles) -> list[list[float]]:
    values = []
    for target, prediction in zip(targets, predictions, strict=True):
        added = np.zeros(target["size"], np.uint8)
        added += coco_mask.decode(target)
        drawn = coco_mask.decode(prediction)
        values.append([definitions.j(added, drawn), definitions.f(added, drawn)])
    return values


def _ours(targets: Rles, predictions: Rles) -> Any:
    counts = frame_counts([targets], predictions)
    return np.stack([j_per_frame(counts), f_per_frame(counts)], axis=1)


def _vos_benchmark() -> Callable[[list[Any], list[Any]], Any] | None:
    try:
        from vos_benchmark.evaluator import Evaluator
    except ImportError:
        return None

    def way(targets: list[Any], predictions: list[Any]) -> Any:
        evaluator = Evaluator()
        for target, prediction in zip(targets, predictions, strict=True):
            evaluator.feed_frame(prediction, target)
        return np.stack([evaluator.object_iou[1], evaluator.boundary_f[1]], axis=1)

    return way


def _tracks(frames: int, objects: int, size: tuple[int, int]) -> tuple[list[Rles], list[Rles]]:
    targets, predictions = [], []
    for number in range(objects):
        truth, found = realistic(number, size, frames)
        targets.append([rle.encode(mask) for mask in truth])
        predictions.append([rle.encode(mask) for mask in found])
    return predictions, targets


def released_grounding(predictions: Any, targets: Any, warm: bool = False) -> list[float]:
    """Decode all masks of a sample, then mIoU and recall, each with an IoU matrix of its own."""
    if warm:
        predictions, targets = ([track[:1] for track in group] for group in (predictions, targets))
    decoded = [
        [np.stack([coco_mask.decode(mask) for mask in track]) for track in group]
        for group in (predictions, targets)
    ]
    matrices = [
        np.array([[definitions.iou(p, t) for t in decoded[1]] for p in decoded[0]])
        for _ in range(2)
    ]
    return _scores(*matrices)


def our_grounding(predictions: Any, targets: Any, warm: bool = False) -> list[float]:
    """Compute mIoU and recall of a sample from its runs, with one IoU matrix."""
    if warm:
        predictions, targets = ([track[:1] for track in group] for group in (predictions, targets))
    matrix = grounding.iou_matrix(overlap(predictions, targets))
    return _scores(matrix, matrix)


def _scores(for_miou: Any, for_recall: Any) -> list[float]:
    rows, columns = for_recall.shape
    counts = grounding.sample_recall(for_recall, np.ones((columns, rows)))
    return [grounding.sample_miou(for_miou) or 0.0, counts.matched / counts.total]


def _grounding(frames: int, objects: int, size: tuple[int, int], rounds: int) -> list[Row]:
    case = _tracks(frames, objects, size)
    ways: dict[str, tuple[str, Callable[..., Any]]] = {
        "reference: decode, compare arrays": ("numpy", released_grounding),
        "ours, compiled": ("numba", our_grounding),
        "ours, NumPy": ("numpy", our_grounding),
    }
    calls = {
        way: using(kernel, lambda function=function: function(*case))  # type: ignore[misc]
        for way, (kernel, function) in ways.items()
    }
    values = {way: np.asarray(call()) for way, call in calls.items()}
    seconds = side_by_side(calls, rounds)
    memory = {
        way: using(kernel, lambda function=function: peak_memory(function, *case))()  # type: ignore[misc]
        for way, (kernel, function) in ways.items()
    }
    slow = next(iter(ways))
    return [
        {
            "work": f"mIoU and recall, {frames} frames x {objects} objects, {size[0]}p",
            "way": way,
            "ms": 1000 * seconds[way],
            "times faster": seconds[slow] / seconds[way],
            "values": _same(values[way], values[slow]),
            "peak MB": memory[way],
        }
        for way in ways
    ]
