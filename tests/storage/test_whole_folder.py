"""A folder of pages takes the place of the old one when it is whole."""

import signal
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_killed_process_left_beside_the_folder_goes(tmp_path, whole):
    """The folder that it was writing, and the old one if it had been moved away."""
    out, mark = tmp_path / "page", "made.by"
    script = (
        "import os, sys, signal, shutil\nfrom pathlib import Path\n"
        "from sama_bench.storage import whole_folder\n"
        "whole_folder._swapped = lambda one, other: False\n"
        "out = Path(sys.argv[1])\n"
        "with whole_folder.replacing(out, sys.argv[2]) as new: (new / 'a').write_text('old')\n"
        "Path.rename = (lambda self, to, rename=Path.rename: "
        "os.kill(os.getpid(), signal.SIGTERM) if self.name.startswith('.page.new') and "
        "sys.argv[3] == 'False' else rename(self, to))\n"
        "with whole_folder.replacing(out, sys.argv[2]) as new:\n"
        "    if sys.argv[3] == 'True': os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(out), mark, str(whole)], check=False)
    assert done.returncode == -signal.SIGTERM
    assert len(list(tmp_path.iterdir())) == 2
    assert out.exists() == whole
    with pytest.raises(RuntimeError), replacing(out, mark):
        raise RuntimeError("no new one either")
    assert (out / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["page"]


@pytest.mark.skipif(sys.platform != "linux", reason="exchanging two names needs Linux")
def test_the_folder_is_there_at_every_moment(tmp_path, monkeypatch):
    """Each rename that is made while the new one takes its place finds the folder."""
    out, seen = tmp_path / "page", []
    write(out, "one")
    rename = Path.rename

    def noted(self, to):
        seen.append(out.exists())
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", noted)
    write(out, "two")
    assert (out / "index.html").read_text() == "two"
    assert seen == [True]
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
