"""Reading a pipe to what a process left in it, though others may hold the pipe open for ever."""

from __future__ import annotations

import array
import fcntl
import io
import os
import select
import termios
from typing import Any


class EndedPipe(io.RawIOBase):
    """A pipe that ends with its process: what is in it then is read, and nothing is waited for.

    Two descriptors to read from are taken over: the pipe's, and that of a second pipe whose end
    says that the process is gone.
    """

    def __init__(self, pipe: int, over: int) -> None:
        self._pipe, self._over = pipe, over
        self._left: int | None = None  # bytes still to read, once the process is gone
        self._events = select.poll()
        self._events.register(pipe, select.POLLIN)
        self._events.register(over, 0)  # its end alone, which is always told

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there into ``buffer`` (bytes); return their number, 0 at the end."""
        if self._left is None and self._over in dict(self._events.poll()):
            waiting = array.array("i", [0])
            fcntl.ioctl(self._pipe, termios.FIONREAD, waiting)
            self._left = waiting[0]
        room = memoryview(buffer).cast("B")
        if self._left is not None:
            room = room[: self._left]
            self._left -= len(room)
        data = os.read(self._pipe, len(room)) if len(room) else b""
        room[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close both descriptors."""
        if not self.closed:
            os.close(self._pipe)
            os.close(self._over)
        super().close()
