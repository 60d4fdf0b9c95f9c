import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sama_bench.media import rle
from sama_bench.metrics._masks.overlap import overlap
from sama_bench.metrics.grounding import (
    CROPPED,
    EARLY_STOP,
    EMPTY_UNION_ZERO,
    MATCHED_ONLY,
    NO_TARGET_ZERO,
    PHRASES_COUNTED,
    RELEASED,
    SILENT_LEFT_OUT,
    STRICT,
    TRANSPOSED,
    RecallCounts,
    abstention_accuracy,
    iou_matrix,
    sample_miou,
    sample_recall,
    video_miou,
    video_recall,
)


def track(rows, columns, shape=(4, 8)):
    mask = np.zeros(shape, np.uint8)
    mask[rows, columns] = 1
    return [rle.encode(mask)]


A = track(slice(0, 4), slice(0, 2))
B = track(slice(0, 4), slice(4, 6))
C = track(slice(0, 4), slice(7, 8))
HALF_A = track(slice(0, 2), slice(0, 2))
MOST_OF_B = track(slice(0, 3), slice(4, 6))
EMPTY = [rle.encode(np.zeros((4, 8)))]


def iou(predictions, targets, quirks=RELEASED):
    return iou_matrix(overlap(predictions, targets, (4, 8)), quirks)


def ones(rows, columns):
    return np.ones((rows, columns))


def recall(*samples, quirks=RELEASED):
    return video_recall([sample_recall(*sample, quirks) for sample in samples], quirks)


# SAMA-Bench-G protocol, section 5.
@pytest.mark.parametrize(
    ("predictions", "targets", "value"),
    [
        ([A], [A, B], 1.0),
        ([A, C], [A], 1.0),
        ([HALF_A, B], [A, B], 0.75),
        ([], [A], 0.0),
        ([A], [], 0.0),
        ([EMPTY], [EMPTY], 0.0),
    ],
)
def test_released_miou_check_values(predictions, targets, value):
    assert sample_miou(iou(predictions, targets)) == value


def test_released_miou_counts_samples_without_anything_as_zero():
    assert video_miou([sample_miou(iou([], [])), sample_miou(iou([A], [A]))]) == 0.5


@pytest.mark.parametrize(
    ("predictions", "targets", "value"),
    [
        ([A], [A, B], 0.5),
        ([A, C], [A], 0.5),
        ([HALF_A, B], [A, B], 0.75),
        ([], [A], 0.0),
        ([A], [], None),
        ([], [], None),
        ([EMPTY], [EMPTY], 1.0),
    ],
)
def test_strict_miou(predictions, targets, value):
    assert sample_miou(iou(predictions, targets, STRICT), STRICT) == value


def test_each_miou_quirk_alone():
    no_target, missed, empty = iou([A], []), iou([A], [A, B]), [EMPTY]
    assert sample_miou(no_target, RELEASED - {NO_TARGET_ZERO}) is None
    assert sample_miou(no_target, RELEASED - {MATCHED_ONLY}) == 0.0
    assert sample_miou(missed, RELEASED - {MATCHED_ONLY}) == 0.5
    assert sample_miou(missed, RELEASED - {NO_TARGET_ZERO}) == 1.0
    assert iou(empty, empty, RELEASED - {EMPTY_UNION_ZERO})[0, 0] == 1.0
    assert video_miou([None, None]) is None


# SAMA-Bench-G protocol, section 6: A, B are targets, x, y predicted phrases, a, b reference ones.
def test_released_recall_surplus_predictions_are_cropped():
    assert recall((iou([C, C, A], [A]), ones(1, 3))) == 0.0
    # Looked up transposed (Q16), the third prediction has no similarity at all.
    assert recall((iou([C, C, A], [A]), ones(1, 3)), quirks=RELEASED - {TRANSPOSED, CROPPED}) == 1.0
    assert recall((iou([C, C, A], [A]), ones(1, 3)), quirks=STRICT) == 1.0


def test_released_recall_surplus_targets_are_cropped():
    assert recall((iou([A], [B, C, A]), ones(3, 1))) == 0.0


def test_released_recall_leaves_silent_samples_out():
    silent, perfect = (iou([], [A]), ones(1, 0)), (iou([A], [A]), ones(1, 1))
    assert recall(silent, perfect) == 1.0
    assert recall(silent, perfect, quirks=RELEASED - {SILENT_LEFT_OUT}) == 0.5


def test_released_recall_looks_text_up_transposed():
    matrix = iou([B, A], [A, B])
    similarity = np.array([[0.9, 0.1], [0.9, 0.9]])  # rows a, b; columns x, y
    assert recall((matrix, similarity)) == 0.0
    # A's prediction has label y and sim(a, y) = .1: only B can match by its own phrases.
    assert recall((matrix, similarity), quirks=STRICT) == 0.5


