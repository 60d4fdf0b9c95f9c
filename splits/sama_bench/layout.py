"""Where the files of SAMA-Bench lie (protocol data.md 1.1-1.5)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sama_bench.errors import DataError, did_you_mean
from sama_bench.storage.untrusted_files import is_text, shown

SHARDS = (
    "mevis",
    "lvvis_0",
    "lvvis_1",
    "ref_youtube_vos_0",
    "ref_youtube_vos_1",
    *(f"VidSTG_{number}" for number in range(8)),
)
"""The 13 split files, in the order of the published run scripts."""

SOURCES = ("mevis", "lvvis", "ref_youtube_vos", "VidSTG")
"""In the order in which a video's path is tested for them, case-sensitively."""

MASK_FILES: Mapping[str, str] = {
    "mevis": "Mevis_mask_dict_val.json",
    "lvvis": "LVVIS_mask_dict_val.json",
    "ref_youtube_vos": "RefYoutube_mask_dict_val.json",
    "VidSTG": "VidSTG_mask_dict_val_updated.json",
}

SPLITS = ("all", *SHARDS, "lvvis", "ref_youtube_vos", "VidSTG", "mini")

PUBLISHED_VIDEOS, PUBLISHED_QUESTIONS = 522, 5067


def shards_of(split: str) -> tuple[str, ...]:
    """Return the split files that a split consists of.

    Raises:
        UserError: there is no such split, with the nearest names.
    """
    if split in ("all", "mini"):
        return SHARDS
    if split in SHARDS:
        return (split,)
    found = tuple(shard for shard in SHARDS if shard.rpartition("_")[0] == split)
    if not found:
        raise did_you_mean("split of SAMA-Bench", split, SPLITS)
    return found


def union_of(shards: Sequence[str]) -> str:
    """Return the smallest named split that contains all the shards."""
    if len(set(shards)) == 1:
        return shards[0]
    for source in ("lvvis", "ref_youtube_vos", "VidSTG"):
        if set(shards) <= set(shards_of(source)):
            return source
    return "all"


def source_of(video: str) -> str | None:
    """Return the source that a video's path names, or None."""
    return next((source for source in SOURCES if source in video), None)


@dataclass(frozen=True)
class Folder:
    """The folder of a video's frames and their file names, not yet looked at."""

    path: Path
    names: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Absolute paths of the frames, in order."""
        folder = str(self.path)
        return tuple(f"{folder}/{name}.jpg" for name in self.names)


def frame_folder(root: Path, video: str, frames: Sequence[Any]) -> Folder:
    """Find the frames of a video.

    Args:
        root: of the benchmark's files.
        video: its path in the split file, e.g. ``lvvis/val/JPEGImages/7``.
        frames: its ``frames`` field: names, or VidSTG's dicts with ``raw_filename``.

    Raises:
        DataError: a path or name that leaves the root, or a frame item of another form.
    """
    source = source_of(video)
    parts = list(PurePosixPath(video).parts)
    if not parts or PurePosixPath(video).is_absolute() or ".." in parts or "\\" in video:
        raise DataError(f"video path '{shown(video)}' leaves the data root")
    if not is_text(video) or "\0" in video:
        raise DataError(f"video path '{shown(video)}' cannot be the path of a folder")
    if source == "lvvis" and parts[-1].isdigit():
        parts[-1] = parts[-1].zfill(5)
    names = tuple(_frame_name(item, source) for item in frames)
    for name in names:
        unsafe = "\0" in name or os.sep in name or "\\" in name or not is_text(name)
        if not name or unsafe or name in (".", ".."):
            raise DataError(f"frame name '{shown(name)}' of video {video} is not a file name")
    return Folder(root.joinpath(*parts), names)


def _frame_name(item: Any, source: str | None) -> str:
    if isinstance(item, Mapping) and source == "VidSTG":
        item = item.get("raw_filename")
    if not isinstance(item, str):
        raise DataError(f"a frame is given as {str(item)[:60]}, not as a name")
    return os.path.splitext(item)[0] if source == "VidSTG" else item
