"""Decodes frames ahead of a model, in a thread of the worker, into the shared frame store."""

from __future__ import annotations

import threading
from pathlib import Path

from sama_bench.errors import DataError
from sama_bench.media.frames import SHARED, FrameStore
from sama_bench.nouns import Video


class Prefetcher:
    """Decodes the current video, then the next one, as far as the store has room.

    Nothing is decoded until the model asked for a frame: a model that looks at none pays nothing.
    """

    def __init__(self, store: FrameStore = SHARED) -> None:
        self._store = store
        self._wake = threading.Condition()
        self._videos: list[Video] = []
        self._started = False

    def current(self, video: Video) -> None:
        """Say which video the model works on now."""
        self._want([video])

    def ahead(self, video: Video) -> None:
        """Say which video comes next."""
        with self._wake:
            if self._videos and self._videos[0].id != video.id:
                self._want([self._videos[0], video])

    def _want(self, videos: list[Video]) -> None:
        if self._store.asked == 0:
            return
        with self._wake:
            if [video.id for video in videos] == [video.id for video in self._videos[:1]]:
                return
            self._videos = videos
            self._wake.notify()
            if not self._started:
                self._started = True
                threading.Thread(target=self._decode, daemon=True).start()

    def _decode(self) -> None:
        done: list[Video] = []
        while True:
            with self._wake:
                while self._videos == done:
                    self._wake.wait()
                videos = done = self._videos
            for video in videos:
                self._decode_video(video, videos)

    def _decode_video(self, video: Video, videos: list[Video]) -> None:
        clips = {other.clip for other in videos}
        wanted = frozenset(map(int, video.frames)) if video.movie else frozenset[int]()
        for name in video.frames:
            room = self._store.has_room(3 * video.height * video.width, clips)
            if self._videos is not videos or not room:
                return
            try:
                if video.movie:
                    self._store.movie_frame(Path(video.movie), int(name), wanted, ahead=True)
                else:
                    self._store.image(Path(name), clip=video.clip, ahead=True)
            except DataError:
                return  # the model will meet it, and its sample will say so
