"""A folder of pages takes the place of the old one when it is whole."""

import pytest

from sama_bench.errors import UserError
from sama_bench.storage.whole_folder import replacing

MARK = ".pages"


def write(out, text):
    with replacing(out, MARK) as folder:
        (folder / "index.html").write_text(text)


def test_the_new_one_takes_the_place_of_the_old(tmp_path):
    out = tmp_path / "deep" / "report"
    write(out, "one")
    (out / "left.html").touch()
    write(out, "two")
    assert (out / "index.html").read_text() == "two"
    assert not (out / "left.html").exists()
    assert [path.name for path in out.parent.iterdir()] == ["report"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), UserError("no"), OSError(28, "disk full")])
def test_a_fault_leaves_the_old_one_whole(tmp_path, fault):
    out = tmp_path / "report"
    write(out, "one")

    def half():
        with replacing(out, MARK) as folder:
            (folder / "index.html").write_text("half")
            raise fault

    with pytest.raises((KeyboardInterrupt, UserError)):
        half()
    assert (out / "index.html").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_full_disk_names_the_report_and_no_source_file(tmp_path):
    with (
        pytest.raises(UserError, match=r"--out .*report cannot be written: No space left"),
        replacing(tmp_path / "report", MARK),
    ):
        raise OSError(28, "No space left on device", "/usr/lib/site/page.css")


def test_what_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    (tmp_path / "file").touch()
    for name, words in (("mine", "holds other files"), ("file", "is a file")):
        with pytest.raises(UserError, match=words):
            write(tmp_path / name, "x")
    assert (tmp_path / "mine" / "thesis.tex").exists()
