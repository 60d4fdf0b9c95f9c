"""SAMA and SaSaSa2VA run with checkpoints and a checkout of the published ones' habits."""

from __future__ import annotations

import builtins
import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from sama_bench.adapter import Setup
from sama_bench.adapters._chat.replies import ModelOutputError
from sama_bench.adapters.sama import Sama, bert, checkout
from sama_bench.adapters.sasasa2va import Sasasa2va
from sama_bench.errors import AdapterError
from tests.adapters.clips import asked, clip, square_track
from tests.adapters.originals import (
    CLIPS_REPLY,
    write_bert,
    write_checkout,
    write_clips,
    write_sama,
)

pytestmark = pytest.mark.usefixtures("own_modules")
MODULES = ("projects.llava_sam2.models.qformer", "projects.llava_sam2.models.utils")


def setup(folder, model="model", **options):
    given = {"transformers": "any", **options}
    return Setup(model, str(folder), options=given, trust_remote_code=True)


def referring(video, text="a dog", **more):
    return asked(video, text, wants=frozenset({"masks"}), **more)


@pytest.fixture
def sama_needs(tmp_path, monkeypatch):
    """Options that name a checkout and BERT's files; the hub's cache is empty."""
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SAMA_CODE", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *names: None)
    code = write_checkout(tmp_path / "SAMA")
    return {"code": str(code), "bert": str(write_bert(tmp_path / "bert"))}


def test_an_untouched_checkout_serves_sama(tmp_path, sama_needs, cuda_stands_in):
    before = {name for name in sys.modules if name.partition(".")[0] == "projects"}
    adapter = Sama()
    adapter.load(setup(write_sama(tmp_path / "weights"), **sama_needs))
    assert "projects.llava_sam2.models.training" not in sys.modules
    assert str(tmp_path / "SAMA") not in sys.path
    video = clip(tmp_path / "frames")
    answer = adapter.predict(asked(video, "What is <mask> doing?", square_track(video)))
    assert answer.text.startswith("(16, 7, 7) torch.bfloat16 It is [SEG]"), "as wide as BERT's file"
    assert answer.segments[0].masklet.decode(0).all()
    adapter.close()
    after = {name for name in sys.modules if name.partition(".")[0] == "projects"}
    assert after == before


def test_the_card_says_the_type_that_sama_casts_itself_to(tmp_path, sama_needs, cuda_stands_in):
    adapter = Sama()
    wanted = replace(setup(write_sama(tmp_path / "weights"), **sama_needs), dtype="float32")
    adapter.load(wanted)
    assert "torch.bfloat16" in adapter.predict(referring(clip(tmp_path / "frames"))).text
    assert adapter.card()["dtype"] == "torch.bfloat16"
    adapter.close()


def test_the_type_asked_for_is_not_cast_away(tmp_path, cuda_stands_in):
    adapter = Sasasa2va()
    adapter.load(replace(setup(write_clips(tmp_path / "weights")), dtype="float32"))
    assert adapter.card()["dtype"] == "torch.float32"
    adapter.predict(referring(clip(tmp_path / "frames")))
    assert str(adapter._model.weight.weight.dtype) == "torch.float32"


def test_a_reply_that_stops_at_the_limit_loses_its_last_mask(tmp_path, sama_needs, cuda_stands_in):
    folder = write_sama(tmp_path / "weights", "One [SEG] and two [SEG] here", limit=5)
    adapter = Sama()
    adapter.load(setup(folder, **sama_needs))
    answer = adapter.predict(referring(clip(tmp_path / "frames")))
    assert (len(answer.segments), answer.notes) == (1, {"cut_seg": True})
    adapter.close()


def test_a_failed_load_leaves_no_module_behind(tmp_path, sama_needs, cuda_stands_in):
    folder = write_sama(tmp_path / "weights")
    file = tmp_path / "SAMA" / "projects" / "llava_sam2" / "models" / "qformer.py"
    file.write_text("Other = None\n")
    for name in [name for name in sys.modules if "original_" in name]:
        del sys.modules[name]
    with pytest.raises(AdapterError, match="cannot be loaded: ImportError"):
        Sama().load(setup(folder, **sama_needs))
    assert "projects" not in sys.modules


