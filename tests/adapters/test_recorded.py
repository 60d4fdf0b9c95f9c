"""Recorded inputs of the published code are reproduced, and a difference is named."""

from __future__ import annotations

import json
import shutil

import pytest

from sama_bench.authoring.recorded_inputs import compare_recorded
from sama_bench.errors import UserError
from sama_bench.registry import benchmarks, model
from sama_bench.worker.adapter_import import adapter_class
from tests.shared import shared

CASES = {"sama-8b": 8, "sa2va-8b": 2, "sa2va-qwen3-vl-4b": 4, "sa2va-internvl3-8b": 2}


def compared(name, folder):
    if "sama-bench-g" not in benchmarks():
        pytest.skip("SAMA-Bench is not registered")
    spec = model(name)
    return compare_recorded(adapter_class(spec.adapter)(), spec, folder)


@pytest.mark.parametrize("name", CASES)
def test_recorded_inputs_are_reproduced_bit_for_bit(name):
    found = compared(name, shared("goldens", "adapter_inputs"))
    assert [case for case in found if case.difference] == []
    assert len(found) == CASES[name]


@pytest.mark.parametrize("name", ["sa2va-i-1b", "sasasa2va-4b"])
def test_a_relative_is_not_measured_by_recordings_of_sa2va(name):
    with pytest.raises(UserError, match="nothing was recorded"):
        compared(name, shared("goldens", "adapter_inputs"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda kwargs: kwargs.update(text=kwargs["text"] + "!"), "argument text: texts differ"),
        (lambda kwargs: kwargs["video"].pop(), "argument video: 9 items instead of 8"),
        (lambda kwargs: kwargs.update(extra=1), "argument extra is missing"),
        (lambda kwargs: kwargs.pop("max_frames"), "argument max_frames is given"),
        (
            lambda kwargs: kwargs["video"][2].update(rgb_sha256_16="0" * 16),
            "argument video: item 2: frame of SHA-256",
        ),
    ],
)
def test_the_first_difference_is_named(tmp_path, change, expected):
    source = shared("goldens", "adapter_inputs")
    shutil.copytree(source / "data", tmp_path / "data")
    place = tmp_path / "reference" / "sama-442"
    place.mkdir(parents=True)
    recording = json.loads((source / "reference/sama-442/r_aaa111_0.json").read_text())
    change(recording["kwargs"])
    (place / "r_aaa111_0.json").write_text(json.dumps(recording))
    (found,) = compared("sama-1b", tmp_path)
    assert found.difference.startswith(expected)


def test_an_adapter_without_arguments_cannot_be_compared():
    from sama_bench.adapter import Adapter, ModelSpec

    class Plain(Adapter):
        def predict(self, sample): ...

    folder = shared("goldens", "adapter_inputs")
    with pytest.raises(UserError, match="no method configure"):
        compare_recorded(Plain(), ModelSpec("plain", "x:y", ""), folder)
