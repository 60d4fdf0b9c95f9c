import contextlib
import errno
import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench.benchmark import AnswersWithTexts
from sama_bench.errors import DataError, UserError
from sama_bench.formats.prediction_line import Prediction, from_line, peek, text_of, to_line
from sama_bench.nouns import Masklet, Segment
from sama_bench.runfolder.folder import RunAnswers, RunFolder, find_runs, run_path
from sama_bench.runfolder.manifest import Manifest
from sama_bench.storage.append import Appender, write_atomically
from sama_bench.storage.safe_names import safe_name


def answered(id, text="yes", status="answered", **more):
    masklet = Masklet.from_arrays(np.eye(5, dtype=np.uint8)[None])
    return Prediction(id, status, text, (Segment("it", masklet).to_json(),), **more)


def write(folder, *records, part=None):
    with folder.appender(part) as appender:
        for record in records:
            appender.append(to_line(record))


@given(st.text(), st.text(), st.sampled_from(["answered", "refused", "failed"]))
def test_a_line_is_read_back(id, text, status):
    record = Prediction(id, status, text, notes={"crc32": text}, error=text, seconds=1.5, time=2.0)
    line = to_line(record)
    assert line.count(b"\n") == 1
    assert from_line(line) == record
    assert peek(line.rstrip()) == (id, status)


@given(st.text(), st.one_of(st.none(), st.text()), st.sampled_from(['", "segments": [', "", "\\"]))
def test_the_text_of_a_line_is_read_without_its_masks(id, text, puzzle):
    record = answered(id, text if text is None else text + puzzle, notes={", ": ' "segments": ['})
    line = to_line(record).rstrip()
    assert text_of(line) == from_line(line).text == record.text
    data = json.loads(line)
    elsewhere = {"segments": data["segments"], "id": id, "text": record.text, "status": "answered"}
    plain = json.dumps(elsewhere).encode()
    assert text_of(plain) == record.text
    order = {"id": id, "meta": {"n": 1, "segments": []}, **elsewhere}
    assert text_of(json.dumps(order).encode()) == record.text
    with pytest.raises(ValueError, match="checksum does not fit"):
        text_of(json.dumps({**order, "crc32": "00000000"}).encode())


@given(st.text(max_size=3), st.data())
def test_every_byte_of_a_line_is_covered(id, data):
    """A flipped bit anywhere makes the line damaged, never another record or an unchecked one."""
    line = bytearray(to_line(answered(id, "it", time=2.0)).rstrip())
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= 1 << data.draw(st.integers(0, 7))
    for read in (peek, from_line, text_of):
        with pytest.raises(ValueError, match=r"."):
            read(bytes(line))


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b" ", b"\t"])
def test_what_stands_before_a_line_does_not_hide_its_checksum(before):
    line = to_line(answered("a", "it")).rstrip()
    for damaged in (before + line, before + line.replace(b'"it"', b'"at"')):
        with pytest.raises(ValueError, match="checksum"):
            peek(damaged)


def test_deep_nesting_is_a_damaged_line():
    with pytest.raises(ValueError, match="nested too deeply"):
        peek(b'{"id": "a", "status": "answered", "notes": ' + b"[" * 200_000)


def test_texts_of_several_folders(tmp_path):
    folders = {id: RunFolder(tmp_path / id) for id in "ab"}
    for id, folder in folders.items():
        write(folder, answered(id, f"it is {id}"), Prediction("bad", "failed", error="boom"))
        folder.refresh()
    joint = RunAnswers(folders.get)
    assert [joint.text(id) for id in ("a", "b", "c")] == ["it is a", "it is b", None]
    assert [joint(id).status for id in ("a", "b", "c")] == ["answered", "answered", "missing"]
    assert joint("a").answer.text == "it is a"
    assert folders["a"].answers().text("bad") is None
    assert isinstance(joint, AnswersWithTexts)
    assert not isinstance(folders["a"].outcome, AnswersWithTexts)


@given(st.data())
def test_every_cut_or_flipped_line_is_recognised(data):
    line = to_line(answered("sample", time=1.0)).rstrip()
    cut = data.draw(st.integers(1, len(line) - 1))
    with pytest.raises(ValueError):  # noqa: PT011 - JSON or checksum, each in its words
        peek(line[:cut])
    place = data.draw(st.integers(0, len(line) - 25))
    flipped = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
    with contextlib.suppress(ValueError):
        assert peek(flipped)[0] != "sample"  # no longer a sealed line of ours, yet JSON