def test_a_package_of_the_same_name_comes_back(tmp_path, monkeypatch):
    other = type(sys)("projects")
    monkeypatch.setitem(sys.modules, "projects", other)
    undo = checkout.lend(write_checkout(tmp_path), MODULES)
    import projects.llava_sam2.models.qformer as lent  # type: ignore[import-not-found]

    assert lent.Blocks.number == 7
    undo()
    assert sys.modules["projects"] is other
    assert "projects.llava_sam2" not in sys.modules


def test_a_folder_that_is_no_checkout_is_named(tmp_path, sama_needs):
    with pytest.raises(AdapterError, match=r"has no projects/llava_sam2/models/qformer\.py"):
        checkout.find(setup("x", code=str(tmp_path)), MODULES)
    with pytest.raises(AdapterError, match=r"git clone https://github\.com/sunye23/SAMA"):
        checkout.find(setup("x"), MODULES)
    found = checkout.find(setup("x", code=sama_needs["code"]), MODULES)
    assert found == tmp_path / "SAMA"


@pytest.mark.parametrize("lacking", bert.READ)
def test_bert_is_missed_by_file(tmp_path, sama_needs, lacking, monkeypatch):
    (tmp_path / "bert" / lacking).unlink()
    with pytest.raises(AdapterError, match=f"it has no {lacking}"):
        bert.folder(setup("x", bert=str(tmp_path / "bert")))
    offline = replace(setup("x"), offline=True)
    with pytest.raises(AdapterError, match=r"hf download bert-base-uncased config\.json vocab"):
        bert.folder(offline)


def test_bert_is_fetched_into_a_folder_of_its_own(tmp_path, sama_needs, monkeypatch):
    asked_for = []

    def download(name, file, local_dir):
        asked_for.append((name, file))
        write_bert(tmp_path / "cache" / name)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    assert bert.folder(setup("x")) == tmp_path / "cache" / "bert-base-uncased"
    assert asked_for == [("bert-base-uncased", name) for name in bert.READ]
    assert bert.folder(replace(setup("x"), offline=True)).is_dir()
    assert len(asked_for) == 2


def test_why_bert_cannot_be_fetched_is_said_in_one_line(tmp_path, sama_needs, monkeypatch):
    def download(name, file, local_dir):
        raise OSError("401 Client Error.\n\nlog in")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    said = r"could not be fetched \(OSError: 401 Client Error\. log in\); fetch them"
    with pytest.raises(AdapterError, match=said) as error:
        bert.folder(setup("x"))
    assert "\n" not in str(error.value)


def test_bert_of_the_hubs_cache_is_taken_under_either_name(tmp_path, sama_needs, monkeypatch):
    kept = write_bert(tmp_path / "snapshot")

    def cached(name, file):
        return str(kept / file) if name == "google-bert/bert-base-uncased" else None

    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", cached)
    assert bert.folder(replace(setup("x"), offline=True)) == kept


def test_only_the_name_stands_for_the_folder(tmp_path):
    transformers = pytest.importorskip("transformers")
    folder, other = write_bert(tmp_path / "a"), write_bert(tmp_path / "b")
    (other / "config.json").write_text('{"model_type": "bert", "hidden_size": 32}')
    kind = transformers.BertConfig
    with bert.standing_for(folder):
        assert kind.from_pretrained("google-bert/bert-base-uncased").hidden_size == 16
        assert kind.from_pretrained(str(other)).hidden_size == 32
    assert "from_pretrained" not in vars(kind)


@pytest.mark.parametrize("kind", ["sama", "clips"])
def test_code_that_calls_cuda_needs_a_gpu(tmp_path, sama_needs, kind, monkeypatch):
    torch = pytest.importorskip("torch")

    def absent(self, *more, **settings):
        raise RuntimeError("Found no NVIDIA driver on your system")

    monkeypatch.setattr(torch.Tensor, "cuda", absent)
    adapter, options = (Sama(), sama_needs) if kind == "sama" else (Sasasa2va(), {})
    write = write_sama if kind == "sama" else write_clips
    with pytest.raises(AdapterError, match=r"needs a CUDA GPU: its published code calls \.cuda"):
        adapter.load(setup(write(tmp_path / "weights"), **options))


def clips_adapter(folder, **options):
    adapter = Sasasa2va()
    adapter.load(setup(folder, **options))
    return adapter


