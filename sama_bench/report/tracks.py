"""Predicted masklets matched with targets frame by frame, and where a match is lost.

Nothing here is a score: scores come from ``scores.json``. This says where a score came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

from sama_bench.nouns import Masklet

Array = npt.NDArray[np.float64]

FOUND = 0.1
"""A mask with a smaller IoU does not belong to a target."""


@dataclass(frozen=True)
class Pair:
    """One target, and the prediction that fits it best in a one-to-one assignment.

    Attributes:
        target: index of the target.
        prediction: index of the prediction; None where none belongs to the target.
        iou: of the assigned one, over all pixels of all frames, 0 to 1; 0 where there is none.
        j: per frame intersection over union, 0 to 1; 1 where both are absent.
        visible: per frame whether the target is there.
    """

    target: int
    prediction: int | None
    iou: float
    j: tuple[float, ...]
    visible: tuple[bool, ...]


@dataclass(frozen=True)
class Tracks:
    """All targets of a sample, and what is left over.

    Attributes:
        pairs: one per target, in order.
        spurious: indices of the predictions that belong to no target.
        joint: per frame the intersection over union of all predicted and all target pixels; 1
            where there is neither.
        problem: why the masks cannot be compared, or None; the rest is empty then.
    """

    pairs: tuple[Pair, ...] = ()
    spurious: tuple[int, ...] = ()
    joint: tuple[float, ...] = ()
    problem: str | None = None


def compare_tracks(predicted: Sequence[Masklet], targets: Sequence[Masklet]) -> Tracks:
    """Match predictions with targets, and follow each pair over the frames.

    Args:
        predicted: m masklets of checked masks.
        targets: n masklets of checked masks.

    Returns:
        The assignment with the largest sum of IoU (as in the SAMA-Bench-G protocol, section 10,
        strict), pairs with an IoU below ``FOUND`` left unmatched.
    """
    everyone = [*predicted, *targets]
    if len({(track.height, track.width, len(track)) for track in everyone}) > 1:
        shapes = {f"{t.width}x{t.height} on {len(t)} frames" for t in everyone}
        return Tracks(problem=f"masks of different shapes: {', '.join(sorted(shapes))}")
    if not everyone:
        return Tracks()
    areas, targets_areas, shared, joint = _counted(predicted, targets)
    union = areas.sum(0)[:, None] + targets_areas.sum(0)[None, :] - shared.sum(0)
    iou = shared.sum(0) / np.maximum(union, 1.0)
    from scipy.optimize import linear_sum_assignment  # a second of imports

    best = {
        int(column): int(row)
        for row, column in zip(*linear_sum_assignment(iou, maximize=True), strict=True)
    }
    matched = {target: row for target, row in best.items() if iou[row, target] >= FOUND}
    pairs = []
    for target in range(len(targets)):
        row = matched.get(target)
        theirs = targets_areas[:, target]
        ours = np.zeros_like(theirs) if row is None else areas[:, row]
        both = np.zeros_like(theirs) if row is None else shared[:, row, target]
        pairs.append(
            Pair(
                target,
                row,
                float(iou[best[target], target]) if target in best else 0.0,
                tuple(_ratio(both, ours + theirs - both).tolist()),
                tuple(bool(area) for area in theirs),
            )
        )
    left = tuple(n for n in range(len(predicted)) if n not in matched.values())
    return Tracks(tuple(pairs), left, joint)


def _counted(
    predicted: Sequence[Masklet], targets: Sequence[Masklet]
) -> tuple[Array, Array, Array, tuple[float, ...]]:
    """Areas (T, m) and (T, n), shared pixels (T, m, n), and IoU of the unions per frame (T,)."""
    frames, m, n = len([*predicted, *targets][0]), len(predicted), len(targets)
    areas, theirs = np.zeros((frames, m)), np.zeros((frames, n))
    shared, joint = np.zeros((frames, m, n)), np.ones(frames)
    for frame in range(frames):
        ours = _masks(predicted, frame)
        wanted = _masks(targets, frame)
        for area, masks in ((areas, ours), (theirs, wanted)):
            if masks:
                area[frame, list(masks)] = coco.area(list(masks.values()))
        if ours and wanted:
            iou = np.asarray(
                coco.iou(list(ours.values()), list(wanted.values()), [0] * len(wanted))
            )
            a = areas[frame, list(ours)][:, None]
            b = theirs[frame, list(wanted)][None, :]
            # pycocotools returns the ratio; the whole number that it came from is exact again
            shared[frame][np.ix_(list(ours), list(wanted))] = np.round(iou * (a + b) / (1 + iou))
        joint[frame] = _joint(list(ours.values()), list(wanted.values()))
    return areas, theirs, shared, tuple(joint.tolist())


def _masks(tracks: Sequence[Masklet], frame: int) -> dict[int, dict[str, object]]:
    found = ((number, track.rle(frame)) for number, track in enumerate(tracks))
    return {number: mask for number, mask in found if mask is not None}


def _joint(ours: list[dict[str, object]], wanted: list[dict[str, object]]) -> float:
    one, other = coco.merge(ours) if ours else None, coco.merge(wanted) if wanted else None
    areas = [0.0 if mask is None else float(coco.area(mask)) for mask in (one, other)]
    if not any(areas):
        return 1.0
    return float(coco.iou([one], [other], [0])[0][0]) if all(areas) else 0.0


def _ratio(part: Array, whole: Array) -> Array:
    return np.where(whole > 0, part / np.maximum(whole, 1.0), 1.0)
