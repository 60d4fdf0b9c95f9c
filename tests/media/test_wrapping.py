"""A mask whose runs add up by an overflow alone is refused, whoever reads it."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco

from sama_bench.media import rle
from sama_bench.nouns import Masklet
from tests.media.wrapping import wrapping_mask, wrapping_runs, written
from tests.metrics.each_kernel import frame_counts, overlaps, using

SIZE = (12, 10)


@pytest.fixture(scope="module")
def mask():
    return wrapping_mask(*SIZE)


def test_the_mask_is_what_it_is_meant_to_be():
    runs = wrapping_runs(120)
    assert sum(runs) == 2**64 + 120
    assert min(runs) == 0
    assert int(np.array(runs).sum()) == 120  # wraps around
    plain = coco.encode(np.asfortranarray(np.eye(9, dtype=np.uint8)))["counts"].decode()
    assert written(rle.runs({"size": [9, 9], "counts": plain}).tolist()) == plain


@pytest.mark.parametrize("kernel", ["numba", "numpy"])
def test_it_is_refused(mask, kernel):
    with using(kernel):
        for refuse in (rle.check, rle.decode, rle.area, lambda mask: rle.check_all([mask] * 2)):
            with pytest.raises(ValueError, match="RLE counts"):
                refuse(mask)
        with pytest.raises(ValueError, match="frame 0: RLE counts"):
            Masklet.from_rles([mask], *SIZE)


def test_the_metrics_refuse_it(mask):
    whole = rle.encode(np.ones(SIZE))
    with pytest.raises(ValueError, match="frame 1: RLE counts"):
        frame_counts([[whole, mask]], [whole, whole])
    with pytest.raises(ValueError, match="frame 1: RLE counts"):
        overlaps([[whole, mask]], [[whole, whole]])
