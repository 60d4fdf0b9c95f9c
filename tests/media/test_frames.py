import os
import threading

import cv2
import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from sama_bench.errors import DataError
from sama_bench.media.frames import FrameStore, MovieReader, check_movie, image_size, read_image
from sama_bench.nouns import Video
from sama_bench.worker.prefetch import Prefetcher


def clip(folder, count=6):
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.fromarray(np.full((10, 10, 3), number, np.uint8)).save(path)
    return paths


def movie(path, count=12):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (32, 16))
    for number in range(count):
        writer.write(np.full((16, 32, 3), 20 * number, np.uint8))
    writer.release()
    return path


def test_of_a_clip_larger_than_the_store_the_first_frames_stay(tmp_path):
    paths = clip(tmp_path)
    store = FrameStore(budget=4 * 300)
    for _ in range(3):
        for path in paths:
            store.image(path, clip=paths[0])
    assert store.decoded == 6 + 2 * 2


def test_another_clip_takes_the_room_of_the_one_used_longest_ago(tmp_path):
    first, second, third = (clip(tmp_path / name, 2) for name in "abc")
    store = FrameStore(budget=4 * 300)
    for paths in (first, second, third, second):
        for path in paths:
            store.image(path, clip=paths[0])
    assert store.decoded == 6
    store.image(first[0], clip=first[0])
    assert store.decoded == 7


def test_a_movie_is_decoded_once_forwards(tmp_path):
    path = movie(tmp_path / "a.mp4")
    store = FrameStore()
    wanted = frozenset(range(0, 12, 4))
    shades = [int(store.movie_frame(path, n, wanted)[0, 0, 0]) for n in (0, 4, 8)]
    assert np.allclose(shades, [0, 80, 160], atol=6)
    assert store.decoded == 3
    store.movie_frame(path, 4, wanted)
    assert store.decoded == 3
    with pytest.raises(DataError, match="ends before frame 20"):
        store.movie_frame(path, 20, wanted)


def test_a_movie_larger_than_the_store_is_read_in_one_pass_a_question(tmp_path, monkeypatch):
    path = movie(tmp_path / "a.mp4")
    grabs = []
    real = cv2.VideoCapture

    class Counting:
        def __init__(self, name):
            self._movie = real(name)

        def grab(self):
            grabs.append(1)
            return self._movie.grab()

        def __getattr__(self, name):
            return getattr(self._movie, name)

    monkeypatch.setattr(cv2, "VideoCapture", Counting)
    store = FrameStore(budget=3 * 16 * 32 * 4)
    for _ in range(3):
        for number in range(12):
            store.movie_frame(path, number, frozenset(range(12)))
    assert len(grabs) == 36


def test_several_threads_decode_a_frame_once(tmp_path):
    paths = clip(tmp_path, 30)
    store = FrameStore()

    def look():
        for path in paths:
            store.image(path, clip=paths[0])

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.decoded == 30


@pytest.mark.parametrize("kind", ["images", "movie"])
def test_frames_are_decoded_ahead_within_the_budget(tmp_path, kind):
    if kind == "images":
        videos = [
            Video(name, tuple(map(str, clip(tmp_path / name))), 10, 10) for name in ("a", "b")
        ]
        size = 300
    else:
        names = tuple(map(str, range(6)))
        videos = [
            Video(name, names, 16, 32, str(movie(tmp_path / f"{name}.mp4"))) for name in ("a", "b")
        ]
        size = 16 * 32 * 3
    store = FrameStore(budget=9 * size)
    prefetcher = Prefetcher(store)
    prefetcher.current(videos[0])
    assert store.decoded == 0  # nobody looked at a frame yet
    if kind == "images":
        store.image(videos[0].clip, clip=videos[0].clip)
    else:
        store.movie_frame(videos[0].clip, 0, frozenset(range(6)))
    prefetcher.current(videos[0])
    prefetcher.ahead(videos[1])
    for _ in range(200):
        if store.decoded == 9:
            break
        threading.Event().wait(0.01)
    threading.Event().wait(0.05)
    assert store.decoded == 9
    assert store.asked == 1


def test_a_missing_frame_is_said(tmp_path):
    with pytest.raises(DataError, match=r"0\.png does not exist"):
        read_image(tmp_path / "0.png")
    (tmp_path / "0.png").write_text("no image")
    for name in ("0.png", "\ud800.png", "\0.png"):
        for read in (read_image, image_size):
            with pytest.raises(DataError, match="cannot be read"):
                read(tmp_path / name)


POSTSCRIPT = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 9\n%%EndComments\nshowpage\n"


def test_a_frame_that_is_postscript_starts_no_other_program(tmp_path, monkeypatch):
    def started(*args):
        raise AssertionError("Ghostscript was started")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", started)
    monkeypatch.setattr(EpsImagePlugin, "has_ghostscript", started)
    path = tmp_path / "00000.jpg"
    path.write_text(POSTSCRIPT)
    for read in (read_image, image_size):
        with pytest.raises(DataError, match="it is no JPEG, PNG, WEBP, BMP or GIF"):
            read(path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
def test_a_picture_is_known_by_its_content(tmp_path, kind):
    path = tmp_path / "00000.jpg"
    Image.new("RGB", (16, 9), "white").save(path, kind)
    assert image_size(path) == (9, 16)
    assert read_image(path).shape == (9, 16, 3)


def test_a_picture_with_a_broken_chunk_is_one_line(tmp_path):
    path = tmp_path / "0.png"
    Image.effect_noise((16, 9), 50).convert("RGB").save(path)
    raw = bytearray(path.read_bytes())
    length = raw.index(b"IDAT") - 4
    raw[length : length + 4] = (50).to_bytes(4, "big")  # pixels stand where a chunk's name should
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"0\.png cannot be read.*broken PNG"):
        read_image(path)


def test_pipes_and_devices_are_no_pictures(tmp_path):
    os.mkfifo(tmp_path / "0.jpg")
    (tmp_path / "1.jpg").symlink_to("/dev/zero")
    for name, kind in (("0.jpg", "a pipe"), ("1.jpg", "a device")):
        for read in (read_image, image_size):
            with pytest.raises(DataError, match=f"it is {kind}, not a regular file"):
                read(tmp_path / name)


def test_a_text_is_no_movie_whatever_it_names(tmp_path):
    inner = movie(tmp_path / "a.mp4")
    path = tmp_path / "b.mp4"
    path.write_text(f"ffconcat version 1.0\nfile {inner}\n")
    for read in (check_movie, lambda path: next(MovieReader(path).read(0, frozenset()))):
        with pytest.raises(DataError, match="it is a text, not a movie"):
            read(path)
    os.mkfifo(tmp_path / "c.mp4")
    with pytest.raises(DataError, match="it is a pipe"):
        check_movie(tmp_path / "c.mp4")
    check_movie(inner)
