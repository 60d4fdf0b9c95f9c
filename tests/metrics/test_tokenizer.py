"""The PTB tokenizer on very many hostile texts, in one JVM."""

from __future__ import annotations

import random

import pytest

from sama_bench.metrics._captions.tokenizer import one_line, tokenize
from tests.metrics import caption_texts

CLEAN = ["A man (in red) says no.", "2 dogs run.", "", "He meets J.", "The dog waits"]
TOKENS = [
    "a man -lrb- in red -rrb- says no.",
    "2 dogs run",
    "",
    "he meets j",
    "the dog waits",
]
HOSTILE_GROUPS, HOSTILE_TEXTS = 120, 50


@pytest.fixture(scope="module")
def tokenised():
    rng = random.Random(1)
    groups = []
    for _ in range(HOSTILE_GROUPS):
        groups.append([caption_texts.hostile(rng) for _ in range(HOSTILE_TEXTS)])
        groups.append(CLEAN)
    groups.append([])
    groups.append([" ".join(["word"] * 10_000), "after"])
    groups.append(["a" * 200_000, "(" * 20_000, "after"])
    return groups, tokenize(groups)


def test_six_thousand_hostile_texts_shift_nothing(tokenised):
    groups, tokens = tokenised
    assert HOSTILE_GROUPS * HOSTILE_TEXTS == 6000
    assert [len(found) for found in tokens] == [len(group) for group in groups]
    for clean in tokens[1 : 2 * HOSTILE_GROUPS : 2]:
        assert clean == TOKENS
    for text in (text for group in tokens for text in group):
        assert "\n" not in text
        text.encode("utf-8")


def test_long_texts(tokenised):
    _, tokens = tokenised
    assert tokens[-3] == []
    assert tokens[-2] == [" ".join(["word"] * 10_000), "after"]
    assert tokens[-1][0] == "a" * 200_000
    assert tokens[-1][2] == "after"


def test_a_clean_text_survives_hostile_neighbours(tokenised):
    """Text by text, a marker word at the end of a hostile text stays in its own line."""
    rng = random.Random(2)
    texts = [f"{caption_texts.hostile(rng)} marker{i}x" for i in range(1500)]
    found = tokenize([texts])[0]
    for index, tokens in enumerate(found):
        assert f"marker{index}x" in tokens
        assert tokens.count("marker") == 1


def test_one_line():
    assert one_line("a\nb\r\nc\u2028d\x85e\x0bf\x0cg\ud800") == "a b  c d e f g\ufffd"
