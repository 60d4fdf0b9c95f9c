"""SAM 2 through transformers' own classes, without torchvision: frames are prepared here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sama_bench.adapter import Setup
from sama_bench.adapters._checkpoints.loading import fingerprint
from sama_bench.adapters._checkpoints.loading_models import pretrained
from sama_bench.adapters._sharing import ModelSharing
from sama_bench.adapters._sharing.baselines import share_transformers_sam2
from sama_bench.adapters._tracking.tracking import (
    MEAN,
    STD,
    Collected,
    Mark,
    Statistics,
    by_frame,
    full_size,
    normalised,
)
from sama_bench.media.spent import spent
from sama_bench.nouns import Masklet, Video

BOX_LABELS = (2, 3)
"""SAM's labels of a box's two corners."""


class PreparedFrames(Mapping[int, Any]):
    """The frames of a video as the model wants them, prepared when they are asked for."""

    def __init__(
        self,
        video: Video,
        side: int,
        dtype: Any,
        mean: Statistics = MEAN,
        std: Statistics = STD,
        put_off: bool = False,
    ) -> None:
        self._video, self._side, self._dtype = video, side, dtype
        self._put_off = put_off
        self._statistics = (mean, std)

    def __getitem__(self, index: int) -> Any:
        """Return a frame, (3, side, side); put off, for a model whose features may be kept."""
        if not self._put_off:
            return self._prepared(index)
        import torch

        from sama_bench.adapters._sharing.deferred import Deferred

        like = torch.empty((3, self._side, self._side), dtype=self._dtype, device="meta")
        identity = ("prepared", index, self._side, self._statistics)
        return Deferred.of(lambda: self._prepared(index), identity, like, "cpu")

    def _prepared(self, index: int) -> Any:
        import torch

        frame = self._video.frame(index)
        with spent("preparing"):
            prepared = normalised(frame, self._side, *self._statistics)
        return torch.from_numpy(prepared).to(self._dtype)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self._video)))

    def __len__(self) -> int:
        return len(self._video)


class TransformersTracker:
    """``Sam2VideoModel`` of transformers."""

    def __init__(self, folder: Path, setup: Setup) -> None:
        from transformers import Sam2VideoModel

        self._model, self._dtype = pretrained(Sam2VideoModel, folder, setup, "float32")
        self._device = next(self._model.parameters()).device
        self._side = int(self._model.config.image_size)
        self._fingerprint = fingerprint(folder)
        self.shared = ModelSharing()
        share_transformers_sam2(self.shared, setup, self._model)

    def track(self, video: Video, marks: Sequence[Mark]) -> list[Masklet]:
        """Return one masklet per mark, in order."""
        self.shared.begin(video)
        masklets: list[Masklet] = [Masklet(video.height, video.width, ())] * len(marks)
        for frame, places in by_frame(marks).items():
            found = self._track_from(video, frame, [marks[place] for place in places])
            for place, masklet in zip(places, found, strict=True):
                masklets[place] = masklet
        return masklets

    def _track_from(self, video: Video, start: int, marks: Sequence[Mark]) -> list[Masklet]:
        import torch

        session = self._session(video)
        for number, mark in enumerate(marks):
            self._add(session, start, number, mark, video)
        session.obj_with_new_inputs = list(range(len(marks)))
        collected = Collected(video, len(marks))
        with torch.inference_mode():
            for reverse in (False, True):
                outputs = self._model.propagate_in_video_iterator(
                    session, start_frame_idx=start, reverse=reverse
                )
                for output in outputs:
                    logits = output.pred_masks
                    collected.put(output.frame_idx, full_size(logits, video.height, video.width))
        return collected.masklets()

    def _session(self, video: Video) -> Any:
        from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession

        dtype = next(self._model.parameters()).dtype
        session = Sam2VideoInferenceSession(
            video=None,
            video_height=video.height,
            video_width=video.width,
            inference_device=self._device,
            inference_state_device=self._device,
            video_storage_device="cpu",
            dtype=dtype,
        )
        session.processed_frames = PreparedFrames(video, self._side, dtype, put_off=self.shared.on)
        return session

    def _add(self, session: Any, frame: int, number: int, mark: Mark, video: Video) -> None:
        import torch

        place = session.obj_id_to_idx(number)
        if mark.mask is not None:
            mask = torch.from_numpy(np.ascontiguousarray(mark.mask != 0))[None, None].float()
            size = (self._side, self._side)
            if tuple(mask.shape[-2:]) != size:
                mask = torch.nn.functional.interpolate(
                    mask, size=size, mode="bilinear", align_corners=False, antialias=True
                )
                mask = (mask >= 0.5).float()
            session.add_mask_inputs(place, frame, mask)
            return
        if mark.box is not None:
            corners, labels = [mark.box[:2], mark.box[2:]], list(BOX_LABELS)
        else:
            corners, labels = [*mark.points], [1] * len(mark.points)
        scale = torch.tensor([self._side / video.width, self._side / video.height])
        points = {
            "point_coords": (torch.tensor(corners, dtype=torch.float32) * scale)[None, None],
            "point_labels": torch.tensor(labels, dtype=torch.int32)[None, None],
        }
        session.add_point_inputs(place, frame, points)

    def card(self) -> dict[str, Any]:
        """Return what a protocol card says about the tracker."""
        return {
            "tracker": "transformers Sam2VideoModel",
            "tracker_side": self._side,
            "tracker_dtype": str(self._dtype),
            "tracker_fingerprint": self._fingerprint,
        }
