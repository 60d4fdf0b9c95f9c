import numpy as np
import pytest

from sama_bench.media import rle
from sama_bench.metrics._masks.overlap import overlap
from sama_bench.metrics.gcg import (
    STRICT,
    average_precision,
    image_miou,
    image_recall,
    iou_matrix,
)
from sama_bench.metrics.grounding import RecallCounts


def box(y, x, height=10, width=10):
    mask = np.zeros((60, 60), np.uint8)
    mask[y : y + height, x : x + width] = 1
    return rle.encode(mask)


NOTHING = rle.encode(np.zeros((60, 60)))


def test_an_empty_union_ends_the_matching():
    shared = overlap([[box(0, 0)], [NOTHING]], [[box(0, 0)], [NOTHING]])
    assert image_miou(iou_matrix(shared)) == 0.0
    assert image_miou(iou_matrix(shared, STRICT)) == 1.0
    assert image_miou(np.zeros((0, 3))) == 0.0
    # In the recall the comparison with NaN lets the pair pass.
    assert image_recall(iou_matrix(shared), np.ones((2, 2))).pairs == ((1, 1), (0, 0))


def test_recall_is_aligned_with_the_phrases_and_not_cropped():
    iou = np.array([[0.0, 0.9], [0.8, 0.0], [0.0, 0.0]])  # predictions x targets
    similarity = np.ones((2, 3))
    similarity[0, 0] = 0.1
    assert image_recall(iou, similarity) == RecallCounts(2, 2, ((1, 0), (0, 1)))
    similarity[1, 0] = 0.4
    assert image_recall(iou, similarity).matched == 0  # the best pair's phrases differ


def test_more_masks_than_phrases():
    iou = np.array([[0.8, 0.0], [0.0, 0.9]])
    assert image_recall(iou, np.ones((2, 1))) == RecallCounts(0, 2)
    assert image_recall(iou, np.ones((2, 1)), STRICT) == RecallCounts(1, 2, ((0, 0),))
    assert image_recall(np.zeros((0, 2)), np.ones((2, 0))) == RecallCounts(0, 2)


def test_a_pair_below_the_threshold_looks_up_no_phrase():
    # The published code tests the IoU first: a surplus mask of IoU 0.3 ends the search quietly.
    iou = np.array([[0.8, 0.0], [0.0, 0.3]])
    assert image_recall(iou, np.ones((2, 1))) == RecallCounts(1, 2, ((0, 0),))
    assert image_recall(iou, np.ones((1, 1)), STRICT) == RecallCounts(1, 1, ((0, 0),))
    assert image_recall(np.zeros((1, 1)), np.ones((1, 0))) == RecallCounts(0, 1)


def test_average_precision():
    perfect = ([box(0, 0), box(30, 30)], [box(0, 0), box(30, 30)])
    assert average_precision([perfect])["ap50"] == pytest.approx(1)
    missed = ([box(0, 0), box(30, 30)], [box(0, 0)])
    assert average_precision([missed])["ap50"] == pytest.approx(51 / 101)
    # All scores are equal, so that the order of the predictions decides.
    late = ([box(0, 0)], [box(40, 40), box(0, 0)])
    assert average_precision([late])["ap50"] == pytest.approx(0.5)
    assert average_precision([([box(0, 0)], [])])["ap50"] == 0.0
    assert average_precision([([], [box(0, 0)])])["ap50"] is None
    with pytest.raises(ValueError, match="RLE"):
        average_precision([([box(0, 0)], [{"size": [3, 3], "counts": "x"}])])
    with pytest.raises(ValueError, match="image 0: masks of different sizes"):
        average_precision([([box(0, 0)], [rle.encode(np.eye(3))])])


def test_nothing_is_printed(capsys):
    average_precision([([box(0, 0)], [box(0, 0)])])
    assert capsys.readouterr().out == ""
