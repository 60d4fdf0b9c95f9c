"""Python on a file system without locks: imported at its start from ``PYTHONPATH``."""

import errno
import fcntl
import os

CODE = getattr(errno, os.environ.get("SAMA_BENCH_CAMPAIGN_LOCKS", ""), None)


def refuse(*_):
    raise OSError(CODE, os.strerror(CODE))


if CODE is not None:
    fcntl.flock = fcntl.lockf = refuse
