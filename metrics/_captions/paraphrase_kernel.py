"""Compiled selection of paraphrase entries (Numba)."""

from __future__ import annotations

from typing import Any

import numpy as np

from sama_bench.media.rle.compiling import compiled


@compiled
def select_entries(data: Any, marks: Any, chosen: Any) -> Any:
    """Copy the entries whose words are all marked from ``data`` to ``chosen``.

    An entry is three lines: probability, phrase, paraphrase. ``data``, ``chosen``: uint8 of one
    length; ``marks``: bool, a power of two long, indexed by the folded FNV-1a hash of a word. A
    word with a byte other than a-z and 0-9 always passes. Returns how many bytes of ``data`` were
    complete entries, how many of ``chosen`` were filled, and how many entries that is.
    """
    offset, prime = np.uint64(14695981039346656037), np.uint64(1099511628211)
    mask = np.uint64(marks.size - 1)
    start = used = filled = kept = line = 0
    passes = plain = True
    value, length = offset, 0
    for position in range(data.size):
        byte = data[position]
        if line > 0:
            if byte == 32 or byte == 10:  # space, end of line
                if length > 0 and plain:
                    slot = (value ^ (value >> np.uint64(32))) & mask
                    passes = passes and marks[slot]
                value, length, plain = offset, 0, True
            else:
                value = (value ^ np.uint64(byte)) * prime
                length += 1
                if not (97 <= byte <= 122 or 48 <= byte <= 57):
                    plain = False
        if byte == 10:
            line += 1
            if line == 3:
                if passes:
                    size = position + 1 - start
                    for index in range(size):  # assigning slices takes seconds to compile
                        chosen[filled + index] = data[start + index]
                    filled += size
                    kept += 1
                start = used = position + 1
                line, passes = 0, True
    return used, filled, kept
