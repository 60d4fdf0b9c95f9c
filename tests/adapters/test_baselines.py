"""The baselines are asked through JSON, as a worker is, and see what they may see."""

import dataclasses
import json

import numpy as np
import pytest

from sama_bench import registry
from sama_bench.adapter import Oracle, Setup
from sama_bench.errors import UserError
from sama_bench.metrics._masks.overlap import overlap
from sama_bench.metrics.grounding import STRICT, iou_matrix, sample_miou
from sama_bench.nouns import Answer, Sample
from sama_bench.splits._mini import ensure_mini
from sama_bench.splits.sama_bench.dataset import SamaDataset
from sama_bench.worker.adapter_import import adapter_class
from tests.shared import shared


@pytest.fixture(scope="module")
def clip():
    return SamaDataset(shared("data", "sama_bench_real"), "mevis", "g")


def loaded(name, **options):
    spec = registry.model(name)
    model = adapter_class(spec.adapter)()
    model.load(Setup(name, options={**spec.options, **options}))
    return model


@pytest.mark.parametrize("name", ["oracle", "static", "flow", "echo", "empty", "crash"])
def test_an_option_that_a_baseline_does_not_have_is_refused(name):
    with pytest.raises(UserError, match="wrong"):
        loaded(name, wrong="1")


RANKED = ("oracle", "flow", "static", "empty")
FRAMES = 12
"""Optical flow takes its time for each."""


def cut(sample, reference, frames):
    """The first frames only."""
    video = dataclasses.replace(sample.video, frames=sample.video.frames[:frames])
    masklets = tuple(dataclasses.replace(m, counts=m.counts[:frames]) for m in reference.masklets)
    return (
        dataclasses.replace(sample, video=video),
        dataclasses.replace(reference, masklets=masklets),
    )


def answers(model, dataset, frames=None):
    for entry in dataset.entries:
        sample = dataset.sample(entry.id, tracks=model.takes_tracks)
        reference = dataset.reference(entry.id, "strict")
        if frames is not None:
            sample, reference = cut(sample, reference, frames)
        sample = Sample.from_json(json.loads(json.dumps(sample.to_json())))
        knows = isinstance(model, Oracle)
        answer = model.predict_knowing(sample, reference) if knows else model.predict(sample)
        yield Answer.from_json(json.loads(json.dumps(answer.to_json()))), reference


def miou(model, dataset, frames=None):
    values = []
    for answer, reference in answers(model, dataset, frames):
        shared_pixels = overlap(
            [segment.masklet.rles() for segment in answer.segments],
            [masklet.rles() for masklet in reference.masklets],
        )
        values.append(sample_miou(iou_matrix(shared_pixels, STRICT), STRICT))
    return np.mean([value for value in values if value is not None])


def test_the_baselines_rank_as_they_must_on_the_real_clip(clip):
    found = {name: miou(loaded(name), clip, FRAMES) for name in RANKED}
    assert found["oracle"] == 1.0
    assert found["oracle"] > found["flow"] > found["static"] > found["empty"] == 0.0


def test_the_baselines_rank_as_they_must_on_mini():
    dataset = SamaDataset(ensure_mini(), "ref_youtube_vos", "g")
    found = {name: miou(loaded(name), dataset, FRAMES) for name in RANKED}
    assert found["oracle"] == 1.0
    assert found["oracle"] > found["flow"] > found["static"] > found["empty"] == 0.0


def test_echo_is_static_on_one_frame_and_tells_what_tracks_give_away(clip):
    assert miou(loaded("echo"), clip) <= miou(loaded("static"), clip)
    assert miou(loaded("echo-tracks"), clip) > 0.7


def test_options_are_checked():
    wrong = (("echo", {"prompt": "x"}), ("crash", {"every": "0"}), ("crash", {"how": "x"}))
    for name, options in wrong:
        with pytest.raises(UserError, match="--option"):
            loaded(name, **options)


def test_crash_fails_on_the_chosen(clip):
    entry = clip.entries[0]
    sample = clip.sample(entry.id)
    with pytest.raises(RuntimeError, match="as asked"):
        loaded("crash", on="*real_g_0").predict(sample)
    assert loaded("crash", on="other").predict(sample).segments


def test_samples_without_regions_still_get_a_guess(clip):
    sample = clip.sample(clip.entries[0].id)
    video = dataclasses.replace(sample.video, frames=sample.video.frames[:6])
    bare = Sample(sample.id, "mevis", video, "the swan")
    for name in ("static", "flow"):
        (segment,) = loaded(name).predict(bare).segments
        assert len(segment.masklet) == 6
    text = Sample(sample.id, "x", video, "What?", wants=frozenset({"text"}))
    assert loaded("flow").predict(text).segments == ()
