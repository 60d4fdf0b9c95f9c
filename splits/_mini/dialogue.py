"""The notation of the mini dialogues and its translation into SAMA-Bench texts.

A question points at an object with `{brown dog}`; an answer marks a phrase and its targets with
`[the two dogs|brown dog+white dog]`, or `[the brown dog]` when the phrase ends in the name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_POINTER = re.compile(r"\{([^{}]+)\}")
_PHRASE = re.compile(r"\[([^\[\]|]+)(?:\|([^\[\]]+))?\]")


@dataclass(frozen=True)
class Round:
    """One question and its answer, ready for a split file."""

    question: str
    """With one `<mask>` for each region."""
    answer: str
    """With `<p> phrase </p> [SEG]` for each target."""
    regions: tuple[str, ...]
    """Names of the objects behind the `<mask>` placeholders, in order."""
    targets: tuple[tuple[str, ...], ...]
    """For each `[SEG]` the names of the objects whose union is meant."""


def parse_round(question: str, answer: str) -> Round:
    """Translate a question and an answer written in the notation of this module."""
    targets: list[tuple[str, ...]] = []

    def mark(match: re.Match[str]) -> str:
        phrase, names = match.group(1), match.group(2)
        targets.append(
            tuple((names or phrase.removeprefix("the ").removeprefix("The ")).split("+"))
        )
        return f"<p> {phrase} </p> [SEG]"

    marked = _PHRASE.sub(mark, answer)
    regions = tuple(_POINTER.findall(question))
    return Round(_POINTER.sub("<mask>", question), marked, regions, tuple(targets))
