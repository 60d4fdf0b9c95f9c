import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sama_bench.statistics import bootstrap

SEEDS = st.integers(0, 2**32 - 1)


def terms(seed, videos=30, metrics=3):
    rng = np.random.default_rng(seed)
    den = rng.integers(0, 6, (videos, metrics)).astype(float)
    den[0] = 1
    return rng.binomial(den.astype(int), 0.6).astype(float), den


# three videos, by hand: two hits of 2 targets, one of 4, none of 2
NUM, DEN = np.array([[2.0], [1.0], [0.0]]), np.array([[2.0], [4.0], [2.0]])


def test_a_pooled_ratio_by_hand():
    assert bootstrap.estimate(NUM, DEN) == [3 / 8]
    counts = np.array([[3.0, 0, 0], [0, 2, 1], [1, 1, 1], [0, 0, 3]])
    # 6/6, (1+1+0)/(4+4+2), 3/8, 0/6
    assert bootstrap.replicates(NUM, DEN, counts).tolist() == [[1.0], [0.2], [0.375], [0.0]]
    # without each video in turn: 1/6, 2/4, 3/6
    np.testing.assert_allclose(bootstrap.jackknife(NUM, DEN), [[1 / 6], [1 / 2], [1 / 2]])


def test_the_percentile_interval_by_hand():
    samples = np.array([[4.0, np.nan], [0.0, 1.0], [1.0, 1.0], [3.0, 2.0], [2.0, 2.0]])
    low, high = bootstrap.percentile_interval(samples, level=0.5)
    # quarters of 0 1 2 3 4, and of 1 1 2 2
    assert low.tolist() == [1.0, 1.0]
    assert high.tolist() == [3.0, 2.0]


def test_the_bca_interval_by_hand():
    # 0..100 with the estimate at the median and a symmetric jackknife: no bias, no acceleration,
    # so that the interval is that of the percentiles
    samples, left_out = np.arange(101.0)[:, None], np.array([[-1.0], [0.0], [1.0]])
    low, high = bootstrap.bca_interval(samples, np.array([50.0]), left_out, level=0.9)
    assert low[0] == pytest.approx(5.0)
    assert high[0] == pytest.approx(95.0)
    # the estimate above three quarters: bias z0 = 0.6745, tails at Phi(2 z0 -+ 1.6449)
    low, high = bootstrap.bca_interval(samples, np.array([75.25]), left_out, level=0.9)
    z0 = stats.norm.ppf(76 / 101)
    assert low[0] == pytest.approx(100 * stats.norm.cdf(2 * z0 - 1.6448536))
    assert high[0] == pytest.approx(100 * stats.norm.cdf(2 * z0 + 1.6448536))


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_bca_and_percentiles_equal_scipy_on_its_own_resamples(seed):
    rng = np.random.default_rng(seed)
    data = rng.beta(5, 1, 25)
    for method in ("BCa", "percentile"):
        ours, theirs = (
            None,
            stats.bootstrap((data,), np.mean, n_resamples=500, method=method, rng=rng),
        )
        samples = theirs.bootstrap_distribution[:, None]
        if method == "BCa":
            left_out = bootstrap.jackknife(*bootstrap.mean_terms(data[:, None]))
            ours = bootstrap.bca_interval(samples, np.array([data.mean()]), left_out)
        else:
            ours = bootstrap.percentile_interval(samples)
        np.testing.assert_allclose(np.ravel(ours), theirs.confidence_interval, rtol=1e-9)


def test_scipy_agrees_on_a_pooled_ratio_within_its_own_noise():
    num, den = terms(3, videos=80, metrics=1)
    ours = bootstrap.intervals(num, den, resamples=20_000, seed=1)
    theirs = stats.bootstrap(
        (num[:, 0], den[:, 0]),
        lambda n, d, axis: n.sum(axis) / d.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        rng=np.random.default_rng(2),
    ).confidence_interval
    width = theirs.high - theirs.low
    assert abs(ours.low[0] - theirs.low) < 0.03 * width
    assert abs(ours.high[0] - theirs.high) < 0.03 * width


