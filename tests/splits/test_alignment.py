import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sama_bench.nouns import Masklet
from sama_bench.splits._masks.alignment import unite

SIZE = (4, 5)
videos = hnp.arrays(np.uint8, (3, *SIZE), elements=st.integers(0, 1))


@given(st.lists(videos, min_size=1, max_size=4))
def test_a_union_has_every_pixel_of_its_masklets(arrays):
    united = unite([Masklet.from_arrays(masks) for masks in arrays], SIZE, 3)
    expected = np.bitwise_or.reduce(arrays)
    for frame in range(3):
        assert np.array_equal(united.decode(frame), expected[frame])
        assert (united.rle(frame) is None) == (not expected[frame].any())
    united.check()


def test_a_mask_alone_in_its_frame_stays_as_it_is():
    eye = Masklet.from_arrays([np.eye(3)] * 2).counts[0]
    united = unite([Masklet(3, 3, (None, None)), Masklet(3, 3, (eye, None))], (3, 3), 2)
    assert united.counts == (eye, None)


def test_no_masklet_at_all_is_an_empty_one():
    assert unite([], SIZE, 2) == Masklet(*SIZE, (None, None))


def test_what_does_not_fit_together_is_refused():
    one = Masklet.from_arrays(np.ones((2, *SIZE)))
    turned = Masklet.from_arrays(np.ones((2, *SIZE[::-1])))
    with pytest.raises(ValueError, match="several sizes"):
        unite([one, turned], SIZE, 2)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        unite([one, Masklet.from_arrays(np.ones((3, *SIZE)))], SIZE, 2)
    for broken in ("", "0", "zzz", "\u00e9"):
        with pytest.raises(ValueError, match="RLE"):
            unite([one, Masklet(*SIZE, (None, broken))], SIZE, 2)
