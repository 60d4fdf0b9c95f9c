"""Ref-DAVIS17: protocols (a), per expression, and (b), four annotators (referring protocol 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sama_bench.benchmark import (
    Answers,
    Benchmark,
    Dataset,
    Finding,
    HumanSource,
    Option,
    Protocol,
    Row,
    Scores,
    Tools,
)
from sama_bench.errors import DataError
from sama_bench.metric import Quirk
from sama_bench.splits._files.copies import COPIES
from sama_bench.splits._files.folders import find_folder
from sama_bench.splits._masks.alignment import SIZE_UNUSABLE
from sama_bench.splits._masks.mask_dict import MaskDict
from sama_bench.splits._mini.embedded import with_mini
from sama_bench.splits._referring.dataset import ReferringDataset, Source
from sama_bench.splits._referring.meta_expressions import MetaExpressions, read_meta_expressions
from sama_bench.splits._scores.coverage import UNANSWERED_REFUSED
from sama_bench.splits._scores.options import MASK_CHOICE, MISSING, settle
from sama_bench.splits.ref_davis17.objects import ANNOTATORS, by_object, unpaired

META = "meta_expressions/valid/meta_expressions.json"
MASKS = "valid/mask_dict.pkl"
FOLDERS = ("", "davis17", "video_datas/davis17", "data/video_datas/davis17", "ref_davis17")
ANNOTATIONS = (
    "DAVIS/Annotations_unsupervised/480p",
    "Annotations_unsupervised/480p",
    "valid/Annotations",
)
"""Where the index maps of DAVIS 2017 may lie, for protocol (b)."""

OPTIONS: Mapping[str, Option] = {
    "missing": MISSING,
    "mask_choice": MASK_CHOICE,
    "protocol_b": ("auto", "auto", "four annotators with the DAVIS evaluator's rules: auto or off"),
}


class DavisDataset(ReferringDataset):
    """Ref-DAVIS17, whose official output is index maps, a folder for each annotator."""

    def index_map_of(self, id: str) -> tuple[str, int]:
        """Return the annotator in whose folder a sample's object lies, and its label from 1."""
        meta, _ = self.asked(id)
        for label, ids in enumerate(by_object(meta).values(), start=1):
            if id in ids:
                return ANNOTATORS[min(ids.index(id), len(ANNOTATORS) - 1)], label
        raise DataError(f"{self.benchmark} has no sample '{id[:80]}'")

    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Score (a) as the row of the split, and (b) as rows of the annotators and their mean."""
        from sama_bench.splits._referring.rows import Scheme
        from sama_bench.splits._referring.score import score_expressions
        from sama_bench.splits.ref_davis17.annotators import absent_rows, score_annotators

        scores = score_expressions(
            self, answers, protocols, tools, Scheme(RefDavis17.options, RefDavis17.metrics, {})
        )
        settings = {name: settle(RefDavis17.options, tools.options, name) for name in protocols}
        named = [replace(row, note=_named(row)) for row in scores.rows]
        wanted = [name for name in protocols if settings[name]["protocol_b"] != "off"]
        folder = annotation_folder(self.source.folder)
        if folder is None:
            rows = absent_rows(self, wanted, ANNOTATIONS)
        else:
            missing = {name: settings[name]["missing"] for name in wanted}
            rows = score_annotators(self, answers, wanted, folder, missing)
        return replace(scores, rows=[*named, *rows])


SOURCE = HumanSource(
    "ref-davis17",
    "Ref-DAVIS17: DAVIS 2017 videos and annotations, referring expressions",
    "https://davischallenge.org/davis2017/code.html",
    "DAVIS is for non-commercial research, and its expressions are published elsewhere",
    (
        "Download DAVIS 2017 trainval 480p (unsupervised) to {data}/video_datas/davis17/DAVIS.",
        "Put meta_expressions/valid/meta_expressions.json, valid/mask_dict.pkl and "
        "valid/JPEGImages below {data}/video_datas/davis17.",
        COPIES,
    ),
)


class RefDavis17(Benchmark):
    """Ref-DAVIS17."""

    name = "ref-davis17"
    title = "Ref-DAVIS17"
    order = 80
    headlines = ("j_and_f",)
    splits = ("valid", "mini")
    embedded = ("mini",)
    sources = (SOURCE,)
    metrics = ("j", "f", "j_and_f")
    options = OPTIONS
    quirks = (UNANSWERED_REFUSED, SIZE_UNUSABLE)
    licence = "DAVIS 2017 (non-commercial research) and its referring expressions"

    def open(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List the split; frames lie in ``valid/JPEGImages/<video>/<frame>.jpg``."""
        root, _ = with_mini(root, self.name, split, "valid")
        folder = find_folder(root, self.name, FOLDERS, META)
        meta = numbered(read_meta_expressions(folder / META))
        odd = [problem for video in meta.videos for problem in unpaired(video)]
        return DavisDataset(
            Source(
                benchmark=self.name,
                split=split,
                folder=folder,
                meta=meta,
                frames=folder / "valid" / "JPEGImages",
                masks=MaskDict(folder / MASKS),
                remarks=tuple(Finding("unpaired_annotators", META, text) for text in odd),
            )
        )


def numbered(meta: MetaExpressions) -> MetaExpressions:
    """Number the expressions as the evaluator does; the numbers are the keys of the masks.

    One counter from 0, videos sorted, expression ids sorted as strings inside each video (data
    protocol, section 2.4).
    """
    numbers: dict[tuple[str, str], str] = {}
    for video in sorted(meta.videos, key=lambda item: item.id):
        for expression in video.expressions:
            numbers[video.id, expression.id] = str(len(numbers))
    videos = tuple(
        replace(
            video,
            expressions=tuple(
                replace(item, annotations=(numbers[video.id, item.id],), type_id=None)
                for item in video.expressions
            ),
        )
        for video in meta.videos
    )
    return replace(meta, videos=videos)


def annotation_folder(folder: Path) -> Path | None:
    """Return the folder of DAVIS 2017's index maps below the benchmark's, or None."""
    found = (folder / place for place in ANNOTATIONS)
    return next((path for path in found if path.is_dir()), None)


def _named(row: Row) -> str | None:
    if row.metric == "refusal_rate":
        return row.note
    note = "protocol (a): mean over all expressions"
    return note if row.note is None else f"{note}; {row.note}"


NUMBERED_AS_TEXT = Quirk(
    42,
    "numbered_as_text",
    "expressions are numbered with their ids sorted as texts; the official evaluator differs",
    ("j", "f", "j_and_f"),
    "referring video protocol, section 6",
)
QUIRKS = (NUMBERED_AS_TEXT,)
BENCHMARKS = (RefDavis17(),)
