"""Ref-DAVIS17, protocol (b): four annotators, each scored as a result of its own.

Definition: referring video protocol, section 3.1 (b): the expressions of a video stand in file
order, index = 4 x object + annotator. Which expression is whose is taken from the file's ``obj_id``
where it has them; a video in which an object has not four expressions has no such figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sama_bench.benchmark import Answers, Coverage, Outcome, Part, Protocol, Row
from sama_bench.errors import DataError
from sama_bench.media.mask_pictures import UnreadableMaskError, read_index_map
from sama_bench.nouns import Masklet, Video
from sama_bench.splits._referring.dataset import ReferringDataset
from sama_bench.splits._referring.meta_expressions import VideoMeta
from sama_bench.splits._scores.coverage import UNANSWERED_REFUSED, listed
from sama_bench.splits.ref_davis17.objects import ANNOTATORS, by_object, unpaired
from sama_bench.splits.ref_davis17.unsupervised import IndexMap, merge, score_sequence
from sama_bench.storage.untrusted_files import inside

NOTE = "protocol (b): objects of one annotator together, DAVIS 2017 evaluator (unsupervised)"

Scores = tuple[float, float]


def absent_rows(
    dataset: ReferringDataset, protocols: Sequence[Protocol], places: Sequence[str]
) -> list[Row]:
    """Return rows without values, which say where the index maps were looked for."""
    note = f"{NOTE}; needs DAVIS 2017's index maps in {' or '.join(places)}"
    return [
        Row(f"{dataset.split}:annotators", protocol, metric, None, 0, 0, 0.0, note=note)
        for protocol in protocols
        for metric in ("j", "f", "j_and_f")
    ]


def score_annotators(
    dataset: ReferringDataset,
    answers: Answers,
    protocols: Sequence[Protocol],
    annotations: Path,
    missing: Mapping[Protocol, str],
) -> list[Row]:
    """Return the rows of the four annotators and of their mean.

    Args:
        dataset: Ref-DAVIS17, opened.
        answers: to its samples.
        protocols: for which to make rows; they differ only in missing answers.
        annotations: folder with ``<video>/<frame>.png``, the index maps of DAVIS 2017.
        missing: per protocol ``refuse``, ``drop`` or ``zero``; an object is never left out here,
            so that ``drop`` is ``zero``.

    Raises:
        DataError: an annotation is missing, broken, or of another size than the video.
    """
    problems = [problem for meta in dataset.source.meta.videos for problem in unpaired(meta)]
    if problems:
        return _unpaired_rows(dataset, protocols, problems)
    objects: dict[str, list[Scores]] = {name: [] for name in ANNOTATORS}
    outcomes: dict[str, Outcome] = {}
    for meta in dataset.source.meta.videos:
        described = by_object(meta)
        found = {id: answers(id) for ids in described.values() for id in ids}
        if found:
            video = dataset.video(next(iter(found)))
            truth = _index_maps(annotations, meta, video)
            for place, name in enumerate(ANNOTATORS):
                chosen = [found[ids[place]] for ids in described.values()]
                objects[name] += _score(chosen, truth, video, f"{meta.id}, {name}")
        outcomes.update({id: Outcome(item.status) for id, item in found.items()})
    return [
        row
        for protocol in protocols
        for row in _rows(dataset, protocol, objects, outcomes, missing[protocol])
    ]


def _unpaired_rows(
    dataset: ReferringDataset, protocols: Sequence[Protocol], problems: Sequence[str]
) -> list[Row]:
    """Return rows without values, which name the objects whose annotators cannot be told."""
    note = f"{NOTE}; no figure: an annotator's expression is missing or too many: "
    return [
        Row(f"{dataset.split}:annotators", protocol, metric, None, 0, 0, 0.0, note=note + said)
        for said in [listed(problems)]
        for protocol in protocols
        for metric in ("j", "f", "j_and_f")
    ]


def _score(
    outcomes: Sequence[Outcome], truth: Sequence[IndexMap], video: Video, where: str
) -> list[Scores]:
    size, frames = (video.height, video.width), range(len(video))
    masklets = [_usable(outcome, video) for outcome in outcomes]
    try:
        return score_sequence(truth, [merge(masklets, frame, size) for frame in frames])
    except ValueError as error:
        raise DataError(f"{where}: {error}") from None


def _usable(outcome: Outcome, video: Video) -> Masklet:
    """Return the first mask of an answer; no mask, no answer or one of another shape is empty."""
    empty = Masklet(video.height, video.width, (None,) * len(video))
    if outcome.answer is None or not outcome.answer.segments:
        return empty
    masklet = outcome.answer.segments[0].masklet
    fits = (masklet.height, masklet.width, len(masklet)) == (
        video.height,
        video.width,
        len(video),
    )
    return masklet if fits else empty


def _index_maps(folder: Path, meta: VideoMeta, video: Video) -> list[IndexMap]:
    maps = []
    for frame in meta.frames:
        path = inside(folder, f"{meta.id}/{frame}.png")
        labels = read_labels(path)
        if labels.shape != (video.height, video.width):
            got = f"{labels.shape[1]}x{labels.shape[0]}"
            raise DataError(f"{path} is {got}, the video {video.width}x{video.height}")
        maps.append(labels)
    return maps


def read_labels(path: Path) -> IndexMap:
    """Read an annotation's index map, uint8 (height, width).

    Raises:
        DataError: the file is missing, broken, or has colours instead of labels.
    """
    try:
        return read_index_map(path)
    except UnreadableMaskError as error:
        raise DataError(f"{path}: {error}") from None


def _rows(
    dataset: ReferringDataset,
    protocol: Protocol,
    objects: Mapping[str, Sequence[Scores]],
    outcomes: Mapping[str, Outcome],
    missing: str,
) -> list[Row]:
    lacking = [id for id, item in outcomes.items() if item.status in ("failed", "missing")]
    refused = bool(lacking) and missing == "refuse"
    note = NOTE
    if lacking:
        what = "no figure without" if refused else "an empty mask each for"
        number = f"{len(lacking)} missing answers ({UNANSWERED_REFUSED})"
        note = f"{NOTE}; {what} {number}: {listed(lacking)}"
    means = {
        name: (float(np.mean([j for j, _ in found])), float(np.mean([f for _, f in found])))
        for name, found in objects.items()
        if found
    }
    if len(means) == len(ANNOTATORS):
        j, f = (float(np.mean([item[place] for item in means.values()])) for place in (0, 1))
        means["annotators"] = (j, f)
    share = Coverage.of(item.status for item in outcomes.values()).share
    videos = len(dataset.source.meta.videos)
    return [
        Row(
            split=str(Part(dataset.split, name)),
            protocol=protocol,
            metric=metric,
            value=None if refused else value,
            samples=len(outcomes) if name == "annotators" else len(objects[name]),
            videos=videos,
            coverage=share,
            note=note,
        )
        for name, (j, f) in means.items()
        for metric, value in (("j", j), ("f", f), ("j_and_f", (j + f) / 2))
    ]
