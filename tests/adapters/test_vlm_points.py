"""Points and boxes of chat models: their syntaxes, and the way from a reply to masks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench.adapter import Setup
from sama_bench.adapters._chat.points_syntax import read_points
from sama_bench.adapters._tracking.sam2_transformers import TransformersTracker
from sama_bench.adapters.vlm_points_sam2 import VlmPointsSam2, first_marks
from tests.adapters.clips import asked, clip
from tests.adapters.tiny import save_qwen_vl, save_sam2

MASKS = frozenset({"masks"})
TRACKS = '<tracks coords="0.0 1 635 522;1.0 1 606 490 2 511 124">the dogs</tracks>'


@pytest.mark.parametrize(
    ("reply", "scale", "expected"),
    [
        (
            TRACKS,
            "thousand",
            [(0.0, 1, (0.635, 0.522)), (1.0, 1, (0.606, 0.49)), (1.0, 2, (0.511, 0.124))],
        ),
        ('<points coords="2 1 500 250">x</points>', "thousand", [(2.0, 1, (0.5, 0.25))]),
        ('<point x="50" y="25.0" alt="dog">dog</point>', "thousand", [(None, 1, (0.5, 0.25))]),
        (
            '<points x1="10" y1="20" x2="30" y2="40" alt="dogs">dogs</points>',
            "thousand",
            [(None, 1, (0.1, 0.2)), (None, 2, (0.3, 0.4))],
        ),
        (
            '```json\n[{"bbox_2d": [100, 200, 300, 400], "label": "dog"}]\n```',
            "thousand",
            [(None, 1, (0.1, 0.2, 0.3, 0.4))],
        ),
        ('{"bbox_2d": [20, 10, 40, 30]}', "pixels", [(None, 1, (0.1, 0.1, 0.2, 0.3))]),
        ('[{"frame": 3, "point_2d": [500, 500]}]', "thousand", [(3.0, 1, (0.5, 0.5))]),
        (
            "the dog<|box_start|>(100,200),(300,400)<|box_end|>",
            "thousand",
            [(None, 1, (0.1, 0.2, 0.3, 0.4))],
        ),
        ("[100, 200, 300, 400]", "thousand", [(None, 1, (0.1, 0.2, 0.3, 0.4))]),
        ("There is no dog.", "thousand", []),
        ('<tracks coords="0.0 1 635">cut', "thousand", []),
        ('[{"bbox_2d": [5, 5, 5, 5]}]', "thousand", []),
        ('[{"bbox_2d": ["a", 1, 2, 3]}]', "thousand", []),
        ('<point x="500" y="1">', "thousand", []),
        ('[{"bbox_2d": [1, 2', "thousand", []),
    ],
)
def test_syntaxes(reply, scale, expected):
    found = read_points(reply, scale, 200, 100)
    assert [(item.time, item.object, pytest.approx(item.place)) for item in found] == expected


@given(st.text(max_size=300))
def test_any_text_is_read_without_raising(text):
    for item in read_points(text, "thousand", 10, 10):
        assert all(0 <= part <= 1 for part in item.place)


def test_each_object_starts_where_it_is_first_pointed_at():
    pointed = read_points(TRACKS, "thousand", 200, 100)
    marks = first_marks(pointed, [0, 7, 14], 200, 100)
    assert [mark.frame for mark in marks] == [0, 7]
    assert marks[0].points == (pytest.approx((127.0, 52.2)),)
    late = first_marks(read_points('<points coords="99 1 5 5">', "thousand", 9, 9), [0, 7], 9, 9)
    assert late[0].frame == 7


class Scripted:
    def __init__(self, reply):
        self.reply, self.heard = reply, []

    def say(self, text, images):
        self.heard.append((text, len(images)))
        return self.reply


@pytest.fixture(scope="session")
def tracker(tmp_path_factory):
    folder = save_sam2(tmp_path_factory.mktemp("vlm-sam2"))
    return TransformersTracker(folder, Setup("sam2", str(folder)))


def answering(reply, tracker, **options):
    adapter = VlmPointsSam2()
    adapter.configure(Setup("vlm", options=options))
    adapter._chat, adapter._tracker = Scripted(reply), tracker
    return adapter


def test_a_reply_becomes_one_masklet(tracker, tmp_path):
    adapter = answering(TRACKS, tracker, frames="3")
    video = clip(tmp_path, frames=5)
    answer = adapter.predict(asked(video, "the dogs", wants=MASKS))
    assert len(answer.segments) == 1
    assert len(answer.segments[0].masklet) == 5
    assert answer.notes["objects"] == 2
    text, images = adapter._chat.heard[0]
    assert images == 3
    assert "0.0, 1.0, 2.0 seconds" in text


def test_a_reply_without_points_is_a_refusal(tracker, tmp_path):
    adapter = answering("I see no dog.", tracker, ask="boxes")
    sample = asked(clip(tmp_path), "the dog", wants=MASKS)
    assert adapter.predict(sample).segments == ()
    assert '{"frame": number' in adapter._chat.heard[0][0]


def test_a_real_chat_class_answers_on_a_cpu(tmp_path):
    chat = save_qwen_vl(tmp_path / "chat")
    adapter = VlmPointsSam2()
    given = {"tracker": str(save_sam2(tmp_path / "sam2")), "frames": "2", "max_tokens": "8"}
    adapter.load(Setup("vlm", str(chat), options=given, dtype="float32"))
    sample = asked(clip(tmp_path / "clip"), "the dog", wants=MASKS)
    answer = adapter.predict(sample)
    assert answer.segments == (), "random letters point at nothing"
    assert 0 < len(answer.notes["reply"]) < 200
    assert adapter.predict(sample) == answer
