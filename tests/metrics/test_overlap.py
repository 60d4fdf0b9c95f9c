import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sama_bench.media import rle
from sama_bench.metrics._masks.tracks import RleTrack
from tests.metrics.each_kernel import overlaps as overlap


def to_track(array):
    """Encode (T, H, W); empty frames are sometimes absent, sometimes empty masks."""
    return [None if k % 2 and not m.any() else rle.encode(m) for k, m in enumerate(array)]


@st.composite
def track_lists(draw):
    frames, height, width = draw(st.tuples(*[st.integers(1, 6)] * 3))
    shape = (frames, height, width)
    tracks = st.lists(hnp.arrays(np.uint8, shape, elements=st.integers(0, 1)), max_size=3)
    return draw(tracks), draw(tracks), (height, width)


@given(track_lists())
def test_runs_count_what_arrays_count(case):
    rows, columns, size = case
    found = overlap([to_track(r) for r in rows], [to_track(c) for c in columns], size)
    assert found.intersection.shape == found.union.shape == (len(rows), len(columns))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            assert found.intersection[i, j] == (row & column).sum()
            assert found.union[i, j] == (row | column).sum()


@given(track_lists())
def test_symmetry_and_bounds(case):
    rows, columns, size = case
    row_tracks, column_tracks = map(to_track, rows), map(to_track, columns)
    row_tracks, column_tracks = list(row_tracks), list(column_tracks)
    matrix = overlap(row_tracks, column_tracks, size).iou(0.0)
    assert ((matrix >= 0) & (matrix <= 1)).all()
    assert (overlap(column_tracks, row_tracks, size).iou(0.0) == matrix.T).all()
    own = overlap(row_tracks, row_tracks, size).iou(1.0)
    assert (np.diag(own) == 1).all()


@given(track_lists())
def test_a_crop_that_holds_everything_changes_nothing(case):
    rows, columns, (height, width) = case
    pad = [(0, 0), (2, 1), (1, 3)]
    wide = [[to_track(np.pad(a, pad)) for a in group] for group in (rows, columns)]
    tight = [[to_track(a) for a in group] for group in (rows, columns)]
    one, other = overlap(*wide, (height + 3, width + 4)), overlap(*tight, (height, width))
    assert (one.intersection == other.intersection).all()
    assert (one.union == other.union).all()


def test_empty_unions_are_what_the_caller_says():
    nothing = overlap([[None, None]], [[None, None]])
    assert nothing.iou(0.0).tolist() == [[0.0]]
    assert nothing.iou(1.0).tolist() == [[1.0]]
    assert np.isnan(nothing.iou(float("nan"))).all()


def test_shapes_have_to_agree():
    a, b = [rle.encode(np.ones((2, 3)))], [rle.encode(np.ones((3, 2)))]
    with pytest.raises(ValueError, match="frame 0: RLE size 3 x 2 where 2 x 3"):
        overlap([a], [b])
    with pytest.raises(ValueError, match="different lengths"):
        overlap([a], [a * 3])


def test_a_single_frame_is_repeated_only_on_request():
    one, three = [rle.encode(np.eye(3))], [rle.encode(np.ones((3, 3)))] * 3
    assert overlap([one], [three], broadcast=True).iou(0.0)[0, 0] == pytest.approx(1 / 3)


def coded(track, size):
    return RleTrack(size, [None if mask is None else mask["counts"] for mask in track])


@given(track_lists())
def test_coded_tracks_count_what_dicts_count(case):
    rows, columns, size = case
    one, other = [to_track(r) for r in rows], [to_track(c) for c in columns]
    plain = overlap(one, other, size)
    found = overlap([coded(r, size) for r in one], [coded(c, size) for c in other], size)
    assert np.array_equal(found.intersection, plain.intersection)
    assert np.array_equal(found.union, plain.union)


@given(
    st.none() | st.text(max_size=6) | st.just(3),
    st.lists(st.none() | st.just("6"), max_size=2),
    st.sampled_from([(2, 3), (3, 2)]),
)
def test_coded_tracks_are_refused_as_dicts_are(counts, others, size):
    track = RleTrack((2, 3), [*others, counts])
    assert list(track) == [track[frame] for frame in range(len(track))]
    outcomes = []
    for form in (track, list(track)):
        try:
            outcomes.append(overlap([form], [], size).union.tolist())
        except ValueError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


def test_a_part_of_a_coded_track_is_one():
    track = RleTrack((2, 3), ("6", None, "06"))
    assert list(track[1:]) == [None, {"size": [2, 3], "counts": "06"}]
    assert isinstance(track[1:], RleTrack)
