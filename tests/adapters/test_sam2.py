"""SAM 2 with a tiny random checkpoint of transformers' class."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sama_bench.adapter import Setup
from sama_bench.adapters._chat.replies import ModelOutputError
from sama_bench.adapters._tracking.tracking import Mark, full_size, normalised, united
from sama_bench.adapters.sam2 import Sam2
from sama_bench.errors import AdapterError
from sama_bench.nouns import Masklet
from tests.adapters.clips import asked, clip, square_track
from tests.adapters.tiny import save_sam2


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    return save_sam2(tmp_path_factory.mktemp("sam2"))


@pytest.fixture(scope="session")
def adapter(weights):
    loaded = Sam2()
    loaded.load(Setup("sam2-tiny", str(weights)))
    return loaded


def test_every_region_is_tracked_in_both_directions(adapter, tmp_path):
    video = clip(tmp_path, frames=7)
    early, late = square_track(video), square_track(video, range(3, 7))
    answer = adapter.predict(asked(video, "Is <mask> near <mask>?", early, late))
    assert len(answer.segments) == 2
    assert answer.text.count("[SEG]") == 2
    for segment in answer.segments:
        assert len(segment.masklet) == 7
        assert (segment.masklet.height, segment.masklet.width) == (48, 64)
        segment.masklet.check()


def test_the_prompted_frame_keeps_its_mask(adapter, tmp_path):
    video = clip(tmp_path, frames=3, height=128, width=128)
    track = square_track(video, size=60)
    answer = adapter.predict(asked(video, "Where is <mask>?", track))
    given, found = track.decode(0), answer.segments[0].masklet.decode(0)
    assert (given & found).sum() / (given | found).sum() > 0.9


def test_answers_do_not_change_from_call_to_call(adapter, tmp_path):
    video = clip(tmp_path, frames=4, height=64, width=40)
    sample = asked(video, "Where is <mask>?", square_track(video))
    assert adapter.predict(sample) == adapter.predict(sample)


def test_boxes_and_points_are_followed_too(adapter, tmp_path):
    video = clip(tmp_path, frames=3)
    marks = [Mark(1, box=(4, 4, 20, 20)), Mark(0, points=((8.0, 9.0), (10.0, 12.0)))]
    masklets = adapter._tracker.track(video, marks)
    assert [len(masklet) for masklet in masklets] == [3, 3]


def test_a_single_frame_and_no_region(adapter, tmp_path):
    video = clip(tmp_path, frames=1)
    assert len(adapter.predict(asked(video, "<mask>?", square_track(video))).segments) == 1
    assert adapter.predict(asked(video, "What happens?")).segments == ()


def test_missing_and_broken_weights_are_one_line(weights, tmp_path):
    with pytest.raises(AdapterError, match="no such folder"):
        Sam2().load(Setup("sam2-tiny", str(tmp_path / "nothing")))
    with pytest.raises(AdapterError, match=r"no config\.json"):
        Sam2().load(Setup("sam2-tiny", str(tmp_path)))
    (tmp_path / "config.json").write_text((weights / "config.json").read_text())
    with pytest.raises(AdapterError, match="holds no weights"):
        Sam2().load(Setup("sam2-tiny", str(tmp_path)))
    whole = (weights / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[:-100])
    with pytest.raises(AdapterError, match="cut off"):
        Sam2().load(Setup("sam2-tiny", str(tmp_path)))


def test_weights_that_would_stay_random_are_refused(weights, tmp_path):
    from safetensors.numpy import load_file, save_file

    tensors = load_file(weights / "model.safetensors")
    dropped = next(name for name in sorted(tensors) if name.startswith("mask_decoder"))
    del tensors[dropped]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text((weights / "config.json").read_text())
    with pytest.raises(AdapterError, match="no values for 1 weights"):
        Sam2().load(Setup("sam2-tiny", str(tmp_path)))
    allowed = Setup("sam2-tiny", str(tmp_path), options={"missing_weights": "allow"})
    Sam2().load(allowed)


def test_a_missing_shard_is_named(weights, tmp_path):
    (tmp_path / "config.json").write_text((weights / "config.json").read_text())
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(AdapterError, match="model-00001-of-00002"):
        Sam2().load(Setup("sam2-tiny", str(tmp_path)))


def test_unknown_options_and_another_transformers(weights, monkeypatch):
    with pytest.raises(Exception, match="did you mean backend"):
        Sam2().load(Setup("sam2-tiny", str(weights), options={"backnd": "x"}))
    monkeypatch.setattr(
        "sama_bench.adapters._checkpoints.loading.version", lambda package: "4.42.3"
    )
    with pytest.raises(AdapterError, match=r"needs transformers from 4\.57"):
        Sam2().load(Setup("sam2-tiny", str(weights)))


def test_nan_logits_are_a_failure():
    torch = pytest.importorskip("torch")
    with pytest.raises(ModelOutputError, match="NaN"):
        full_size(torch.full((1, 1, 4, 4), float("nan")), 8, 8)


def test_frames_are_normalised_like_the_published_loader():
    frame = np.full((4, 6, 3), 255, np.uint8)
    plane = normalised(frame, 8)
    assert plane.shape == (3, 8, 8)
    np.testing.assert_allclose(plane[0], (1 - 0.485) / 0.229, rtol=1e-6)


def test_union_of_masklets(tmp_path):
    video = clip(tmp_path, frames=2, height=4, width=4)
    one, two = np.zeros((2, 4, 4), np.uint8), np.zeros((2, 4, 4), np.uint8)
    one[0, 0, 0] = two[0, 1, 1] = 1
    union = united([Masklet.from_arrays(one), Masklet.from_arrays(two)], video)
    assert union.decode(0).sum() == 2
    assert union.counts[1] is None
    assert united([], video).first_visible() is None
