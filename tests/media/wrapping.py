"""An RLE whose runs add up to its pixels only because a 64-bit sum wraps around."""

from __future__ import annotations

import math

STEP = 1 << 28
"""Between one run and the run two places later; its number has six characters."""


def wrapping_runs(pixels: int) -> list[int]:
    """Return runs, none negative, whose sum is 2**64 + pixels."""
    long = math.isqrt(2 * (2**64 + pixels) // STEP) - 1
    rest = 2**64 + pixels - STEP * long * (long + 1) // 2
    levels = (math.isqrt(1 + 8 * rest // STEP) - 1) // 2
    level, extra = divmod(rest - STEP * levels * (levels + 1) // 2, STEP)
    ramp = [STEP * n for n in range(1, levels + 1)]
    ramp.insert(level, level * STEP + extra)
    background = [0] * (long - len(ramp)) + ramp
    pairs = zip(range(STEP, STEP * (long + 1), STEP), background, strict=True)
    return [0, *(run for pair in pairs for run in pair)]


def written(runs: list[int]) -> str:
    """Write runs as COCO does: from the fourth on less the one two places before."""
    text = []
    for place, run in enumerate(runs):
        number = run - runs[place - 2] if place > 2 else run
        while True:
            digit, number = number & 31, number >> 5
            more = number != (-1 if digit & 16 else 0)
            text.append(chr((digit | 32 if more else digit) + 48))
            if not more:
                break
    return "".join(text)


def wrapping_mask(height: int, width: int) -> dict[str, object]:
    """Return a COCO RLE that covers 2**64 pixels more than it has."""
    return {"size": [height, width], "counts": written(wrapping_runs(height * width))}
