"""Ref-SAV: long and short expressions over SA-V videos (data protocol 2, referring protocol 3)."""

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
    Tools,
)
from sama_bench.metrics._masks.refvos_aggregate import MEAN_OF_GROUPS, REF_SAV_GROUPS, ROUNDED
from sama_bench.metrics.accuracy import PNG_VALUES, SUMMED_INSTANCES
from sama_bench.splits._files.folders import find_folder
from sama_bench.splits._masks.alignment import SIZE_UNUSABLE
from sama_bench.splits._masks.mask_dict import MaskDict
from sama_bench.splits._mini.embedded import MINI, with_mini
from sama_bench.splits._referring.dataset import ReferringDataset, Source
from sama_bench.splits._referring.meta_expressions import read_meta_expressions
from sama_bench.splits._scores.coverage import UNANSWERED_REFUSED
from sama_bench.splits._scores.options import (
    MASK_CHOICE,
    MISSING,
    PRED_VALUES,
)

META = "meta_expressions_valid.json"
FOLDERS = ("", "ref_sav_eval", "data/ref_sav_eval")

PUBLISHED = {"videos": 1147, "expressions": 1945, "long": 1694, "short": 251}
OPTIONS: Mapping[str, Option] = {
    "missing": MISSING,
    "mask_choice": MASK_CHOICE,
    "pred_values": PRED_VALUES,
}


SOURCE = HubSource("ref-sav", "Dense-World/Sa2VA-Eval", "Ref-SAV evaluation set", next=("sa-v",))
VIDEOS = HumanSource(
    "sa-v",
    "SA-V: the videos of Ref-SAV",
    "https://ai.meta.com/datasets/segment-anything-video/",
    "a form has to be filled in; the data are under CC BY 4.0",
    (
        "Needed only where the fetched Ref-SAV files hold no frames.",
        "Fill in the form and download the SA-V training videos that "
        "meta_expressions_valid.json names.",
        "Put every 4th frame at {data}/ref_sav_eval/videos/<video>/<frame>.jpg, named as in "
        "meta_expressions_valid.json.",
    ),
)


class RefSavDataset(ReferringDataset):
    """A split of Ref-SAV, opened."""

    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Score long, short and overall as published, and the mean over expressions."""
        from sama_bench.splits._referring.rows import Scheme
        from sama_bench.splits._referring.score import score_expressions

        scheme = Scheme(RefSav.options, RefSav.metrics, REF_SAV_GROUPS)
        return score_expressions(self, answers, protocols, tools, scheme)


class RefSav(Benchmark):
    """Ref-SAV."""

    name = "ref-sav"
    title = "Ref-SAV"
    order = 110
    headlines = ("j_and_f",)
    splits = ("valid", "mini")
    embedded = ("mini",)
    sources = (SOURCE, VIDEOS)
    metrics = ("j", "f", "j_and_f", "accuracy")
    options = OPTIONS
    quirks = (UNANSWERED_REFUSED, PNG_VALUES, SUMMED_INSTANCES, ROUNDED, SIZE_UNUSABLE)
    licence = "expressions from Dense-World/Sa2VA-Eval on the hub; videos from SA-V (CC BY 4.0)"

    def open(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List the split; frames lie in ``videos/<video>/<frame>.jpg``."""
        root, _ = with_mini(root, self.name, split, "valid")
        folder = find_folder(root, self.name, FOLDERS, META)
        meta = read_meta_expressions(folder / META)
        return RefSavDataset(
            Source(
                benchmark=self.name,
                split=split,
                folder=folder,
                meta=meta,
                frames=folder / "videos",
                masks=MaskDict(folder / "mask_dict.json"),
                groups=REF_SAV_GROUPS,
                published={} if split == MINI else meta.held(PUBLISHED, REF_SAV_GROUPS),
            )
        )


QUIRKS = (ROUNDED, MEAN_OF_GROUPS)
BENCHMARKS = (RefSav(),)
