"""Golden files of the mask metrics, recomputed (see ``sama-bench selftest``).

Each function takes the content of a golden file and yields (label, expected, computed) triples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sama_bench.media.rle import Size
from sama_bench.metrics import accuracy, ciou, grounding, jf, robustness
from sama_bench.metrics._masks import refvos_aggregate
from sama_bench.metrics._masks.counts import frame_counts
from sama_bench.metrics._masks.overlap import overlap
from sama_bench.metrics.grounding import RecallCounts

Value = float | str | None
Triple = tuple[str, Value, Value]

_RAISES = "breaks off"


def golden_jf(data: Mapping[str, Any]) -> Iterator[Triple]:
    """Recompute J, F, A and R of single frames."""
    for case in data["cases"]:
        frame = {
            "annotations": [[counts] for counts in case["gt"]],
            "pred": [case["pred"]],
            "foreground": [case["foreground"]],
        }
        for name, values in _frame_metrics(frame, _size(case)).items():
            yield f"{case['name']} {name}", case[name], float(values[0])


def golden_video_jf(data: Mapping[str, Any]) -> Iterator[Triple]:
    """Recompute J, F, A and R of masklets, frame by frame and as means."""
    for case in data["sequences"]:
        for name, values in _frame_metrics(case, _size(case)).items():
            expected = case[f"{name}_per_frame"]
            yield f"{case['name']} frames of {name}", float(len(expected)), float(len(values))
            for frame, (wanted, value) in enumerate(zip(expected, values, strict=False)):
                yield f"{case['name']} {name} frame {frame}", wanted, float(value)
            yield f"{case['name']} {name}", case[name], float(values.mean())


def golden_gcg(data: Mapping[str, Any]) -> Iterator[Triple]:
    """Recompute mIoU, recall and its matches of grounded samples and videos."""
    miou: list[float] = []
    recall: list[float] = []
    for number, video in enumerate(data["videos"]):
        where = f"video {number}"
        counted = []
        for index, sample in enumerate(video["samples"]):
            label = f"{where} sample {index}"
            triples, value, counts = _gcg_sample(sample, _size(video), label)
            yield from triples
            counted.append((value, counts))
        miou.append(grounding.video_miou(value for value, _ in counted) or 0.0)
        recall.append(grounding.video_recall(counts for _, counts in counted) or 0.0)
        yield f"{where} mIoU", video["miou"], miou[-1]
        yield f"{where} recall", video["recall"], recall[-1]
    totals = {
        "miou_mean": float(np.mean(miou)),
        "recall_mean": float(np.mean(recall)),
        "miou_sum_over_n_plus_1e-5": sum(miou) / (len(miou) + 1e-5),
        "recall_sum_over_n_plus_1e-5": sum(recall) / (len(recall) + 1e-5),
    }
    for name, total in totals.items():
        if name in data.get("dataset", {}):
            yield name, data["dataset"][name], total


def golden_ciou(data: Mapping[str, Any]) -> Iterator[Triple]:
    """Recompute cIoU and gIoU of sets of images."""
    for case in data["sets"]:
        images = [
            [
                ciou.count_sentence(target, predicted)
                for target, predicted in zip(
                    _track(image["gt"], image), _track(image["pred"], image), strict=True
                )
                if target is not None
            ]
            for image in case["images"]
        ]
        yield from _ciou_set(case["name"], case["result"], images)


def golden_refsav_aggregate(data: Mapping[str, Any]) -> Iterator[Triple]:
    """Recompute Ref-SAV's rounding of expressions and its long, short and overall figures."""
    names = {"J": "j", "F": "f", "A": "accuracy", "JF": "j_and_f"}
    for case in data["sets"]:
        expressions = []
        for entry in case["expressions"]:
            scores = {names[key]: _float(entry[key]) for key in ("J", "F", "A")}
            expressions.append((entry["type_id"], scores))
            found = refvos_aggregate.rounded(scores)
            for key, expected in entry["rounded"].items():
                label = f"{case['name']} {entry['video']}/{entry['exp_id']} {key}"
                yield label, expected, found[names[key]]
        result = refvos_aggregate.by_group(expressions, refvos_aggregate.REF_SAV_GROUPS)
        for group, figures in case["result"].items():
            for key, expected in figures.items():
                yield f"{case['name']} {group} {key}", expected, result[group].get(names[key])


