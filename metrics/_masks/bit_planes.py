"""Masks as rows of 64-bit words: one row a column of the image, a bit for each pixel.

Only the box is kept in which there is foreground. Words are worked on all at once: drawing runs
is toggling bits, a boundary is shifts and exclusive ors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sama_bench.media.rle.plain import Edges, Integers

Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Box:
    """The part of a frame that is looked at, in pixels.

    Attributes:
        left: its first column.
        right: one past its last column.
        top: its first row.
        bottom: one past its last row.
        height: of the whole frame.
    """

    left: int
    right: int
    top: int
    bottom: int
    height: int


def valid_words(box: Box, radius: int) -> Words:
    """Return the words of one column of the box with a bit for each row.

    The first row is the lowest bit of the first word; at the end are enough empty words for
    ``radius`` rows to grow into.
    """
    rows = box.bottom - box.top
    bits = np.zeros(64 * ((rows + 63) // 64 + radius // 64 + 1), np.uint8)
    bits[:rows] = 1
    words: Words = np.packbits(bits, bitorder="little").view("<u8")
    return words


def draw(masks: Sequence[Edges], box: Box, valid: Words) -> Words:
    """Draw masks into the words of a box.

    Args:
        masks: foreground runs of each, all within the box.
        box: what is drawn.
        valid: see ``valid_words``.

    Returns:
        uint64 (masks, columns, words of a column).
    """
    columns, stride = box.right - box.left, valid.size
    toggles = np.zeros((len(masks), columns * stride * 64), np.uint8)
    for bits, (starts, ends) in zip(toggles, masks, strict=True):
        bits[_places(starts, box, stride)] = 1
        bits[_places(ends - 1, box, stride) + 1] ^= 1
    words: Words = np.packbits(toggles, bitorder="little").view("<u8")
    # A bit is set where the number of toggles up to it is odd: within words, then over them.
    for shift in (1, 2, 4, 8, 16, 32):
        words ^= words << np.uint64(shift)
    odd = np.bitwise_xor.accumulate(words >> np.uint64(63))
    words[1:] ^= np.uint64(0) - odd[:-1]
    drawn: Words = words.reshape(len(masks), columns, stride) & valid
    return drawn


def _places(pixels: Integers, box: Box, stride: int) -> Integers:
    """Return the bits at which pixels of the box lie."""
    gap = 64 * stride - box.height  # dividing by one number is vectorised, divmod is not
    places = pixels + (pixels // box.height) * gap - (box.left * 64 * stride + box.top)
    return places


def popcount(words: Words) -> int:
    """Count the bits that are set."""
    return int(cv2.norm(words.view(np.uint8), cv2.NORM_HAMMING))


def boundary(masks: Words, box: Box) -> Words:
    """Return boundary maps: pixels that differ from the right, lower or diagonal neighbour.

    Shapes as ``draw`` returns them. The last row and column of the frame repeat themselves, which
    is the reference's rule for the border; elsewhere the margin of the box is empty.
    """
    here, east = masks, np.concatenate((masks[:, 1:], masks[:, -1:]), axis=1)
    south, diagonal = _one_row_up(here), _one_row_up(east)
    if box.bottom == box.height:
        last = box.bottom - box.top - 1
        bit = np.uint64(1 << (last % 64))
        south[..., last // 64] |= here[..., last // 64] & bit
        diagonal[..., last // 64] |= east[..., last // 64] & bit
    edge: Words = (here ^ east) | (here ^ south) | (here ^ diagonal)
    return edge


def _one_row_up(words: Words) -> Words:
    moved: Words = words >> np.uint64(1)
    moved[..., :-1] |= words[..., 1:] << np.uint64(63)
    return moved


def grow(words: Words, step: int) -> Words:
    """Set the bits ``step`` rows above and below every set bit; one word follows another."""
    by, rest = np.uint64(step), np.uint64(64 - step)
    grown: Words = words | (words >> by)
    grown |= words << by
    grown[:-1] |= words[1:] << rest
    grown[1:] |= words[:-1] >> rest
    return grown
