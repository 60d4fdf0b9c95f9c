import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from sama_bench.media import rle

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
def test_run_lengths_agree_with_pycocotools(runs):
    height = sum(runs)
    if height == 0:
        return
    counts = coco.frPyObjects({"size": [height, 1], "counts": runs}, height, 1)["counts"]
    assert rle.run_lengths(counts).tolist() == runs


@given(st.binary(max_size=40), st.tuples(st.integers(-3, 300), st.integers(-3, 300)))
def test_strangers_counts_never_crash(counts, size):
    stranger = {"size": list(size), "counts": counts}
    try:
        decoded = rle.decode(stranger)
    except ValueError:
        with pytest.raises(ValueError, match=r"\ARLE .*\Z"):
            rle.check(stranger)
    else:
        assert decoded.shape == size


@pytest.mark.parametrize(
    ("stranger", "says"),
    [
        (None, "not a COCO RLE"),
        ({"size": [4, 4]}, "not a COCO RLE"),
        ({"size": [4, 4], "counts": [16]}, "string"),
        ({"size": [4, 4], "counts": "@"}, "covers? 16|cover 16|16"),
        ({"size": [10**6, 10**6], "counts": "0"}, "out of range"),
        ({"size": [4, True], "counts": "0"}, "integers"),
        ({"size": [4, 4], "counts": "é"}, "outside"),
        ({"size": [4, 4], "counts": "o" * 12 + "0"}, "too long"),
    ],
)
def test_what_is_wrong_is_said(stranger, says):
    if stranger == {"size": [4, 4], "counts": "@"}:
        with pytest.raises(ValueError, match=r"negative|cover|middle"):
            rle.check(stranger)
        return
    with pytest.raises(ValueError, match=says):
        rle.check(stranger)


@given(st.lists(masks, min_size=1, max_size=6))
def test_many_are_read_as_one_by_one(several):
    encoded = [rle.encode(mask) for mask in several]
    rle.check_all(encoded)
    assert rle.areas([None, *encoded]) == [0, *(int(mask.sum()) for mask in several)]


@pytest.mark.parametrize("much", [1, 1 << 20], ids=["compiled", "numpy"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(several=st.lists(masks, min_size=1, max_size=5), data=st.data())
def test_one_broken_mask_among_many_is_found(monkeypatch, much, several, data):
    monkeypatch.setattr(rle, "MUCH", much)
    encoded = [rle.encode(mask) for mask in several]
    place = data.draw(st.integers(0, len(encoded) - 1))
    counts = data.draw(st.text(alphabet="0123OPQ`abo~ ", max_size=8))
    encoded[place] = {"size": encoded[place]["size"], "counts": counts}
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
written = st.lists(st.integers(0, 1 << 22), min_size=1, max_size=9).map(
    lambda runs: coco.frPyObjects({"size": [sum(runs) + 1, 1], "counts": runs}, sum(runs) + 1, 1)
)


@settings(max_examples=400)
@given(st.lists(codes | written.map(lambda mask: mask["counts"]), min_size=1, max_size=5))
def test_compiled_and_plain_reading_agree(counts):
    from sama_bench.media.rle_compiled import covered

    found = covered(
        np.frombuffer(b"".join(counts), np.uint8), np.cumsum([len(text) for text in counts])
    )
    for text, pixels in zip(counts, found.tolist(), strict=True):
        try:
            assert pixels == int(rle.read_runs([text]).pixels[0])
        except ValueError:
            assert pixels == -1


@pytest.mark.parametrize("size", [(True, 1), (1.0, 1.0), (0, 0), (-1, -1), (1 << 15, 1 << 15)])
def test_a_size_of_another_kind_is_refused_of_many_too(size):
    mask = {"size": list(size), "counts": "1"}
    with pytest.raises(ValueError, match="RLE size"):
        rle.check_all([mask], size)
    with pytest.raises(ValueError, match="RLE size"):
        rle.check_all([mask], (1, 1))
