import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sama_bench.media import rle
from sama_bench.metrics._masks.counts import boundary_radius
from sama_bench.metrics.accuracy import (
    PNG_VALUES,
    SUMMED_INSTANCES,
    accuracy_per_frame,
    masklet_accuracy,
)
from sama_bench.metrics.jf import f_per_frame, j_per_frame, masklet_f, masklet_j
from sama_bench.metrics.robustness import areas, masklet_robustness, robustness_per_frame
from tests.metrics import definitions
from tests.metrics.each_kernel import frame_counts

PNG = frozenset({37, 38})
STRICT = frozenset()


def count(annotations, predicted):
    """FrameCounts of one frame from arrays."""
    tracks = [[rle.encode(a)] for a in annotations]
    return frame_counts(tracks, [rle.encode(predicted)])


def disk(y, x, limit, shape=(60, 80)):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return ((rows - y) ** 2 + (columns - x) ** 2 < limit).astype(np.uint8)


def test_radius():
    sizes = {(240, 427): 4, (360, 640): 6, (480, 854): 8, (480, 910): 9}
    sizes |= {(720, 1280): 12, (1080, 1920): 18}
    assert {size: boundary_radius(size) for size in sizes} == sizes
    assert definitions.disk(8).sum() == 197


def pixel(y, x):
    mask = np.zeros((10, 12), np.uint8)
    mask[y, x] = 1
    return mask


NONE, FULL, ONE = np.zeros((10, 12), np.uint8), np.ones((10, 12), np.uint8), pixel(5, 6)


# Referring video protocol, section 2: the edge table (10 x 12).
@pytest.mark.parametrize(
    ("target", "predicted", "j", "f"),
    [
        (NONE, NONE, 1, 1),
        (NONE, ONE, 0, 0),
        (ONE, NONE, 0, 0),
        (FULL, NONE, 0, 1),
        (NONE, FULL, 0, 1),
        (FULL, ONE, 1 / 120, 0),
    ],
)
def test_edge_table(target, predicted, j, f):
    counts = count([target], predicted)
    assert (j_per_frame(counts)[0], f_per_frame(counts)[0]) == (j, f)
    assert counts.borderless[0] == (target.all() or predicted.all())


@pytest.mark.parametrize(("y", "x", "edge"), [(9, 11, 3), (0, 0, 1), (5, 6, 4)])
def test_boundary_of_one_pixel(y, x, edge):
    assert count([pixel(y, x)], NONE).target_edge[0] == edge


def test_check_vector():
    target, predicted, foreground = disk(30, 40, 225), disk(33, 44, 196), disk(30, 40, 400)
    counts = count([target], predicted)
    assert (counts.target[0], counts.target_edge[0]) == (697, 116)
    assert (counts.predicted[0], counts.predicted_edge[0]) == (609, 108)
    assert round(float(j_per_frame(counts)[0]), 4) == 0.6325
    assert masklet_f(counts) == 0.20465116279069767
    assert masklet_accuracy(counts) == 0.93875
    assert masklet_accuracy(counts, PNG) == 0.8333333333333334
    pos = areas([rle.encode(foreground)])
    assert pos.tolist() == [1245]
    assert masklet_robustness(counts, pos) == 0.9172690763716714
    assert masklet_robustness(counts, pos, PNG) == 0.0


def test_check_vector_with_overlapping_annotations():
    second = np.zeros((60, 80), np.uint8)
    second[28:33, 38:43] = 1
    counts = count([disk(30, 40, 225), second], disk(33, 44, 196))
    pos = areas([rle.encode(disk(30, 40, 400))])
    assert masklet_accuracy(counts) == 0.9335416666666667
    assert masklet_robustness(counts, pos) == 0.0
    assert masklet_accuracy(counts, STRICT) == 0.93875
    assert masklet_robustness(counts, pos, STRICT) == 0.9172690763716714


def test_robustness_without_foreground():
    assert robustness_per_frame(count([NONE], NONE), [0])[0] == 1
    assert robustness_per_frame(count([NONE], ONE), [0])[0] == 0
    with pytest.raises(ValueError, match="2 foreground areas for 1 frames"):
        robustness_per_frame(count([NONE], ONE), [0, 0])