@pytest.mark.parametrize("frames", [6, 100, 130])
@pytest.mark.parametrize("mode", ["uniform", "uniform_plus", "wrap_around", "wrap_around_plus"])
def test_ten_marks_and_one_track_are_one_answer(tmp_path, cuda_stands_in, mode, frames):
    adapter = clips_adapter(write_clips(tmp_path / "weights"), mode=mode)
    video = clip(tmp_path / "frames", frames=frames, height=12, width=12)
    answer = adapter.predict(referring(video))
    (segment,) = answer.segments
    assert len(segment.masklet) == frames
    assert segment.masklet.decode(frames - 1).any()
    assert (answer.text, answer.notes) == (CLIPS_REPLY, {})
    assert adapter.card()["answer"] == "one track of ten clips"
    assert "motion_state" not in adapter.card()


def test_frames_selected_as_published(tmp_path, cuda_stands_in):
    file = tmp_path / "selected_frames.json"
    frames = sorted(number % 4 for number in range(100))
    file.write_text(json.dumps({"clip0": {"selected_frames": {"s0": frames}}}))
    folder = write_clips(tmp_path / "weights")
    adapter = clips_adapter(folder, mode="q_frame", selected_frames=str(file))
    sample = replace(referring(clip(tmp_path / "frames")), id="clip0/s0")
    answer = adapter.predict(sample)
    assert answer.notes == {"frames_without_mask": 2}, "4 of 6 frames are among the selected"
    file.write_text(json.dumps({"clip0": {"selected_frames": {"s0": frames[:99]}}}))
    with pytest.raises(AdapterError, match="lists 99 frames; the model takes 100"):
        clips_adapter(folder, mode="q_frame", selected_frames=str(file))


@pytest.mark.parametrize(
    ("reply", "limit", "notes"),
    [
        ("[SEG] [SEG] end", 99, {"clip_segs": "2 [SEG] read instead of 10: the last repeated"}),
        (
            "[SEG] " * 12 + "end",
            99,
            {"clip_segs": "12 [SEG] read instead of 10: the first 10 used"},
        ),
        (CLIPS_REPLY, 20, {"cut_seg": True, "clip_segs": "9 [SEG] read instead of 10: the last"}),
    ],
)
def test_another_number_of_marks_is_said(tmp_path, cuda_stands_in, reply, limit, notes):
    adapter = clips_adapter(write_clips(tmp_path / "weights", reply, limit))
    answer = adapter.predict(referring(clip(tmp_path / "frames")))
    assert len(answer.segments) == 1
    assert set(answer.notes) == set(notes)
    assert all(str(answer.notes[key]).startswith(str(value)) for key, value in notes.items())


def test_a_reply_without_a_mark_is_a_failure_in_words(tmp_path, cuda_stands_in):
    adapter = clips_adapter(write_clips(tmp_path / "weights", "There is none. <|im_end|>"))
    with pytest.raises(ModelOutputError, match=r"held no \[SEG\] that the model read"):
        adapter.predict(referring(clip(tmp_path / "frames")))


def test_other_index_errors_are_the_models_own(tmp_path, cuda_stands_in, monkeypatch):
    adapter = clips_adapter(write_clips(tmp_path / "weights"))

    def broken(**arguments):
        raise IndexError("list index out of range")

    monkeypatch.setattr(adapter._model, "predict_forward", broken)
    with pytest.raises(IndexError, match="list index"):
        adapter.predict(referring(clip(tmp_path / "frames")))


def test_answers_do_not_depend_on_the_order_of_questions(tmp_path, cuda_stands_in):
    adapter = clips_adapter(write_clips(tmp_path / "weights", samurai=True))
    assert "published loop carries" in adapter.card()["motion_state"]
    one = referring(clip(tmp_path / "one"))
    two = referring(clip(tmp_path / "two", frames=9, seed=1))
    forwards = [adapter.predict(sample) for sample in (one, two)]
    backwards = [adapter.predict(sample) for sample in (two, one)]
    for answer, again in zip(forwards, reversed(backwards), strict=True):
        mine, other = answer.segments[0].masklet, again.segments[0].masklet
        np.testing.assert_array_equal(mine.decode(0), other.decode(0))


def test_the_stand_ins_package_cannot_be_imported_as_a_package(tmp_path, monkeypatch):
    """The checkout would fail the way the published one does, if its package ran."""
    write_checkout(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="another_such_package"):
        builtins.__import__("projects.llava_sam2.models.qformer")
    for name in [name for name in sys.modules if name.partition(".")[0] == "projects"]:
        del sys.modules[name]
