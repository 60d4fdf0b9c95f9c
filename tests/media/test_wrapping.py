"""Every reader of masks refuses one whose runs add up by an overflow alone."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco

from sama_bench.media import rle as engine
from sama_bench.media.rle_compiled import covered
from sama_bench.metrics._masks import rle as metrics
from sama_bench.nouns import Masklet
from tests.media.wrapping import wrapping_mask, wrapping_runs, written
from tests.metrics.each_kernel import frame_counts, overlaps

SIZE = (12, 10)


@pytest.fixture(scope="module")
def mask():
    return wrapping_mask(*SIZE)


def test_the_mask_is_what_it_is_meant_to_be(mask):
    runs = wrapping_runs(120)
    assert sum(runs) == 2**64 + 120
    assert min(runs) == 0
    assert int(np.array(runs).sum()) == 120  # wraps around
    plain = coco.encode(np.asfortranarray(np.eye(9, dtype=np.uint8)))["counts"].decode()
    assert written(engine.run_lengths(plain).tolist()) == plain


def test_the_engine_refuses_it(mask):
    codes = np.frombuffer(mask["counts"].encode(), np.uint8)
    assert covered(codes, np.array([codes.size])).tolist() == [-1]
    with pytest.raises(ValueError, match="too long"):
        engine.read_runs([mask["counts"]])
    for refuse in (engine.check, engine.decode, lambda mask: engine.check_all([mask])):
        with pytest.raises(ValueError, match="RLE counts"):
            refuse(mask)
    with pytest.raises(ValueError, match="RLE counts"):
        Masklet.from_rles([mask], *SIZE)


def test_the_metrics_refuse_it(mask):
    with pytest.raises(ValueError, match=f"RLE counts cover {2**64 + 120} pixels"):
        metrics.validate(mask)
    with pytest.raises(ValueError, match="RLE counts"):
        metrics.decode(mask)
    whole = metrics.encode(np.ones(SIZE))
    with pytest.raises(ValueError, match="frame 1: RLE counts"):
        frame_counts([[whole, mask]], [whole, whole])
    with pytest.raises(ValueError, match="frame 1: RLE counts"):
        overlaps([[whole, mask]], [[whole, whole]])
