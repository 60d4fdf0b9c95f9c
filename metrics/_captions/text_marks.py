"""Cleaned text and phrases of a grounded answer.

Definition: SAMA-Bench-G protocol, section 4. Functions take the set of quirks to keep: ``RELEASED``
or ``STRICT``, or anything between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set

from sama_bench.metric import Quirk
from sama_bench.metrics._captions.scores import CAPTION_METRICS

_SECTION = "SAMA-Bench-G protocol, section 10"
MARKS_KEPT = Quirk(
    10,
    "marks_kept",
    "the list of special tokens misses some, which then count as words",
    (*CAPTION_METRICS, "clair"),
    _SECTION,
)
LOOSE_PHRASES = Quirk(
    11, "loose_phrases", "nested, unbalanced and empty phrases count", ("recall",), _SECTION
)

RELEASED: frozenset[Quirk] = frozenset({MARKS_KEPT, LOOSE_PHRASES})
"""The released reading: six literals deleted, phrases by shortest match."""

STRICT: frozenset[Quirk] = frozenset()
"""The corrected reading."""

RELEASED_MARKS = ("<p>", "</p>", "[SEG]", "<|im_end|>", "<s>", "<|end|>")
"""What the released code deletes, in its order."""

SPECIAL_TOKENS = (
    *RELEASED_MARKS,
    "</s>",
    "<unk>",
    "<pad>",
    "<|endoftext|>",
    "<|im_start|>",
    "<|assistant|>",
    "<|user|>",
    "<|system|>",
    "<|eot_id|>",
    "<seg>",
    "<g_s>",
    "<g_e>",
    "<vp>",
    "</vp>",
    "<img>",
    "</img>",
    "<IMG_CONTEXT>",
    "<ref>",
    "</ref>",
    "<box>",
    "</box>",
    "<quad>",
    "</quad>",
)
"""Special tokens of the models' tokenizers, deleted in the strict reading."""

_WHITESPACE = re.compile(r"\s+")
_PHRASE_MARK = re.compile(r"(</?p>)")
_GROUNDED_MARK = re.compile(r"(</?p>|\[SEG\])")


def clean(
    text: str, quirks: Set[Quirk] = RELEASED, special_tokens: Iterable[str] = SPECIAL_TOKENS
) -> str:
    """Return the words of an answer, without marks and with single spaces.

    Args:
        text: the raw answer of a model or of the reference.
        quirks: with MARKS_KEPT the six literals of ``RELEASED_MARKS`` are deleted and nothing else;
            without it all of ``special_tokens``.
        special_tokens: the special tokens of the model's tokenizer, for the strict reading.

    Returns:
        The text with each run of Unicode whitespace as one space, stripped; case is kept.
    """
    marks = (
        RELEASED_MARKS if MARKS_KEPT in quirks else sorted(special_tokens, key=len, reverse=True)
    )
    for mark in marks:
        text = text.replace(mark, "")
    return _WHITESPACE.sub(" ", text).strip()


def phrases(text: str, quirks: Set[Quirk] = RELEASED) -> list[str]:
    """Return the marked phrases of an answer, lower-cased, in order.

    Args:
        text: the raw answer.
        quirks: with LOOSE_PHRASES every shortest match between ``<p>`` and ``</p>`` counts,
            nested or empty as it may be, inner whitespace unchanged; without it only pairs of
            marks that enclose no other mark, whitespace collapsed, empty phrases dropped.

    Returns:
        The phrases; possibly none.
    """
    if LOOSE_PHRASES in quirks:
        return [phrase.strip().lower() for phrase in _shortest_matches(text)]
    found = (_WHITESPACE.sub(" ", phrase).strip().lower() for phrase in _innermost(text))
    return [phrase for phrase in found if phrase]


def grounded_phrases(text: str) -> list[str]:
    """Return the phrases of the strict reading that a ``[SEG]`` follows before another mark does.

    A phrase of a reference whose target is empty has no ``[SEG]``; strict drops it.
    """
    found: list[str] = []
    parts = _GROUNDED_MARK.split(text)
    for index in range(2, len(parts) - 3, 2):
        if [parts[index - 1], parts[index + 1], parts[index + 3]] == ["<p>", "</p>", "[SEG]"]:
            found.append(_WHITESPACE.sub(" ", parts[index]).strip().lower())
    return [phrase for phrase in found if phrase]


def _shortest_matches(text: str) -> Iterator[str]:
    """Yield what the pattern ``<p>(.*?)</p>`` finds, in linear time on any text."""
    start = text.find("<p>")
    while start >= 0:
        end = text.find("</p>", start + 3)
        if end < 0:
            return
        yield text[start + 3 : end]
        start = text.find("<p>", end + 4)


def _innermost(text: str) -> Iterator[str]:
    """Yield the texts that stand directly between an opening and a closing mark."""
    parts = _PHRASE_MARK.split(text)
    for index in range(2, len(parts) - 1, 2):
        if parts[index - 1] == "<p>" and parts[index + 1] == "</p>":
            yield parts[index]
