"""The runs of many masks at once, with NumPy: what a kernel does mask by mask."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sama_bench.metrics._masks import rle
from sama_bench.metrics._masks.rle import LONGEST_NUMBER, Size

Integers = NDArray[np.int64]
Edges = tuple[Integers, Integers]
"""First and one past the last pixel of each foreground run of a mask, column-major."""

_NOTHING: Integers = np.zeros(0, np.int64)

LONG = 10_000
"""Characters of a mask for which reading it alone is faster."""


@dataclass(frozen=True)
class RunEnds:
    """Where the runs of some masks end.

    Attributes:
        ends: int64 (n,), cumulative run ends of all masks, each mask's from 0 to its pixels.
        bounds: int64 (masks + 1), where each mask's begin.
        drawn: no foreground run is empty.
    """

    ends: Integers
    bounds: Integers
    drawn: bool

    def edges(self, mask: int) -> Edges:
        """Return the foreground runs of a mask; those of no pixel are left out."""
        first, past = int(self.bounds[mask]), int(self.bounds[mask + 1])
        past -= (past - first) % 2
        starts, stops = self.ends[first:past:2], self.ends[first + 1 : past : 2]
        if self.drawn:
            return starts, stops
        some = stops > starts
        return starts[some], stops[some]


def read_runs(text: NDArray[np.uint8], offsets: Integers, size: Size) -> RunEnds | None:
    """Read the compressed counts of masks of one size.

    Args:
        text: uint8, holds the counts of the masks one after the other.
        offsets: int64 (masks + 1), where each mask's counts begin; empty ones are absent masks.
        size: (height, width) of every mask.

    Returns:
        the ends of all runs; None where a text is no RLE of the size.
    """
    codes = text[offsets[0] : offsets[-1]] - np.uint8(48)  # what is below wraps around
    stops = offsets - offsets[0]
    if codes.size == 0:
        return RunEnds(_NOTHING, np.zeros(offsets.size, np.int64), True)
    if codes.size > LONG * (stops.size - 1):
        return _one_by_one(text, offsets, size)
    pixels = size[0] * size[1]
    present = stops[1:] > stops[:-1]
    if int(codes.max()) > 63 or int(codes[stops[1:][present] - 1].max()) > 31:
        return None  # a character that no RLE has, or a number cut short
    places = (codes < 32).nonzero()[0]
    numbers = _numbers(codes, places)
    if numbers is None:
        return None
    bounds = places.searchsorted(stops)
    runs, foreground = _runs(numbers, bounds)
    if int(runs.min()) < 0 or int(runs.max()) > pixels:
        return None
    sums = np.concatenate((np.zeros(1, np.int64), runs.cumsum()))
    before = sums[bounds[:-1]]
    if (sums[bounds[1:]] - before != pixels)[present].any():
        return None
    ends = sums[1:] - before.repeat(bounds[1:] - bounds[:-1])
    return RunEnds(ends, bounds, bool(runs[foreground].all()))


def _one_by_one(text: NDArray[np.uint8], offsets: Integers, size: Size) -> RunEnds | None:
    ends, drawn = [], True
    for begin, end in pairwise(offsets.tolist()):
        mask = {"size": size, "counts": text[begin:end].tobytes()}
        try:
            runs = rle.runs(mask, size) if end > begin else _NOTHING
        except ValueError:
            return None
        drawn = drawn and bool(runs[1::2].all())
        ends.append(runs.cumsum())
    bounds = np.cumsum([0, *(found.size for found in ends)])
    return RunEnds(np.concatenate(ends), bounds, drawn)


def _numbers(codes: NDArray[np.uint8], places: Integers) -> Integers | None:
    """Put numbers together, 5 bits a character, the lowest first, the sign in the last.

    ``places`` are those of their last characters. None where one is too long.
    """
    numbers = codes[places].astype(np.int64)
    numbers -= (numbers & 16) << 1
    digits = np.diff(places, prepend=-1)
    if int(digits.max()) > LONGEST_NUMBER:
        return None
    longer, back = (digits > 1).nonzero()[0], 1
    while longer.size:
        lower = codes[places[longer] - back] & np.uint8(31)
        numbers[longer] = (numbers[longer] << 5) | lower
        back += 1
        longer = longer[digits[longer] > back]
    return numbers


def _runs(numbers: Integers, bounds: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Return run lengths, and which of them are foreground.

    From a mask's fourth number on, the text holds the difference to the run two places earlier.
    The second, fourth ... and the third, fifth ... number of a mask are two columns of a table,
    below a row of zeros for each mask, from which their sums begin.
    """
    counts = bounds[1:] - bounds[:-1]
    rows = counts // 2 + 1
    top = rows.cumsum() - rows
    slots = np.arange(1, numbers.size + 1) + (2 * top - bounds[:-1]).repeat(counts)
    first = bounds[:-1][counts > 0]
    table = np.zeros((int(rows.sum()), 2), np.int64)
    table.ravel()[slots] = numbers
    table.ravel()[slots[first]] = 0
    sums = table.cumsum(axis=0)
    sums -= sums[top].repeat(rows, axis=0)
    runs: Integers = sums.ravel()[slots]
    runs[first] = numbers[first]
    return runs, slots % 2 == 0