def _float(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _size(case: Mapping[str, Any]) -> Size:
    return int(case["size"][0]), int(case["size"][1])


def _track(counts: Sequence[str | None], case: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    return [None if c is None else {"size": case["size"], "counts": c} for c in counts]


def _frame_metrics(case: Mapping[str, Any], size: Size) -> dict[str, Any]:
    sized = {"size": size}
    annotations = [_track(track, sized) for track in case["annotations"]]
    counts = frame_counts(annotations, _track(case["pred"], sized), size)
    foreground = robustness.areas(_track(case["foreground"], sized))
    return {
        "J": jf.j_per_frame(counts),
        "F": jf.f_per_frame(counts),
        "A": accuracy.accuracy_per_frame(counts),
        "R": robustness.robustness_per_frame(counts, foreground),
    }


def _stand_in_similarity(a: str, b: str) -> float:
    """Share of common words: what the golden files use in place of the text encoder."""
    one, other = set(a.lower().split()), set(b.lower().split())
    return len(one & other) / len(one | other) if one | other else 0.0


def _gcg_sample(
    sample: Mapping[str, Any], size: Size, label: str
) -> tuple[list[Triple], float, RecallCounts]:
    predictions, targets = (
        [_track(track, {"size": size}) for track in sample[key]]
        for key in ("pred_masks", "gt_masks")
    )
    iou = grounding.iou_matrix(overlap(predictions, targets, size, broadcast=True))
    references, predicted = sample["gt_phrases"], sample["pred_phrases"]
    similarity = np.zeros((len(references), len(predicted)))
    for i, reference in enumerate(references):
        for j, phrase in enumerate(predicted):
            similarity[i, j] = _stand_in_similarity(reference, phrase)
    value = grounding.sample_miou(iou)
    counts = grounding.sample_recall(iou, similarity)
    triples = _matrix_triples(f"{label} IoU", sample["iou_matrix_pred_by_gt"], iou)
    triples += _matrix_triples(f"{label} similarity", sample["text_sim_gt_by_pred"], similarity)
    triples.append((f"{label} mIoU", sample["miou"], value))
    skipped = str(bool(sample["skipped_in_recall"]))
    triples.append((f"{label} skipped in recall", skipped, str(counts.skipped)))
    found = None if counts.skipped else [list(pair) for pair in counts.pairs]
    triples.append((f"{label} matches", str(sample["matches"]), str(found)))
    return triples, value or 0.0, counts


def _matrix_triples(label: str, expected: Sequence[Sequence[float]], found: Any) -> list[Triple]:
    return [
        (f"{label} [{i}][{j}]", value, float(found[i, j]))
        for i, row in enumerate(expected)
        for j, value in enumerate(row)
    ]


def _ciou_set(
    name: str, expected: Mapping[str, Any], images: Sequence[Sequence[ciou.SentenceCounts]]
) -> Iterator[Triple]:
    outcome = _RAISES if "raises" in expected else "ends"
    try:
        totals = ciou.ciou_giou(images)
    except ValueError:
        yield f"{name} outcome", outcome, _RAISES
        return
    yield f"{name} outcome", outcome, "ends"
    found = {
        "cIoU": totals.ciou,
        "gIoU": totals.giou,
        "pixel_intersection": float(totals.intersection),
        "pixel_union": float(totals.union),
        "mask_counts": float(totals.sentences),
    }
    for key, value in expected.items():
        if key in found:
            yield f"{name} {key}", value, found[key]
