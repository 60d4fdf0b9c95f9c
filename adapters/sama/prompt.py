"""The inputs of SAMA, as pure functions: sampler, prompt masks, token text.

Every definition is that of the SAMA-Bench-G protocol, section 2, and SAMA-Bench-C, section 2; the
letters Qn are its quirks. Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from sama_bench.nouns import Masklet

Masks = npt.NDArray[np.uint8]
Shape = Literal["box", "mask"]

CONTEXT = "<IMG_CONTEXT>"
IMAGE_TOKENS = 256
"""Tokens of one frame: (448 / 14)^2 / 4."""
SLOTS = 5
"""Frames whose full visual tokens the language model sees."""
GRIDS = (16, 112)
"""Sides to which prompt masks are reduced: ``prompt_masks`` and ``prompt_masks_112``."""
MEDIA_TOKENS = ("<image>\n", "<video>\n", "\n<video>", "\n<image>")
REGION = f"<vp>{CONTEXT * 2}</vp>"


def sparse_frames(total: int, longest: int = 32, interval: int = 3, least: int = 8) -> list[int]:
    """Return the frames that SAMA samples from a video (section 2.1).

    Args:
        total: frames of the video.
        longest: ``max_frames``; the published run scripts use 32.
        interval: stride of the first pass.
        least: the sampler fills up towards this number but may stay below it.

    Returns:
        rising frame indices; e.g. 10 frames give ``[0, 2, 3, 4, 6, 8, 9]``.
    """
    if total <= 0:
        return []
    chosen = list(range(0, total, interval))
    if len(chosen) > longest:
        step = len(chosen) / longest
        chosen = [chosen[int(place * step)] for place in range(longest)]
    if len(chosen) < least:
        added = least - len(chosen)
        gap = total / (added + 1)
        chosen = sorted({*chosen, *(int((place + 1) * gap) for place in range(added))})
    return sorted(chosen)


def dense_frames(total: int, longest: int = 32) -> list[int]:
    """Return the frames whose full visual tokens the model sees: the first five sparse ones."""
    return sparse_frames(total, longest)[:SLOTS]


def nearest_index(outputs: int, inputs: int) -> npt.NDArray[np.int64]:
    """Return the source index of each output cell under torch's ``nearest`` rule.

    The scale is computed in float32, as torch does: exact arithmetic differs for 59 input sizes
    between 16 and 2000.
    """
    scale = np.float32(inputs) / np.float32(outputs)
    places = np.floor(np.arange(outputs, dtype=np.float32) * scale).astype(np.int64)
    clipped: npt.NDArray[np.int64] = np.minimum(places, inputs - 1)
    return clipped


def filled_box(mask: Masks) -> Masks:
    """Return the filled tight bounding box of a mask; an empty mask stays empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.zeros_like(mask)
    if rows.size:
        box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = 1
    return box


def prompt_masks(track: Masklet, shape: Shape) -> tuple[Masks, Masks]:
    """Return a track as the two prompt tensors of one ``<mask>``.

    Args:
        track: T masks.
        shape: ``box`` for SAMA-Bench-G, ``mask`` for SAMA-Bench-C.

    Returns:
        uint8 (T, 16, 16) and (T, 112, 112), values 0 and 1.
    """
    grids = [np.zeros((len(track), side, side), np.uint8) for side in GRIDS]
    picks = [
        np.ix_(nearest_index(side, track.height), nearest_index(side, track.width))
        for side in GRIDS
    ]
    for frame in range(len(track)):
        if track.counts[frame] is None:
            continue
        mask = track.decode(frame)
        if shape == "box":
            mask = filled_box(mask)
        for grid, pick in zip(grids, picks, strict=True):
            grid[frame] = mask[pick]
    return grids[0], grids[1]


def plain_question(text: str) -> str:
    """Delete the media placeholders from a question, in the published order."""
    for token in MEDIA_TOKENS:
        text = text.replace(token, "")
    return text


def token_text(question: str, sparse: int, slots: int = SLOTS, newline: bool = False) -> str:
    """Return the full token text of a question.

    Args:
        question: with one ``<mask>`` per region.
        sparse: number of sparse frames, one context token each.
        slots: number of frames with full visual tokens; five as released, also for shorter
            videos (``FIVE_SLOTS``).
        newline: whether a newline stands before the question: SAMA-Bench-C has one.
    """
    frame = f"<img>{CONTEXT * IMAGE_TOKENS}</img>"
    asked = question.replace("<mask>", REGION)
    gap = "\n" if newline else ""
    return "\n".join([frame] * slots) + CONTEXT * sparse + gap + asked


def first_only(masks: Sequence[Masks], dense: Sequence[int]) -> list[Masks]:
    """Keep, of the dense frames, only the first on which each region shows (strict).

    The model draws its prompt frame among the dense frames where the 16x16 mask is not empty; with
    one left there is nothing to draw.

    Args:
        masks: the (T, 16, 16) prompt of each region.
        dense: frame indices of ``dense_frames``.

    Returns:
        a mask of kept frames per region, uint8 (T, 1, 1), to multiply both prompts with.
    """
    kept = []
    for mask in masks:
        keep = np.ones((mask.shape[0], 1, 1), np.uint8)
        shown = [frame for frame in dense if mask[frame].any()]
        keep[shown[1:]] = 0
        kept.append(keep)
    return kept
