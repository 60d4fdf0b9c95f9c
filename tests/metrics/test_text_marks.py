import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench.metrics._captions.text_marks import (
    LOOSE_PHRASES,
    MARKS_KEPT,
    RELEASED,
    STRICT,
    clean,
    grounded_phrases,
    phrases,
)

# SAMA-Bench-G protocol, section 4.
CHECK_VALUES = [
    (
        "<p> The Dog </p> [SEG] runs\n to <p>a\nCat</p>[SEG].<|im_end|>",
        "The Dog runs to a Cat.",
        ["the dog", "a\ncat"],
    ),
    ("<p>a <p>b</p> c</p> [SEG]", "a b c", ["a <p>b"]),
    ("<p></p>[SEG]", "", [""]),
    ("no tags<|endoftext|></s>", "no tags<|endoftext|></s>", []),
]


@pytest.mark.parametrize(("text", "cleaned", "found"), CHECK_VALUES)
def test_released_check_values(text, cleaned, found):
    assert clean(text) == cleaned
    assert phrases(text) == found


@pytest.mark.parametrize(
    ("text", "cleaned", "found"),
    [
        (
            "<p> The Dog </p> [SEG] of <p>a\nCat</p>[SEG].",
            "The Dog of a Cat.",
            ["the dog", "a cat"],
        ),
        ("<p>a <p>b</p> c</p> [SEG]", "a b c", ["b"]),
        ("<p></p>[SEG]", "", []),
        ("<p>open <p>dog</p> and </p> stray", "open dog and stray", ["dog"]),
        ("no tags<|endoftext|></s>", "no tags", []),
    ],
)
def test_strict_reading(text, cleaned, found):
    assert clean(text, STRICT) == cleaned
    assert phrases(text, STRICT) == found


def test_tokens_of_the_tokenizer_can_be_named():
    assert clean("a <custom> b", STRICT, ["<custom>"]) == "a b"


marked = st.lists(
    st.sampled_from(["<p>", "</p>", "[SEG]", " ", "\n", "\u2028", "Dog", "<|im_end|>", "<", "p>"])
).map("".join)


@given(marked | st.text(max_size=40))
def test_clean_text_is_tidy(text):
    for quirks in (RELEASED, STRICT):
        words = clean(text, quirks)
        assert words == " ".join(words.split())
        assert all(phrase == phrase.strip().lower() for phrase in phrases(text, quirks))
    assert all(phrases(text, STRICT))


@given(marked)
def test_one_quirk_at_a_time(text):
    assert clean(text, RELEASED - {LOOSE_PHRASES}) == clean(text, RELEASED)
    assert phrases(text, RELEASED - {MARKS_KEPT}) == phrases(text, RELEASED)


def test_long_hostile_text_is_read_in_linear_time():
    start = time.process_time()
    for text in ("<p>" * 200_000, "<p>a</p>" * 100_000, "</p><p>" * 100_000, "<p" * 300_000):
        clean(text), phrases(text), phrases(text, STRICT)
    assert time.process_time() - start < 10  # a quadratic reading takes minutes


def test_grounded_phrases_have_a_mask():
    text = "<p> No  Cat </p> but <p>a box</p> [SEG], <p>x <p>y</p> [SEG] <p></p>[SEG] [SEG]"
    assert grounded_phrases(text) == ["a box", "y"]
    assert grounded_phrases("[SEG] <p>a</p>") == []
