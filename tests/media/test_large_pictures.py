"""Memory on large pictures: what is kept of them counts, not how many there are."""

from __future__ import annotations

import tracemalloc
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
from PIL import Image

from sama_bench.adapters._tracking.dense_flow import DenseFlow
from sama_bench.media import frames, rle
from sama_bench.media.frames import SHARED, read_image
from sama_bench.nouns import Video
from sama_bench.report.frames import FrameWriter

HEIGHT, WIDTH, FRAMES = 1500, 2000, 10
PIXELS = HEIGHT * WIDTH


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Frames of a video, each as JPEG and as PNG."""
    folder = tmp_path_factory.mktemp("pictures")
    noise = np.random.default_rng(0).integers(0, 255, (9, 12, 3), np.uint8)
    scene = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for index in range(FRAMES):
        for kind in ("jpg", "png"):
            cv2.imwrite(str(folder / f"{index}.{kind}"), np.roll(scene, index * 20, axis=1))
    return folder


def clip(folder, kind):
    names = tuple(str(folder / f"{index}.{kind}") for index in range(FRAMES))
    return Video(f"large {kind}", names, HEIGHT, WIDTH)


@contextmanager
def at_most(size):
    """Assert that NumPy and Python hold no more bytes at any time; Pillow's own are not seen."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= size, f"{peak:,} bytes, {peak / PIXELS:.1f} a pixel"


@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_a_report_decodes_what_it_shows_and_keeps_nothing(pictures, tmp_path, kind):
    held = SHARED._held.total()
    with at_most(2 * PIXELS):
        writer = FrameWriter(tmp_path, 200, 100)
        assert writer.write(clip(pictures, kind))["problem"] is None
    assert writer.written == FRAMES
    assert SHARED._held.total() == held
    shown = np.asarray(Image.open(next(tmp_path.glob("*/3.webp"))).convert("RGB"))
    assert shown.shape == (150, 200, 3)
    whole = cv2.resize(read_image(pictures / "3.png"), (200, 150), interpolation=cv2.INTER_AREA)
    assert np.abs(shown.astype(int) - whole).mean() < 6


def test_flow_holds_one_frame_and_one_mask_at_a_time(pictures, monkeypatch):
    monkeypatch.setattr(frames, "LARGEST_KEPT", 1 << 20)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[400:900, 500:1000] = 1
    flow = DenseFlow(64)
    counts = rle.encode(mask)["counts"]
    with at_most(12 * PIXELS):
        track = flow.carry(clip(pictures, "png"), 0, counts)
    assert all(counts is not None for counts in track.counts)


def test_a_frame_that_is_too_large_to_keep_is_decoded_again(pictures, monkeypatch):
    monkeypatch.setattr(frames, "LARGEST_KEPT", 1 << 20)
    store = frames.FrameStore()
    for _ in range(2):
        assert store.image(pictures / "0.png").shape == (HEIGHT, WIDTH, 3)
    assert store.decoded == 2
    assert not store.has_room(3 * PIXELS, ())
    assert store._held.total() == 0


def test_pixels_are_the_same_in_strips(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "STRIP", 70_000)
    rng = np.random.default_rng(1)
    for mode in ("RGB", "L", "P", "RGBA", "1", "CMYK"):
        picture = Image.fromarray(rng.integers(0, 255, (97, 2000, 3), np.uint8)).convert(mode)
        path = tmp_path / ("x.jpg" if mode == "CMYK" else "x.png")
        picture.save(path)
        with Image.open(path) as image:
            assert (read_image(path) == np.array(image.convert("RGB"))).all()
        assert frames.read_reduced(path, 10, 200).shape[1] >= 400


@pytest.mark.parametrize("size", [(1, 1), (3, 20_000), (20_000, 3), (479, 481)])
def test_pictures_of_odd_shapes_are_shown(tmp_path, size):
    Image.new("RGB", size[::-1], (200, 30, 30)).save(tmp_path / "x.png")
    writer = FrameWriter(tmp_path / "out", 480, 4)
    said = writer.write(Video("x", (str(tmp_path / "x.png"),), *size))
    assert (said["problem"], writer.written) == (None, 1)
