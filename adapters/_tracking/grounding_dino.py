"""Finding a phrase in a frame with GroundingDINO (Liu et al., 2023), without torchvision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sama_bench.adapter import Setup
from sama_bench.adapters._chat.replies import ModelOutputError
from sama_bench.adapters._checkpoints.loading import fingerprint
from sama_bench.adapters._checkpoints.loading_models import pretrained, tokenizer
from sama_bench.adapters._sharing import ModelSharing
from sama_bench.adapters._sharing.baselines import share_detector
from sama_bench.adapters._tracking.tracking import MEAN, STD
from sama_bench.media.frames import Frame
from sama_bench.media.spent import spent

SHORT, LONG = 800, 1333
"""Sides to which the detector's published preprocessing scales a frame, pixels."""


@dataclass(frozen=True)
class Found:
    """One box of a phrase: (x_min, y_min, x_max, y_max) in pixels, and its score, 0 to 1."""

    box: tuple[float, float, float, float]
    score: float


def scaled_size(height: int, width: int, short: int = SHORT, long: int = LONG) -> tuple[int, int]:
    """Return (height, width) with the short side at ``short``, unless the long one passes ``long``.

    Rounded as the published preprocessing does: the scaled side is cut to a whole number.
    """
    low, high = min(height, width), max(height, width)
    target = min(short, round(long * low / high))
    other = int(target * high / low)
    return (target, other) if height <= width else (other, target)


def as_caption(phrase: str) -> str:
    """Return a phrase as the detector was trained to read it: lower case, ending in a period."""
    text = " ".join(phrase.lower().split()).rstrip("?.! ")
    return f"{text}."


class Detector:
    """``GroundingDinoForObjectDetection`` of transformers."""

    def __init__(self, folder: Path, setup: Setup, short: int = SHORT) -> None:
        from transformers import GroundingDinoForObjectDetection

        self._model, _ = pretrained(GroundingDinoForObjectDetection, folder, setup, "float32")
        self._tokenizer = tokenizer(folder, setup)
        self._device = next(self._model.parameters()).device
        self._short = short
        self.fingerprint = fingerprint(folder)
        self._prepare = prepared

    def share(self, shared: ModelSharing) -> None:
        """Keep what it makes of a video's frames in the store of the tracker beside it."""
        share_detector(shared, self._model)
        if shared.store is not None:
            self._prepare = shared.store.kept(prepared)

    def find(self, frame: Frame, phrase: str, threshold: float) -> list[Found]:
        """Return the boxes that match the phrase, best first.

        Args:
            frame: uint8 RGB (height, width, 3).
            phrase: words; cut to what the text encoder takes.
            threshold: lowest score, 0 to 1.

        Raises:
            ModelOutputError: NaN among the scores.
        """
        import torch

        height, width = frame.shape[:2]
        size = scaled_size(height, width, self._short)
        with spent("preparing"):
            pixels = torch.from_numpy(self._prepare(frame, size))[None].to(self._device)
        longest = int(self._model.config.max_text_len)
        words = self._tokenizer(
            as_caption(phrase), return_tensors="pt", truncation=True, max_length=longest
        ).to(self._device)
        with torch.inference_mode():
            output = self._model(
                pixel_values=pixels.to(next(self._model.parameters()).dtype),
                pixel_mask=torch.ones((1, *size), dtype=torch.long, device=self._device),
                **words,
            )
        # Columns beyond the caption hold minus infinity, so only NaN means that something broke.
        scores = output.logits[0].float().sigmoid().amax(dim=-1).cpu().numpy()
        boxes = output.pred_boxes[0].float().cpu().numpy()
        if np.isnan(scores).any() or np.isnan(boxes).any():
            raise ModelOutputError("the detector's scores hold NaN; try --dtype float32")
        return _chosen(scores, boxes, height, width, threshold)


def prepared(frame: Frame, size: tuple[int, int]) -> Any:
    """Return a frame scaled (bilinear) and normalised, float32 (3, height, width)."""
    image = Image.fromarray(frame).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    plane: Any = np.asarray(image, np.float32) / np.float32(255)
    plane = (plane - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return np.ascontiguousarray(plane.transpose(2, 0, 1), dtype=np.float32)


def _chosen(scores: Any, boxes: Any, height: int, width: int, threshold: float) -> list[Found]:
    found = []
    for place in np.argsort(-scores, kind="stable"):
        if scores[place] < threshold:
            break
        x, y, w, h = (float(value) for value in boxes[place])
        box = (
            min(max((x - w / 2) * width, 0.0), width - 1.0),
            min(max((y - h / 2) * height, 0.0), height - 1.0),
            min(max((x + w / 2) * width, 0.0), width - 1.0),
            min(max((y + h / 2) * height, 0.0), height - 1.0),
        )
        found.append(Found(box, float(scores[place])))
    return found
