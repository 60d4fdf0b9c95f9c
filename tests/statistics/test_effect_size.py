import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sama_bench.statistics import bootstrap, effect_size

FEW = st.lists(st.integers(-5, 5), min_size=1, max_size=12)


def test_cohens_dz_by_hand():
    # mean 2, deviations -1 0 1: standard deviation 1
    assert effect_size.cohens_dz([1, 2, 3]) == 2.0
    assert effect_size.cohens_dz([1, np.nan, 3]) == pytest.approx(2 / math.sqrt(2))
    assert effect_size.cohens_dz([0, 0, 0]) == 0.0
    assert effect_size.cohens_dz([-0.1, -0.1]) == -math.inf
    assert math.isnan(effect_size.cohens_dz([1]))


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=20).filter(lambda v: np.ptp(v) > 1e-3))
def test_cohens_dz_is_the_t_statistic_over_the_root_of_n(values):
    t = stats.ttest_1samp(values, 0).statistic
    assert effect_size.cohens_dz(values) == pytest.approx(t / math.sqrt(len(values)), abs=1e-9)


def test_cliffs_delta_by_hand():
    # pairs (1,0) + (1,2) - (3,0) + (3,2) +: (3 - 1) / 4
    assert effect_size.cliffs_delta([1, 3], [0, 2]) == 0.5
    assert effect_size.cliffs_delta([1, 1], [1, 1]) == 0.0
    assert math.isnan(effect_size.cliffs_delta([], [1]))


@given(FEW, FEW)
def test_cliffs_delta_follows_from_mann_whitneys_u(a, b):
    u = stats.mannwhitneyu(a, b).statistic
    assert effect_size.cliffs_delta(a, b) == pytest.approx(2 * u / (len(a) * len(b)) - 1)


# Cohen 1988, table 2.4.1 and common power calculators for the paired two-sided t test
@pytest.mark.parametrize(
    ("dz", "power", "videos"), [(0.2, 0.8, 199), (0.5, 0.8, 34), (0.8, 0.8, 15), (0.5, 0.95, 54)]
)
def test_videos_needed_as_tabulated(dz, power, videos):
    assert effect_size.videos_needed(dz, power=power) == videos
    assert effect_size.videos_needed(-dz, power=power) == videos


def test_videos_needed_for_the_smallest_and_the_largest_effects():
    assert effect_size.videos_needed(0.0) is None
    assert effect_size.videos_needed(math.nan) is None
    assert effect_size.videos_needed(1e-6) is None
    assert effect_size.videos_needed(math.inf) == 2
    # (1.96 + 0.8416)^2 / 0.001^2, the normal approximation, holds for large numbers
    assert effect_size.videos_needed(0.001) == pytest.approx(7_848_900, rel=1e-3)


def test_that_many_videos_do_suffice():
    videos = effect_size.videos_needed(0.4)
    draws = np.random.default_rng(0).normal(0.4, 1, (4000, videos))
    found = (stats.ttest_1samp(draws, 0, axis=1).pvalue < 0.05).mean()
    assert found == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("power", "alpha"), [(1.0, 0.05), (0.8, 0.0)])
def test_impossible_demands_are_refused(power, alpha):
    with pytest.raises(ValueError, match="between 0 and 1"):
        effect_size.videos_needed(0.5, power=power, alpha=alpha)


def test_influence_by_hand():
    # hits 2 of 2 and 1 of 4: R = 1/2, mean denominator 3
    got = effect_size.influence([[2.0], [1.0]], [[2.0], [4.0]])
    np.testing.assert_allclose(got, [[1 / 3], [-1 / 3]])


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_influence_of_a_mean_is_the_deviation_and_its_spread_that_of_the_bootstrap(seed):
    values = np.random.default_rng(seed).beta(4, 2, (300, 1))
    num, den = bootstrap.mean_terms(values)
    got = effect_size.influence(num, den)
    np.testing.assert_allclose(got, values - values.mean(), atol=1e-12)
    drawn = bootstrap.replicates(num, den, bootstrap.resample_counts(300, 1500, seed))
    assert got.std() / math.sqrt(300) == pytest.approx(drawn.std(), rel=0.12)
