"""Frames of a video, decoded once and shared.

A ``FrameStore`` keeps the last decoded frames in memory, bounded in bytes. All samples of one
video that a worker answers read from the same store, so a frame is decoded once per worker.
Image files are opened with Pillow, as the published loaders do, so that the RGB bytes are theirs.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from sama_bench.errors import DataError

Frame = npt.NDArray[np.uint8]

DEFAULT_BUDGET = 1 << 30
"""Bytes of decoded frames that a store keeps: 1 GiB, about 390 frames at 720p."""


def read_image(path: Path) -> Frame:
    """Decode one image file to RGB.

    Returns:
        uint8 (height, width, 3).

    Raises:
        DataError: the file is missing or not a readable image.
    """
    try:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"))
    except FileNotFoundError:
        raise DataError(f"frame {path} does not exist") from None
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"frame {path} cannot be read: {error}") from None


def image_size(path: Path) -> tuple[int, int]:
    """Return (height, width) of an image file from its header, without decoding it.

    Raises:
        DataError: the file is missing or not an image.
    """
    try:
        with Image.open(path) as image:
            return image.height, image.width
    except FileNotFoundError:
        raise DataError(f"frame {path} does not exist") from None
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"frame {path} cannot be read: {error}") from None


def read_movie(path: Path, indices: list[int]) -> dict[int, Frame]:
    """Decode chosen frames of a movie file by reading it once from the start.

    Sequential reading is exact; seeking depends on the build of the decoder.

    Args:
        path: a file that OpenCV can read.
        indices: frame numbers, from 0.

    Returns:
        frame number to uint8 RGB (height, width, 3).

    Raises:
        DataError: the file cannot be opened or ends before the last wanted frame.
    """
    import cv2

    wanted = set(indices)
    frames: dict[int, Frame] = {}
    movie = cv2.VideoCapture(str(path))
    try:
        if not movie.isOpened():
            raise DataError(f"video {path} cannot be opened")
        for number in range(max(wanted) + 1):
            if not movie.grab():
                raise DataError(f"video {path} ends before frame {max(wanted)}")
            if number in wanted:
                ok, image = movie.retrieve()
                if not ok:
                    raise DataError(f"video {path}: frame {number} cannot be decoded")
                frames[number] = np.ascontiguousarray(image[:, :, ::-1])
    finally:
        movie.release()
    return frames


class FrameStore:
    """Least-recently-used store of decoded frames, safe to use from several threads.

    Attributes:
        decoded: how many frames were decoded so far (the benchmarks count them).
    """

    def __init__(self, budget: int = DEFAULT_BUDGET) -> None:
        self.budget = budget
        self.decoded = 0
        self._held = 0
        self._frames: OrderedDict[tuple[Path, int], Frame] = OrderedDict()
        self._lock = threading.Lock()

    def image(self, path: Path) -> Frame:
        """Return the image at ``path`` as read-only uint8 RGB (height, width, 3)."""
        found = self._find((path, 0))
        return found if found is not None else self._keep((path, 0), read_image(path))

    def movie_frame(self, path: Path, index: int, chunk: list[int]) -> Frame:
        """Return frame ``index`` of a movie; on a miss all of ``chunk`` is decoded in one pass."""
        found = self._find((path, index))
        if found is not None:
            return found
        frames = read_movie(path, chunk)
        for number, frame in frames.items():
            self._keep((path, number), frame)
        return frames[index]

    def _find(self, key: tuple[Path, int]) -> Frame | None:
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
                return self._frames[key]
        return None

    def _keep(self, key: tuple[Path, int], frame: Frame) -> Frame:
        frame.setflags(write=False)
        with self._lock:
            self.decoded += 1
            if key not in self._frames:
                self._frames[key] = frame
                self._held += frame.nbytes
            while self._held > self.budget and len(self._frames) > 1:
                _, dropped = self._frames.popitem(last=False)
                self._held -= dropped.nbytes
        return frame


SHARED = FrameStore()
"""The store of this process."""
