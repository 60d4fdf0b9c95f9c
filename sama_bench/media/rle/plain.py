"""The reader of COCO counts without a compiler: many masks at once, with NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Edges = tuple[Integers, Integers]
"""First and one past the last pixel of each foreground run of a mask, column-major."""

MAX_PIXELS = 1 << 28
"""Largest mask that is accepted, in pixels (16,384 x 16,384)."""

LONGEST_NUMBER = 6
"""Characters of the longest number: 30 bits, more than ``MAX_PIXELS`` needs. pycocotools misreads
numbers of seven."""

LONG = 10_000
"""Characters of a mask for which reading it alone is faster."""

_NOTHING: Integers = np.zeros(0, np.int64)


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


def read(text: npt.NDArray[np.uint8], offsets: Integers, pixels: Integers) -> RunEnds:
    """Read the compressed counts of several masks.

    Args:
        text: uint8, holds the counts of the masks one after the other.
        offsets: int64 (masks + 1), where each mask's counts begin; empty ones are absent masks.
        pixels: int64 (masks,), height x width of each.

    Raises:
        ValueError: characters outside the code, a number cut short or too long, negative runs, or
            runs that do not add up to the pixels, in any of them; in one line.
    """
    codes = text[offsets[0] : offsets[-1]] - np.uint8(48)  # what is below wraps around
    stops = offsets - offsets[0]
    masks = stops.size - 1
    if codes.size == 0:
        return RunEnds(_NOTHING, np.zeros(masks + 1, np.int64), True)
    if masks == 1:
        return _read_one(codes, int(pixels[0]))
    if codes.size > LONG * masks:
        return _one_by_one(text, offsets, pixels)
    present = stops[1:] > stops[:-1]
    _check_codes(codes, stops[1:][present] - 1)
    places = (codes < 32).nonzero()[0]
    numbers = _numbers(codes, places)
    bounds = places.searchsorted(stops)
    runs, foreground = _undone(numbers, bounds)
    _check_runs(runs)
    sums = np.concatenate((np.zeros(1, np.int64), runs.cumsum()))
    before = sums[bounds[:-1]]
    wrong = np.flatnonzero(present & (sums[bounds[1:]] - before != pixels))
    if wrong.size:
        total = int(sums[bounds[wrong[0] + 1]] - before[wrong[0]])
        raise ValueError(f"RLE counts cover {total} pixels, its size has {int(pixels[wrong[0]])}")
    ends = sums[1:] - before.repeat(bounds[1:] - bounds[:-1])
    return RunEnds(ends, bounds, bool(runs[foreground].all()))


def _check_codes(codes: npt.NDArray[np.uint8], lasts: Integers | int) -> None:
    """Check characters less 48; ``lasts`` are the places of each mask's last one."""
    if int(codes.max()) > 63:
        raise ValueError("RLE counts hold a character that no RLE has")
    if int(np.max(codes[lasts])) > 31:
        raise ValueError("RLE counts end in the middle of a number")


def _check_runs(runs: Integers) -> None:
    if int(runs.min()) < 0:
        raise ValueError("RLE counts hold a negative run")
    if int(runs.max()) > MAX_PIXELS:  # else the runs of a hostile mask could overflow their sum
        raise ValueError("RLE counts hold a run that is too long")


def _read_one(codes: npt.NDArray[np.uint8], pixels: int) -> RunEnds:
    ends = read_one(codes, pixels)
    drawn = bool((ends[1::2] > ends[:-1:2]).all())
    return RunEnds(ends, np.array([0, ends.size], np.int64), drawn)


def read_one(codes: npt.NDArray[np.uint8], pixels: int) -> Integers:
    """Return where the runs of one mask end: its two chains of differences are added up in place.

    Args:
        codes: uint8 (n,), at least one, the characters of its counts less 48.
        pixels: height x width.

    Raises:
        ValueError: as ``read``.
    """
    _check_codes(codes, codes.size - 1)
    last = codes < 32
    runs: Integers = codes[last].astype(np.int64)
    runs -= (runs & 16) << 1
    if runs.size < codes.size:
        _add_lower_digits(runs, codes, np.flatnonzero(~last))
    np.cumsum(runs[1::2], out=runs[1::2])
    np.cumsum(runs[2::2], out=runs[2::2])
    _check_runs(runs)
    ends: Integers = runs.cumsum()
    if int(ends[-1]) != pixels:
        raise ValueError(f"RLE counts cover {int(ends[-1])} pixels, its size has {pixels}")
    return ends


def _add_lower_digits(runs: Integers, codes: npt.NDArray[np.uint8], places: Integers) -> None:
    """Complete the numbers of more than one character; ``places`` are all but their last ones."""
    count = np.arange(places.size)
    number = places - count
    first = np.flatnonzero(np.concatenate(([True], number[1:] != number[:-1])))
    digits = np.concatenate((first[1:], [places.size])) - first
    if int(digits.max()) >= LONGEST_NUMBER:
        raise ValueError("RLE counts hold a number that is too long")
    rank = count - first.repeat(digits)
    lower = np.add.reduceat((codes[places] & 31).astype(np.int64) << (5 * rank), first)
    number = number[first]
    runs[number] = (runs[number] << (5 * digits)) + lower


def _one_by_one(text: npt.NDArray[np.uint8], offsets: Integers, pixels: Integers) -> RunEnds:
    found = [
        read(text, offsets[mask : mask + 2], pixels[mask : mask + 1]) for mask in range(pixels.size)
    ]
    bounds = np.cumsum([0, *(runs.ends.size for runs in found)])
    ends = np.concatenate([runs.ends for runs in found])
    return RunEnds(ends, bounds, all(runs.drawn for runs in found))


def _numbers(codes: npt.NDArray[np.uint8], places: Integers) -> Integers:
    """Put numbers together, 5 bits a character, the lowest first, the sign in the last.

    ``places`` are those of their last characters.
    """
    numbers = codes[places].astype(np.int64)
    numbers -= (numbers & 16) << 1
    digits = np.diff(places, prepend=-1)
    if int(digits.max()) > LONGEST_NUMBER:
        raise ValueError("RLE counts hold a number that is too long")
    longer, back = (digits > 1).nonzero()[0], 1
    while longer.size:
        lower = codes[places[longer] - back] & np.uint8(31)
        numbers[longer] = (numbers[longer] << 5) | lower
        back += 1
        longer = longer[digits[longer] > back]
    return numbers


def _undone(numbers: Integers, bounds: Integers) -> tuple[Integers, npt.NDArray[np.bool_]]:
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
