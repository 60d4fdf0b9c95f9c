"""SAM 3 with a tiny random checkpoint of transformers' class."""

from __future__ import annotations

import pytest

from sama_bench.adapter import Setup
from sama_bench.adapters.sam3 import Sam3
from tests.adapters.clips import asked, clip, square_track
from tests.adapters.tiny import save_sam3

MASKS = frozenset({"masks"})


def loaded(folder):
    adapter = Sam3()
    adapter.load(Setup("sam3", str(folder)))
    return adapter


@pytest.fixture(scope="session")
def adapter(tmp_path_factory):
    return loaded(save_sam3(tmp_path_factory.mktemp("sam3")))


def expression(video, text="the red square"):
    return asked(video, text, wants=MASKS)


def test_all_instances_are_united_into_one_masklet(adapter, tmp_path):
    video = clip(tmp_path, frames=3)
    answer = adapter.predict(expression(video))
    assert answer.notes["instances"] > 0
    (segment,) = answer.segments
    assert len(segment.masklet) == 3
    assert (segment.masklet.height, segment.masklet.width) == (48, 64)
    assert adapter.predict(expression(video)) == answer


def test_long_expressions_are_cut_to_the_text_encoder(adapter, tmp_path):
    answer = adapter.predict(expression(clip(tmp_path, frames=1), "a red square " * 50))
    assert answer.text


def test_nothing_found_is_a_refusal(tmp_path):
    strict = loaded(save_sam3(tmp_path / "weights", threshold=1.1))
    answer = strict.predict(expression(clip(tmp_path / "clip", frames=2)))
    assert answer.segments == ()
    assert answer.notes == {"instances": 0}


def test_regions_are_refused_in_words(adapter, tmp_path):
    video = clip(tmp_path)
    with pytest.raises(ValueError, match="knows no regions"):
        adapter.predict(asked(video, "<mask>?", square_track(video)))
