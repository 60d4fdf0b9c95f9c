"""Archives are unpacked whole, once, and never outside their folder."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from sama_bench.data.unpack import Unpacked, is_archive, unpack
from sama_bench.errors import DataError

FILES = {"videos/a/00000.jpg": b"a" * 2000, "videos/b/00004.jpg": b"b", "meta.json": b"{}"}


def make(path: Path, files: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.mkdir("videos") if hasattr(packed, "mkdir") else packed.writestr("videos/", "")
            for name, content in files.items():
                packed.writestr(name, content)
    else:
        with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as tape:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tape.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.tgz"])
def test_unpacks_and_repeats(tmp_path: Path, name: str) -> None:
    archive = make(tmp_path / name, FILES)
    assert is_archive(name)
    assert unpack(archive) == Unpacked(3, 0)
    for path, content in FILES.items():
        assert (tmp_path / path).read_bytes() == content
    (tmp_path / "meta.json").unlink()
    assert unpack(archive) == Unpacked(1, 2)
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("kind", ["x.zip", "x.tar"])
@pytest.mark.parametrize("bad", ["../up.txt", "/tmp/abs.txt", "a/../../up.txt", "c:\\evil.txt"])
def test_names_that_lead_out_are_refused_before_anything_is_written(
    tmp_path: Path, kind: str, bad: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    archive = make(folder / kind, {"good.txt": b"1", bad: b"evil"})
    with pytest.raises(DataError, match="nothing was unpacked"):
        unpack(archive)
    assert [path.name for path in folder.iterdir()] == [kind]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_links_are_refused(tmp_path: Path) -> None:
    archive = tmp_path / "x.tar"
    with tarfile.open(archive, "w") as tape:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc"
        tape.addfile(info)
    with pytest.raises(DataError, match="no plain file"):
        unpack(archive)
    archive = tmp_path / "y.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        packed.writestr(entry, "/etc")
    with pytest.raises(DataError, match="no plain file"):
        unpack(archive)


def test_links_that_lie_there_are_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "in"
    outside.mkdir()
    folder.mkdir()
    (folder / "videos").symlink_to(outside)
    with pytest.raises(DataError, match="is a link"):
        unpack(make(folder / "x.zip", FILES))
    assert not list(outside.iterdir())


def test_different_files_stay_unless_told(tmp_path: Path) -> None:
    archive = make(tmp_path / "x.zip", FILES)
    (tmp_path / "meta.json").write_bytes(b"mine")
    with pytest.raises(DataError, match="--overwrite replaces it"):
        unpack(archive)
    assert not (tmp_path / "videos").exists()
    assert unpack(archive, overwrite=True).written == 3
    assert (tmp_path / "meta.json").read_bytes() == b"{}"


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_damaged_archives_are_one_clear_error(tmp_path: Path, name: str) -> None:
    whole = make(tmp_path / name, FILES).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 3])
    with pytest.raises(DataError, match=name):
        unpack(tmp_path / name)
