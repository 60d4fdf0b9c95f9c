"""The inputs of SAMA: check values of the protocol, and torch's own resampling as the judge."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sama_bench.adapters._chat import prompts
from sama_bench.adapters.sama import prompt
from sama_bench.nouns import Masklet
from sama_bench.splits.gcg.dataset import QUESTIONS


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (10, [0, 2, 3, 4, 6, 8, 9]),
        (13, [0, 3, 6, 9, 12]),
        (8, [0, 1, 2, 3, 4, 5, 6]),
        (9, [0, 1, 3, 4, 6, 7]),
        (4, [0, 1, 2, 3]),
        (0, []),
    ],
)
def test_sampler_check_values(total, expected):
    assert prompt.sparse_frames(total) == expected


@pytest.mark.parametrize(
    ("total", "count", "start"), [(50, 17, [0, 3, 6]), (96, 32, [0, 3]), (300, 32, [0, 9, 18])]
)
def test_sampler_on_long_videos(total, count, start):
    chosen = prompt.sparse_frames(total)
    assert len(chosen) == count
    assert chosen[: len(start)] == start


@given(st.integers(1, 400), st.integers(8, 128))
def test_sampler_stays_inside_and_rises(total, longest):
    chosen = prompt.sparse_frames(total, longest)
    assert chosen == sorted(set(chosen))
    assert chosen[0] == 0
    assert chosen[-1] < total
    assert len(chosen) <= longest
    assert prompt.dense_frames(total, longest) == chosen[:5]


def test_nearest_rule_is_that_of_torch():
    torch = pytest.importorskip("torch")
    for size in (*range(1, 200), *range(200, 2001, 11)):
        places = np.arange(size)
        digits = torch.from_numpy(np.stack([places // 256, places % 256]).astype(np.uint8))
        for outputs in prompt.GRIDS:
            column = digits[None, :, :, None]
            theirs = torch.nn.functional.interpolate(column, size=(outputs, 1), mode="nearest")
            high, low = theirs[0, :, :, 0].to(torch.int64).tolist()
            expected = [256 * a + b for a, b in zip(high, low, strict=True)]
            assert prompt.nearest_index(outputs, size).tolist() == expected


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**32 - 1), st.booleans())
def test_prompt_masks_are_those_of_torch(height, width, seed, boxed):
    torch = pytest.importorskip("torch")
    noise = np.random.default_rng(seed)
    masks = np.zeros((3, height, width), np.uint8)
    top, left = noise.integers(0, height), noise.integers(0, width)
    masks[0, top:, left:] = noise.integers(0, 2, (height - top, width - left))
    masks[2] = 1
    shape = "box" if boxed else "mask"
    small, large = prompt.prompt_masks(Masklet.from_arrays(masks), shape)
    filled = np.stack([prompt.filled_box(mask) for mask in masks]) if boxed else masks
    for ours, side in ((small, 16), (large, 112)):
        theirs = torch.nn.functional.interpolate(
            torch.from_numpy(filled)[None], size=(side, side), mode="nearest"
        )
        assert ours.dtype == np.uint8
        np.testing.assert_array_equal(ours, theirs[0].numpy())


def test_a_filled_box_covers_the_mask_tightly():
    mask = np.zeros((6, 8), np.uint8)
    mask[1, 2] = mask[4, 5] = 1
    expected = np.zeros_like(mask)
    expected[1:5, 2:6] = 1
    np.testing.assert_array_equal(prompt.filled_box(mask), expected)


def test_token_text_counts_its_slots():
    text = prompt.token_text("Is <mask> near <mask>?", sparse=6)
    assert text.count(prompt.CONTEXT) == 5 * 256 + 6 + 2 * 2
    assert f"</img>{prompt.CONTEXT * 6}Is <vp>" in text
    described = prompt.token_text("Describe <mask>.", sparse=6, newline=True)
    assert f"{prompt.CONTEXT}\nDescribe <vp>" in described


def test_only_the_first_dense_frame_keeps_its_mask():
    mask = np.zeros((9, 16, 16), np.uint8)
    mask[[1, 3, 7]] = 1
    (kept,) = prompt.first_only([mask], [0, 1, 2, 3, 4])
    assert (mask * kept).any(axis=(1, 2)).nonzero()[0].tolist() == [1, 7]


def test_the_gcg_question_is_the_published_one():
    question = QUESTIONS["released"]
    digest = hashlib.sha256(question.encode()).hexdigest()
    assert len(question) == 156
    assert digest == "953becbc1cd00fe516c343e79cc22dcc6416e14b5eb69821ce1c1ea5e3457127"


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("sama", "<image>\nWho runs?"),
        ("sa2va2", "<image>\n Who runs? Please respond with a segmentation mask."),
        ("sa2va1", "<image>\nPlease segment Who runs?."),
    ],
)
def test_questions_among_expressions_follow_the_style(style, expected):
    assert prompts.referring_prompt("Who runs?", style) == expected
    assert prompts.referring_prompt("a dog.", style) == "<image>\nPlease segment a dog.."
