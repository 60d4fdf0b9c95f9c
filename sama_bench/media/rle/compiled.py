"""The reader of COCO counts, compiled (Numba): straight from the text, one mask after the other.

Imported only where ``kernel_choice`` says so; a worker in a model's own environment does without.
"""

# Numba infers the types of these functions; their docstrings say what they take.
# mypy: allow-untyped-defs, allow-untyped-calls, disable-error-code=assignment

from __future__ import annotations

import numpy as np

from sama_bench.media.rle.compiling import compiled


@compiled
def read_edges(text, start, stop, pixels, edges):
    """Read the runs of ``text[start:stop]`` as cumulative ends into ``edges``.

    Returns the number of runs, or -1 where the text is not an RLE of ``pixels`` pixels.
    """
    count = position = before = last = 0
    place = start
    while place < stop:
        code = np.int64(text[place]) - 48
        place += 1
        value = ((code & 31) ^ 16) - 16  # most numbers have one character
        if code < 0 or code > 31:
            value, shift = code & 31, 5
            while code < 0 or code > 31:
                if code < 0 or code > 63 or place >= stop or shift > 25:
                    return -1
                code = np.int64(text[place]) - 48
                place += 1
                value |= (code & 31) << shift
                shift += 5
            if code & 16:
                value -= 1 << shift
        if count > 2:
            value += before
        if value < 0 or value > pixels - position:
            return -1
        before, last = last, value
        position += value
        edges[count] = position
        count += 1
    return count if position == pixels else -1


@compiled
def first_refused(text, offsets, pixels):
    """Return the number of the first mask that is no RLE of its pixels; -1 where all are.

    Args:
        text: uint8, the counts of all masks one after another.
        offsets: int64 (masks + 1), where each begins; empty ones are absent masks.
        pixels: int64 (masks,), height x width of each.
    """
    edges = np.empty(np.max(offsets[1:] - offsets[:-1]), np.int64)
    for mask in range(len(pixels)):
        begin, end = offsets[mask], offsets[mask + 1]
        if begin < end and read_edges(text, begin, end, pixels[mask], edges) < 0:
            return mask
    return -1
