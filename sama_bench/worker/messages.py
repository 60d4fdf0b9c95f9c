"""What the engine and its workers say to each other: framed messages over a private pipe.

A frame is two big-endian 32-bit lengths, a JSON object, and bytes that are passed on unread (a
finished line of ``predictions.jsonl``). The first word of a worker is ``hello``.

To a worker: ``setup`` (adapter, Setup, heartbeat, tasks that are asked, by benchmark), ``sample``
(key, sample; the reference for an oracle alone), ``shutdown``.
From a worker: ``hello`` (a ``Hello``), ``begin`` (key), ``answer`` (key, status, error, seconds,
worker, frames decoded; body: the line), ``heartbeat``, ``fatal`` (error: the model cannot be
loaded).
"""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

VERSION = 2
"""Of this protocol; engine and worker refuse to work across versions."""

MAX_BYTES = 1 << 30
"""Largest part of a frame; anything longer is not a frame of ours."""

_LENGTHS = struct.Struct(">II")


class WireError(Exception):
    """The bytes on the pipe are not frames of this protocol."""


@dataclass(frozen=True)
class Message:
    """One frame: its kind, JSON values, and bytes that nobody parses on the way."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""


def pack(message: Message) -> bytes:
    """Return a message as one frame."""
    head = json.dumps({**message.data, "kind": message.kind}, allow_nan=False).encode()
    return _LENGTHS.pack(len(head), len(message.body)) + head + message.body


class Channel:
    """Both ends of a pair of pipes; ``send`` may be called from several threads."""

    def __init__(self, read: BinaryIO, write: BinaryIO) -> None:
        self._read = read
        self._write = write
        self._sending = threading.Lock()

    def send(self, message: Message) -> None:
        """Write one message.

        Raises:
            OSError: the other end is gone.
        """
        frame = pack(message)
        with self._sending:
            self._write.write(frame)
            self._write.flush()

    def receive(self) -> Message | None:
        """Wait for one message; None when the other end closed the pipe, even in mid-frame.

        Raises:
            WireError: the bytes are not a frame.
        """
        lengths = self._read.read(_LENGTHS.size)
        if len(lengths) < _LENGTHS.size:
            return None
        head_size, body_size = _LENGTHS.unpack(lengths)
        if max(head_size, body_size) > MAX_BYTES:
            raise WireError(f"a frame of {max(head_size, body_size)} bytes")
        head, body = self._read.read(head_size), self._read.read(body_size)
        if len(head) < head_size or len(body) < body_size:
            return None
        try:
            data = json.loads(head)
            return Message(data.pop("kind"), data, body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WireError(f"not a message: {error}") from None

    def close(self) -> None:
        """Close both pipes."""
        for pipe in (self._write, self._read):
            try:
                pipe.close()
            except OSError:
                continue