def test_annotations_add_up_in_uint8():
    # 256 annotations of one pixel wrap around to 0, as in the released evaluators.
    counts = frame_counts([[rle.encode(ONE)]] * 256, [rle.encode(ONE)])
    assert counts.target[0] == 0
    counts = frame_counts([[rle.encode(ONE)]] * 255, [rle.encode(ONE)])
    assert (counts.target[0], counts.excess[0]) == (1, 255)


def test_tracks_with_gaps():
    counts = frame_counts([[rle.encode(ONE), None, None]], [None, rle.encode(ONE), None])
    assert j_per_frame(counts).tolist() == [0, 0, 1]
    assert f_per_frame(counts).tolist() == [0, 0, 1]
    assert masklet_j(counts) == pytest.approx(1 / 3)
    assert counts.frames == 3


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="say the size"):
        frame_counts([], [None])
    with pytest.raises(ValueError, match="different lengths"):
        frame_counts([[None]], [None, None], (4, 4))
    with pytest.raises(ValueError, match="frame 1: RLE"):
        frame_counts([[None, None]], [None, {"size": [4, 4], "counts": "x"}], (4, 4))
    nothing = frame_counts([], [], (4, 4))
    assert math.isnan(masklet_j(nothing))
    assert math.isnan(masklet_accuracy(nothing))
    assert math.isnan(masklet_robustness(nothing, []))


@st.composite
def frames(draw):
    """Masks that look like something: boxes, lines, noise; up to three annotations."""
    height, width = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))

    def mask():
        kind = rng.integers(5)
        if kind == 0:
            return (rng.random((height, width)) < rng.random()).astype(np.uint8)
        array = np.zeros((height, width), np.uint8)
        for _ in range(rng.integers(0, 4)):
            y, x = rng.integers(0, height), rng.integers(0, width)
            array[y : y + rng.integers(1, height + 1), x : x + rng.integers(1, width + 1)] ^= 1
        return array

    masks = [mask() for _ in range(draw(st.integers(0, 3)))]
    return masks, mask() if draw(st.booleans()) or not masks else np.roll(masks[0], 1, 1)


@settings(max_examples=300, deadline=None)
@given(frames())
def test_equal_to_the_definition_bit_for_bit(case):
    annotations, predicted = case
    target = sum(annotations, np.zeros_like(predicted))
    counts = count(annotations, predicted)
    pos = np.array([(target != 0).sum()])
    assert j_per_frame(counts)[0] == definitions.j(target, predicted)
    assert f_per_frame(counts)[0] == definitions.f(target, predicted)
    assert accuracy_per_frame(counts)[0] == definitions.accuracy(target, predicted)
    assert accuracy_per_frame(counts, PNG)[0] == definitions.accuracy(target, predicted * 255)
    plain = (target != 0).astype(np.uint8)
    assert accuracy_per_frame(counts, STRICT)[0] == definitions.accuracy(plain, predicted)
    for quirks, t, p in (
        (STRICT, plain, predicted),
        ({SUMMED_INSTANCES}, target, predicted),
        ({PNG_VALUES}, plain, predicted * 255),
        (PNG, target, predicted * 255),
    ):
        expected = definitions.robustness(t, p, plain)
        assert robustness_per_frame(counts, pos, quirks)[0] == expected


@settings(max_examples=50, deadline=None)
@given(frames())
def test_symmetry_and_bounds(case):
    annotations, predicted = case
    if len(annotations) != 1:
        return
    one, other = count(annotations, predicted), count([predicted], annotations[0])
    assert j_per_frame(one) == j_per_frame(other)
    assert f_per_frame(one) == pytest.approx(f_per_frame(other), abs=1e-15)
    for values in (j_per_frame(one), f_per_frame(one), accuracy_per_frame(one)):
        assert 0 <= values[0] <= 1
    same = count([predicted], predicted)
    assert (j_per_frame(same)[0], f_per_frame(same)[0]) == (1, 1)
