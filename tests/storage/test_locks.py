import errno
import fcntl

import pytest

from sama_bench.storage import locks
from sama_bench.storage.locks import file_system, why_not_shared


def test_this_machines_file_system_may_be_shared_by_jobs(tmp_path):
    if file_system(tmp_path) not in locks.LOCAL:
        pytest.skip("the tests' folder lies on a file system of several machines")
    assert why_not_shared(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_no_locks(tmp_path, monkeypatch, code):
    def refuse(*_):
        raise OSError(code, "not here")

    monkeypatch.setattr(locks, "file_system", lambda folder: "ext4")
    monkeypatch.setattr(fcntl, "flock", refuse)
    assert "no working locks" in why_not_shared(tmp_path)


def test_locks_that_keep_nobody_out(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "file_system", lambda folder: "ext4")
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    assert "keep nobody out" in why_not_shared(tmp_path)


@pytest.mark.parametrize("kind", ["nfs4", "lustre", "fuse.sshfs", None])
def test_a_file_system_of_several_machines(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(locks, "file_system", lambda folder: kind)
    assert "between machines" in why_not_shared(tmp_path)
