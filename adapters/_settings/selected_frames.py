"""Files of frames that another model selected for each expression of each video."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sama_bench.errors import AdapterError
from sama_bench.storage.untrusted_files import read_regular_text

FRAMES = 100
"""Frames of an expression: ten clips of ten; some repeat where the video is shorter."""
Selected = Mapping[str, Mapping[str, list[int]]]


def read_selected(path: Path) -> Selected:
    """Read and check a selected-frames file: per video ``selected_frames``, per expression frames.

    The object in between may be left out.

    Returns:
        the 100 frame indices of each expression of each video.

    Raises:
        AdapterError: it is missing, or not of that form; with the place.
    """
    try:
        content = json.loads(read_regular_text(path))
    except FileNotFoundError:
        raise AdapterError(f"--option selected_frames={path}: there is no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise AdapterError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict) or not content:
        raise AdapterError(f"{path} must be an object: video, expression id, frame indices")
    return {video: _expressions(path, video, item) for video, item in content.items()}


def _expressions(path: Path, video: str, item: Any) -> Mapping[str, list[int]]:
    expressions = item.get("selected_frames", item) if isinstance(item, dict) else item
    if not isinstance(expressions, dict):
        raise AdapterError(f"{path}: video {video} must map expression ids to frame indices")
    for expression, frames in expressions.items():
        good = isinstance(frames, list) and frames and all(_is_index(index) for index in frames)
        if not good:
            raise AdapterError(f"{path}: {video}/{expression} must list frame indices from 0")
        if len(frames) != FRAMES:
            raise AdapterError(
                f"{path}: {video}/{expression} lists {len(frames)} frames; the model takes {FRAMES}"
            )
    return expressions


def _is_index(item: object) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and item >= 0
