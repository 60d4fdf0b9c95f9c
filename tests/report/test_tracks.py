"""Masks against targets on hand-made tracks; every number computed by hand."""

import numpy as np
import pytest

from sama_bench.nouns import Answer, Masklet
from sama_bench.report.problems import in_order, lost_from, mask_problems, phrase_problems
from sama_bench.report.tracks import compare_tracks

H, W = 4, 10


def track(*columns):
    """A mask a frame: columns first to last (exclusive), or None for absent."""
    masks = []
    for span in columns:
        mask = np.zeros((H, W), np.uint8)
        if span:
            mask[:, span[0] : span[1]] = 1
        masks.append(mask)
    return Masklet.from_arrays(masks)


def kinds(tracks, masks, targets):
    return [problem.kind for problem in mask_problems(tracks, masks, targets)]


def test_j_per_frame_and_iou_over_all_frames():
    # frame 0: 2 of 4 columns shared; frame 1: both absent; frame 2: only the target
    found = compare_tracks([track((0, 3), None, None)], [track((1, 4), None, (0, 2))])
    (pair,) = found.pairs
    assert pair.j == pytest.approx((0.5, 1.0, 0.0))
    assert pair.visible == (True, False, True)
    assert pair.iou == pytest.approx(2 / 6)  # 2 shared columns of 4 + 2
    assert found.joint == pytest.approx((0.5, 1.0, 0.0))
    assert found.spurious == ()


def test_the_assignment_is_the_best_one_not_the_greedy_one():
    # greedy takes A with target 2 (0.6) and leaves target 1 with nothing
    a, b = track((0, 8)), track((5, 10))
    one, two = track((0, 4)), track((2, 8))
    found = compare_tracks([a, b], [one, two])
    assert [(p.target, p.prediction) for p in found.pairs] == [(0, 0), (1, 1)]


def test_what_shares_no_pixel_is_missed_and_spurious():
    found = compare_tracks([track((6, 8))], [track((0, 2))])
    assert found.pairs[0].prediction is None
    assert found.spurious == (0,)
    assert kinds(found, 1, 1) == ["missed", "spurious"]


def test_a_touch_is_no_match():
    found = compare_tracks([track((0, 6))], [track((5, 10))])
    assert found.pairs[0].iou == pytest.approx(0.1)
    assert found.pairs[0].prediction == 0  # at least FOUND
    found = compare_tracks([track((0, 6), (0, 6))], [track((5, 10), None)])
    assert found.pairs[0].iou == pytest.approx(1 / 16)
    assert found.pairs[0].prediction is None
    assert found.spurious == (0,)


def test_shapes_that_differ_are_said():
    found = compare_tracks([track((0, 2))], [track((0, 2), (0, 2))])
    assert "different shapes" in found.problem
    assert kinds(found, 1, 1) == ["failed"]


def test_nothing_asked_and_nothing_answered_is_fine():
    assert kinds(compare_tracks([], []), 0, 0) == []
    assert kinds(compare_tracks([track((0, 1))], []), 1, 0) == ["not_abstained"]
    assert kinds(compare_tracks([], [track((0, 1))]), 0, 1) == ["refusal"]


def test_a_track_that_leaves_its_target_drifts_from_that_frame():
    target = track(*[(0, 4)] * 8)
    held = track(*[(0, 4)] * 5, (3, 7), (6, 10), (6, 10))  # J 1, ..., 1/7, 0, 0
    (pair,) = compare_tracks([held], [target]).pairs
    assert lost_from(pair) == 5
    assert kinds(compare_tracks([held], [target]), 1, 1) == ["drifted"]
    loose = track(*[(0, 1)] * 8)
    assert kinds(compare_tracks([loose], [target]), 1, 1) == ["loose"]


def test_a_right_mask_with_a_wrong_phrase():
    class Same:
        def similarity(self, first, second):
            return np.array([[float(a == b) for b in second] for a in first])

    tracks = compare_tracks([track((0, 4))], [track((0, 4))])
    said = Answer("<p> a cat </p> [SEG]")
    (problem,) = phrase_problems(said, "<p> a dog </p> [SEG]", tracks, Same())
    assert "“a cat”" in problem.detail
    assert list(phrase_problems(said, "<p> A  cat </p> [SEG]", tracks, Same())) == []
    (silent,) = phrase_problems(Answer("[SEG]"), "<p> a cat </p> [SEG]", tracks, Same())
    assert "no phrase" in silent.detail
    assert [p.kind for p in in_order([problem])] == ["wrong_phrase"]
    assert [p.kind for p in in_order([])] == ["fine"]
