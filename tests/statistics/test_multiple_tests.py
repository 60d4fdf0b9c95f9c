import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sama_bench.statistics import multiple_tests

P = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_holm_by_hand():
    # sorted .01 .02 .04: times 3, 2, 1 = .03 .04 .04
    np.testing.assert_allclose(multiple_tests.holm([0.04, 0.01, 0.02]), [0.04, 0.03, 0.04])
    np.testing.assert_allclose(multiple_tests.holm([0.6, 0.9]), [1.0, 1.0])


def test_benjamini_hochberg_by_hand():
    # sorted .01 .02 .04: times 3/1, 3/2, 3/3 = .03 .03 .04
    got = multiple_tests.benjamini_hochberg([0.04, 0.01, 0.02])
    np.testing.assert_allclose(got, [0.04, 0.03, 0.03])


def test_comparisons_that_do_not_exist_do_not_count():
    for correct in (multiple_tests.holm, multiple_tests.benjamini_hochberg):
        got = correct([np.nan, 0.02, np.nan, 0.5])
        assert np.isnan(got[[0, 2]]).all()
        np.testing.assert_array_equal(got[[1, 3]], correct([0.02, 0.5]))


@given(P)
def test_benjamini_hochberg_equals_scipy(p):
    np.testing.assert_allclose(
        multiple_tests.benjamini_hochberg(p), stats.false_discovery_control(p), atol=1e-12
    )


@given(P)
def test_holm_lies_between_the_raw_values_and_bonferroni_and_keeps_their_order(p):
    got, raw = multiple_tests.holm(p), np.asarray(p)
    assert (got >= raw).all()
    assert (got <= np.minimum(1, raw * len(raw)) + 1e-15).all()
    assert (np.diff(got[np.argsort(raw, kind="stable")]) >= 0).all()
    assert (got >= multiple_tests.benjamini_hochberg(p) - 1e-15).all()


def test_values_that_are_no_probabilities_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        multiple_tests.holm([0.5, 1.5])
