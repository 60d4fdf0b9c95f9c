"""Mask PNGs of every mode, read as OpenCV reads them in grey, or refused with a reason."""

import contextlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sama_bench.media.mask_doubts import DoubtsOfFrames
from sama_bench.media.mask_pictures import UnreadableMaskError, read_index_map, read_mask

SIZE = (9, 12)


def blob(seed=3):
    plane = np.zeros(SIZE, np.uint8)
    rng = np.random.default_rng(seed)
    top, left = rng.integers(1, 4, 2)
    plane[top : top + 4, left : left + 5] = 255
    return plane


def grey_of_opencv(path):
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)


def palette_image(indices, colours):
    image = Image.fromarray(indices, "P")
    image.putpalette([value for colour in colours for value in colour])
    return image


def with_alpha(plane, alpha=255):
    return np.dstack([plane, np.full_like(plane, alpha)])


BLOB = blob()
INDEX = (BLOB > 0).astype(np.uint8)
KINDS = {
    "L": lambda: Image.fromarray(BLOB),
    "L of ones": lambda: Image.fromarray(INDEX),
    "1": lambda: Image.fromarray(BLOB > 0),
    "RGB": lambda: Image.fromarray(BLOB).convert("RGB"),
    "RGB, one colour": lambda: Image.fromarray(np.dstack([BLOB, BLOB // 2, BLOB * 0])),
    "RGBA": lambda: Image.fromarray(BLOB).convert("RGBA"),
    "LA": lambda: Image.fromarray(with_alpha(BLOB), "LA"),
    "16 bit": lambda: Image.fromarray(BLOB.astype(np.uint16) * 257),
    "P": lambda: palette_image(INDEX, [(0, 0, 0), (128, 0, 0)]),
    "P, white first": lambda: palette_image(1 - INDEX, [(255, 255, 255), (0, 0, 0)]),
    "P, quantised": lambda: Image.fromarray(BLOB).convert("RGB").quantize(8),
    "P, transparent": lambda: palette_image(INDEX, [(0, 0, 0), (255, 255, 255)]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_mode_is_read_as_opencv_reads_it(tmp_path, kind):
    path = tmp_path / "a.png"
    more = {"transparency": 0} if kind == "P, transparent" else {}
    KINDS[kind]().save(path, **more)
    found = read_mask(path)
    assert np.array_equal(found > 0, grey_of_opencv(path) > 0)
    assert np.array_equal(found > 0, BLOB > 0)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=2, max_size=6),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["P", "RGB", "L", "RGBA"]),
)
def test_it_reads_as_opencv_or_refuses(tmp_path_factory, colours, seed, mode):
    """Never a silent third value, whatever the palette."""
    indices = np.random.default_rng(seed).integers(0, len(colours), SIZE).astype(np.uint8)
    path = tmp_path_factory.mktemp("any") / "a.png"
    palette_image(indices, colours).convert(mode).save(path)
    with contextlib.suppress(UnreadableMaskError):
        assert np.array_equal(read_mask(path) > 0, grey_of_opencv(path) > 0)


def refused(path, image, **more):
    image.save(path, **more)
    with pytest.raises(UnreadableMaskError) as error:
        read_mask(path)
    return str(error.value)


def test_what_the_rule_would_misread_is_refused(tmp_path):
    path = tmp_path / "a.png"
    labels = np.zeros(SIZE, np.uint8)
    labels[2:4, 2:4], labels[5:7, 5:7] = 1, 2
    davis = [(0, 0, 0), (128, 0, 0), (0, 128, 0)]
    assert "3 objects" in refused(path, Image.fromarray(np.maximum(labels, INDEX * 5)))
    assert "2 objects" in refused(path, Image.fromarray(labels))
    assert "colours" in refused(path, palette_image(labels, davis))
    assert "colours" in refused(path, palette_image(labels, davis).convert("RGB"))
    photo = np.random.default_rng(0).integers(0, 255, (*SIZE, 3)).astype(np.uint8)
    assert "a picture" in refused(path, Image.fromarray(photo))
    white = np.dstack([np.full_like(BLOB, 255), BLOB])
    assert "alpha" in refused(path, Image.fromarray(white, "LA"))
    black = np.dstack([np.zeros_like(BLOB), BLOB])
    assert "alpha" in refused(path, Image.fromarray(black, "LA"))
    assert "16-bit" in refused(path, Image.fromarray(INDEX.astype(np.uint16)))
    hidden = palette_image(1 - INDEX, [(255, 255, 255), (9, 9, 9)])
    assert "alpha" in refused(path, hidden, transparency=1)


def test_a_soft_edge_is_no_index_map(tmp_path):
    soft = cv2.GaussianBlur(BLOB, (3, 3), 0)
    path = tmp_path / "a.png"
    for image in (Image.fromarray(soft), Image.fromarray(soft).convert("RGB")):
        image.save(path)
        assert np.array_equal(read_mask(path) > 0, soft > 0)


def two_areas(first=1, second=2):
    labels = np.zeros((20, 30), np.uint8)
    labels[2:8, 2:9], labels[10:16, 12:20] = first, second
    return labels


GREYS = [(value,) * 3 for value in range(256)]
MISREAD = {
    "labels of a grey palette": lambda: palette_image(two_areas(), GREYS),
    "labels as RGB": lambda: Image.fromarray(two_areas()).convert("RGB"),
    "labels as RGBA": lambda: Image.fromarray(two_areas()).convert("RGBA"),
    "labels made visible": lambda: Image.fromarray(two_areas(80, 160)),
    "labels in 16 bits": lambda: Image.fromarray(two_areas().astype(np.uint16) * 300),
    "grey on white": lambda: Image.fromarray(255 - two_areas(90, 90)),
    "likelihood": lambda: Image.fromarray(np.maximum(two_areas(250, 180), 3)),
    "dark blue": lambda: palette_image(two_areas(1, 1), [(0, 0, 0), (0, 0, 8)]),
    "dark blue beside red": lambda: palette_image(two_areas(), [(0, 0, 0), (0, 0, 8), (255, 0, 0)]),
    "small beside large 16-bit values": lambda: Image.fromarray(
        np.where(two_areas() == 1, 9, two_areas().astype(np.uint16) * 9000)
    ),
}


@pytest.mark.parametrize("kind", MISREAD)
def test_areas_of_several_values_and_dark_colours_are_refused(tmp_path, kind):
    refused(tmp_path / "a.png", MISREAD[kind]())


def test_16_bit_colours_of_which_nothing_is_left(tmp_path):
    path = tmp_path / "a.png"
    dark = np.repeat(two_areas(200, 200)[..., None], 3, axis=2).astype(np.uint16)
    cv2.imwrite(str(path), dark)
    with pytest.raises(UnreadableMaskError, match="so dark"):
        read_mask(path)
    cv2.imwrite(str(path), dark * 256)
    assert np.array_equal(read_mask(path) > 0, dark[..., 0] > 0)


@pytest.mark.parametrize("tint", [(255, 255, 255), (255, 0, 0), (40, 90, 200)])
def test_shades_of_one_colour_are_one_mask(tmp_path, tint):
    large = cv2.resize(BLOB, (36, 27), interpolation=cv2.INTER_CUBIC)
    coloured = (large[..., None] / 255 * np.array(tint)).astype(np.uint8)
    path = tmp_path / "a.png"
    Image.fromarray(coloured).save(path)
    assert np.array_equal(read_mask(path) > 0, grey_of_opencv(path) > 0)


def doubt(*planes):
    doubts = DoubtsOfFrames()
    for plane in planes:
        doubts.add(plane)
    return doubts.reason()


def test_black_on_white_is_told_over_all_frames():
    nothing, everything = np.zeros_like(BLOB), np.full_like(BLOB, 255)
    assert "black on white" in doubt(255 - BLOB, everything)
    open_side = 255 - BLOB
    open_side[0, 3] = 0
    assert "black on white" in doubt(open_side, 255 - BLOB)
    assert doubt(BLOB, 255 - BLOB) is None
    for planes in ([BLOB], [nothing], [everything], [nothing, everything], []):
        assert doubt(*planes) is None


def test_labels_that_no_frame_shows_together_are_told():
    one = np.where(two_areas() == 1, 1, 0).astype(np.uint8)
    two = np.where(two_areas() == 2, 2, 0).astype(np.uint8)
    assert "2 grey values (1, 2)" in doubt(one, two)
    assert doubt(one, one * 0, one) is None
    assert doubt(one * 255, (two > 0).astype(np.uint8) * 254) is None


@pytest.mark.parametrize("mode", ["P", "L", "16 bit"])
def test_an_index_map_gives_its_labels(tmp_path, mode):
    labels = np.random.default_rng(1).integers(0, 5, SIZE).astype(np.uint8)
    colours = [(255, 255, 255), (1, 2, 3), (1, 2, 3), (0, 0, 0), (9, 9, 9)]
    made = {
        "P": lambda: palette_image(labels, colours),
        "L": lambda: Image.fromarray(labels),
        "16 bit": lambda: Image.fromarray(labels.astype(np.uint16)),
    }
    path = tmp_path / "a.png"
    made[mode]().save(path)
    assert np.array_equal(read_index_map(path), labels)


def test_no_labels(tmp_path):
    path = tmp_path / "a.png"
    for image in (Image.fromarray(np.zeros((*SIZE, 3), np.uint8)),
                  Image.fromarray(np.full(SIZE, 700, np.uint16))):  # fmt: skip
        image.save(path)
        with pytest.raises(UnreadableMaskError, match="not labels"):
            read_index_map(path)


def test_broken_and_foreign_files(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(blob()).save(path)
    whole = path.read_bytes()
    for content in (whole[:60], b"", b"%!PS-Adobe", whole[:40] + b"\xff" + whole[41:]):
        path.write_bytes(content)
        with pytest.raises(UnreadableMaskError):
            read_mask(path)
    with pytest.raises(UnreadableMaskError, match="does not exist"):
        read_mask(tmp_path / "none.png")
