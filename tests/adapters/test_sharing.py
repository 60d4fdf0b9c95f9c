"""What adapters share between the questions of a video: fewer calls, the same bits."""

from __future__ import annotations

import random

import numpy as np
import pytest

from sama_bench.adapter import Setup
from sama_bench.errors import AdapterError
from tests.adapters.clips import clip

torch = pytest.importorskip("torch")

from benchmarks import _standin  # noqa: E402 - it needs torch
from sama_bench.adapters._sharing import ModelSharing, families, share_remote  # noqa: E402
from sama_bench.adapters._sharing.deferred import Deferred  # noqa: E402
from sama_bench.adapters._sharing.frame_chain import check_chain  # noqa: E402
from sama_bench.adapters._sharing.hooks import Hook, UnknownCodeError  # noqa: E402
from sama_bench.media.sharing import Sharing, StopRunError  # noqa: E402
from sama_bench.media.sharing.room import GIB  # noqa: E402


class Asked:
    """A stand-in with its calls counted, asked with or without sharing."""

    def __init__(self, model=None, **session):
        self.model = model or _standin.small()
        self.frames = self.batches = 0
        encoder = self.model.grounding_encoder.sam2_model.image_encoder
        self.shared = ModelSharing()
        share_remote(self.shared, Setup("m", session=session), self.model, "sa2va", None)
        encoder.register_forward_pre_hook(lambda *_: self.count("frames"))
        self.model.tower.register_forward_pre_hook(lambda *_: self.count("batches"))
        self.model.extra_image_processor.calls = 0

    def count(self, name):
        setattr(self, name, getattr(self, name) + 1)

    @property
    def resized(self):
        return self.model.extra_image_processor.calls

    def ask(self, video, text):
        self.shared.begin(video)
        pictures = self.shared.pictures(video)
        with torch.no_grad():
            return self.model.predict_forward(video=pictures, text=text)


def same(one, other):
    assert one["prediction"] == other["prediction"]
    assert len(one["prediction_masks"]) == len(other["prediction_masks"])
    for mask, kept in zip(one["prediction_masks"], other["prediction_masks"], strict=True):
        assert np.array_equal(mask, kept)


@pytest.fixture
def work(tmp_path):
    """Three videos with four questions each, and the answers without sharing."""
    videos = [clip(tmp_path / str(n), frames=7 + n, seed=n) for n in range(3)]
    asks = [(v, f"{w} {n}") for v in videos for w, n in (("a", 1), ("b", 2), ("c", 0), ("d", 1))]
    plain = Asked(share="off")
    answers = {(v.id, text): plain.ask(v, text) for v, text in asks}
    assert any(m.any() and not m.all() for a in answers.values() for m in a["prediction_masks"])
    assert plain.frames == sum(4 * (len(v) + 5) for v in videos)
    assert plain.batches == 12
    return asks, answers


def compare(asker, work):
    asks, answers = work
    for video, text in asks:
        same(asker.ask(video, text), answers[video.id, text])


def test_each_frame_is_encoded_once(work):
    asker = Asked()
    compare(asker, work)
    assert asker.frames == 7 + 8 + 9
    assert asker.batches == 3
    assert asker.resized == 7 + 8 + 9
    assert asker.shared.remarks == []


def test_any_order_is_answered_the_same(work):
    asks, answers = work
    shuffled = random.Random(1).sample(asks, len(asks))
    asker = Asked()
    compare(asker, (shuffled, answers))
    assert 24 < asker.frames < sum(4 * (len(v) + 5) for v in {v.id: v for v, _ in asks}.values())


@pytest.mark.parametrize("part", [0.0, 0.5, 0.98])
def test_a_limit_below_a_video_changes_nothing(work, part):
    whole = Asked()
    compare(whole, work)
    asker = Asked(share_memory=f"{part * whole.shared.store.room.host_used / GIB:.12f}")
    compare(asker, work)
    assert asker.shared.store.hits < whole.shared.store.hits
    assert asker.resized <= 2 * 4 * (7 + 8 + 9), "a question prepares no frame a third time"


