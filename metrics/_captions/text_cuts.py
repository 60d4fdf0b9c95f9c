"""Cuts of caption texts before scoring (SAMA-Bench-G protocol, section 7)."""

from __future__ import annotations

from sama_bench.metric import Quirk
from sama_bench.metrics._captions.scores import CAPTION_METRICS

CUT_TEXTS = Quirk(
    21,
    "cut_texts",
    "texts are cut at 300 words and 2,000 characters",
    (*CAPTION_METRICS, "clair"),
    "SAMA-Bench-G protocol, section 10",
)

WORD_LIMIT = 300
CHARACTER_LIMIT = 2000


def cut(text: str) -> str:
    """Return ``text`` as the released code scores it: 300 words, then 2,000 characters."""
    return cut_characters(cut_words(text))


def cut_words(text: str) -> str:
    """Return the first 300 words of ``text``, separated by any whitespace.

    Only a text with more words than that is changed; its words are then joined by single spaces.
    """
    words = text.split()
    return text if len(words) <= WORD_LIMIT else " ".join(words[:WORD_LIMIT])


def cut_characters(text: str) -> str:
    """Return the first 2,000 characters of ``text``."""
    return text[:CHARACTER_LIMIT]
