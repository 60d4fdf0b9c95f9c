import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from sama_bench.media.frames import FrameStore
from sama_bench.nouns import Answer, Masklet, Reference, Region, Sample, Segment, Turn, Video


def through_json(item):
    return type(item).from_json(json.loads(json.dumps(item.to_json())))


@pytest.fixture
def track():
    masks = np.zeros((4, 6, 5), np.uint8)
    masks[1, 2:4, 1:3] = 1
    return Masklet.from_arrays(masks)


def test_nouns_survive_json(track):
    region = Region(1, track.rle(1), (1, 2, 2, 3), (1.5, 2.5), track)
    video = Video("v", ("/a/0.jpg", "/a/1.jpg"), 6, 5)
    turn = Turn("Where is <mask>?", (region,), "There.")
    sample = Sample("s", "b", video, "What is <mask>?", (region,), (turn,), frozenset({"text"}), 7)
    answer = Answer("<p>it</p> [SEG]", (Segment("it", track), Segment(None, track)), {"frame": 3})
    for item in (track, region, video, turn, sample, answer, Reference("x", (track,))):
        assert through_json(item) == item


def test_a_masklet_knows_where_its_object_is(track):
    assert track.first_visible() == 1
    assert track.counts[0] is None
    assert track.decode(0).shape == (6, 5)
    assert track.decode(1).sum() == 4


def test_a_masklet_of_another_size_is_refused(track):
    with pytest.raises(ValueError, match="frame 1: RLE size"):
        Masklet.from_rles(track.rles(), 5, 6)


def test_nouns_are_frozen(track):
    with pytest.raises(dataclasses.FrozenInstanceError):
        track.height = 3


def test_frames_are_decoded_once_and_memory_is_bounded(tmp_path):
    paths = []
    for number in range(4):
        path = tmp_path / f"{number}.png"
        Image.fromarray(np.full((10, 10, 3), number, np.uint8)).save(path)
        paths.append(path)
    store = FrameStore(budget=2 * 300)
    assert [int(store.image(path)[0, 0, 0]) for path in paths] == [0, 1, 2, 3]
    store.image(paths[3])
    assert store.decoded == 4
    store.image(paths[0])
    assert store.decoded == 5
    with pytest.raises(ValueError, match="read-only"):
        store.image(paths[0])[0, 0, 0] = 1
