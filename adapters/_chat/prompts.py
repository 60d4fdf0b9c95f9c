"""What published evaluation scripts write around a question, by what the sample asks."""

from __future__ import annotations

from typing import Literal

from sama_bench.metric import Quirk
from sama_bench.nouns import Sample

Style = Literal["sama", "sa2va2", "sa2va1"]

STYLES: tuple[Style, ...] = ("sama", "sa2va2", "sa2va1")

QUESTION_STYLES = Quirk(
    34,
    "question_styles",
    "expressions that are questions are asked otherwise by SAMA, Sa2VA v2 and the first Sa2VA",
    section="referring video protocol, section 6",
)
GROUNDING_REQUEST = " Response with interleaved segmentation masks."
"""With which questions that want masks end; for a model that draws none it is cut off."""


def referring_prompt(expression: str, style: Style) -> str:
    """Ask for the mask of an expression in a video, verbatim (``QUESTION_STYLES``).

    ``sa2va1`` asks every expression like a phrase: its own rule for questions cannot run, because
    it leaves out the image placeholder.
    """
    if "?" in expression and style == "sama":
        return f"<image>\n{expression}"
    if "?" in expression and style == "sa2va2":
        return f"<image>\n {expression} Please respond with a segmentation mask."
    return f"<image>\nPlease segment {expression}."


def phrase_prompt(phrase: str) -> str:
    """Ask for the mask of a phrase in an image (protocol image.md section 1)."""
    return f"<image>\n Please segment {phrase} in this image."


def image_prompt(sample: Sample) -> str:
    """Return the text of a sample about an image.

    A phrase is asked for as published; other questions are the benchmark's own, in which a region
    is called ``region1`` as in training (protocol image.md sections 2 and 3).
    """
    if sample.task == "phrase-in-image":
        return phrase_prompt(sample.text)
    first, *others = sample.text.split("<mask>")
    said = "".join(f"region{place + 1}{piece}" for place, piece in enumerate(others))
    return f"<image>\n{first}{said}"
