"""GroundingDINO and SAM 2 with tiny random checkpoints of transformers' classes."""

from __future__ import annotations

import pytest

from sama_bench.adapter import Setup
from sama_bench.adapters._tracking.grounding_dino import as_caption, scaled_size
from sama_bench.adapters.grounded_sam2 import GroundedSam2
from sama_bench.errors import AdapterError
from tests.adapters.clips import asked, clip, square_track
from tests.adapters.tiny import save_grounding_dino, save_sam2

MASKS = frozenset({"masks"})


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("grounded")
    return save_sam2(place / "sam2", 128), save_grounding_dino(place / "dino")


def loaded(folders, **options):
    tracker, detector = folders
    adapter = GroundedSam2()
    given = {"detector": str(detector), "short_side": "64", **options}
    adapter.load(Setup("grounded-sam2", str(tracker), options=given))
    return adapter


def expression(video, text="the red square"):
    return asked(video, text, wants=MASKS)


@pytest.mark.parametrize("boxes", ["best", "all"])
def test_what_is_found_is_tracked(folders, tmp_path, boxes):
    adapter = loaded(folders, threshold="0.0", boxes=boxes)
    video = clip(tmp_path, frames=4)
    answer = adapter.predict(expression(video))
    assert len(answer.segments) == 1
    assert len(answer.segments[0].masklet) == 4
    assert answer.notes["boxes"] == (1 if boxes == "best" else 5)
    assert adapter.predict(expression(video)) == answer


def test_nothing_found_is_a_refusal(folders, tmp_path):
    adapter = loaded(folders, threshold="1.0")
    assert adapter.predict(expression(clip(tmp_path))).segments == ()


def test_regions_are_refused_in_words(folders, tmp_path):
    video = clip(tmp_path)
    with pytest.raises(ValueError, match="knows no regions"):
        loaded(folders).predict(asked(video, "<mask>?", square_track(video)))


def test_a_missing_detector_is_named(folders):
    tracker, _ = folders
    setup = Setup("grounded-sam2", str(tracker), options={"detector": "/no/such/folder"})
    with pytest.raises(AdapterError, match="/no/such/folder"):
        GroundedSam2().load(setup)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(480, 854, (749, 1332)), (600, 800, (800, 1066)), (800, 600, (1066, 800))],
)
def test_frames_are_scaled_by_their_short_side(height, width, expected):
    assert scaled_size(height, width) == expected


def test_captions_end_in_one_period():
    assert as_caption(" The Red\nsquare. ") == "the red square."
    assert as_caption("Who runs?") == "who runs."
