"""Quirks of SAMA's published code in how its model is asked (SAMA-Bench-G protocol, section 10)."""

from __future__ import annotations

from sama_bench.metric import Quirk

_SECTION = "SAMA-Bench-G protocol, section 10"
PROMPT_SHAPES = Quirk(
    5,
    "prompt_shapes",
    "region prompts are filled boxes in part G and true masks in part C",
    section=_SECTION,
)
NEWLINES = Quirk(
    6,
    "newlines",
    "a newline stands before the question in part C and none in part G",
    section=_SECTION,
)
FRAME_AT_RANDOM = Quirk(
    7,
    "frame_at_random",
    "the frame of a region prompt is drawn at random among the first five, twice and unseeded",
    section=_SECTION,
)
FIVE_SLOTS = Quirk(
    8,
    "five_slots",
    "a video of fewer than five frames gets five slots, and the model then sees no frame",
    section=_SECTION,
)
SPARSE_AND_DENSE = Quirk(
    9,
    "sparse_and_dense",
    "the language model sees sparse frames, SAM 2 is prompted on the first frames of the video",
    section=_SECTION,
)
QUIRKS = (PROMPT_SHAPES, NEWLINES, FRAME_AT_RANDOM, FIVE_SLOTS, SPARSE_AND_DENSE)
