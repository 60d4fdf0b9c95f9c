"""Regions as masks and tracks, from whichever form a benchmark gives them in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sama_bench.media import rle
from sama_bench.nouns import Masklet, Region, Sample


def region_mask(sample: Sample, region: Region) -> npt.NDArray[np.uint8]:
    """Return a region on its frame, uint8 (height, width); a point becomes a small square."""
    height, width = sample.video.height, sample.video.width
    if region.mask is not None:
        return rle.decode(region.mask)
    mask = np.zeros((height, width), np.uint8)
    if region.box is not None:
        left, top, right, bottom = (round(side) for side in region.box)
        mask[max(top, 0) : bottom + 1, max(left, 0) : right + 1] = 1
    elif region.point is not None:
        x, y = (round(place) for place in region.point)
        reach = max(2, min(height, width) // 40)
        mask[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = 1
    return mask


def region_box(sample: Sample, region: Region) -> tuple[int, int, int, int] | None:
    """Return the tight box (x_min, y_min, x_max, y_max), inclusive pixels; None when empty."""
    mask = region_mask(sample, region)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def region_track(sample: Sample, region: Region) -> Masklet:
    """Return a region's whole track.

    Raises:
        ValueError: the sample was made without tracks, or the track does not fit the video.
    """
    track = region.track
    if track is None:
        raise ValueError(
            "the region carries no track, although this adapter declares takes_tracks; use "
            "--option prompt=frame where only one frame is known"
        )
    fits = (track.height, track.width) == (sample.video.height, sample.video.width)
    if len(track) != len(sample.video) or not fits:
        raise ValueError(
            f"the region's track is {len(track)} x {track.height} x {track.width}, the video "
            f"{len(sample.video)} x {sample.video.height} x {sample.video.width}"
        )
    return track


def one_frame_track(sample: Sample, region: Region, seen: Sequence[int]) -> Masklet:
    """Return a track that knows the region's one frame only.

    A model that looks for regions on few frames would never find one that lies on another: then
    the mask stands on the nearest frame that it looks at.

    Args:
        sample: what is asked.
        region: one of its regions.
        seen: the frames on which the model looks for regions.
    """
    mask = region_mask(sample, region)
    frame = min(seen, key=lambda index: (abs(index - region.frame), index))
    counts: list[str | None] = [None] * len(sample.video)
    if mask.any():
        counts[frame] = rle.encode(mask)["counts"]
    return Masklet(sample.video.height, sample.video.width, tuple(counts))
