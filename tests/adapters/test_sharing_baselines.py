"""The baselines share as well: tiny random models of transformers' classes, the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from sama_bench.adapter import Setup
from sama_bench.adapters._sharing import ModelSharing
from sama_bench.adapters._sharing.baselines import put_off_rows, share_package_sam2
from sama_bench.adapters.grounded_sam2 import GroundedSam2
from sama_bench.adapters.sam2 import Sam2
from sama_bench.adapters.sam3 import Sam3
from sama_bench.adapters.vlm_points_sam2 import VlmPointsSam2
from tests.adapters.clips import asked, clip, square_track
from tests.adapters.tiny import save_grounding_dino, save_qwen_vl, save_sam2, save_sam3

MASKS = frozenset({"masks"})
POINTS = '<points coords="0.0 1 300 400">it</points>'


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    place = tmp_path_factory.mktemp("weights")
    return {
        "sam2": save_sam2(place / "sam2"),
        "sam3": save_sam3(place / "sam3"),
        "dino": save_grounding_dino(place / "dino"),
        "qwen": save_qwen_vl(place / "qwen"),
    }


def loaded(kind, folder, session, **options):
    adapter = kind()
    adapter.load(Setup("m", str(folder), options=options, session=session))
    return adapter


def count(module):
    calls = []
    module.register_forward_hook(lambda *_: calls.append(1))
    return calls


def both(kind, folder, samples, counted, **options):
    """Return how often each counted module ran with and without sharing; answers are the same."""
    found, answers = [], []
    for session in ({"share_check": "9"}, {"share": "off"}):
        adapter = loaded(kind, folder, session, **options)
        calls = [count(module) for module in counted(adapter)]
        answers.append([adapter.predict(sample) for sample in samples])
        found.append([len(each) for each in calls])
        remarks = list(getattr(adapter, "remarks", ()))
        assert remarks == []
    assert answers[0] == answers[1]
    assert any(answer.segments for answer in answers[0])
    return found


def videos(tmp_path):
    return [clip(tmp_path / str(n), frames=3 + n, seed=n) for n in range(2)]


def phrases(tmp_path):
    words = ("the red square", "a dog", "the cat moving left")
    return [
        asked(video, text, benchmark="mevis", wants=MASKS)
        for video in videos(tmp_path)
        for text in words
    ]


def test_sam2_encodes_each_frame_once(weights, tmp_path):
    samples = [
        asked(video, "Where is <mask>?", square_track(video, range(start, len(video))))
        for video in videos(tmp_path)
        for start in (0, 1, 2)
    ]
    (shared,), (plain,) = both(
        Sam2, weights["sam2"], samples, lambda a: [a._tracker._model.vision_encoder.backbone]
    )
    assert shared <= 7 + 2, "each frame once, and what share_check computed again"
    assert plain > 2 * shared


def test_sam3_runs_its_backbone_once_a_frame(weights, tmp_path):
    (shared,), (plain,) = both(
        Sam3,
        weights["sam3"],
        phrases(tmp_path),
        lambda a: [a._model.detector_model.vision_encoder.backbone.layers[0]],
    )
    assert plain == 3 * 7
    assert 7 <= shared <= 7 + 2


def test_grounded_sam2_shares_both_backbones(weights, tmp_path):
    shared, plain = both(
        GroundedSam2,
        weights["sam2"],
        phrases(tmp_path),
        lambda a: [
            a._detector._model.model.backbone.conv_encoder,
            a._tracker._model.vision_encoder.backbone,
        ],
        detector=str(weights["dino"]),
        short_side="64",
        threshold="0.0",
    )
    assert all(few * 2 < many for few, many in zip(shared, plain, strict=True))


def test_vlm_points_shares_tower_and_tracker(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "sama_bench.adapters._chat.qwen_images.QwenImages.decode", lambda self, tokens: POINTS
    )
    monkeypatch.setattr(
        "sama_bench.adapters._chat.qwen_images.FullProcessor.decode", lambda self, tokens: POINTS
    )
    shared, plain = both(
        VlmPointsSam2,
        weights["qwen"],
        phrases(tmp_path),
        lambda a: [
            a._chat._model.model.visual.patch_embed,
            a._tracker._model.vision_encoder.backbone,
        ],
        tracker=str(weights["sam2"]),
        max_tokens="2",
    )
    assert shared[0] <= 3
    assert plain[0] == 6
    assert shared[1] * 2 < plain[1]


def test_the_package_is_shared_through_its_slot():
    torch = pytest.importorskip("torch")
    from benchmarks import _standin

    predictor = _standin.small().grounding_encoder.sam2_model
    encoded = count(predictor.image_encoder)
    shared = ModelSharing()
    share_package_sam2(shared, Setup("m"), predictor)
    images = torch.randn(4, 3, 32, 32)
    maps = []
    for _ in range(2):
        state = predictor.init_state(put_off_rows(shared, images))
        state["num_frames"] = 4
        maps.append([predictor._get_image_feature(state, n, 1)[1][0] for n in (2, 0, 1, 3)])
    assert len(encoded) == 4
    for one, other in zip(*maps, strict=True):
        assert np.array_equal(one.detach().numpy(), other.detach().numpy())
