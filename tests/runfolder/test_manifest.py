"""The manifest: typed where it is read, and as it was where it is written again."""

import json
import shutil
from pathlib import Path

import pytest

from sama_bench.adapter import Setup
from sama_bench.errors import DataError
from sama_bench.leaderboard.make import _KEPT
from sama_bench.runfolder.folder import RunFolder
from sama_bench.runfolder.manifest import IDENTITY, Manifest, Session
from sama_bench.storage.typed import hints
from tests.runs import run_command

FORMER = Path(__file__).parent / "former" / "run"


def test_a_former_manifest_is_read_and_written_to_the_byte(tmp_path):
    shutil.copytree(FORMER, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    read = folder.manifest()
    assert (read.model, read.samples, read.shards, read.seed) == ("static", 13, ("mini",), 0)
    assert read.sessions[0].devices == ("cpu",)
    assert (read.judge, read.merged_from) == ({}, ())
    folder.write_manifest(read)
    assert (folder.path / "manifest.json").read_bytes() == (FORMER / "manifest.json").read_bytes()
    assert set(json.loads((FORMER / "manifest.json").read_text())) <= hints(Manifest).keys()


def test_what_a_run_does_not_know_stays_in_a_manifest_that_it_writes_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "runs/static/mevis/mini/manifest.json"
    shutil.copytree(FORMER, file.parent)
    before = {"mood": {"of": "a newer version"}, **json.loads(file.read_text())}
    before["sessions"][0]["host"] = "here"
    file.write_text(json.dumps(before))
    command = ("run", "--model", "static", "--benchmark", "mevis", "--split", "mini", "--no-score")
    run_command(*command, "--limit", "6")
    after = json.loads(file.read_text())
    assert list(after) == list(before)
    assert after["mood"] == before["mood"]
    assert after["sessions"][0] == before["sessions"][0]
    assert [list(one) for one in after["sessions"][1:]] == [["job", "devices", "started", "ended"]]
    assert all(one["ended"] for one in after["sessions"])
    run_command(*command, "--limit", "1", "--fresh")
    assert json.loads(file.read_text()).keys() == before.keys() - {"mood"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"samples": "many"}, "'samples' is not a whole number"),
        ({"sessions": 3}, "'sessions' is not a list"),
        ({"sessions": [{"job": 1}]}, "'sessions' 0: 'job' is not a text"),
        ({"data": {"meta.json": 5}}, "'data' 'meta.json' is not a text"),
        ({"takes_tracks": "no"}, "'takes_tracks' is not true or false"),
    ],
)
def test_a_field_of_another_type_is_one_line(tmp_path, content, says):
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=rf"manifest\.json: {says}$"):
        RunFolder(tmp_path).manifest()


def test_what_is_left_out_or_null_has_its_default_and_is_not_said():
    read = Manifest.from_json({"shards": None, "checkpoint": None})
    assert (read.shards, read.checkpoint, read.history) == ((), None, "independent")
    assert read.says("checkpoint")
    assert not read.says("history")
    assert read.to_json() == {"shards": None, "checkpoint": None}
    with pytest.raises(TypeError, match="Session has no jobs"):
        Session.of(jobs="x")


def test_every_list_of_fields_names_fields():
    assert {*IDENTITY, *_KEPT} <= hints(Manifest).keys()
    worded_otherwise = {"device", "session", "workers"}
    assert hints(Setup).keys() - worded_otherwise <= hints(Manifest).keys()
