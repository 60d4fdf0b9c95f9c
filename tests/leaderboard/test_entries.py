import json
import os
import re
from dataclasses import asdict
from pathlib import Path

import pytest
from msgspec import structs

from sama_bench.benchmark import Coverage
from sama_bench.errors import DataError, IncompleteError, UserError
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.leaderboard.entry import (
    FOLDER,
    BoardEntry,
    digest,
    is_complete,
    read_entries,
    read_entry,
    write_entry,
)
from sama_bench.leaderboard.make import entry_of_import, entry_of_run
from sama_bench.leaderboard.schema import SchemaError
from sama_bench.leaderboard.verify import verify
from sama_bench.leaderboard.vlmevalkit import read_results
from tests.scored import random_scores, write

KIT = Path(__file__).parent / "vlmevalkit"
MANIFEST = {
    "data": {"meta.json": "sha256:1"},
    "checkpoint": "/home/someone/weights/sama-8b",
    "revision": "abc",
    "card": {"frames": "first 5 of the video"},
    "packages": {"torch": "2.13.0"},
    "judge": {"model": "gpt-x-2026-01-01", "cache_checksum": "sha256:2"},
    "data_root": "/home/someone/data",
}


def made(tmp_path, **more):
    data = random_scores(1, manifest=MANIFEST, **more)
    folder = tmp_path / "run"
    folder.mkdir(exist_ok=True)
    ids = [sample["id"] for sample in data["samples"]]
    (folder / "predictions.jsonl").write_bytes(answer(*ids))
    write(folder, data)
    return folder, data


def changed(entry, **changes):
    return BoardEntry(structs.replace(entry.file, **changes))


def rescored(data):
    return data["scores"], {name: Coverage(**counts) for name, counts in data["coverage"].items()}


def rescore_of(data):
    return lambda parts, root: rescored(data)


def test_an_entry_keeps_scores_and_provenance(tmp_path):
    folder, data = made(tmp_path)
    path = write_entry(entry_of_run(folder, resamples=200), tmp_path / "entries")
    assert path.name == "m--mevis--valid_u.json"
    entry = read_entry(path)
    assert entry.complete is True
    assert {name: asdict(cover) for name, cover in entry.coverage.items()} == data["coverage"]
    assert {row["metric"]: row["value"] for row in entry.rows if row["split"] == "valid_u"} == {
        row["metric"]: row["value"] for row in data["scores"]
    }
    kept = entry.provenance
    assert kept.data == {"meta.json": "sha256:1"}
    assert kept.revision == "abc"
    assert kept.judge["cache_checksum"] == "sha256:2"
    assert kept.packages == {"torch": "2.13.0"}
    assert len(kept.predictions["run/predictions.jsonl"]) == 64
    assert kept.not_recorded == []
    assert "/home/someone" not in path.read_text()


def test_what_the_manifest_does_not_say_is_listed(tmp_path):
    folder = write(tmp_path / "run", random_scores(1, manifest={"checkpoint": "x/y"}))
    lacking = entry_of_run(folder, resamples=50).provenance.not_recorded
    assert lacking == [
        "checksums of the split's files",
        "the protocol card",
        "package versions",
        "the checkpoint's revision",
    ]


def incomplete(tmp_path):
    folder, data = made(tmp_path)
    data["coverage"]["strict"].update(answered=118, failed=2)
    for row in data["scores"]:
        row["coverage"] = 118 / 120
    return write(folder, data), data


def test_incomplete_coverage_cannot_pass_as_complete(tmp_path):
    folder, _ = incomplete(tmp_path)
    with pytest.raises(IncompleteError, match=r"strict: 2 failed, 0 missing of 120"):
        entry_of_run(folder)
    entry = entry_of_run(folder, partial=True, resamples=50)
    assert entry.complete is False
    path = write_entry(changed(entry, complete=True), tmp_path / "entries")
    with pytest.raises(SchemaError, match="calls itself complete"):
        read_entry(path)


