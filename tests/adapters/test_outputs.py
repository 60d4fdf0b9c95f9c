"""What a model returned is taken only when it is what it says it is."""

from __future__ import annotations

import numpy as np
import pytest

from sama_bench.adapters._chat.replies import (
    ModelOutputError,
    chat_answer,
    checked_masks,
    phrases_before_marks,
)
from tests.adapters.clips import asked, clip

GOOD = np.zeros((2, 3, 4), bool)


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (np.zeros((1, 3, 4), bool), "shape"),
        (np.zeros((2, 4, 3), bool), "shape"),
        (np.zeros((2, 3, 4, 1), bool), "shape"),
        (np.full((2, 3, 4), 2, np.uint8), "from 2 to 2"),
        (np.full((2, 3, 4), np.nan, np.float32), "NaN"),
        (np.full((2, 3, 4), 0.5, np.float32), "must be 0 and 1"),
        (np.full((2, 3, 4), "a"), "dtype"),
    ],
)
def test_masks_that_do_not_fit_are_refused(masks, message):
    with pytest.raises(ModelOutputError, match=message):
        checked_masks(masks, 2, 3, 4)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_binary_masks_of_any_type_are_taken(dtype):
    masks = np.zeros((2, 3, 4), dtype)
    masks[1, 2, 3] = 1
    assert checked_masks(masks, 2, 3, 4).nonzero()[0].tolist() == [1]


def test_phrases_belong_to_the_mark_that_follows():
    text = "<p> A dog </p> [SEG] and [SEG], <p>x</p> <p>the\n cat</p>[SEG]."
    assert phrases_before_marks(text) == ["A dog", None, "the cat"]


def test_a_mark_in_the_question_comes_first(tmp_path):
    video = clip(tmp_path, frames=2, height=3, width=4)
    reply = {"prediction": "<p> it </p> [SEG].", "prediction_masks": [GOOD, GOOD]}
    answer = chat_answer(reply, asked(video, "Where is [SEG]?"), prompted=1)
    assert [segment.phrase for segment in answer.segments] == [None, "it"]
    assert answer.notes == {"seg_in_question": 1}


@pytest.mark.parametrize("reply", [None, {}, {"prediction": 3}, "text"])
def test_replies_without_text_are_failures(tmp_path, reply):
    with pytest.raises(ModelOutputError):
        chat_answer(reply, asked(clip(tmp_path), "Who?"))


def test_a_reply_without_marks_is_a_refusal(tmp_path):
    reply = {"prediction": "Nothing.", "prediction_masks": []}
    assert chat_answer(reply, asked(clip(tmp_path), "Who?")).segments == ()
