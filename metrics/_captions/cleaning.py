"""Turn a model's raw reply into the text that is scored, benchmark by benchmark.

Released forms delete what the published scripts delete, in their order, side effects included
(image protocol, sections 2 and 3). Strict forms remove special tokens only.
"""

from __future__ import annotations

import re

from sama_bench.metric import Quirk

WORDS_DAMAGED = Quirk(
    49,
    "words_damaged",
    "cleaning a region caption deletes parts of words",
    ("meteor", "cider"),
    "image protocol, section 4",
)

_TAG = re.compile(r"<.*?>")
_SPACE = re.compile(r"\s+")
_PHRASE = re.compile(r"<p>(.*?)</p>")

_REGION_DELETIONS = (
    *("<s>", "\n", "region1", "Region1", "The region marked by", "The region marked as"),
    *("The region marked", "is", "shows", ":"),
)
_REGION_LEAD = re.compile(
    r"^\s*(?:the\s+region\s+marked(?:\s+(?:by|as))?\s+)?region\s?1\b\s*[:,]?\s*(?:(?:is|shows)\s+)?",
    re.IGNORECASE,
)


def _after_assistant(text: str) -> str:
    """Return what follows the last ``ASSISTANT: ``, or the whole text without one."""
    return text.split("ASSISTANT: ")[-1]


def _plain(text: str) -> str:
    """Delete tags and ``[SEG]``, collapse whitespace, strip apostrophes and then spaces."""
    return _SPACE.sub(" ", _TAG.sub("", text).replace("[SEG]", "")).strip("'").strip()


def gcg_reply(reply: str) -> str:
    """Prepare a GCG reply (image protocol, section 2, step 1).

    Deletes ``<s>`` and newlines, replaces every double space once by one space, and keeps what
    follows the last ``ASSISTANT: ``.
    """
    return _after_assistant(reply.replace("<s>", "").replace("\n", "").replace("  ", " "))


def gcg_caption(reply: str) -> str:
    """Return the caption of a raw GCG reply (image protocol, section 2, step 2)."""
    return _plain(gcg_reply(reply))


def gcg_phrases(reply: str) -> list[str]:
    """Return the phrases of a raw GCG reply, stripped, case kept (section 2, step 3)."""
    return [phrase.strip() for phrase in _PHRASE.findall(gcg_reply(reply))]


def region_caption(reply: str) -> str:
    """Return the text of a raw region description as released (image protocol, section 3).

    Deleting ``is`` and ``shows`` reaches inside words: "this man's wrist" becomes "th man's wrt".
    """
    for part in _REGION_DELETIONS:
        reply = reply.replace(part, "")
    reply = reply.replace("   ", " ").replace("  ", " ")
    return _plain(_after_assistant(reply))


def region_caption_strict(reply: str) -> str:
    """Return the text of a raw region description without damage to words (strict).

    Removes special tokens and the leading phrase that names region1, nothing else.
    """
    text = _SPACE.sub(" ", _TAG.sub(" ", _after_assistant(reply)).replace("[SEG]", " "))
    return _REGION_LEAD.sub("", text).strip()