def test_an_entry_that_was_changed_by_hand_is_refused(tmp_path):
    path = write_entry(entry_of_run(made(tmp_path)[0], resamples=50), tmp_path / "entries")
    data = json.loads(path.read_text())
    data["scores"][0]["value"] += 0.1
    path.write_text(json.dumps(data))
    with pytest.raises(SchemaError, match="its digest does not fit"):
        read_entry(path)
    data["digest"] = digest(data)
    data["scores"][0]["model"] = "another"
    path.write_text(json.dumps(data))
    with pytest.raises(SchemaError, match="its model is 'another'"):
        read_entry(path)


def answer(*ids):
    return b"".join(to_line(Prediction(id, "refused", text="")) for id in ids)


def test_scores_of_other_predictions_are_refused(tmp_path):
    folder, data = made(tmp_path)
    ids = [sample["id"] for sample in data["samples"]]
    predictions = folder / "predictions.jsonl"
    predictions.write_bytes(answer(*ids))
    os.utime(predictions, (2e9, 2e9))  # a copy is newer, and that is no reason
    assert entry_of_run(folder, resamples=50).complete
    predictions.write_bytes(answer(*ids[1:]))
    with pytest.raises(DataError, match="not those that were scored"):
        entry_of_run(folder)
    data["samples"][0]["status"] = "missing"
    predictions.write_bytes(answer(*ids))
    with pytest.raises(DataError, match="not those that were scored"):
        entry_of_run(write(folder, data))


@pytest.mark.parametrize(
    ("counts", "complete"),
    [
        ({"answered": 9, "refused": 1}, True),
        ({"answered": 9, "failed": 1}, False),
        ({"answered": 9, "missing": 1}, False),
        ({"expected": 0}, False),
    ],
)
def test_a_refusal_is_an_answer_and_a_failure_is_not(counts, complete):
    zero = {"expected": 10, "answered": 0, "refused": 0, "failed": 0, "missing": 0}
    assert is_complete({"strict": Coverage(**{**zero, **counts})}) is complete
    assert not is_complete({})


def test_recomputing_confirms_an_honest_entry(tmp_path):
    folder, data = made(tmp_path)
    result = verify(entry_of_run(folder, resamples=50), folder, None, rescore_of(data))
    assert result.holds
    assert result.checked == 2


def test_recomputing_exposes_other_scores_predictions_and_coverage(tmp_path):
    folder, data = made(tmp_path)
    entry = entry_of_run(folder, resamples=50)
    fresh = json.loads(json.dumps(data))
    fresh["scores"][0]["value"] += 1e-6
    fresh["coverage"]["strict"].update(answered=119, missing=1)
    (folder / "predictions.jsonl").write_text("{}\n")
    result = verify(entry, folder, None, rescore_of(fresh))
    assert not result.holds
    assert [what for what, _, _ in result.differing] == ["j of valid_u (strict)"]
    assert "other checksum" in result.problems[0]
    assert "119 answered" in result.problems[1]
    assert "its predictions are not" in result.problems[2]


def test_numbers_that_cannot_be_recomputed_here_are_listed_and_not_counted(tmp_path):
    folder, data = made(tmp_path)
    entry = entry_of_run(folder, resamples=50)
    fresh = json.loads(json.dumps(data))
    fresh["scores"][1].update(value=None, note="no judge was given")
    result = verify(entry, folder, None, rescore_of(fresh))
    assert result.holds
    assert (result.checked, result.unchecked) == (
        1,
        [("f of valid_u (strict)", "no judge was given")],
    )


def test_imports_become_entries_without_a_coverage_of_their_own(tmp_path):
    for imported in read_results(KIT):
        write_entry(entry_of_import(imported, "VLMEvalKit"), tmp_path)
    entries = read_entries([tmp_path])
    assert [entry.model for entry in entries] == ["InternVL2-8B", "Sa2VA-8B"]
    assert {entry.complete for entry in entries} == {None}
    with pytest.raises(UserError, match="has no predictions"):
        verify(entries[0], tmp_path, None, rescore_of({}))


def test_the_accepted_entries_are_valid():
    read_entries([FOLDER])


