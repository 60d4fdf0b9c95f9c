import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench.media import rle
from sama_bench.metrics.ciou import (
    RELEASED,
    STRICT,
    UNANSWERED_SKIPPED,
    SentenceCounts,
    ciou_giou,
    count_sentence,
)

ZERO = RELEASED - {UNANSWERED_SKIPPED}


def test_counting_a_sentence():
    target, predicted = np.eye(4), np.ones((4, 4))
    assert count_sentence(rle.encode(target), rle.encode(predicted)) == SentenceCounts(4, 16)
    assert count_sentence(rle.encode(target), None) == SentenceCounts(0, 4, answered=False)


def test_missing_masks():
    images = [[SentenceCounts(50, 100), SentenceCounts(0, 300, answered=False)]]
    skipped, zero = ciou_giou(images), ciou_giou(images, ZERO)
    assert (skipped.ciou, zero.ciou) == (0.5, 0.125)
    assert skipped.giou == zero.giou == pytest.approx(0.25, abs=1e-6)
    strict = ciou_giou(images, STRICT)
    assert (strict.ciou, strict.giou, strict.unanswered) == (0.125, 0.25, 1)


def test_an_image_without_any_mask():
    images = [[SentenceCounts(0, 300, answered=False)]]
    with pytest.raises(ValueError, match="image 0"):
        ciou_giou(images)
    assert ciou_giou(images, ZERO).ciou == 0
    assert ciou_giou(images, STRICT).giou == 0


def test_no_target_sentences():
    # Image protocol, section 4: an empty prediction for a no-target sentence is worth 1.
    for quirks in (RELEASED, STRICT):
        assert ciou_giou([[SentenceCounts(0, 0)]], quirks).giou == 1.0
        assert ciou_giou([[SentenceCounts(0, 0), SentenceCounts(8, 8)]], quirks).ciou == 1.0
        lacking = SentenceCounts(0, 0, answered=False, lacking=True)  # no answer earns no 1
        assert ciou_giou([[SentenceCounts(0, 0), lacking]], quirks).giou == 0.5
        assert ciou_giou([[SentenceCounts(0, 0), lacking]], ZERO).giou == 0.5
    assert ciou_giou([[SentenceCounts(0, 0)]], STRICT).ciou is None
    assert ciou_giou([], STRICT).giou is None


def test_sums_are_float32_in_the_released_code():
    images = [[SentenceCounts(2**24, 2**25)], [SentenceCounts(1, 1)]]
    assert ciou_giou(images).ciou == 0.5  # the last pixel is lost
    assert ciou_giou(images, STRICT).ciou > 0.5


counts = st.tuples(st.integers(0, 500), st.integers(0, 500)).map(
    lambda pair: SentenceCounts(min(pair), max(pair))
)


@given(st.lists(st.lists(counts, max_size=4), max_size=6), st.randoms())
def test_bounds_and_order(images, random):
    strict, released = ciou_giou(images, STRICT), ciou_giou(images)
    for totals in (strict, released):
        assert totals.ciou is None or 0 <= totals.ciou <= 1
        assert totals.giou is None or -1e-6 <= totals.giou <= 1 + 1e-6
    assert strict.giou is None or strict.giou == pytest.approx(released.giou, abs=1e-3)
    shuffled = ciou_giou(random.sample(images, len(images)), STRICT)
    assert (shuffled.intersection, shuffled.union) == (strict.intersection, strict.union)
    assert shuffled.ciou == strict.ciou
