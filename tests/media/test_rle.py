import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from sama_bench.media import rle
from sama_bench.media.rle.compiled import first_refused
from tests.metrics.each_kernel import frame_counts, using

masks = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 1)
)


@given(masks)
def test_encode_check_decode(mask):
    encoded = rle.encode(mask)
    assert rle.check(encoded) == mask.shape
    assert np.array_equal(rle.decode(encoded), mask)
    assert rle.is_empty(encoded) == (not mask.any())


@given(st.lists(st.integers(0, 1 << 20), min_size=1, max_size=30))
def test_run_lengths_agree_with_pycocotools(lengths):
    height = sum(lengths)
    if height == 0:
        return
    listed = {"size": [height, 1], "counts": lengths}
    coded = coco.frPyObjects(listed, height, 1)
    assert rle.runs({"size": [height, 1], "counts": coded["counts"]}).tolist() == lengths
    assert rle.runs(listed).tolist() == lengths
    assert rle.counts_bytes(listed) == coded["counts"]


@given(st.binary(max_size=40), st.tuples(st.integers(-3, 300), st.integers(-3, 300)))
def test_hostile_counts_never_crash(counts, size):
    hostile = {"size": list(size), "counts": counts}
    try:
        decoded = rle.decode(hostile)
    except ValueError:
        with pytest.raises(ValueError, match=r"\ARLE .*\Z"):
            rle.check(hostile)
    else:
        assert decoded.shape == size


@given(st.lists(masks, min_size=1, max_size=6))
def test_many_are_read_as_one_by_one(several):
    encoded = [rle.encode(mask) for mask in several]
    rle.check_all(encoded)
    assert rle.areas([None, *encoded]) == [0, *(int(mask.sum()) for mask in several)]


@pytest.mark.parametrize("kernel", ["numba", "numpy"])
@settings(deadline=None)
@given(several=st.lists(masks, min_size=1, max_size=5), data=st.data())
def test_one_broken_mask_among_many_is_found(kernel, several, data):
    encoded = [rle.encode(mask) for mask in several]
    place = data.draw(st.integers(0, len(encoded) - 1))
    counts = data.draw(st.text(alphabet="0123OPQ`abo~ ", max_size=8))
    encoded[place] = {"size": encoded[place]["size"], "counts": counts}
    with using(kernel):
        try:
            rle.check(encoded[place])
        except ValueError:
            with pytest.raises(ValueError, match="RLE"):
                rle.check_all(encoded)
        else:
            rle.check_all(encoded)


def test_areas_of_a_long_track():
    mask = np.zeros((4, 5), np.uint8)
    mask[1, 1:3] = 1
    assert rle.areas([rle.encode(mask)] * 300 + [None]) == [2] * 300 + [0]


codes = st.lists(st.integers(48, 111) | st.integers(46, 114), max_size=20).map(bytes)
lengths = st.lists(st.integers(0, 1 << 22), min_size=1, max_size=9)


@settings(max_examples=400)
@given(counts=codes, pixels=st.integers(1, 40))
def test_what_either_path_accepts_pycocotools_reads_alike(counts, pixels):
    """pycocotools is the judge of both paths: what they accept it reads to as many pixels."""
    text = np.frombuffer(counts, np.uint8)
    offsets, wanted = np.array([0, text.size]), np.array([pixels])
    refused = text.size == 0 or first_refused(text, offsets, wanted) >= 0
    try:
        rle.check({"size": [pixels, 1], "counts": counts})
    except ValueError:
        assert refused
        return
    assert not refused
    mask = {"size": [pixels, 1], "counts": counts}
    column = coco.decode(mask)[:, 0]
    assert rle.area(mask) == int(column.sum()) == int(coco.area(mask))
    assert (np.repeat(np.arange(rle.runs(mask).size) % 2, rle.runs(mask)) == column).all()


@given(lengths, st.integers(0, 2**32 - 1))
def test_numbers_of_seven_characters_are_refused_everywhere(runs, seed):
    """pycocotools reads at most six; it would take such a number for another one."""
    height = sum(runs) + 1
    counts = coco.frPyObjects({"size": [height, 1], "counts": [*runs, 1]}, height, 1)["counts"]
    numbers = re.findall(rb"[P-o]*[0-O]", counts)
    place = seed % len(numbers)
    number = numbers[place]
    last = number[-1] - 48
    filler, end = (b"P", b"0") if not last & 16 else (b"o", b"O")
    numbers[place] = number[:-1] + bytes([last + 80]) + filler * (6 - len(number)) + end
    assert len(numbers[place]) == 7
    long = b"".join(numbers)
    mask = {"size": [height, 1], "counts": long}
    for read in (rle.check, rle.decode, rle.runs, rle.area, lambda mask: rle.check_all([mask])):
        with pytest.raises(ValueError, match="RLE counts hold a number that is too long"):
            read(mask)
    text = np.frombuffer(long, np.uint8)
    assert first_refused(text, np.array([0, text.size]), np.array([height])) == 0
    with pytest.raises(ValueError, match="frame 0"):
        frame_counts([[mask]], [None], (height, 1))


@pytest.mark.parametrize("size", [(True, 1), (1.0, 1.0), (0, 0), (-1, -1), (1 << 15, 1 << 15)])
def test_a_size_of_another_kind_is_refused_of_many_too(size):
    mask = {"size": list(size), "counts": "1"}
    with pytest.raises(ValueError, match="RLE size"):
        rle.check_all([mask], size)
    with pytest.raises(ValueError, match="RLE size"):
        rle.check_all([mask], (1, 1))
