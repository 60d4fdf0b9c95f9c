"""Frames of a video, decoded once and shared.

A ``FrameStore`` keeps decoded frames in memory, bounded in bytes. All samples of one
video that a worker answers read from the same store, so a frame is decoded once per worker.
Image files are opened with Pillow, as the published loaders do, so that the RGB bytes are theirs.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from sama_bench.errors import DataError
from sama_bench.media.spent import spent
from sama_bench.storage.untrusted_files import open_regular

if TYPE_CHECKING:
    from PIL import Image

T = TypeVar("T")
Frame = npt.NDArray[np.uint8]
Key = tuple[Path, int]

DEFAULT_BUDGET = 1 << 30
"""Bytes of decoded frames that a store keeps: 1 GiB, about 390 frames at 720p."""

LARGEST_KEPT = 1 << 27
"""Bytes of the largest frame that a store keeps, 128 MiB; a larger one is decoded each time."""

STRIP = 1 << 22
"""Pixels that are taken over from Pillow at a time, whose own copy of a picture is whole."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
"""Formats of pictures that are read. Pillow knows many more, some of which start other programs
(Ghostscript for PostScript), and it goes by a file's content, not by its name."""

OPEN_MOVIES = 16
"""Movie files that are kept open at most."""


def read_image(path: Path) -> Frame:
    """Decode one image file to RGB.

    Returns:
        uint8 (height, width, 3).

    Raises:
        DataError: the file is missing or not a readable image.
    """
    return _read_picture(path, _pixels)