@settings(deadline=None, max_examples=25)
@given(SEEDS)
def test_replicates_equal_a_loop_over_drawn_videos(seed):
    num, den = terms(seed, videos=12)
    counts = bootstrap.resample_counts(12, 20, seed)
    got = bootstrap.replicates(num, den, counts)
    for row, expected in zip(counts, got, strict=True):
        drawn = np.repeat(np.arange(12), row.astype(int))
        assert len(drawn) == 12
        with np.errstate(invalid="ignore"):
            loop = num[drawn].sum(axis=0) / den[drawn].sum(axis=0)
        np.testing.assert_allclose(expected, loop, rtol=1e-12)


def test_counts_are_seeded_and_blocks_do_not_show(monkeypatch):
    whole = bootstrap.resample_counts(7, 100, 5)
    assert (whole == bootstrap.resample_counts(7, 100, 5)).all()
    assert (whole != bootstrap.resample_counts(7, 100, 6)).any()
    assert (whole.sum(axis=1) == 7).all()
    monkeypatch.setattr(bootstrap, "_BLOCK", 70)
    assert (whole == bootstrap.resample_counts(7, 100, 5)).all()


def test_counts_are_multinomial():
    counts = bootstrap.resample_counts(10, 20_000, 0)
    # variance of a multinomial count is n p (1 - p) = 0.9
    np.testing.assert_allclose(counts.mean(axis=0), 1.0, atol=0.03)
    np.testing.assert_allclose(counts.var(axis=0), 0.9, atol=0.04)


def test_videos_without_a_value_leave_the_mean():
    num, den = bootstrap.mean_terms([[0.5, np.nan], [1.0, 0.2], [np.nan, np.nan]])
    assert bootstrap.estimate(num, den).tolist() == [0.75, 0.2]
    result = bootstrap.intervals(num, den, resamples=200)
    assert result.low[0] <= 0.75 <= result.high[0]
    assert np.isnan([result.low[1], result.high[1]]).all()  # one video carries no interval


def test_a_score_that_nobody_has_is_nan_without_a_warning(recwarn):
    num, den = bootstrap.mean_terms(np.full((3, 1), np.nan))
    result = bootstrap.intervals(num, den, resamples=50)
    assert np.isnan([result.value, result.low, result.high]).all()
    assert not recwarn.list


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_equal_videos_have_an_interval_of_no_width(value):
    result = bootstrap.intervals(*bootstrap.mean_terms(np.full((20, 1), value)), resamples=300)
    np.testing.assert_allclose([result.low, result.high], value, atol=1e-12)


@pytest.mark.parametrize(
    ("num", "den"),
    [([[1.0]], [[1.0, 2.0]]), ([1.0], [1.0]), ([[np.nan]], [[1.0]]), ([[1.0]], [[-1.0]])],
)
def test_bad_terms_are_refused(num, den):
    with pytest.raises(ValueError, match=r"must"):
        bootstrap.intervals(num, den)


def coverage(draw, truth, trials=1500, resamples=600):
    """The share of trials whose 95% interval holds the truth."""
    hits = 0
    for trial in range(trials):
        result = bootstrap.intervals(*draw(trial), resamples=resamples, seed=trial)
        hits += bool(result.low[0] <= truth <= result.high[0])
    return hits / trials


def test_the_interval_of_a_mean_covers_the_truth():
    def draw(trial):
        return bootstrap.mean_terms(np.random.default_rng([1, trial]).beta(4, 2, (150, 1)))

    assert 0.93 <= coverage(draw, truth=4 / 6) <= 0.97


def test_the_interval_of_a_pooled_recall_covers_the_truth_although_targets_cluster():
    def draw(trial):
        rng = np.random.default_rng([2, trial])
        den = rng.integers(1, 12, (150, 1))
        hard = rng.beta(6, 2, (150, 1))  # a video's targets succeed or fail together
        return rng.binomial(den, hard).astype(float), den.astype(float)

    assert 0.93 <= coverage(draw, truth=0.75) <= 0.97
