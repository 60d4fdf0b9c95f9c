"""The two benchmarks of SAMA-Bench as the command line names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sama_bench.benchmark import Benchmark, Dataset, JointSize
from sama_bench.errors import NoRootError
from sama_bench.splits._mini import ensure_mini
from sama_bench.splits.sama_bench import layout
from sama_bench.splits.sama_bench.dataset import Part, SamaDataset
from sama_bench.splits.sama_bench.rules import MASK_METRICS, OF_C, OF_G, TEXT_METRICS
from sama_bench.splits.sama_bench.sources import ANNOTATIONS, LVVIS, VIDSTG, VIDSTG_FRAMES

SIZE = JointSize(("sama-bench-g", "sama-bench-c"), "all", {"videos": 522, "samples": 5067})
"""Of all samples (data protocol, section 1)."""
LICENCE = "SAMA-239K annotations from the hub; frames from MeViS, LVVIS, Ref-YouTube-VOS, VidSTG"
OPTIONS: Mapping[str, tuple[str, str, str]] = {
    "ranks": (
        "8",
        "none",
        "ranks whose means aggregation A weighs alike",
    )
}


class _SamaBench(Benchmark):
    splits = layout.SPLITS
    embedded = ("mini",)
    licence = LICENCE
    further_metrics = "sama_bench.splits.sama_bench.averages:METRICS"
    sources = (ANNOTATIONS, LVVIS, VIDSTG)
    preparations = (VIDSTG_FRAMES,)
    joint = SIZE
    task: Part

    def open(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List a split; ``mini`` is embedded: it needs no root and is generated on first use."""
        layout.shards_of(split)
        if split == "mini":
            root = ensure_mini()
        if root is None:
            raise NoRootError(
                f"split {split} needs the benchmark's files: give --data DIR or set "
                "SAMA_BENCH_DATA ('sama-bench data fetch' says how to get them)"
            )
        return SamaDataset(root, split, self.task)

    def family(self, split: str) -> str:
        """Merge all shards with each other, but never ``mini`` with the real ones."""
        return "mini" if split == "mini" else "all"

    def union(self, splits: Sequence[str]) -> str:
        """Return the source, or ``all``, that holds the given splits."""
        if len(set(splits)) == 1:
            return splits[0]
        return layout.union_of([shard for split in splits for shard in layout.shards_of(split)])


class SamaBenchG(_SamaBench):
    """Multi-turn referential grounded chat."""

    name = "sama-bench-g"
    title = "SAMA-Bench-G"
    order = 10
    headlines = ("miou", "recall", "meteor", "cider", "clair")
    standing = ("miou", "abstention_accuracy", "clair", "meteor", "cider")
    task: Part = "g"
    metrics: Sequence[str] = (*MASK_METRICS, *TEXT_METRICS)
    options = OPTIONS
    quirks = OF_G


class SamaBenchC(_SamaBench):
    """Description of a region in a video."""

    name = "sama-bench-c"
    title = "SAMA-Bench-C"
    order = 20
    headlines = ("meteor", "cider", "clair")
    standing = ("clair", "meteor", "cider")
    task: Part = "c"
    metrics: Sequence[str] = TEXT_METRICS
    options = OPTIONS
    quirks = OF_C
