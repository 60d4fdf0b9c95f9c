"""SAM 2 through the ``sam2`` package (extra ``[sam2]``): the second backend of ``sam2-*``.

The package builds its models from configs of its own and reads a ``.pt`` checkpoint, so its
checkpoint folder holds one. Frames are handed over as files, which is all that it reads.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sama_bench.adapter import Setup
from sama_bench.adapters._checkpoints.loading import one_line, precision, require
from sama_bench.adapters._sharing import ModelSharing
from sama_bench.adapters._sharing.baselines import put_off_rows, share_package_sam2
from sama_bench.adapters._tracking.tracking import Collected, Mark, by_frame
from sama_bench.errors import AdapterError
from sama_bench.nouns import Masklet, Video

CONFIGS = {
    "tiny": "configs/sam2.1/sam2.1_hiera_t.yaml",
    "small": "configs/sam2.1/sam2.1_hiera_s.yaml",
    "base-plus": "configs/sam2.1/sam2.1_hiera_b+.yaml",
    "large": "configs/sam2.1/sam2.1_hiera_l.yaml",
}


class PackageTracker:
    """``SAM2VideoPredictor`` of the ``sam2`` package."""

    def __init__(self, folder: Path, setup: Setup, size: str) -> None:
        require("sam2", "sam2")
        from sam2.build_sam import build_sam2_video_predictor

        files = sorted(folder.glob("*.pt"))
        if len(files) != 1:
            raise AdapterError(
                f"backend=sam2 needs one .pt file of weights in {folder}; it holds {len(files)}"
            )
        self._size = size
        try:
            self._model = build_sam2_video_predictor(
                CONFIGS[size], str(files[0]), device=setup.device
            )
        except (RuntimeError, OSError, ValueError) as error:
            raise AdapterError(f"{setup.model} cannot be loaded: {one_line(error)}") from error
        self._model.to(precision(setup, "float32"))
        self.shared = ModelSharing()
        share_package_sam2(self.shared, setup, self._model)

    def track(self, video: Video, marks: Sequence[Mark]) -> list[Masklet]:
        """Return one masklet per mark, in order."""
        import torch

        self.shared.begin(video)
        masklets: list[Masklet] = [Masklet(video.height, video.width, ())] * len(marks)
        with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
            for index, frame in enumerate(video):
                # Only names that end in .jpg are read, whatever they hold: PNG loses nothing.
                Image.fromarray(frame).save(Path(folder) / f"{index:05d}.jpg", format="PNG")
            state = self._model.init_state(folder)
            state["images"] = put_off_rows(self.shared, state["images"])
            for start, places in by_frame(marks).items():
                self._model.reset_state(state)
                chosen = [marks[place] for place in places]
                found = self._track_from(state, video, start, chosen)
                for place, masklet in zip(places, found, strict=True):
                    masklets[place] = masklet
        return masklets

    def _track_from(
        self, state: Any, video: Video, start: int, marks: Sequence[Mark]
    ) -> list[Masklet]:
        from sama_bench.adapters._chat.replies import checked_logits

        for number, mark in enumerate(marks):
            if mark.mask is not None:
                self._model.add_new_mask(state, start, number, mark.mask.astype(bool))
                continue
            box = None if mark.box is None else np.array(mark.box, np.float32)
            points = np.array(mark.points, np.float32) if mark.points else None
            labels = np.ones(len(mark.points), np.int32) if mark.points else None
            self._model.add_new_points_or_box(
                state, start, number, points=points, labels=labels, box=box
            )
        collected = Collected(video, len(marks))
        for reverse in (False, True):
            if reverse and start == 0:
                break
            for frame, _, logits in self._model.propagate_in_video(state, start, reverse=reverse):
                collected.put(frame, checked_logits(logits[:, 0]))
        return collected.masklets()

    def card(self) -> dict[str, Any]:
        """Return what a protocol card says about the tracker."""
        return {"tracker": f"sam2 package, {CONFIGS[self._size]}", "tracker_side": 1024}
