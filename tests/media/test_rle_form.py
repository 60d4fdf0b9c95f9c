import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask

from sama_bench.media import rle

masks = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=24), elements=st.integers(0, 1)
)


@given(masks)
def test_round_trip_is_pycocotools(mask):
    coded = rle.encode(mask)
    theirs = coco_mask.encode(np.asfortranarray(mask))
    assert coded["counts"].encode() == theirs["counts"]
    assert (rle.decode(coded) == mask).all()
    assert rle.area(coded) == mask.sum()
    assert rle.runs(coded).sum() == mask.size
    assert (
        rle.counts_bytes({"size": coded["size"], "counts": rle.runs(coded).tolist()})
        == (theirs["counts"])
    )


@given(masks, st.integers(2, 255))
def test_any_value_but_zero_is_foreground(mask, value):
    assert rle.encode(mask * value) == rle.encode(mask)
    assert rle.encode(mask.astype(bool)) == rle.encode(mask)


def test_raw_sums_toggle_at_every_change():
    coded = rle.encode_raw(np.array([[0], [1], [1], [2], [2], [1], [0], [2]]))
    assert rle.decode(coded)[:, 0].tolist() == [0, 1, 1, 0, 0, 1, 0, 1]  # image protocol, Q46


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        (None, "must be a COCO RLE dict"),
        ([1, 2], "must be a COCO RLE dict"),
        ({}, "needs the keys"),
        ({"size": [2, 2]}, "needs the keys"),
        ({"size": "22", "counts": "4"}, "size must be"),
        ({"size": 4, "counts": "4"}, "size must be"),
        ({"size": [2, 2, 1], "counts": "4"}, "two whole numbers"),
        ({"size": [2.0, 2], "counts": "4"}, "two whole numbers"),
        ({"size": [True, 4], "counts": "4"}, "two whole numbers"),
        ({"size": [0, 4], "counts": ""}, "not a believable"),
        ({"size": [-2, -2], "counts": "4"}, "not a believable"),
        ({"size": [10**9, 10**9], "counts": "4"}, "not a believable"),
        ({"size": [2, 2], "counts": 4}, "counts must be"),
        ({"size": [2, 2], "counts": None}, "counts must be"),
        ({"size": [2, 2], "counts": ""}, "empty"),
        ({"size": [2, 2], "counts": "4 "}, "no RLE has"),
        ({"size": [2, 2], "counts": "4\n"}, "no RLE has"),
        ({"size": [2, 2], "counts": b"4\x00"}, "no RLE has"),
        ({"size": [2, 2], "counts": "4é"}, "ASCII"),
        ({"size": [2, 2], "counts": "4P"}, "middle of a number"),
        ({"size": [2, 2], "counts": "P" * 40 + "0"}, "too long"),
        ({"size": [2, 2], "counts": "PPPPPP3"}, "too long"),
        ({"size": [2, 2], "counts": "ooooo?"}, "run that is too long"),
        ({"size": [2, 2], "counts": "5"}, "cover 5 pixels"),
        ({"size": [2, 2], "counts": "3"}, "cover 3 pixels"),
        ({"size": [2, 2], "counts": "O5"}, "negative"),
        ({"size": [2, 2], "counts": [5, -1]}, "negative"),
        ({"size": [2, 2], "counts": [2, 2.0]}, "whole numbers"),
        ({"size": [2, 2], "counts": [10**30]}, "whole numbers"),
    ],
)
def test_what_is_wrong_is_said(mask, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        rle.check(mask)
    assert "\n" not in str(caught.value)


def test_size_is_checked():
    coded = rle.encode(np.ones((2, 3)))
    rle.check(coded, (2, 3))
    with pytest.raises(ValueError, match="2 x 3 where 3 x 2 is expected"):
        rle.decode(coded, (3, 2))
    with pytest.raises(ValueError, match="shape"):
        rle.encode(np.zeros((2, 2, 2)))