def test_the_predictions_of_a_merge_are_those_of_its_shards(tmp_path):
    shards = [tmp_path / name for name in ("VidSTG_0", "VidSTG_1")]
    manifest = {**MANIFEST, "merged_from": ["runs/m/mevis/VidSTG_0", str(shards[1])]}
    data = random_scores(1, manifest=manifest)
    ids = [sample["id"] for sample in data["samples"]]
    for shard, own in zip(shards, (ids[:50], ids[50:]), strict=True):
        shard.mkdir()
        (shard / "predictions.jsonl").write_bytes(answer(*own))
    folder = write(tmp_path / "valid_u", data)
    entry = entry_of_run(folder, resamples=50)
    assert sorted(entry.provenance.predictions) == [
        "VidSTG_0/predictions.jsonl",
        "VidSTG_1/predictions.jsonl",
    ]
    asked = []

    def rescore(parts, root):
        asked.extend(parts)
        return rescored(data)

    assert verify(entry, folder, None, rescore).holds
    assert asked == shards
    (shards[0] / "predictions.jsonl").unlink()
    shards[0].rmdir()
    with pytest.raises(DataError, match="which is gone"):
        entry_of_run(folder)


def surrogate(data):
    data["provenance"]["note"] = "\ud800"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data["scores"][0].update(value=-5), "j cannot be -5, only 0 to 1"),
        (lambda data: data["scores"][0].update(value=float("nan")), "nan, not a finite number"),
        (lambda data: data["scores"][0].update(value=10**400), "a number of more than 1e+15"),
        (lambda data: data["scores"][0].update(low="0.5"), "got `str` - at `$.scores[0].low`"),
        (lambda data: data["scores"][0].update(note=["x"]), "got `array` - at `$.scores[0].note`"),
        (
            lambda data: data["scores"][0].update(coverage=9),
            "`float` <= 1.0 - at `$.scores[0].coverage`",
        ),
        (
            lambda data: data["scores"][0].update(samples=-1),
            "`int` >= 0 - at `$.scores[0].samples`",
        ),
        (lambda data: data["coverage"]["strict"].update(answered=7), "do not add up to 120"),
        (lambda data: data["provenance"].update(card=[]), "got `array` - at `$.provenance.card`"),
        (
            lambda data: data["provenance"].update(shortfall=[1]),
            "got `int` - at `$.provenance.shortfall[0]`",
        ),
        (
            lambda data: data["provenance"].update(predictions={"a": "x", "b": 1}),
            "got `int` - at `$.provenance.predictions.b`",
        ),
        (lambda data: data["videos"]["strict"]["values"]["j"].__setitem__(0, 7), "j cannot be 7"),
        (
            lambda data: data["videos"]["strict"]["ids"].__setitem__(0, []),
            "got `array` - at `$.videos.strict.ids[0]`",
        ),
        (
            lambda data: data["videos"]["strict"].update(weights={"j": [1] * 40}),
            "got `int` - at `$.videos.strict.weights.j[0]`",
        ),
        (lambda data: data["scores"][0].pop("samples"), "missing required field `samples`"),
        (lambda data: data.update(mood="good"), "unknown field `mood`"),
        (lambda data: data.update(schema=2), "Invalid enum value 2 - at `$.schema`"),
        (surrogate, "half a surrogate pair"),
    ],
)
def test_an_entry_that_cannot_be_true_is_refused_in_one_line(tmp_path, change, says):
    path = write_entry(entry_of_run(made(tmp_path)[0], resamples=50), tmp_path / "entries")
    data = json.loads(path.read_text())
    change(data)
    try:
        data["digest"] = digest(data)
    except ValueError:  # NaN has none
        data["digest"] = ""
    path.write_text(json.dumps(data))
    with pytest.raises(SchemaError, match=re.escape(says)) as refused:
        read_entry(path)
    assert "\n" not in str(refused.value)


def test_half_a_surrogate_pair_of_a_manifest_is_written_as_its_escape(tmp_path):
    manifest = {**MANIFEST, "card": {"prompt\udc80": "\ud800"}}
    folder, data = made(tmp_path)
    write(folder, {**data, "manifest": manifest})
    path = write_entry(entry_of_run(folder, resamples=50), tmp_path / "entries")
    assert read_entry(path).provenance.card == {r"prompt\udc80": r"\ud800"}


def test_a_model_whose_name_no_file_can_hold_is_one_line(tmp_path):
    entry = changed(entry_of_run(made(tmp_path)[0], resamples=50), benchmark="\ud800")
    with pytest.raises(UserError, match="cannot hold what its run recorded"):
        write_entry(entry, tmp_path / "entries")
