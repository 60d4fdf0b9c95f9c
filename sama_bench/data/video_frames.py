"""Every n-th frame of a video file, by strict sequential decoding or by seeking.

Seeking sets the decoder's position before each frame, as released scripts do; where it lands
depends on the OpenCV and FFmpeg build. Sequential decoding does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from sama_bench.errors import DataError
from sama_bench.media.frames import check_movie

Decoding = Literal["sequential", "seeking"]
Frame = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, blue green red, as OpenCV decodes and encodes it."""


class UnreadableVideoError(Exception):
    """OpenCV cannot open a file as a video."""


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        check_movie(path)
    except DataError as error:
        raise UnreadableVideoError(str(error)) from None
    capture = cv2.VideoCapture(str(path))
    try:
        if not capture.isOpened():
            raise UnreadableVideoError("OpenCV cannot open it as a video")
        yield capture
    finally:
        capture.release()


def declared_frames(path: Path) -> int:
    """Return the number of frames that the file's header declares, 0 if it declares none.

    Raises:
        UnreadableVideoError: it is no video.
    """
    with _opened(path) as capture:
        return max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))


def sequential(path: Path, interval: int) -> Iterator[tuple[int, Frame]]:
    """Decode from the start and yield (index, frame) for every ``interval``-th frame.

    Frames past the declared number are left out, as the released script leaves them out; frame 0
    is always tried.

    Raises:
        UnreadableVideoError: it is no video.
    """
    with _opened(path) as capture:
        limit = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        index = 0
        while (index == 0 or index < limit) and capture.grab():
            if index % interval == 0:
                done, frame = capture.retrieve()
                if not done:
                    return
                yield index, frame
            index += 1


def seeking(path: Path, interval: int) -> Iterator[tuple[int, Frame]]:
    """Seek to every ``interval``-th position and yield (index, frame); stop at a failed read.

    Raises:
        UnreadableVideoError: it is no video.
    """
    with _opened(path) as capture:
        limit = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        index = 0
        while index == 0 or index < limit:
            capture.set(cv2.CAP_PROP_POS_FRAMES, index)
            done, frame = capture.read()
            if not done:
                return
            yield index, frame
            index += interval


def frames(path: Path, interval: int, decoding: Decoding) -> Iterator[tuple[int, Frame]]:
    """Yield (index, frame) under either way of decoding."""
    return sequential(path, interval) if decoding == "sequential" else seeking(path, interval)


def seeking_errors(path: Path, interval: int) -> dict[int, int | None]:
    """Return where seeking does not give the frame that sequential decoding gives.

    Returns:
        By index of a frame that either way chooses: the index of the frame that seeking gives
        instead, or None where it gives none, or one that sequential decoding never gives.

    Raises:
        UnreadableVideoError: it is no video.
    """
    truth = [_digest(frame) for _, frame in sequential(path, 1)]
    sought = {index: _digest(frame) for index, frame in seeking(path, interval)}
    errors: dict[int, int | None] = {}
    for index in sorted({*range(0, len(truth), interval), *sought}):
        found = sought.get(index)
        if index >= len(truth) or found != truth[index]:
            same = [other for other, digest in enumerate(truth) if digest == found]
            errors[index] = min(same, key=lambda other: abs(other - index), default=None)
    return errors


def _digest(frame: Frame) -> bytes:
    return blake2b(np.ascontiguousarray(frame).tobytes(), digest_size=16).digest()
