"""PNG folders: ``Annotations/<video>/<expression>/<frame>.png``, any value but 0 is foreground."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from sama_bench.benchmark import Dataset, Outcome
from sama_bench.formats.foreign_answers import Imported, failed, matching
from sama_bench.media import rle as coco_rle
from sama_bench.nouns import Answer, Masklet, Segment

FORMAT = "PNG folder"


def png_root(path: Path) -> Path:
    """Return the folder that holds the video folders."""
    inner = path / "Annotations"
    return inner if inner.is_dir() else path


def read_pngs(path: Path, dataset: Dataset) -> Imported:
    """Match a folder of PNG masks with samples called ``video/expression``.

    Frames are matched by name. An empty mask and no mask look the same in such files, so that no
    answer of them counts as refused.
    """
    root = png_root(path)
    found = {
        Path(folder).relative_to(root).as_posix()
        for folder, _, files in os.walk(root)
        if any(name.endswith(".png") for name in files)
    }

    def answers(id: str) -> Outcome:
        if id not in found:
            return Outcome("missing")
        frames = [Path(frame).stem for frame in dataset.sample(id).video.frames]
        return _outcome(root / id, frames)

    ids = [entry.id for entry in dataset.entries]
    return matching(FORMAT, answers, ids, found, len(found))


def _outcome(folder: Path, frames: list[str]) -> Outcome:
    lacking = [name for name in frames if not (folder / f"{name}.png").is_file()]
    if lacking:
        return failed(f"{len(lacking)} of {len(frames)} frames lack a PNG, first {lacking[0]}.png")
    masks: list[dict[str, object] | None] = []
    size: tuple[int, int] | None = None
    for name in frames:
        try:
            with Image.open(folder / f"{name}.png") as image:
                array = np.asarray(image)
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            return failed(f"{name}.png cannot be read: {error}")
        if array.ndim != 2:
            return failed(f"{name}.png holds colours, not a mask")
        if size is not None and array.shape != size:
            return failed(f"{name}.png is {array.shape[1]}x{array.shape[0]}, the first {size}")
        size = (int(array.shape[0]), int(array.shape[1]))
        masks.append(coco_rle.encode(array) if array.any() else None)
    if size is None:
        return failed("the video has no frames")
    return Outcome("answered", Answer("", (Segment(None, Masklet.from_rles(masks, *size)),)))
