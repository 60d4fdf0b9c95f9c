"""SAMA and the Sa2VA family call checkpoint code of their published signatures as published."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from sama_bench.adapter import Setup
from sama_bench.adapters._chat.prompts import referring_prompt
from sama_bench.adapters._chat.replies import ModelOutputError
from sama_bench.adapters._checkpoints import loading_models
from sama_bench.adapters.sa2va import Sa2va, call_form
from sama_bench.adapters.sa2va_i import Sa2vaI
from sama_bench.adapters.sama import Sama
from sama_bench.adapters.sasasa2va import Sasasa2va
from sama_bench.errors import AdapterError
from sama_bench.splits.gcg.dataset import QUESTIONS
from sama_bench.splits.region_captions.dataset import QUESTION as REGION
from tests.adapters import remote_code
from tests.adapters.clips import asked, clip, square_track
from tests.adapters.remote_code import calls, write_checkpoint

pytestmark = pytest.mark.usefixtures("own_modules", "cuda_stands_in")


def setup(folder, **options):
    given = {"transformers": "any", **options}
    return Setup("model", str(folder), options=given, trust_remote_code=True)


def loaded(kind, folder, **options):
    adapter = kind()
    adapter.load(setup(folder, **options))
    return adapter


def referring(video, text="a dog"):
    return asked(video, text, wants=frozenset({"masks"}))


def test_sama_receives_what_its_script_gives(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SAMA)
    adapter = loaded(Sama, folder)
    video = clip(tmp_path / "frames", frames=9)
    track = square_track(video)
    answer = adapter.predict(asked(video, "What is <mask> doing?", track, seed=7))
    (call,) = calls(folder)
    assert call["video"] == [["image", 64, 48]] * 9
    assert call["prompt_masks"][0][:3] == ["tensor", "torch.uint8", [9, 16, 16]]
    assert call["prompt_masks_112"][0][:3] == ["tensor", "torch.uint8", [9, 112, 112]]
    assert call["mask_count"] == [1]
    assert call["max_frames"] == 32
    assert call["prediction_only"] is False
    assert call["text_prompts"] == "What is <mask> doing?"
    assert call["tokenizer"] not in (None, "str")
    assert [segment.phrase for segment in answer.segments] == ["a person", None]
    assert answer.segments[1].masklet.decode(8)[1:4, :5].all()
    assert answer.notes["random_seed"] == 7
    assert f"{random.Random(7).random():.6f}" in answer.text


def test_sama_draws_its_frame_from_a_seed_that_can_be_fixed(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SAMA)
    adapter = loaded(Sama, folder, random_seed="1234")
    sample = asked(clip(tmp_path / "frames"), "Who?", seed=5)
    assert f"{random.Random(1234).random():.6f}" in adapter.predict(sample).text
    assert adapter.predict(sample) == adapter.predict(replace(sample, seed=6))


def test_sama_describes_and_segments(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SAMA)
    adapter = loaded(Sama, folder)
    video = clip(tmp_path / "frames", frames=9)
    wanted = frozenset({"text"})
    question = "Please describe the region <mask> in the video in detail."
    sample = asked(video, question, square_track(video), wants=wanted)
    assert adapter.predict(sample).segments == ()
    assert len(adapter.predict(referring(video, "Who runs?")).segments) == 2
    described, segmented = calls(folder)
    assert described["prediction_only"] is True
    assert "\nPlease describe the region <vp>" in described["text"]
    assert segmented["text"] == "<image>\nWho runs?"
    assert segmented["prompt_masks"] is None


def test_sama_strict_sees_one_frame_of_the_region(tmp_path):
    video = clip(tmp_path, frames=30)
    adapter = Sama()
    adapter.configure(Setup("m", options={"inputs": "strict"}))
    assert adapter.takes_tracks is False
    late = square_track(video, range(8, 30), size=20)
    sample = asked(video, "What is <mask>?", late)
    bare = replace(sample, regions=(replace(sample.regions[0], track=None),))
    arguments = adapter.arguments(bare)
    shown = np.flatnonzero(arguments["prompt_masks_112"][0].any(axis=(1, 2)))
    assert shown.tolist() == [9], "the nearest of the dense frames 0, 3, 6, 9, 12"
    short = clip(tmp_path / "short", frames=3)
    assert adapter.arguments(asked(short, "Who?"))["text"].count("<img>") == 3
    adapter.configure(Setup("m"))
    assert adapter.takes_tracks is True
    assert adapter.arguments(asked(short, "Who?"))["text"].count("<img>") == 5
    with pytest.raises(ValueError, match="carries no track"):
        adapter.arguments(bare)


def test_sama_first_keeps_one_dense_frame(tmp_path):
    video = clip(tmp_path, frames=30)
    adapter = Sama()
    adapter.configure(Setup("m", options={"prompt_frame": "first"}))
    arguments = adapter.arguments(asked(video, "<mask>?", square_track(video, size=20)))
    shown = arguments["prompt_masks"][0].any(axis=(1, 2))
    assert [frame for frame in (0, 3, 6, 9, 12) if shown[frame]] == [0]


@pytest.mark.parametrize(("shape", "cells"), [("mask", 12 * 12 * 6), ("box", 12 * 12 * 6)])
def test_sama_takes_a_prompt_shape(tmp_path, shape, cells):
    adapter = Sama()
    adapter.configure(Setup("m", options={"prompt_shape": shape}))
    video = clip(tmp_path, frames=6, height=112, width=112)
    arguments = adapter.arguments(asked(video, "<mask>?", square_track(video)))
    assert int(arguments["prompt_masks_112"][0].sum()) == cells
    assert adapter.card()["prompt_shape"] == shape


def test_remote_code_is_asked_for(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SAMA)
    with pytest.raises(AdapterError, match="--trust-remote-code"):
        Sama().load(Setup("sama-1b", str(folder), options={"transformers": "any"}))


def test_another_transformers_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "sama_bench.adapters._checkpoints.loading.version", lambda package: "5.23.0"
    )
    folder = write_checkpoint(tmp_path / "weights", remote_code.SAMA)
    with pytest.raises(AdapterError, match=r"needs transformers from 4\.42 to below 4\.43"):
        Sama().load(replace(setup(folder), options={}))


@pytest.mark.parametrize("signature", [remote_code.SA2VA, remote_code.SA2VA_OLD])
def test_sa2va_with_and_without_a_processor_argument(tmp_path, signature):
    folder = write_checkpoint(tmp_path / "weights", signature)
    adapter = loaded(Sa2va, folder)
    video = clip(tmp_path / "frames")
    assert len(adapter.predict(referring(video)).segments) == 2
    (call,) = calls(folder)
    assert call["text"] == "<image>\nPlease segment a dog."
    assert call["video"] == [["image", 64, 48]] * 6
    assert call.get("processor") is None


def test_sa2va_on_images(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SA2VA)
    adapter = loaded(Sa2va, folder)
    image = clip(tmp_path / "frames", frames=1)
    masks, text = frozenset({"masks"}), frozenset({"text"})
    adapter.predict(asked(image, "red cup", task="phrase-in-image", wants=masks))
    adapter.predict(asked(image, QUESTIONS["released"], task="grounded-caption"))
    adapter.predict(asked(image, QUESTIONS["clean"], task="grounded-caption"))
    track = square_track(image)
    adapter.predict(asked(image, REGION, track, task="region-caption", wants=text))
    phrase, gcg, clean, caption = calls(folder)
    assert clean["text"] == f"<image>\n{QUESTIONS['clean']}"
    assert phrase["text"] == "<image>\n Please segment red cup in this image."
    assert phrase["image"] == ["image", 64, 48]
    assert gcg["text"].count("     ") == 1
    assert caption["mask_prompts"] == [["array", "uint8", [1, 48, 64], 144]]
    assert caption["text"].endswith("marked by region1.")


def test_sa2va_gets_regions_drawn_on_the_frame(tmp_path):
    adapter = Sa2va()
    adapter.configure(Setup("m"))
    video = clip(tmp_path, frames=7)
    sample = asked(video, "Is <mask> near <mask>?", square_track(video), square_track(video))
    arguments = adapter.arguments(sample)
    assert arguments["text"] == (
        "<image>\nIs the object within the red box near the object within the blue box?"
    )
    drawn = np.asarray(arguments["video"][0])
    assert (drawn[4, 2:14] == (0, 0, 255)).all(), "the second rectangle covers the first"
    np.testing.assert_array_equal(np.asarray(arguments["video"][1]), video.frame(1))
    assert adapter.card()["region_prompt"].startswith("drawn (ours)")


def test_the_call_form_comes_from_the_config():
    inside = {"llm_config": {"architectures": ["Qwen2ForCausalLM"]}}
    assert call_form({"architectures": ["Sa2VAChatModelQwen"]}) == "qwen"
    assert call_form({"architectures": ["Sa2VAChatModel"], **inside}) == "internvl"
    assert call_form({"architectures": ["Sa2VAChatModelLlava"]}) == "llava"


def test_sa2va_on_qwen_gets_a_processor(tmp_path, monkeypatch):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SA2VA, "RecordingQwen")
    monkeypatch.setattr(
        "sama_bench.adapters._checkpoints.loading_models.processor", lambda folder, setup: object()
    )
    adapter = loaded(Sa2va, folder)
    adapter.predict(referring(clip(tmp_path / "frames")))
    assert calls(folder)[0]["processor"] == "object"
    assert adapter.card()["call_form"] == "qwen"


def test_a_class_that_casts_its_frames_casts_them_as_asked():
    torch = pytest.importorskip("torch")
    model = torch.nn.Linear(2, 2)
    model.torch_dtype = torch.bfloat16
    assert loading_models.settle_precision(model, None, torch.float32) is torch.float32
    assert model.torch_dtype is torch.float32
    loading_models.settle_precision(model, None, "auto")
    assert model.torch_dtype is torch.float32


def test_sa2va_on_llava_is_asked_without_region_prompts(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SA2VA, "RecordingLlava")
    adapter = loaded(Sa2va, folder)
    image = clip(tmp_path / "frames", frames=1)
    adapter.predict(asked(image, "red cup", task="phrase-in-image", wants=frozenset({"masks"})))
    assert calls(folder)[0]["mask_prompts"] is None
    assert adapter.card()["call_form"] == "llava"
    wants = frozenset({"text"})
    sample = asked(image, REGION, square_track(image), task="region-caption", wants=wants)
    with pytest.raises(ValueError, match="takes no region prompts"):
        adapter.arguments(sample)


def test_sa2va_i_samples_uniformly(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SA2VA_I)
    adapter = loaded(Sa2vaI, folder, frames="12")
    video = clip(tmp_path / "frames", frames=30)
    adapter.predict(referring(video, "Who?"))
    (call,) = calls(folder)
    assert call["sample_num_frames"] == 12
    assert call["text"] == "<image>\nPlease segment Who?."
    late = square_track(video, range(20, 30))
    arguments = adapter.arguments(asked(video, "<mask>?", late))
    changed = [
        frame
        for frame in range(30)
        if not np.array_equal(np.asarray(arguments["video"][frame]), video.frame(frame))
    ]
    assert changed == [21], "the uniform frame nearest to 20"


def test_sa2va_i_on_an_image_fails_in_words(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SA2VA_I, videos_only=True)
    adapter = loaded(Sa2vaI, folder)
    image = clip(tmp_path / "frames", frames=1)
    with pytest.raises(ModelOutputError, match="about videos only"):
        adapter.predict(asked(image, "red cup", task="phrase-in-image", wants=frozenset({"masks"})))
    assert adapter.predict(referring(image)).segments


def test_sasasa2va_modes(tmp_path):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SASASA, masks=1)
    video = clip(tmp_path / "frames")
    loaded(Sasasa2va, folder, mode="wrap_around").predict(referring(video, "Who runs?"))
    chosen = tmp_path / "selected_frames.json"
    picked = [0] * 50 + [3] * 50
    chosen.write_text(json.dumps({"clip0": {"s0": picked}}))
    adapter = loaded(Sasasa2va, folder, mode="q_frame", selected_frames=str(chosen))
    sample = replace(referring(video), id="clip0/s0")
    adapter.predict(sample)
    plain, selected = calls(folder)
    assert plain["text"] == referring_prompt("Who runs?", adapter.card()["prompt_style"])
    assert (plain["mode"], plain["selected_fids"]) == ("wrap_around", None)
    assert (selected["mode"], selected["selected_fids"]) == ("q_frame", picked)
    with pytest.raises(ValueError, match="nothing for clip0/other"):
        adapter.arguments(replace(sample, id="clip0/other"))
    chosen.write_text(json.dumps({"clip0": {"s0": [0] * 99 + [99]}}))
    adapter.configure(Setup("m", options={"mode": "q_frame", "selected_frames": str(chosen)}))
    with pytest.raises(ValueError, match="names frame 99"):
        adapter.arguments(sample)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "q_frame"}, "needs --option selected_frames"),
        ({"mode": "all"}, "one of uniform"),
        ({"mode": "q_frame", "selected_frames": "nothing.json"}, "no such file"),
        ({"selected_frames": "x.json"}, "read in mode=q_frame only"),
    ],
)
def test_sasasa2va_options_are_checked(options, message):
    with pytest.raises(AdapterError, match=message):
        Sasasa2va().configure(Setup("m", options=options))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "must be an object"),
        ('{"v": [1]}', "must map expression ids"),
        ('{"v": {"0": [-1]}}', "frame indices from 0"),
        ('{"v": {"0": []}}', "frame indices from 0"),
        ('{"v": {"selected_frames": {"0": [1, 2]}}}', "lists 2 frames; the model takes 100"),
        ("{", "cannot be read"),
    ],
)
def test_selected_frames_files_are_checked(tmp_path, content, message):
    path = tmp_path / "selected.json"
    path.write_text(content)
    with pytest.raises(AdapterError, match=message):
        Sasasa2va().configure(Setup("m", options={"mode": "q_frame", "selected_frames": str(path)}))


@pytest.mark.parametrize(
    ("reply", "masks", "message"),
    [
        ("It is it.", 1, r"marks 0 \[SEG\] but came with 1 masks"),
        ("[SEG] and [SEG] here.", 1, r"marks 2 \[SEG\] but came with 1 masks"),
        ("word " * 30_000, 0, "never ended"),
    ],
)
def test_replies_that_do_not_add_up_are_failures(tmp_path, reply, masks, message):
    folder = write_checkpoint(tmp_path / "weights", remote_code.SA2VA, reply=reply, masks=masks)
    adapter = loaded(Sa2va, folder)
    with pytest.raises(ModelOutputError, match=message):
        adapter.predict(referring(clip(tmp_path / "frames")))


def test_a_seg_cut_off_by_the_limit_is_noted(tmp_path):
    reply = "<p> one </p> [SEG] and [SEG]"
    folder = write_checkpoint(tmp_path / "weights", remote_code.SA2VA, reply=reply, masks=1)
    answer = loaded(Sa2va, folder).predict(referring(clip(tmp_path / "frames")))
    assert len(answer.segments) == 1
    assert answer.notes == {"cut_seg": True}


def test_only_the_user_lets_a_general_class_run_code(tmp_path, monkeypatch):
    transformers = pytest.importorskip("transformers")
    seen = []

    def record(*_, **arguments):
        seen.append(arguments.get("trust_remote_code"))
        raise ValueError("enough")

    monkeypatch.setattr(transformers.AutoModel, "from_pretrained", record)
    for more in ({}, {"trust_remote_code": True}):
        with pytest.raises(AdapterError, match="enough"):
            loading_models.pretrained(
                transformers.AutoModel, tmp_path, Setup("model"), "float32", **more
            )
    assert seen == [False, True]
