"""Python whose disk is full: imported at its start when this folder is on ``PYTHONPATH``.

Below the folder named by ``SAMA_BENCH_CAMPAIGN_DISK`` a process can write as many bytes as
``SAMA_BENCH_CAMPAIGN_BYTES`` says; then every write fails with ENOSPC, as does every new file.
"""

import builtins
import errno
import io
import os

DISK = os.environ.get("SAMA_BENCH_CAMPAIGN_DISK", "")
LEFT = int(os.environ.get("SAMA_BENCH_CAMPAIGN_BYTES", "0"))
_open, _write = io.open, os.write


def on_disk(path):
    return isinstance(path, (str, os.PathLike)) and os.path.abspath(path).startswith(DISK + os.sep)


def take(number):
    global LEFT
    LEFT -= number
    if LEFT < 0:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullFile(io.FileIO):
    def write(self, data):
        take(len(data))
        return super().write(data)


def full_open(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, **more):
    if not on_disk(file) or not set(mode) & set("wax+"):
        return _open(file, mode, buffering, encoding, errors, newline, **more)
    take(64)  # a name in a folder takes room too
    raw = FullFile(file, mode.replace("b", "").replace("t", ""), opener=more.get("opener"))
    if "b" in mode and buffering == 0:
        return raw
    buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
    if "b" in mode:
        return buffered
    return io.TextIOWrapper(buffered, encoding, errors, newline, line_buffering=buffering == 1)


def full_write(handle, data):
    try:
        place = os.readlink(f"/proc/self/fd/{handle}")
    except OSError:
        place = ""
    if on_disk(place):
        take(len(data))
    return _write(handle, data)


if DISK:
    builtins.open = io.open = full_open
    os.write = full_write
