"""Archives are unpacked whole, once, and never outside their folder."""

from __future__ import annotations

import gzip
import io
import random
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


def unpacked(folder: Path, archive: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p != archive)


def test_an_encrypted_archive_is_one_clear_error(tmp_path: Path) -> None:
    archive = make(tmp_path / "x.zip", FILES)
    raw = bytearray(archive.read_bytes())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(sign)
        while at >= 0:
            raw[at + place] |= 1
            at = raw.find(sign, at + 1)
    archive.write_bytes(raw)
    with pytest.raises(DataError, match=r"x\.zip is encrypted"):
        unpack(archive)
    assert unpacked(tmp_path, archive) == []


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


@pytest.mark.parametrize("name", ["x.tar.gz", "x.tgz"])
@pytest.mark.parametrize("place", [0.3, 0.5, 0.9])
def test_a_compressed_tar_that_is_damaged_in_the_middle_is_not_unpacked(
    tmp_path: Path, name: str, place: float
) -> None:
    archive = make(tmp_path / name, {"a.jpg": noise(20_000), "b.jpg": noise(20_000)})
    raw = bytearray(archive.read_bytes())
    raw[int(len(raw) * place)] ^= 1  # noise is stored as it is: it unpacks without an error
    archive.write_bytes(raw)
    with pytest.raises(DataError, match=r"is damaged"):
        unpack(archive)
    assert unpacked(tmp_path, archive) == []


def test_a_member_of_a_zip_that_is_damaged_leaves_no_half(tmp_path: Path) -> None:
    archive = make(tmp_path / "x.zip", {"a.jpg": noise(20_000)})
    raw = bytearray(archive.read_bytes())
    raw[10_000] ^= 1
    archive.write_bytes(raw)
    with pytest.raises(DataError, match="damaged"):
        unpack(archive)
    assert unpacked(tmp_path, archive) == []


def test_a_tar_that_ends_in_the_middle_is_not_taken_for_whole(tmp_path: Path) -> None:
    archive = make(tmp_path / "x.tar", {"a.jpg": b"a" * 600, "b.jpg": b"b" * 600})
    raw = bytearray(archive.read_bytes())
    raw[512 + 1024 : 512 + 1024 + 100] = b"\xff" * 100  # the header of the second
    archive.write_bytes(raw)
    with pytest.raises(DataError, match="damaged or cut off after 1 members"):
        unpack(archive)
    archive.write_bytes(raw[: 512 + 1024])
    with pytest.raises(DataError, match="damaged or cut off after 1 members"):
        unpack(archive)
    assert unpacked(tmp_path, archive) == []


@pytest.mark.parametrize("name", ["", "."])
@pytest.mark.parametrize("kind", ["x.zip", "x.tar"])
def test_empty_names_are_one_clear_error(tmp_path: Path, kind: str, name: str) -> None:
    archive = make(tmp_path / kind, {"ab" if kind == "x.zip" else name: b"x"})
    if kind == "x.zip":
        archive.write_bytes(_renamed(archive.read_bytes(), name.encode()))
    with pytest.raises(DataError, match=r"no plain file|damaged"):
        unpack(archive)
    assert unpacked(tmp_path, archive) == []


def _renamed(raw: bytes, name: bytes) -> bytes:
    """A zip whose last member is called ``ab``, with another name of at most two bytes."""
    out = bytearray(raw)
    for sign, length in ((b"PK\x03\x04", 26), (b"PK\x01\x02", 28)):
        at = out.rfind(sign)
        start = at + (30 if sign == b"PK\x03\x04" else 46)
        out[at + length : at + length + 2] = len(name).to_bytes(2, "little")
        out[start : start + 2] = name
    end = out.find(b"PK\x05\x06")
    directory = out.find(b"PK\x01\x02")  # of the folder, which comes first
    out[end + 12 : end + 16] = (end - directory).to_bytes(4, "little")
    out[end + 16 : end + 20] = directory.to_bytes(4, "little")
    return bytes(out)


def test_sparse_files_are_refused(tmp_path: Path) -> None:
    archive = tmp_path / "x.tar"
    with tarfile.open(archive, "w") as tape:
        info = tarfile.TarInfo("big")
        info.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(1 << 40)}
        tape.addfile(info)
    with pytest.raises(DataError, match="no plain file"):
        unpack(archive)


def test_a_name_that_is_a_file_and_a_folder(tmp_path: Path) -> None:
    archive = make(tmp_path / "x.tar", {"a": b"1", "a/b": b"2"})
    with pytest.raises(DataError, match="'a' as a file and as a folder"):
        unpack(archive)
    assert unpacked(tmp_path, archive) == []


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_a_file_of_the_same_size_and_other_content_is_not_kept(tmp_path: Path, name: str) -> None:
    archive = make(tmp_path / name, FILES)
    (tmp_path / "meta.json").write_bytes(b"[]")
    with pytest.raises(DataError, match="--overwrite replaces it"):
        unpack(archive)
    assert unpack(archive, overwrite=True) == Unpacked(3, 0)
    assert (tmp_path / "meta.json").read_bytes() == b"{}"


def test_a_header_of_gigabytes_is_not_made(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 32
    archive = tmp_path / "x.tar.gz"
    archive.write_bytes(gzip.compress(info.tobuf() + bytes(1 << 20)))
    with pytest.raises(DataError, match="a header larger than any"):
        unpack(archive)


@pytest.mark.parametrize("kind", ["x.zip", "x.tar", "x.tar.gz"])
def test_names_that_cannot_be_files_are_refused_before_anything_is_written(
    tmp_path: Path, kind: str
) -> None:
    for name, said in (("y" * 300, "too long"), (kind, "a file of its own name")):
        archive = make(tmp_path / kind, {"fine.txt": b"1", name: b"2"})
        with pytest.raises(DataError, match=said):
            unpack(archive, overwrite=True)
        assert unpacked(tmp_path, archive) == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", ["x.zip", "x.tar"])
def test_a_name_that_stands_twice_is_refused(tmp_path: Path, kind: str) -> None:
    archive = make(tmp_path / kind, {"a.txt": b"1", "./a.txt": b"2"})
    with pytest.raises(DataError, match=r"holds 'a\.txt' twice"):
        unpack(archive)
    assert unpacked(tmp_path, archive) == []
