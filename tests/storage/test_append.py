"""Files are replaced as a whole or not at all."""

import os
import threading

import pytest

from sama_bench.errors import UserError
from sama_bench.storage import append
from sama_bench.storage.append import Appender, write_atomically


def test_a_kill_before_the_exchange_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "table.json"
    file.write_text("old")

    def killed(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(file), "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(file, b"new")
    assert file.read_text() == "old"


def test_a_full_disk_leaves_the_old_file_and_says_what_to_do(tmp_path, monkeypatch):
    file = tmp_path / "table.json"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(UserError, match=r"table\.json cannot be written: the disk is full; try x"):
        write_atomically(file, b"new", "try x")
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["table.json"]


def test_links_stay_links_and_devices_stay_devices(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    write_atomically(append.Path(os.devnull), b"x")
    assert not append.Path(os.devnull).is_file()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    said = []
    reader = threading.Thread(target=lambda: said.append(pipe.read_bytes()))
    reader.start()
    write_atomically(pipe, b"to a pipe")
    reader.join()
    assert said == [b"to a pipe"]


def test_the_folder_of_a_new_file_is_brought_to_the_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(append, "sync_folder", synced.append)
    write_atomically(tmp_path / "a" / "file", b"x")
    with Appender(tmp_path / "b" / "lines"):
        pass
    with Appender(tmp_path / "b" / "lines"):
        pass
    assert synced == [tmp_path / "a", tmp_path / "b"]
