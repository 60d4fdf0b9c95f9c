"""What published evaluation scripts write around a question, and which script a sample follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sama_bench.nouns import Sample

Form = Literal["grounded", "description", "referring", "phrase-image", "gcg", "region-caption"]
Style = Literal["sama", "sa2va2", "sa2va1"]

FORMS: Mapping[str, Form] = {
    "sama-bench-g": "grounded",
    "sama-bench-c": "description",
    "refcoco": "phrase-image",
    "refcoco+": "phrase-image",
    "refcocog": "phrase-image",
    "grefcoco": "phrase-image",
    "gcg": "gcg",
    "region-captions": "region-caption",
}
"""The script that asks, by benchmark; referring video segmentation is the rest."""

STYLES: tuple[Style, ...] = ("sama", "sa2va2", "sa2va1")

GCG_QUESTION = (
    "Could you please give me a brief description of the image? Please respond with interleaved"
    "     segmentation masks for the corresponding parts of the answer."
)
"""Protocol image.md section 2; the five spaces are the published ones (Q48)."""
CAPTION_QUESTION = (
    "Please give me a short description of the region in the picture marked by region1."
)
"""Protocol image.md section 3."""


def form(sample: Sample) -> Form:
    """Return which published script a sample follows; by what it holds for other benchmarks."""
    if sample.benchmark in FORMS:
        return FORMS[sample.benchmark]
    if "masks" not in sample.wants:
        return "description" if sample.regions else "grounded"
    if "text" in sample.wants or sample.regions:
        return "grounded"
    return "referring"


def referring_prompt(expression: str, style: Style) -> str:
    """Ask for the mask of an expression in a video, verbatim (protocol refvos.md section 1, Q34).

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
    """Return the text of an image benchmark's sample; GCG's question is the one that it asks."""
    kind = form(sample)
    if kind == "phrase-image":
        return phrase_prompt(sample.text)
    if kind == "gcg":  # its option prompt=clean asks without the five spaces (Q48)
        return f"<image>\n{sample.text or GCG_QUESTION}"
    return f"<image>\n{CAPTION_QUESTION}"