def test_features_that_are_moved_and_checked_are_the_same(work):
    asker = Asked(share_gpu_memory="0", share_check="1")
    compare(asker, work)
    assert asker.shared.store.room.moved > 0


def test_nothing_is_built_for_an_answer_without_masks(tmp_path):
    asker = Asked()
    asker.ask(clip(tmp_path), "describe 0")
    assert (asker.frames, asker.resized, asker.batches) == (0, 0, 1)


def test_two_frames_exchanged_are_noticed(tmp_path):
    asker = Asked(share_check="1")
    video = clip(tmp_path)
    asker.ask(video, "a 1")
    store = asker.shared.store._entries.by_key
    kept = [e for key, (e, *_) in store.items() if key[0] == "SAM 2's image features"]
    kept[0].values, kept[1].values = kept[1].values, kept[0].values
    with pytest.raises(StopRunError, match="SAM 2's image features gave other bits"):
        asker.ask(video, "b 1")


@pytest.mark.parametrize(
    ("path", "name", "said"),
    [
        ("grounding_encoder.sam2_model", "_get_image_feature", "has no _get_image_feature"),
        ("", "extract_feature", "has no extract_feature"),
        ("extra_image_processor", "apply_image", "has no extra_image_processor.apply_image"),
        ("grounding_encoder.sam2_model.sam_prompt_encoder", "get_dense_pe", "get_dense_pe"),
    ],
)
def test_a_renamed_method_means_no_sharing_and_one_line(tmp_path, monkeypatch, path, name, said):
    model = _standin.small()
    owner = model
    for step in filter(None, path.split(".")):
        owner = getattr(owner, step)
    method = getattr(type(owner), name)
    monkeypatch.delattr(type(owner), name)
    try:
        asker = Asked(model)
    finally:
        monkeypatch.setattr(type(owner), name, method, raising=False)
    (line,) = asker.shared.remarks
    assert said in line
    assert line.startswith("nothing is shared")
    video = clip(tmp_path)
    same(asker.ask(video, "a 1"), Asked(share="off").ask(video, "a 1"))
    assert asker.frames == len(video) + 5


def test_another_signature_means_no_sharing(monkeypatch):
    def features(self, inference_state, frame_idx, batch_size, layer):
        raise AssertionError

    monkeypatch.setattr(_standin.Predictor, "_get_image_feature", features)
    (line,) = Asked().shared.remarks
    assert "takes (inference_state, frame_idx, batch_size, layer)" in line


class Looks(_standin.StandIn):
    """Looks at a resized frame before it is normalised."""

    def predict_forward(self, video=None, text="", **more):
        rows = []
        for frame in video:
            g_image = self.extra_image_processor.apply_image(np.array(frame))
            bright = g_image.mean() > 0
            g_image = torch.from_numpy(g_image).permute(2, 0, 1).contiguous()
            rows.append(g_image if bright else g_image * 0)
        images = torch.stack([self.grounding_encoder.preprocess_image(row) for row in rows])
        state = self.grounding_encoder.get_sam2_embeddings(images)
        vectors = [self.words(torch.ones(8) * len(text))]
        masks = self.grounding_encoder.language_embd_inference(state, vectors)[:, 0] > 0
        return {"prediction": "[SEG]", "prediction_masks": [masks.numpy()]}


def test_code_that_looks_at_frames_gets_real_ones(tmp_path):
    looks = []
    for session in ({}, {"share": "off"}):
        plain = _standin.small()
        torch.manual_seed(0)
        model = Looks(plain.grounding_encoder.sam2_model.image_encoder, plain.tower, 32, 8)
        looks.append(Asked(model, **session))
    video = clip(tmp_path)
    for text in ("a", "bc", "d"):
        same(looks[0].ask(video, text), looks[1].ask(video, text))
    assert looks[0].frames < looks[1].frames
    (line,) = looks[0].shared.remarks
    assert line.startswith("frames are prepared before each answer: predict_forward uses resized")


