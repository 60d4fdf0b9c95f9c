"""``job.py`` as on a file system of several machines: no locks, and appends that are two steps.

``flock`` fails with ENOSYS. A file that is opened for appending is written at the end that was
found some time before, as on NFS: what another has written meanwhile is overwritten.
"""

from __future__ import annotations

import errno
import fcntl
import os
import random
import sys
import time
from pathlib import Path

from tests.running.job import work

DELAY = 0.004
_appending: set[int] = set()
_open, _write = os.open, os.write


def no_lock(*arguments):
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def opened(path, flags, *more, **named):
    file = _open(path, flags & ~os.O_APPEND, *more, **named)
    _appending.discard(file)
    if flags & os.O_APPEND:
        _appending.add(file)
    return file


def written(file, data):
    if file not in _appending:
        return _write(file, data)
    end = os.lseek(file, 0, os.SEEK_END)
    time.sleep(random.random() * DELAY)
    return os.pwrite(file, data, end)


if __name__ == "__main__":
    fcntl.flock, os.open, os.write = no_lock, opened, written
    result = work(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:4])
    sys.exit(0 if result.complete else 1)
