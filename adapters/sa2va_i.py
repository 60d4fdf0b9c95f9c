"""Sa2VA-i (Nekrasov et al., 2025): Sa2VA with uniform frames and the original SAM 2 weights.

Protocol: adapters.md section 6, refvos.md section 1. ``--option frames=N`` sets how many frames the
language model sees; the published command line has 5, its commit messages speak of 12. Its public
code answers about videos only.
"""

from __future__ import annotations

from typing import Any

from sama_bench.adapter import ModelSpec, Setup
from sama_bench.adapters._chat.replies import ModelOutputError
from sama_bench.adapters._regions.region_marks import marked_frames, named_by_colour
from sama_bench.adapters._settings import options
from sama_bench.adapters._sharing import OPTIONS
from sama_bench.adapters.sa2va import NEEDS, Sa2va
from sama_bench.nouns import IMAGE_TASKS, REFERRING_TASKS, TASKS, Sample


def uniform_frames(total: int, wanted: int) -> list[int]:
    """Return ``linspace(0, total - 1, wanted)`` cut to whole numbers, as the model samples."""
    import numpy as np

    return [int(place) for place in np.linspace(0, total - 1, wanted)]


class Sa2vaI(Sa2va):
    """Sa2VA-i in all published sizes; asked in the wording of Sa2VA's first code base."""

    tasks = frozenset(TASKS) - IMAGE_TASKS
    names = ("prompt_style", "family", "frames")
    families = ("sa2va-i",)
    recorded = ("sa2va-i-",)

    def configure(self, setup: Setup) -> None:
        """Read the options."""
        super().configure(setup)
        self._frames = options.whole(setup.options, "frames", 5)
        self._style = "sa2va1" if "prompt_style" not in setup.options else self._style

    def arguments(self, sample: Sample) -> dict[str, Any]:
        """Return what ``predict_forward`` is called with; frames as PIL images."""
        arguments = super().arguments(sample)
        arguments.pop("processor")
        if "video" not in arguments:
            return arguments
        if sample.task not in REFERRING_TASKS:
            seen = uniform_frames(len(sample.video), self._frames)
            video = super().arguments(_without_regions(sample))["video"]
            for index, image in marked_frames(sample, seen).items():
                video[index] = image
            text = f"<image>\n{named_by_colour(sample.text)}"
            arguments.update({"video": video, "text": text})
        return {**arguments, "sample_num_frames": self._frames}

    def _ask(self, arguments: dict[str, Any]) -> Any:
        try:
            return super()._ask(arguments)
        except UnboundLocalError as error:
            if "image" not in arguments or "sample_idx" not in str(error):
                raise
            raise ModelOutputError(
                "the published code of Sa2VA-i answers about videos only: about an image it ends "
                "in an error (sample_idx is never set)"
            ) from error

    def card(self) -> dict[str, Any]:
        """Return the protocol card."""
        return {**super().card(), "frames": f"{self._frames} uniform"}


def _without_regions(sample: Sample) -> Sample:
    from dataclasses import replace

    return replace(sample, regions=())


MODELS = tuple(
    ModelSpec(
        f"sa2va-i-{size.lower()}",
        "sama_bench.adapters.sa2va_i:Sa2vaI",
        f"Sa2VA-i-{size}: uniform frames, original SAM 2 weights for propagation",
        "referring video segmentation",
        f"kumuji/Sa2VA-i-{size}",
        size,
        "see its hub page",
        "sa2va-legacy",
        needs=NEEDS,
        session_options=OPTIONS,
    )
    for size in ("1B", "4B", "8B", "26B")
)
