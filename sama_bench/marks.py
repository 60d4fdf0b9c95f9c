"""Marks in grounded text: ``<p> phrase </p> [SEG]`` (protocol data.md 1.3).

Scoring reads phrases from an answer's text, the k-th phrase belonging to the k-th mask. These
helpers let an adapter build text and segments together, so that they agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sama_bench.nouns import Answer, Masklet, Segment

MARKED = re.compile(r"<p>((?:(?!<p>|</p>).)*)</p>", re.DOTALL)


def marked(phrase: str) -> str:
    """Return a phrase as grounded text: ``<p> phrase </p> [SEG]``."""
    return f"<p> {phrase.strip()} </p> [SEG]"


def marked_phrases(text: str) -> list[str]:
    """Return the phrases between balanced ``<p>`` and ``</p>``, whitespace collapsed, in order."""
    return [" ".join(match.group(1).split()) for match in MARKED.finditer(text)]


def grounded_answer(text: str, masklets: Sequence[Masklet]) -> Answer:
    """Join marked text and its masklets, the k-th masklet to the k-th phrase."""
    phrases = marked_phrases(text)
    segments = tuple(
        Segment(phrases[number] if number < len(phrases) else None, masklet)
        for number, masklet in enumerate(masklets)
    )
    return Answer(text, segments)
