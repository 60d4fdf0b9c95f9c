"""Answers of other code are replayed, and what is not there is a failure, not a zero."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sama_bench.adapter import Setup
from sama_bench.adapters.predictions import Predictions
from sama_bench.errors import AdapterError
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.nouns import Answer, Segment
from tests.adapters.clips import asked, clip, square_track


def replaying(path):
    adapter = Predictions()
    adapter.load(Setup("predictions", options={"file": str(path)}))
    return adapter


@pytest.fixture
def sample(tmp_path):
    video = replace(clip(tmp_path / "clip"), id="clip0")
    return replace(
        asked(video, "a dog", benchmark="mevis", wants=frozenset({"masks"})), id="clip0/0"
    )


def test_results_json_of_sa2va(tmp_path, sample):
    track = square_track(sample.video)
    entry = {"prediction_masks": track.rles(), "text_prediction": "Sure, [SEG]."}
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"clip0": {"0": entry, "2": entry}}))
    adapter = replaying(path)
    answer = adapter.predict(sample)
    assert answer.text == "Sure, [SEG]."
    assert answer.segments[0].masklet == track
    with pytest.raises(LookupError, match="no answer to clip0/1"):
        adapter.predict(replace(sample, id="clip0/1"))
    assert adapter.predict(replace(sample, id="clip0/2")).segments


def test_our_own_lines(tmp_path, sample):
    answer = Answer("<p> it </p> [SEG]", (Segment("it", square_track(sample.video)),))
    segments = tuple(segment.to_json() for segment in answer.segments)
    record = Prediction(sample.id, "answered", answer.text, segments)
    path = tmp_path / "predictions.jsonl"
    path.write_bytes(to_line(record))
    assert replaying(path).predict(sample) == answer


def test_descriptions_of_sama(tmp_path, sample):
    folder = tmp_path / "video_region_cap_pred" / "prediction"
    folder.mkdir(parents=True)
    (folder / "50.json").write_text(json.dumps({"pred_text_cleaned": "A square."}))
    (folder / "51.json").write_text(json.dumps({"pred_text_cleaned": None}))
    adapter = replaying(folder.parent)
    assert adapter.predict(replace(sample, id="v/50")).text == "A square."
    with pytest.raises(LookupError, match="no text"):
        adapter.predict(replace(sample, id="v/51"))
    with pytest.raises(LookupError, match="no answer to v/52"):
        adapter.predict(replace(sample, id="v/52"))


def test_a_file_must_be_named_and_exist(tmp_path):
    with pytest.raises(AdapterError, match="needs --option file"):
        Predictions().load(Setup("predictions"))
    with pytest.raises(AdapterError, match="no such file"):
        replaying(tmp_path / "nothing")
