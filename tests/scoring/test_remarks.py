"""What stands below the table: what scoring changed, and why answers failed."""

import json

import numpy as np
import pytest

from sama_bench.benchmark import Finding
from sama_bench.nouns import Masklet
from sama_bench.scoring.remarks import remarks
from sama_bench.splits.ref_sav import RefSav
from tests.formats.test_formats import write_lines, write_results
from tests.runs import run_command
from tests.splits.referring_data import SIZE, guess, write_referring


@pytest.fixture
def data(tmp_path):
    return write_referring(tmp_path / "data")


def answers_of(folder, change=lambda id, masklet: masklet):
    dataset = RefSav().open(folder, "valid", {})
    made = {entry.id: guess(number) for number, entry in enumerate(dataset.entries)}
    return dataset, {id: change(id, masklet) for id, masklet in made.items()}


def score(folder, predictions, tmp_path, capsys, *more, status=0):
    out = tmp_path / "scores.json"
    run_command("score", "--benchmark", "ref-sav", "--data", str(folder), "--predictions",
                str(predictions), "--json", str(out), *more, status=status)  # fmt: skip
    return json.loads(out.read_text()), capsys.readouterr()


def shorten(folder, ids, left):
    path = folder / "mask_dict.json"
    masks = json.loads(path.read_text())
    path.write_text(json.dumps({k: v[:left] if k in ids else v for k, v in masks.items()}))


def test_short_reference_lists_are_filled_aloud_or_give_no_figure(data, tmp_path, capsys):
    shorten(data, {"1"}, 3)  # asked for by vid_a/2 alone
    dataset, answers = answers_of(data)
    results = write_results(tmp_path / "r.json", dataset, answers)
    kept, said = score(data, results, tmp_path, capsys)
    (filled,) = [item for item in kept["remarks"] if item["kind"] == "filled_frame"]
    assert (filled["count"], filled["places"], filled["protocols"]) == (1, 1, ["strict"])
    assert "filled 1 frames of 1 objects" in said.err
    assert "annotation '1'" in said.err
    rows = {(row["split"], row["protocol"], row["metric"]): row for row in kept["scores"]}
    assert rows["valid", "strict", "j"]["value"] is not None
    assert rows["valid", "released", "j"]["value"] is None
    assert "breaks off at 1 expressions" in rows["valid", "released", "j"]["note"]
    assert "vid_a/2" in rows["valid", "released", "j"]["note"]


def test_dropping_leaves_out_just_the_expressions_that_break_off(data, tmp_path, capsys):
    dataset, answers = answers_of(data)
    whole = write_results(tmp_path / "r.json", dataset, answers)
    before, _ = score(data, whole, tmp_path, capsys, "--protocol", "released")
    shorten(data, {"1"}, 3)
    drop = ("--protocol", "released", "--option", "missing=drop")
    after, _ = score(data, whole, tmp_path, capsys, *drop)
    (old,), (new,) = (
        [row for row in found["scores"] if (row["split"], row["metric"]) == ("valid", "j")]
        for found in (before, after)
    )
    assert (old["samples"], new["samples"]) == (6, 5)


@pytest.mark.parametrize("swapped", [True, False])
def test_predictions_of_another_size_are_resized_aloud(data, tmp_path, capsys, swapped):
    def other(id, masklet):
        if id != "vid_b/0":
            return masklet
        size = SIZE[::-1] if swapped else (12, 16)
        return Masklet.from_arrays([np.ones(size, np.uint8)] * 4)

    dataset, answers = answers_of(data, other)
    results = write_results(tmp_path / "r.json", dataset, answers)
    kept, said = score(data, results, tmp_path, capsys, "--protocol", "strict")
    (resized,) = [item for item in kept["remarks"] if item["kind"] == "resized_prediction"]
    assert (resized["count"], resized["places"]) == (4, 1)
    assert resized["examples"][0].startswith("vid_b/0: masks of ")
    assert ("swapped" in said.err) == swapped


def test_reasons_of_failed_answers_are_shown_and_listed(data, tmp_path, capsys):
    def cut(id, masklet):
        return Masklet(*SIZE, masklet.counts[:3]) if id.startswith("vid_a") else masklet

    _, answers = answers_of(data, cut)
    lines = write_lines(tmp_path / "few.jsonl", answers)
    kept, said = score(data, lines, tmp_path, capsys, "--protocol", "strict", status=1)
    assert "3 masks for 4 frames" in said.err
    assert "(vid_a/0 and 2 more)" in said.err
    assert {item["id"] for item in kept["failed"]} == {"vid_a/0", "vid_a/10", "vid_a/2"}
    assert all("3 masks for 4 frames" in item["reason"] for item in kept["failed"])
    assert "no reason" not in said.err


def test_findings_are_counted_by_kind_and_protocol():
    strict = frozenset({"strict"})
    found = remarks(
        [
            Finding("cut_mask", "a", "x", 2),
            Finding("cut_mask", "b", "y", 3),
            Finding("odd_thing", "c", "z", protocols=strict),
        ],
        ["released", "strict"],
    )
    assert [(one.kind, one.count, one.places) for one in found] == [
        ("cut_mask", 5, 2), ("odd_thing", 1, 1),
    ]  # fmt: skip
    assert found[0].text == "cut 5 masks of 2 objects, beyond the last frame, e.g. a: x"
    assert found[1].text == "strict: 1 x odd thing, e.g. c: z"
    assert remarks([Finding("odd_thing", "c", "z", protocols=strict)], ["released"]) == []
