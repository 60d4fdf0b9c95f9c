"""Grounded SAM 2: GroundingDINO finds the phrase, SAM 2 tracks it.

The detector looks at a few frames spread over the video (``frames``, default 5; 1 is the first
frame only, as the public demo does), and tracking starts on the frame with the best box.
``boxes=all`` tracks every box above the threshold on that frame and unites them; ``best`` is the
default. This combination is a baseline of ours, not a published number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sama_bench.adapter import Adapter, ModelSpec, Needs, Setup
from sama_bench.adapters._checkpoints.loading import checkpoint_folder, require, require_version
from sama_bench.adapters._settings import options
from sama_bench.adapters._sharing import OPTIONS
from sama_bench.adapters._tracking.grounding_dino import SHORT, Detector, Found
from sama_bench.adapters._tracking.sam2_transformers import TransformersTracker
from sama_bench.adapters._tracking.tracking import Mark, united
from sama_bench.adapters.sa2va_i import uniform_frames
from sama_bench.adapters.sam2 import WHY
from sama_bench.nouns import REFERRING_TASKS, Answer, Sample, Segment, Video


class GroundedSam2(Adapter):
    """Masks for an expression; it describes nothing and knows no regions."""

    tasks = REFERRING_TASKS | {"phrase-in-image"}

    def load(self, setup: Setup) -> None:
        """Load detector (``--option detector=DIR_OR_HUB_ID``) and tracker (``--checkpoint``).

        Raises:
            AdapterError: packages or weights are missing.
        """
        given = setup.options
        options.check_names(given, ("detector", "frames", "boxes", "threshold", "short_side"))
        require("torch", "models")
        require_version(setup, "transformers", "4.57", "6.0", WHY)
        self._frames = options.whole(given, "frames", 5)
        self._all = options.choice(given, "boxes", ("best", "all"), "best") == "all"
        self._threshold = options.number(given, "threshold", 0.25)
        detector = replace(setup, checkpoint=given.get("detector"), revision=None)
        short = options.whole(given, "short_side", SHORT)
        self._detector = Detector(checkpoint_folder(detector), detector, short)
        self._tracker = TransformersTracker(checkpoint_folder(setup), setup)
        self._detector.share(self._tracker.shared)
        self.remarks = self._tracker.shared.remarks

    def predict(self, sample: Sample) -> Answer:
        """Answer with the masklet of the expression; a refusal where nothing is found."""
        if sample.regions:
            raise ValueError("grounded-sam2 takes expressions; it knows no regions")
        self._tracker.shared.begin(sample.video)
        frame, found = self._search(sample.video, sample.text)
        if not found:
            return Answer("Nothing matches.")
        chosen = found if self._all else found[:1]
        masklets = self._tracker.track(sample.video, [Mark(frame, box=box.box) for box in chosen])
        masklet = masklets[0] if len(masklets) == 1 else united(masklets, sample.video)
        notes = {"frame": frame, "score": found[0].score, "boxes": len(chosen)}
        return Answer("It is [SEG].", (Segment(None, masklet),), notes)

    def _search(self, video: Video, phrase: str) -> tuple[int, list[Found]]:
        best: tuple[int, list[Found]] = (0, [])
        for index in dict.fromkeys(uniform_frames(len(video), min(self._frames, len(video)))):
            found = self._detector.find(video.frame(index), phrase, self._threshold)
            if found and (not best[1] or found[0].score > best[1][0].score):
                best = (index, found)
        return best

    def card(self) -> dict[str, Any]:
        """Return the protocol card."""
        return {
            "frames": f"detector on {self._frames} uniform, tracker on all",
            "boxes": "all on the best frame, united" if self._all else "best",
            "threshold": self._threshold,
            "detector_fingerprint": self._detector.fingerprint,
            **self._tracker.card(),
        }


MODELS = (
    ModelSpec(
        "grounded-sam2",
        "sama_bench.adapters.grounded_sam2:GroundedSam2",
        "GroundingDINO finds the phrase, SAM 2.1 large tracks it (a baseline of ours)",
        "referring segmentation (video, image)",
        "facebook/sam2.1-hiera-large",
        "224M + 233M",
        "apache-2.0",
        None,
        {"detector": "IDEA-Research/grounding-dino-base"},
        needs=Needs(
            packages=("torch", "transformers>=4.57,<6"), weights=("checkpoint", "detector")
        ),
        session_options=OPTIONS,
    ),
)
