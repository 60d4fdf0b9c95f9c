"""COCO run-length masks: the one reader, checks before anything is decoded, coding.

A mask is a dict ``{"size": [height, width], "counts": str | bytes | list of ints}`` as pycocotools
writes it: run lengths in column-major order, background first. Masks come from others (split files,
answers, models) and pycocotools trusts its input, so every mask is checked here first.
"""

from __future__ import annotations

from sama_bench.media.rle.check import (
    Rle,
    Size,
    as_text,
    check,
    check_all,
    check_size,
    counts_bytes,
    counts_text,
    run_ends,
    runs,
    size_of,
)
from sama_bench.media.rle.code import Mask, decode, encode, encode_raw
from sama_bench.media.rle.measure import area, areas, is_empty
from sama_bench.media.rle.plain import MAX_PIXELS

__all__ = [
    "MAX_PIXELS",
    "Mask",
    "Rle",
    "Size",
    "area",
    "areas",
    "as_text",
    "check",
    "check_all",
    "check_size",
    "counts_bytes",
    "counts_text",
    "decode",
    "encode",
    "encode_raw",
    "is_empty",
    "run_ends",
    "runs",
    "size_of",
]
