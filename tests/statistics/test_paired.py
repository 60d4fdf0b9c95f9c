import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sama_bench.statistics import bootstrap, paired
from sama_bench.statistics.paired import Terms

SEEDS = st.integers(0, 2**32 - 1)


def means(values):
    return Terms(*bootstrap.mean_terms(np.asarray(values, dtype=float)[:, None]))


def test_the_swap_test_by_hand():
    # differences 1, 2, 3: of 8 sign patterns only + + + and - - - reach a mean of 2
    assert paired.swap_test(means([2, 4, 6]), means([1, 2, 3])).tolist() == [2 / 8]
    # differences 1, -1: every pattern reaches 0
    assert paired.swap_test(means([1, 0]), means([0, 1])).tolist() == [1.0]


def test_the_swap_test_of_a_pooled_ratio_equals_listing_every_swap():
    rng = np.random.default_rng(0)
    den_a, den_b = rng.integers(1, 5, (2, 7, 1)).astype(float)
    num_a, num_b = rng.binomial(4, 0.5, (2, 7, 1)).astype(float)
    num_a, num_b = np.minimum(num_a, den_a), np.minimum(num_b, den_b)

    def gap(swap):
        swap = np.array(swap, dtype=bool)[:, None]
        one = np.where(swap, num_b, num_a).sum() / np.where(swap, den_b, den_a).sum()
        return one - np.where(swap, num_a, num_b).sum() / np.where(swap, den_a, den_b).sum()

    observed = abs(gap([0] * 7))
    gaps = [abs(gap(s)) for s in itertools.product([0, 1], repeat=7)]
    expected = np.mean([g >= observed - 1e-12 for g in gaps])
    assert paired.swap_test(Terms(num_a, den_a), Terms(num_b, den_b)) == [expected]


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.integers(2, 10))
def test_the_exact_swap_test_equals_scipy(seed, videos):
    a, b = np.random.default_rng(seed).normal(size=(2, videos))
    theirs = stats.permutation_test(
        (a - b,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    assert paired.swap_test(means(a), means(b))[0] == pytest.approx(theirs.pvalue)


def test_the_random_swap_test_agrees_with_scipy_within_noise():
    rng = np.random.default_rng(4)
    a = rng.normal(0.08, 0.3, 100)
    b = np.zeros(100)
    theirs = stats.permutation_test(
        (a,), np.mean, permutation_type="samples", n_resamples=20_000, vectorized=True, rng=rng
    ).pvalue
    ours = paired.swap_test(means(a), means(b), permutations=20_000)[0]
    assert ours == pytest.approx(theirs, abs=5 * np.sqrt(theirs / 20_000))


def test_the_bootstrap_p_value_by_hand():
    # 1 of 9 at or below 0: 2 * (1 + 1) / (9 + 1); none below: 2 * (0 + 1) / (9 + 1); never above 1
    drawn = np.array([[-1.0, 1, 0]] + [[1.0, 1, 0]] * 8)
    np.testing.assert_allclose(paired.bootstrap_p(drawn), [0.4, 0.2, 1.0])


def test_a_run_against_itself_differs_in_nothing():
    a = means(np.random.default_rng(0).random(40))
    result = paired.difference(a, a, resamples=500)
    assert (result.value, result.low, result.high) == (0.0, 0.0, 0.0)
    assert (result.p, result.p_bootstrap) == (1.0, 1.0)


def test_swapping_the_runs_mirrors_the_difference():
    rng = np.random.default_rng(1)
    a, b = means(rng.random(40)), means(rng.random(40))
    one, other = (paired.difference(*pair, resamples=2000) for pair in ((a, b), (b, a)))
    assert one.value == -other.value
    assert one.p[0] == pytest.approx(other.p[0], abs=0.002)
    np.testing.assert_allclose(one.low, -other.high, atol=0.01)


def test_a_shift_shared_by_both_runs_does_not_hide_a_small_difference():
    rng = np.random.default_rng(2)
    hard = rng.random(200)
    a, b = hard + rng.normal(0.01, 0.02, 200), hard
    result = paired.difference(means(a), means(b), resamples=2000)
    assert result.low[0] > 0
    assert result.p[0] < 0.001
    assert result.p_bootstrap[0] < 0.002
    # unpaired, the same difference drowns in the spread between videos
    assert stats.ttest_ind(a, b).pvalue > 0.5


def test_false_alarms_come_as_often_as_announced():
    alarms, trials = 0, 400
    for trial in range(trials):
        a, b = np.random.default_rng([3, trial]).beta(4, 2, (2, 60))
        alarms += int(paired.swap_test(means(a), means(b), permutations=400, seed=trial)[0] <= 0.05)
    # 400 trials at 5%: 20, with a standard deviation of 4.4
    assert 0.02 <= alarms / trials <= 0.08


def test_the_interval_of_the_difference_covers_the_truth():
    hits, trials = 0, 1000
    for trial in range(trials):
        rng = np.random.default_rng([4, trial])
        hard = rng.beta(4, 2, 150)
        a, b = hard + rng.normal(0.05, 0.2, 150), hard + rng.exponential(0.2, 150) - 0.2
        result = paired.difference(means(a), means(b), resamples=600, seed=trial)
        hits += bool(result.low[0] <= 0.05 <= result.high[0])
    assert 0.93 <= hits / trials <= 0.97


def test_runs_of_other_videos_are_refused():
    with pytest.raises(ValueError, match="shapes"):
        paired.difference(means([1, 2]), means([1, 2, 3]))


def test_a_metric_that_one_run_lacks_has_no_difference():
    result = paired.difference(means([np.nan] * 5), means([1.0] * 5), resamples=50)
    assert np.isnan([result.value, result.low, result.high, result.p, result.p_bootstrap]).all()
