"""PNG folders: ``Annotations/<video>/<expression>/<frame>.png``, read as ``media.mask_pictures``
says.
"""

from __future__ import annotations

import os
from pathlib import Path

from sama_bench.benchmark import Dataset, Outcome
from sama_bench.formats.foreign_answers import Imported, failed, matching
from sama_bench.media import rle as coco_rle
from sama_bench.media.mask_doubts import DoubtsOfFrames
from sama_bench.media.mask_pictures import UnreadableMaskError, read_mask
from sama_bench.nouns import Answer, Masklet, Segment

FORMAT = "PNG folder"


def png_root(path: Path) -> Path:
    """Return the folder that holds the video folders."""
    inner = path / "Annotations"
    return inner if inner.is_dir() else path


def read_pngs(path: Path, dataset: Dataset) -> Imported:
    """Match a folder of PNG masks with samples called ``video/expression``.

    Frames are matched by name; hidden files are passed over. An empty mask and no mask look the
    same in such files, so that no answer of them counts as refused.
    """
    root = png_root(path)
    found = {
        Path(folder).relative_to(root).as_posix()
        for folder, _, files in os.walk(root)
        if any(is_png(name) for name in files)
    }

    def answers(id: str) -> Outcome:
        if id not in found:
            return Outcome("missing")
        frames = [Path(frame).stem for frame in dataset.sample(id).video.frames]
        return _outcome(root / id, frames)

    ids = [entry.id for entry in dataset.entries]
    return matching(FORMAT, answers, ids, found, len(found))


def is_png(name: str) -> bool:
    """Whether a file's name is that of a PNG that somebody meant (``._00000.png`` is none)."""
    return name.endswith(".png") and not name.startswith(".")


def _outcome(folder: Path, frames: list[str]) -> Outcome:
    lacking = [name for name in frames if not (folder / f"{name}.png").is_file()]
    if lacking:
        return failed(f"{len(lacking)} of {len(frames)} frames lack a PNG, first {lacking[0]}.png")
    masks: list[dict[str, object] | None] = []
    size: tuple[int, int] | None = None
    doubts = DoubtsOfFrames()
    for name in frames:
        try:
            plane = read_mask(folder / f"{name}.png")
        except UnreadableMaskError as error:
            return failed(f"{name}.png: {error}")
        height, width = plane.shape
        if size is not None and (height, width) != size:
            return failed(f"{name}.png is {width}x{height}, the first {size[1]}x{size[0]}")
        size = (height, width)
        masks.append(coco_rle.encode(plane) if plane.any() else None)
        doubts.add(plane)
    if size is None:
        return failed("the video has no frames")
    doubt = doubts.reason()
    if doubt is not None:
        return failed(doubt)
    return Outcome("answered", Answer("", (Segment(None, Masklet.from_rles(masks, *size)),)))
