"""MeViS: motion expressions (data protocol 2, referring protocol 3 and 4).

``valid_u`` comes with its masks and is scored here; ``valid`` and ``test`` go to the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sama_bench.benchmark import (
    Answers,
    Benchmark,
    Dataset,
    HubSource,
    HumanSource,
    Option,
    Protocol,
    Scores,
    Server,
    Tools,
)
from sama_bench.splits._files.folders import find_folder
from sama_bench.splits._masks.alignment import SIZE_UNUSABLE
from sama_bench.splits._masks.mask_dict import MaskDict
from sama_bench.splits._mini.embedded import MINI, with_mini
from sama_bench.splits._referring.dataset import ReferringDataset, Source
from sama_bench.splits._referring.meta_expressions import read_meta_expressions
from sama_bench.splits._scores.coverage import UNANSWERED_REFUSED
from sama_bench.splits._scores.options import MASK_CHOICE, MISSING

META = {
    "valid_u": "valid_u/meta_expressions.json",
    "valid": "valid/meta_expressions.json",
    "test": "test/meta_expressions_release.json",
}
FOLDERS = ("", "mevis", "video_datas/mevis", "data/video_datas/mevis")

PUBLISHED: Mapping[str, Mapping[str, int]] = {
    "valid_u": {"videos": 50, "expressions": 793},
    "valid": {"videos": 140, "expressions": 2236},
    "test": {"videos": 154, "expressions": 2490},
}
OPTIONS: Mapping[str, Option] = {
    "missing": MISSING,
    "mask_choice": MASK_CHOICE,
}


SOURCE = HumanSource(
    "mevis",
    "MeViS: videos, expressions, masks of valid_u",
    "https://github.com/henghuiding/MeViS",
    "its licence is for non-commercial research, and its links lead to file hosts with forms",
    (
        "Read the licence on the page and download valid_u, valid and test from its links.",
        "For the benchmark mevis: unpack to {data}/video_datas/mevis/valid_u, valid, test.",
        "For SAMA-Bench: put the frames of valid_u at {data}/mevis/val_u/JPEGImages.",
    ),
)
QUESTION_FRAMES = HubSource(
    "mevis-qframe",
    "QuanzhuNiu/MeViS-Qframe",
    "frames that SaSaSa2VA's q_frame mode looks at in MeViS",
    folder="mevis_q_frame",
    next=("mevis",),
)


class MevisDataset(ReferringDataset):
    """A split of MeViS, opened."""

    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Score ``valid_u`` as the mean over its expressions; count the answers of the others."""
        from sama_bench.splits._referring.rows import Scheme
        from sama_bench.splits._referring.score import score_expressions, unscored

        if self.source.masks is None:
            return unscored(self, answers, protocols)
        return score_expressions(
            self, answers, protocols, tools, Scheme(Mevis.options, Mevis.metrics, {})
        )


class Mevis(Benchmark):
    """MeViS."""

    name = "mevis"
    title = "MeViS"
    order = 70
    headlines = ("j_and_f",)
    splits = ("valid_u", "valid", "test", "mini")
    embedded = ("mini",)
    sources = (SOURCE, QUESTION_FRAMES)
    server = Server(("valid", "test"))
    metrics = ("j", "f", "j_and_f")
    checked = ("valid_u", "valid", "test")
    options = OPTIONS
    quirks = (UNANSWERED_REFUSED, SIZE_UNUSABLE)
    licence = "CC BY-NC-SA 4.0; register on the MeViS project page"

    def open(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List a split; frames lie in ``<split>/JPEGImages/<video>/<frame>.jpg``."""
        root, files = with_mini(root, self.name, split, "valid_u")
        folder = find_folder(root, self.name, FOLDERS, META[files])
        meta = read_meta_expressions(folder / META[files])
        masks = folder / files / "mask_dict.json"
        return MevisDataset(
            Source(
                benchmark=self.name,
                split=split,
                folder=folder,
                meta=meta,
                frames=folder / files / "JPEGImages",
                masks=MaskDict(masks) if files == "valid_u" or masks.is_file() else None,
                published={} if split == MINI else meta.held(PUBLISHED[files]),
            )
        )


QUIRKS = (UNANSWERED_REFUSED, SIZE_UNUSABLE)
BENCHMARKS = (Mevis(),)