def test_the_published_ways_are_read():
    check_chain(_standin.StandIn.predict_forward)
    with pytest.raises(UnknownCodeError, match=r"in 'bright = g_image\.mean"):
        check_chain(Looks.predict_forward)
    with pytest.raises(UnknownCodeError, match="does not call apply_image"):
        check_chain(clip)
    with pytest.raises(UnknownCodeError, match="cannot be read"):
        check_chain(len)


def test_a_device_that_does_not_repeat_shares_nothing(monkeypatch):
    def noisy(self, image):
        found = torch.rand(1, 2, 3, 3)
        return {"vision_features": found, "vision_pos_enc": [found], "backbone_fpn": [found]}

    monkeypatch.setattr(_standin.Predictor, "forward_image", noisy)
    asker = Asked()
    assert not asker.shared.on
    assert "does not repeat a frame's features to the last bit" in asker.shared.remarks[0]


def test_settings_are_checked_when_the_model_loads():
    with pytest.raises(AdapterError, match="--option share=maybe: on or off"):
        Asked(share="maybe")


def test_deferred_frames_are_made_only_for_what_is_not_known():
    made = []

    def leaf(number):
        like = torch.empty(3, 4, 4, device="meta")
        make = lambda: (made.append(number), torch.full((3, 4, 4), float(number)))[1]  # noqa: E731
        return Deferred.of(make, ("frame", number), like, "cpu")

    stack = torch.stack([leaf(n) for n in range(4)]).to(torch.bfloat16)
    assert (stack.shape, stack.dtype, len(stack)) == ((4, 3, 4, 4), torch.bfloat16, 4)
    assert stack[2].float().unsqueeze(0).expand(2, -1, -1, -1).shape == (2, 3, 4, 4)
    assert stack[[1, 1]].sharing_identity == stack[[1, 1]].sharing_identity
    assert [row.dtype for row in stack] == [torch.bfloat16] * 4
    sent = [stack[0].cuda(), stack[0].cuda("cuda:1"), stack[0].cuda(1, non_blocking=True)]
    sent += [stack[0].to("cuda:1", torch.float32), stack[0].to(device="cuda:1"), stack[0].cpu()]
    places = [str(row.device) for row in sent]
    assert places == ["cuda", "cuda:1", "cuda:1", "cuda:1", "cuda:1", "cpu"]
    assert [row.dtype for row in sent[2:4]] == [torch.bfloat16, torch.float32]
    assert made == []
    assert float((stack[3] + 1).sum()) == 4 * 48
    assert made == [3]
    assert torch.equal(torch.cat([stack[:1], stack[1:2]]), stack.made()[:2])
    with pytest.raises(RuntimeError, match="in place"):
        stack[0].add_(1)
    with pytest.raises(RuntimeError, match="share=off"):
        stack[0] = 1


def test_qwens_images_are_read_without_the_question():
    messages = [{"role": "user", "content": [{"type": "image", "image": "i"}, {"type": "text"}]}]
    assert families._without_words(messages) == (True, [[{"type": "image", "image": "i"}]])
    odd = [{"role": "user", "content": [{"type": "video", "video": "v"}]}]
    assert families._without_words(odd)[0] is False


def test_hooks_say_what_they_miss():
    class Owner:
        def run(self, a, b=1, **more):
            return a

    assert Hook("", "run", ("a",)).find(Owner())
    with pytest.raises(UnknownCodeError, match=r"run of Owner takes \(a, b, more\), not \(b\)"):
        Hook("", "run", ("b",)).find(Owner())
    with pytest.raises(UnknownCodeError, match="Owner has no part"):
        Hook("part", "walk").find(Owner())
    assert Sharing().on
