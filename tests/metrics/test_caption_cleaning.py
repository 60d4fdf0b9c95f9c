"""Cleaning of replies: check values of the image protocol, and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench.metrics._captions.cleaning import (
    gcg_caption,
    gcg_phrases,
    gcg_reply,
    region_caption,
    region_caption_strict,
)
from sama_bench.metrics._captions.text_cuts import cut


@pytest.mark.parametrize(
    ("reply", "released", "strict"),
    [
        (
            "The region marked by region1 shows this man's wrist.<|im_end|>",
            "th man's wrt.",
            "this man's wrist.",
        ),
        (
            "Region1 is a dish on an island: 'blue'",
            "a dh on an land 'blue",
            "a dish on an island: 'blue'",
        ),
        # The released order deletes colons before it looks for "ASSISTANT: ".
        ("USER: x ASSISTANT: a cat [SEG]", "USER x ASSISTANT a cat", "a cat"),
        ("a   cat\nruns", "a catruns", "a cat runs"),
        ("", "", ""),
    ],
)
def test_region_caption(reply, released, strict):
    assert region_caption(reply) == released
    assert region_caption_strict(reply) == strict


def test_gcg():
    reply = "<s> USER: x ASSISTANT: 'A <p> Red cat </p> [SEG]  on\na <p>mat</p>[SEG].<|im_end|>"
    assert gcg_reply(reply) == "'A <p> Red cat </p> [SEG] ona <p>mat</p>[SEG].<|im_end|>"
    assert gcg_caption(reply) == "A Red cat ona mat."
    assert gcg_phrases(reply) == ["Red cat", "mat"]
    assert gcg_phrases("nothing") == []


@given(st.text())
def test_cleaning_leaves_one_line(text):
    for clean in (gcg_caption, region_caption, region_caption_strict):
        assert "\n" not in clean(text)
        assert clean(text) == clean(text).strip()


@given(st.text(alphabet="ab \n\t", max_size=3000))
def test_cut(text):
    result = cut(text)
    assert len(result) <= 2000
    assert len(result.split()) <= 300
    if len(text) <= 2000 and len(text.split()) <= 300:
        assert result == text
