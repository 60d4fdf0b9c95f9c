"""ReVOS: referring and reasoning expressions (data protocol 2, referring protocol 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from sama_bench.benchmark import (
    Answers,
    Benchmark,
    Dataset,
    HumanSource,
    Option,
    Protocol,
    Scores,
    Tools,
)
from sama_bench.errors import DataError
from sama_bench.metrics._masks.refvos_aggregate import MEAN_OF_GROUPS, REVOS_GROUPS, ROUNDED
from sama_bench.metrics.accuracy import PNG_VALUES, SUMMED_INSTANCES
from sama_bench.metrics.robustness import areas
from sama_bench.nouns import Task
from sama_bench.splits._files.copies import COPIES
from sama_bench.splits._files.folders import find_folder
from sama_bench.splits._masks.alignment import SIZE_UNUSABLE, align, unite
from sama_bench.splits._masks.mask_dict import MaskDict, one_mask
from sama_bench.splits._mini.embedded import MINI, with_mini
from sama_bench.splits._referring.dataset import ReferringDataset, Source
from sama_bench.splits._referring.meta_expressions import read_meta_expressions
from sama_bench.splits._scores.coverage import UNANSWERED_REFUSED
from sama_bench.splits._scores.options import (
    MASK_CHOICE,
    MISSING,
    PRED_VALUES,
)
from sama_bench.splits._scores.published_counts import checksum_findings
from sama_bench.storage.json_index import index_json

META, MASKS = "meta_expressions_valid_.json", "mask_dict.json"
FOREGROUND = "mask_dict_foreground.json"
FOLDERS = ("", "revos", "video_datas/revos", "data/video_datas/revos", "ReVOS")

PUBLISHED_SHA256 = {
    MASKS: "e9b4310661495ddd47dedcac1e289621cf8f5dff89c0bb8b65f7699f748d5cff",
    FOREGROUND: "05d9be5d7bbed03b216a457274022ad1c9e683b4ffdc32b19c60c5e797fd8f01",
    META: "127b975e78effef6033846e68989dcf79c692d644dd07c835b723cea700d4c2d",
}
TASKS: Mapping[int, Task] = {1: "reasoning-segmentation"}
"""By ``type_id``; the other expressions refer."""
OPTIONS: Mapping[str, Option] = {
    "missing": MISSING,
    "mask_choice": MASK_CHOICE,
    "pred_values": PRED_VALUES,
}


SOURCE = HumanSource(
    "revos",
    "ReVOS: expressions, masks, and videos of LV-VIS, MOSE, OVIS, TAO and UVO",
    "https://github.com/cilinyan/ReVOS-api",
    "its videos come from five data sets, each with terms of its own",
    (
        "Download meta_expressions_valid_.json, mask_dict.json and mask_dict_foreground.json "
        "from the page to {data}/video_datas/revos.",
        "Put the videos' folders of frames beside them, as the page describes.",
        COPIES,
        "Check the three files: sama-bench data verify revos --data {data}",
    ),
)


class RevosDataset(ReferringDataset):
    """A split of ReVOS, opened."""

    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Score referring, reasoning and overall as published, and the mean over expressions."""
        from sama_bench.splits._referring.rows import Scheme
        from sama_bench.splits._referring.score import score_expressions

        scheme = Scheme(Revos.options, Revos.metrics, REVOS_GROUPS, foreground(self))
        return score_expressions(self, answers, protocols, tools, scheme)


class Revos(Benchmark):
    """ReVOS."""

    name = "revos"
    title = "ReVOS"
    order = 90
    headlines = ("j_and_f",)
    splits = ("valid", "mini")
    embedded = ("mini",)
    sources = (SOURCE,)
    metrics = ("j", "f", "j_and_f", "accuracy", "robustness")
    options = OPTIONS
    quirks = (UNANSWERED_REFUSED, PNG_VALUES, SUMMED_INSTANCES, ROUNDED, SIZE_UNUSABLE)
    licence = "annotations from the ReVOS project; videos from LVVIS, MOSE, OVIS, TAO and UVO"

    def open(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List the split; video folders lie in the root itself or in ``JPEGImages``."""
        root, _ = with_mini(root, self.name, split, "valid")
        folder = find_folder(root, self.name, FOLDERS, META)
        meta = read_meta_expressions(folder / META)
        masks = MaskDict(folder / MASKS)
        inner = folder / "JPEGImages"
        checksums = {META: meta.checksum, MASKS: masks.checksum}
        if (folder / FOREGROUND).is_file():
            checksums[FOREGROUND] = index_json(folder / FOREGROUND).checksum
        dataset = RevosDataset(
            Source(
                benchmark=self.name,
                split=split,
                folder=folder,
                meta=meta,
                frames=inner if inner.is_dir() else folder,
                masks=masks,
                groups=REVOS_GROUPS,
                tasks=TASKS,
                remarks=()
                if split == MINI
                else tuple(checksum_findings(checksums, PUBLISHED_SHA256)),
            )
        )
        dataset.files = dict(sorted(checksums.items()))
        return dataset


def foreground(dataset: ReferringDataset) -> Callable[[str], Sequence[int]]:
    """Return a function from a video to the pixels of all its annotated objects per frame.

    They come from ``mask_dict_foreground.json``; without that file they are made as it was: the
    union of the masks of all expressions of the video (data protocol, section 2.5).
    """
    path = dataset.source.folder / FOREGROUND
    index = index_json(path) if path.is_file() else None

    @lru_cache(maxsize=2)
    def pixels(video: str) -> Sequence[int]:
        ids = [entry.id for entry in dataset.entries if entry.video == video]
        meta, _ = dataset.asked(ids[0])
        size = (dataset.video(ids[0]).height, dataset.video(ids[0]).width)
        if index is None:
            tracks = [track for id in ids for track in dataset.annotations(id)]
            united = unite(list(dict.fromkeys(tracks)), size, len(meta.frames))
            return [int(area) for area in areas(united.rles())]
        if video not in index.spans:
            raise DataError(f"{path} has no video '{video}'")
        value = index.value(video)
        masks = value.get("masks_rle") if isinstance(value, dict) else None
        if not isinstance(masks, list):
            raise DataError(f"{path}, {video}: a list under 'masks_rle' expected")
        try:
            checked = [one_mask(mask) for mask in masks]
        except ValueError as error:
            raise DataError(f"{path}, {video}: {error}") from None
        fitted = align(checked, meta.file_frames, meta.frames, size).masklet
        return [int(area) for area in areas(fitted.rles())]

    return pixels


QUIRKS = (ROUNDED, MEAN_OF_GROUPS)
BENCHMARKS = (Revos(),)
