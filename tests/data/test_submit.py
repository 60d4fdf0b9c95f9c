import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from sama_bench import cli
from sama_bench.benchmark import Outcome
from sama_bench.data import submit
from sama_bench.errors import IncompleteError, UserError
from sama_bench.nouns import Answer, Masklet, Segment
from sama_bench.splits.mevis import Mevis
from sama_bench.splits.ref_sav import RefSav
from sama_bench.splits.ref_youtube_vos import RefYoutubeVos
from tests.formats.test_formats import write_lines
from tests.splits.referring_data import SIZE, answered, guess, write_referring


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def mevis(tmp_path):
    folder = tmp_path / "mevis"
    write_referring(folder, "valid/meta_expressions.json", "valid/JPEGImages", sizes=False)
    (folder / "valid/mask_dict.json").unlink()
    return Mevis().open(folder, "valid", {})


@pytest.fixture
def youtube(tmp_path):
    folder = tmp_path / "rvos"
    write_referring(folder, "meta_expressions/valid/meta_expressions.json", "valid/JPEGImages")
    return RefYoutubeVos().open(folder, "valid", {})


def guesses(dataset):
    return {entry.id: guess(number) for number, entry in enumerate(dataset.entries)}


@pytest.mark.parametrize(("name", "prefix"), [("mevis", ""), ("youtube", "Annotations/")])
def test_the_archive_has_exactly_the_tree_that_the_server_wants(name, prefix, request, tmp_path):
    dataset = request.getfixturevalue(name)
    masklets = guesses(dataset)
    out = tmp_path / "out.zip"
    written = submit.submit(dataset, lambda id: answered(masklets[id]), out)
    assert (written.videos, written.expressions, written.frames) == (2, 6, 24)
    assert written.size == out.stat().st_size
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        wanted = {
            f"{prefix}{video}/{expression}/{frame:05d}.png"
            for video in ("vid_a", "vid_b")
            for expression in ("0", "10", "2")
            for frame in (0, 10, 20, 30)
        }
        assert set(archive.namelist()) == wanted
        assert len(archive.namelist()) == len(wanted)
        for id, masklet in masklets.items():
            for index, frame in enumerate((0, 10, 20, 30)):
                data = archive.read(f"{prefix}{id}/{frame:05d}.png")
                image = Image.open(io.BytesIO(data))
                assert image.mode == "L"
                assert np.array_equal(np.array(image), masklet.decode(index) * 255)
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out.zip"]


def test_a_refusal_is_written_as_zeros(mevis, tmp_path):
    written = submit.submit(mevis, lambda id: answered(), tmp_path / "out.zip")
    assert written.empty == 6
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        image = np.array(Image.open(io.BytesIO(archive.read("vid_a/0/00000.png"))))
    assert image.shape == SIZE
    assert image.max() == 0


def test_nothing_is_written_before_all_is_checked(mevis, tmp_path):
    masklets = guesses(mevis)
    broken = {
        "vid_a/0": Outcome("missing"),
        "vid_a/2": Outcome("failed", error="out of memory"),
        "vid_b/0": answered(guess(1, frames=3)),
        "vid_b/2": answered(guess(1, size=(9, 9))),
        "vid_b/10": Outcome("answered", Answer("", (Segment(None, Masklet(*SIZE, ("~",) * 4)),))),
    }

    def answers(id):
        return broken.get(id) or answered(masklets[id])

    out = tmp_path / "out.zip"
    with pytest.raises(IncompleteError) as error:
        submit.submit(mevis, answers, out)
    for says in (
        "5 expressions", "vid_a/0: missing", "vid_a/2: out of memory", "3 masks for 4 frames",
        "masks of 9x9 for a video of 24x32", "vid_b/10: frame 0: RLE",
    ):  # fmt: skip
        assert says in str(error.value)
    assert not list(tmp_path.glob("*out*"))
    written = submit.submit(mevis, answers, out, fill_missing=True)
    assert (written.frames, written.empty) == (24, 5)


def test_an_interrupted_command_goes_on(mevis, tmp_path, monkeypatch):
    masklets = guesses(mevis)
    out = tmp_path / "out.zip"
    whole = tmp_path / "whole.zip"
    submit.submit(mevis, lambda id: answered(masklets[id]), whole)
    real, packed = submit._pack, []

    def failing(dataset, answers, ids, part, prefix):
        if packed:
            raise OSError(28, "No space left on device")
        packed.append(ids)
        real(dataset, answers, ids, part, prefix)

    monkeypatch.setattr(submit, "_pack", failing)
    with pytest.raises(UserError, match="No space left on device; what is done is kept"):
        submit.submit(mevis, lambda id: answered(masklets[id]), out)
    assert not out.exists()
    again = []
    monkeypatch.setattr(submit, "_pack", lambda *given: (again.append(given[2]), real(*given)))
    submit.submit(mevis, lambda id: answered(masklets[id]), out)
    assert len(again) == 1
    assert again[0] != packed[0]
    assert out.read_bytes() == whole.read_bytes()


def test_other_benchmarks_have_no_server(tmp_path):
    dataset = RefSav().open(write_referring(tmp_path / "data"), "valid", {})
    with pytest.raises(UserError, match="ref-sav has no server"):
        submit.submit(dataset, lambda id: answered(), tmp_path / "out.zip")


def test_the_command(mevis, tmp_path, capsys):
    lines = write_lines(tmp_path / "mine.jsonl", guesses(mevis))
    arguments = [
        "submit", "mevis", "--predictions", str(lines), "--data", str(tmp_path / "mevis"),
        "--out", str(tmp_path / "m.zip"), "--json", str(tmp_path / "m.json"),
    ]  # fmt: skip
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 0
    assert (
        "2 videos, 6 expressions (0 of them without any mask), 24 frames" in capsys.readouterr().out
    )
    assert json.loads((tmp_path / "m.json").read_text())["submission"]["frames"] == 24
    for wrong, says in (
        (["submit", "mevis"], "name a run folder, or --predictions"),
        (["submit", "ref-sav", "x"], "is not one of"),
    ):
        with pytest.raises(SystemExit) as end:
            cli.main(wrong)
        assert end.value.code == 2
        assert says in capsys.readouterr().err