def read_reduced(path: Path, height: int, width: int) -> Frame:
    """Decode one image file to RGB for showing: whole, or a half, a third ... of its size.

    Args:
        path: of the file.
        height: to be shown, pixels; the result is no smaller than twice that, if the picture is.
        width: likewise.

    Returns:
        uint8 (height, width, 3); its values may differ a little from those of ``read_image``.

    Raises:
        DataError: the file is missing or not a readable image.
    """

    def take(image: Image.Image) -> Frame:
        image.draft("RGB", (2 * width, 2 * height))  # JPEG alone can be decoded so
        by = min(image.width // (2 * width), image.height // (2 * height))
        if by < 2:
            return _pixels(image)
        return _pixels((image if image.mode in ("RGB", "L") else image.convert("RGB")).reduce(by))

    return _read_picture(path, take)


def _pixels(image: Image.Image) -> Frame:
    """Return RGB pixels, with no more copies of a large picture than Pillow's and the result."""
    if image.mode != "RGB":
        image = image.convert("RGB")
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    step = max(1, STRIP // image.width)
    for top in range(0, image.height, step):
        bottom = min(top + step, image.height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    return pixels


def image_size(path: Path) -> tuple[int, int]:
    """Return (height, width) of an image file from its header, without decoding it.

    Raises:
        DataError: the file is missing or not an image.
    """
    return _read_picture(path, lambda image: (image.height, image.width))


def _read_picture(path: Path, take: Callable[[Image.Image], T]) -> T:
    from PIL import Image, UnidentifiedImageError

    try:
        with open_regular(path) as file, Image.open(file, formats=FORMATS) as image:
            return take(image)
    except FileNotFoundError:
        raise DataError(f"frame {path} does not exist") from None
    except UnidentifiedImageError:
        known = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        raise DataError(f"frame {path} cannot be read: it is no {known}") from None
    except OSError as error:
        raise DataError(f"frame {path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # on damaged files Pillow raises whatever its decoders come across
        raise DataError(f"frame {path} cannot be read: {error!r}") from None


def check_movie(path: Path) -> None:
    """Check that a file may be handed to a decoder of movies.

    To the decoder a text (M3U, ffconcat, SDP) is a list of places, of which it fetches what they
    name, from this machine or another.

    Raises:
        DataError: it is missing, no regular file, or a text.
    """
    try:
        with open_regular(path) as file:
            start = file.read(64)
    except OSError as error:
        raise DataError(f"video {path} cannot be opened: {error.strerror or error}") from None
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start):
        raise DataError(f"video {path} cannot be opened: it is a text, not a movie")


class MovieReader:
    """Reads frames of a movie file forwards; going back starts again from the first.

    Sequential reading is exact; seeking depends on the build of the decoder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._movie: Any = None
        self._next = 0

    def read(self, index: int, wanted: frozenset[int]) -> Iterator[tuple[int, Frame]]:
        """Yield the frames of ``wanted`` that are passed on the way to ``index``, and that one.

        Yields:
            frame number and uint8 RGB (height, width, 3).

        Raises:
            DataError: the file cannot be opened, or ends or breaks before ``index``.
        """
        import cv2

        if self._movie is None or index < self._next:
            self.close()
            check_movie(self.path)
            self._movie = cv2.VideoCapture(str(self.path))
            if not self._movie.isOpened():
                raise DataError(f"video {self.path} cannot be opened")
        while self._next <= index:
            number = self._next
            if not self._movie.grab():
                raise DataError(f"video {self.path} ends before frame {index}")
            self._next += 1
            if number == index or number in wanted:
                ok, image = self._movie.retrieve()
                if not ok:
                    raise DataError(f"video {self.path}: frame {number} cannot be decoded")
                yield number, np.ascontiguousarray(image[:, :, ::-1])

    def close(self) -> None:
        """Close the file; the next read opens it again."""
        if self._movie is not None:
            self._movie.release()
        self._movie, self._next = None, 0


class FrameStore:
    """Decoded frames, bounded in bytes, safe to use from several threads.

    A frame of more than ``LARGEST_KEPT`` bytes is not kept. Frames of the clip that was used
    longest ago go first. Of a clip that is larger than the whole store the first frames stay: every
    question reads a clip from its start, so that throwing out the oldest would keep nothing of use.

    Attributes:
        decoded: how many frames were decoded so far (the benchmarks count them).
        asked: how many frames a model asked for.
    """

    def __init__(self, budget: int = DEFAULT_BUDGET) -> None:
        self.budget = budget
        self.decoded = 0
        self.asked = 0
        self._clips: OrderedDict[Path, dict[tuple[Path, int], Frame]] = OrderedDict()
        self._held: Counter[Path] = Counter()
        self._lock = threading.Lock()
        self._decoding: dict[Path, threading.Lock] = {}
        self._movies: OrderedDict[Path, MovieReader] = OrderedDict()

    def image(self, path: Path, clip: Path | None = None, ahead: bool = False) -> Frame:
        """Return the image at ``path`` as read-only uint8 RGB (height, width, 3).

        Args:
            path: of the file.
            clip: the video's first frame; None for an image by itself.
            ahead: it is decoded before it is asked for.
        """
        key = (path, 0)
        return self._frame(clip or path, key, ahead, lambda: [(key, read_image(path))])

    def movie_frame(
        self, path: Path, index: int, wanted: frozenset[int], ahead: bool = False
    ) -> Frame:
        """Return frame ``index`` of a movie; those of ``wanted`` passed on the way are kept too."""

        def read() -> Iterator[tuple[Key, Frame]]:
            return (((path, n), frame) for n, frame in self._movie(path).read(index, wanted))

        return self._frame(path, (path, index), ahead, read)

    def clear(self) -> None:
        """Forget all frames, and close all movies."""
        with self._lock:
            self._clips.clear()
            self._held.clear()
            self._decoding.clear()
            self._movies.clear()

    def has_room(self, size: int, clips: Collection[Path]) -> bool:
        """Tell whether a frame of ``size`` bytes is kept without dropping frames of ``clips``."""
        if size > LARGEST_KEPT:
            return False
        with self._lock:
            return sum(self._held[clip] for clip in clips) + size <= self.budget

    def _frame(
        self, clip: Path, key: Key, ahead: bool, decode: Callable[[], Iterable[tuple[Key, Frame]]]
    ) -> Frame:
        with self._lock:
            self.asked += not ahead
            turn = self._decoding.setdefault(clip, threading.Lock())
        found = self._find(clip, key)
        if found is not None:
            return found
        with spent("decoding"), turn:  # one thread decodes a clip; another waits, and finds it
            found = self._find(clip, key)
            if found is not None:
                return found
            for number, frame in decode():
                self._keep(clip, number, frame)
                if number == key:
                    found = frame
        assert found is not None  # a decoder yields the frame asked for or raises
        return found

    def _find(self, clip: Path, key: Key) -> Frame | None:
        with self._lock:
            frames = self._clips.get(clip)
            if frames is None:
                return None
            self._clips.move_to_end(clip)
            return frames.get(key)

    def _keep(self, clip: Path, key: Key, frame: Frame) -> None:
        frame.setflags(write=False)
        with self._lock:
            self.decoded += 1
            if frame.nbytes > LARGEST_KEPT:
                return
            frames = self._clips.setdefault(clip, {})
            self._clips.move_to_end(clip)
            while self._held.total() + frame.nbytes > self.budget and len(self._clips) > 1:
                self._drop_one(next(iter(self._clips)))
            if key not in frames and self._held.total() + frame.nbytes <= self.budget:
                frames[key] = frame
                self._held[clip] += frame.nbytes

    def _drop_one(self, clip: Path) -> None:
        frames = self._clips[clip]
        if frames:
            _, dropped = frames.popitem()
            self._held[clip] -= dropped.nbytes
        if not frames:
            del self._clips[clip], self._held[clip]

    def _movie(self, path: Path) -> MovieReader:
        with self._lock:
            reader = self._movies.setdefault(path, MovieReader(path))
            self._movies.move_to_end(path)
            if len(self._movies) > OPEN_MOVIES:
                self._movies.popitem(last=False)
            return reader


SHARED = FrameStore()
"""The store of this process."""

PASSING = FrameStore(budget=0)
"""A store that keeps nothing, for movies that are read once."""
