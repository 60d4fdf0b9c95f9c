"""SAM 2 (Ravi et al., 2024) on the region prompt: the upper bound of tracking.

It is given the region on its one frame and follows it through the video, forwards and backwards.
It understands no words: its text only names what it tracked, and where a sample marks no region it
refuses. ``--option backend=sam2`` uses the ``sam2`` package instead of transformers' classes.
"""

from __future__ import annotations

from typing import Any

from sama_bench.adapter import Adapter, ModelSpec, Needs, Setup
from sama_bench.adapters._checkpoints.families import family_check, fits_name
from sama_bench.adapters._checkpoints.loading import checkpoint_folder, require, require_version
from sama_bench.adapters._regions.region_tracks import region_mask
from sama_bench.adapters._settings import options
from sama_bench.adapters._sharing import OPTIONS
from sama_bench.adapters._tracking.sam2_package import CONFIGS, PackageTracker
from sama_bench.adapters._tracking.sam2_transformers import TransformersTracker
from sama_bench.adapters._tracking.tracking import Mark, Tracker
from sama_bench.nouns import Answer, Sample, Segment

WHY = "it has the SAM 2 video classes"


def load_tracker(setup: Setup) -> Tracker:
    """Load SAM 2 in the backend that the options choose.

    Raises:
        AdapterError: packages or weights are missing.
    """
    backend = options.choice(setup.options, "backend", ("transformers", "sam2"), "transformers")
    check = family_check(setup, ("sam2",))
    require("torch", "models")
    if backend == "sam2":
        size = options.choice(setup.options, "size", CONFIGS, "large")
        return PackageTracker(checkpoint_folder(setup, check), setup, size)
    require_version(setup, "transformers", "4.57", "6.0", WHY)
    return TransformersTracker(checkpoint_folder(setup, check), setup)


class Sam2(Adapter):
    """Tracks each region of a sample."""

    tasks = frozenset({"grounded-chat"})
    packages = ("sam2",)

    def load(self, setup: Setup) -> None:
        """Load the tracker.

        Raises:
            AdapterError: packages or weights are missing.
        """
        options.check_names(setup.options, ("backend", "size"))
        self._tracker = load_tracker(setup)
        self.remarks = self._tracker.shared.remarks

    def predict(self, sample: Sample) -> Answer:
        """Answer with one tracked masklet per region."""
        marks = [Mark(region.frame, mask=region_mask(sample, region)) for region in sample.regions]
        shown = [mark for mark in marks if mark.mask is not None and mark.mask.any()]
        if not shown or "masks" not in sample.wants:
            return Answer("")
        masklets = self._tracker.track(sample.video, shown)
        words = " and ".join(["<p> the marked object </p> [SEG]"] * len(masklets))
        segments = tuple(Segment("the marked object", masklet) for masklet in masklets)
        return Answer(f"It is {words}.", segments)

    def card(self) -> dict[str, Any]:
        """Return the protocol card."""
        return {
            "region_prompt": "mask on one frame",
            "frames": "all",
            "tracking": "forwards and backwards from the marked frame",
            **self._tracker.card(),
        }


MODELS = tuple(
    ModelSpec(
        f"sam2-{size}",
        "sama_bench.adapters.sam2:Sam2",
        f"SAM 2.1 {size}: tracks the region prompt, the upper bound of tracking",
        "tracking of regions",
        f"facebook/sam2.1-hiera-{size}",
        parameters,
        "apache-2.0",
        None,
        {"size": size},
        needs=Needs(packages=("torch",), weights=("checkpoint",), fits=fits_name),
        session_options=OPTIONS,
        costs=f"{speed} frames a second (SAM 2's README)",
    )
    for size, parameters, speed in (
        ("tiny", "39M", 91.2),
        ("small", "46M", 84.8),
        ("base-plus", "81M", 64.1),
        ("large", "224M", 39.5),
    )
)