def test_released_recall_stops_at_the_first_pair_whose_text_fails():
    matrix = iou([A, MOST_OF_B], [A, B])
    similarity = np.array([[0.1, 1.0], [1.0, 1.0]])
    assert recall((matrix, similarity)) == 0.0
    assert recall((matrix, similarity), quirks=RELEASED - {EARLY_STOP}) == 0.5
    assert recall((matrix, similarity), quirks=STRICT) == 0.5


def test_released_recall_with_missing_phrases():
    assert recall((iou([A, B], [A, B]), ones(2, 1))) == 0.5
    assert recall((iou([A], [A]), ones(2, 1))) == 0.5
    assert recall((iou([A], [A]), ones(2, 1)), quirks=RELEASED - {PHRASES_COUNTED}) == 1.0


def test_exactly_half_matches():
    assert iou([HALF_A], [A])[0, 0] == 0.5
    assert recall((iou([HALF_A], [A]), np.array([[0.5]]))) == 1.0


def test_videos_without_denominator():
    assert recall((iou([], [A]), ones(1, 0))) == 0.0
    assert recall((iou([A], []), ones(0, 1)), quirks=STRICT) is None
    assert recall((iou([], [A]), ones(1, 0)), quirks=STRICT) == 0.0


def test_strict_recall_finds_the_largest_matching():
    # Greedy would take the 0.9 and leave the other row without a partner.
    matrix = np.array([[0.9, 0.8], [0.7, 0.1]])
    assert sample_recall(matrix, ones(2, 2), STRICT).pairs == ((0, 1), (1, 0))
    assert sample_recall(matrix, ones(2, 2), RELEASED).pairs == ((0, 0),)
    # Among largest matchings, the one with the larger total IoU.
    matrix = np.array([[0.9, 0.6], [0.6, 0.9]])
    assert sample_recall(matrix, ones(2, 2), STRICT).pairs == ((0, 0), (1, 1))


def test_masks_without_phrase_are_inadmissible_in_strict():
    assert sample_recall(np.array([[0.1], [1.0]]), ones(1, 1), STRICT) == RecallCounts(0, 1)


def test_abstention():
    assert abstention_accuracy([(0, 0), (2, 0), (0, 3)]) == 0.5
    assert abstention_accuracy([(1, 1)]) is None


def test_matrices_must_have_two_dimensions():
    with pytest.raises(ValueError, match="matrix"):
        sample_miou(np.zeros(3))


matrices = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=5),
    elements=st.sampled_from([0.0, 0.2, 0.5, 0.6, 0.9, 1.0]),
)
some_quirks = st.frozensets(st.sampled_from(sorted(RELEASED)))


@given(matrices, some_quirks)
def test_miou_bounds_and_permutation(matrix, quirks):
    value = sample_miou(matrix, quirks)
    assert value is None or 0 <= value <= 1
    if MATCHED_ONLY not in quirks:
        shuffled = sample_miou(matrix[::-1, ::-1], quirks)
        assert (value is None) == (shuffled is None)
        assert value is None or shuffled == pytest.approx(value, abs=1e-12)
        if matrix.size:
            assert sample_miou(matrix.T, quirks) == pytest.approx(value, abs=1e-12)


@given(matrices)
def test_strict_miou_is_the_best_assignment(matrix):
    small, large = sorted(matrix.shape)
    if not small:
        return
    wide = matrix if matrix.shape[0] == small else matrix.T
    best = max(
        sum(wide[i, order[i]] for i in range(small))
        for order in itertools.permutations(range(large), small)
    )
    assert sample_miou(matrix, STRICT) == pytest.approx(best / large, abs=1e-12)


@given(matrices, matrices, some_quirks)
def test_recall_bounds(matrix, similarity, quirks):
    counts = sample_recall(matrix, similarity, quirks)
    assert 0 <= counts.matched <= min(matrix.shape)
    assert len({i for i, _ in counts.pairs}) == len({j for _, j in counts.pairs}) == counts.matched
    assert all(matrix[pair] >= 0.5 for pair in counts.pairs)
    # A largest matching never finds less than a greedy one.
    assert sample_recall(matrix, similarity, quirks - {EARLY_STOP}).matched >= counts.matched


@given(matrices, matrices, st.randoms())
def test_strict_recall_does_not_depend_on_order(matrix, similarity, random):
    predictions, targets = matrix.shape
    similarity = (
        np.resize(similarity, (targets, predictions))
        if similarity.size
        else ones(targets, predictions)
    )
    rows, columns = list(range(predictions)), list(range(targets))
    random.shuffle(rows)
    random.shuffle(columns)
    one = sample_recall(matrix, similarity, STRICT)
    other = sample_recall(matrix[rows][:, columns], similarity[columns][:, rows], STRICT)
    assert one.matched == other.matched


@given(st.lists(st.none() | st.floats(0, 1)), st.randoms())
def test_videos_do_not_depend_on_the_order_of_samples(values, random):
    shuffled = random.sample(values, len(values))
    one, other = video_miou(values), video_miou(shuffled)
    assert one == other or one == pytest.approx(other, abs=1e-12)