def test_a_line_from_elsewhere_needs_no_seal(tmp_path):
    lines = [{"status": "failed", "id": "a", "error": "boom"}, {"id": "b", "status": "odd"}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "predictions.jsonl").write_text(text + "[1]\n")
    folder = RunFolder(tmp_path)
    assert folder.outcome("a").error == "boom"
    assert folder.outcome("b").status == "missing"
    assert [line.split(": ")[0][-2:] for line in folder.damaged] == [":2", ":3"]


def test_a_torn_last_line_is_missing_and_costs_only_itself(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, answered("a"))
    with (tmp_path / "predictions.jsonl").open("ab") as file:
        file.write(to_line(answered("b"))[:-20])
    torn = RunFolder(tmp_path)
    assert torn.torn()
    assert torn.outcome("b").status == "missing"
    write(folder, answered("c"), answered("b", "again"))
    whole = RunFolder(tmp_path)
    assert [whole.outcome(id).status for id in "abc"] == ["answered"] * 3
    assert whole.outcome("b").answer.text == "again"
    assert len(whole.damaged) == 1
    assert not whole.torn()


def test_of_two_lines_the_later_counts_and_that_is_said(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, answered("a", "old"), Prediction("b", "failed", error="x"), answered("a", "new"))
    write(folder, answered("b", "tried again"))
    folder.refresh()
    assert folder.outcome("a").answer.text == "new"
    assert folder.duplicates == {"a"}
    assert (len(folder), list(folder.ids()), "b" in folder) == (2, ["a", "b"], True)


def test_parts_are_one_and_an_answer_counts_before_a_failure(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, Prediction("a", "failed", error="x"), answered("b", "main"))
    write(folder, answered("a", "part"), Prediction("b", "failed", error="y"), part="rank/1")
    folder.refresh()
    assert folder.outcome("a").answer.text == "part"
    assert folder.outcome("b").answer.text == "main"
    assert folder.duplicates == set()
    write(folder, answered("b", "other"), part="rank/2")
    folder.gather()
    assert folder.duplicates == {"b"}
    assert folder.outcome("b").answer.text == "main"
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "predictions.jsonl").write_bytes((tmp_path / "predictions.jsonl").read_bytes())
    assert {id: RunFolder(alone).outcome(id) for id in "ab"} == {
        id: folder.outcome(id) for id in "ab"
    }
    folder.gather()
    assert (tmp_path / "predictions.jsonl").read_bytes().count(b"\n") == 3


def test_a_broken_mask_is_a_failure_and_never_a_zero(tmp_path):
    folder = RunFolder(tmp_path)
    segment = {"phrase": None, "size": [5, 5], "masks": [{"size": [5, 5], "counts": "zz"}]}
    write(
        folder,
        Prediction("a", "answered", "x", (segment,)),
        Prediction("b", "answered", "x", ({},)),
    )
    folder.refresh()
    assert folder.outcome("a").status == "failed"
    assert "segment 0: frame 0: RLE counts" in folder.outcome("a").error
    assert folder.outcome("b").status == "failed"


def test_a_full_disk_leaves_no_half_line(tmp_path, monkeypatch):
    appender = Appender(tmp_path / "predictions.jsonl")
    appender.append(to_line(answered("a")))
    before = (tmp_path / "predictions.jsonl").read_bytes()
    real = os.write

    def full(file, data):
        if len(data) < 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(UserError, match="the disk is full"):
        appender.append(to_line(answered("b")))
    assert (tmp_path / "predictions.jsonl").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        RunFolder(tmp_path / "file" / "run").appender()
    with pytest.raises(UserError, match="cannot be written"):
        write_atomically(tmp_path / "file" / "manifest.json", b"")


def test_the_manifest_is_replaced_whole(tmp_path):
    folder = RunFolder(tmp_path / "run")
    assert folder.manifest() is None
    folder.write_manifest(Manifest.of(model="flow"))
    assert folder.manifest() == Manifest.of(model="flow")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["manifest.json"]
    (tmp_path / "run" / "manifest.json").write_text("{")
    with pytest.raises(DataError, match=r"manifest\.json cannot be read"):
        folder.manifest()


@given(st.text(min_size=1), st.text(min_size=1))
def test_folder_names_stay_inside_and_apart(first, second):
    for name in (safe_name(first), safe_name(second)):
        assert name not in ("", ".", "..")
        assert not set(name) & set("/\\\0 \n")
        assert len(name) < 120
    if first != second:
        assert safe_name(first) != safe_name(second)


def test_run_folders_are_found(tmp_path):
    path = run_path(tmp_path, "sama-8b", "refcoco+", "VidSTG_3")
    assert path == tmp_path / "sama-8b" / "refcoco+" / "VidSTG_3"
    write(RunFolder(path), answered("a"))
    assert find_runs(tmp_path) == [path]
