"""Intervals and comparisons, against SciPy and against counting."""

import math

import numpy as np
import pytest
from scipy import stats

from helpers.statistics import (
    bootstrap_interval,
    earlier,
    sign_test,
    told_apart,
    wilson_interval,
    wilson_intervals,
    wrong_winner,
)

# Intervals


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("size", [8, 31, 32])
def test_the_bootstrap_interval_is_scipys(size, level):
    values = np.exp(np.random.default_rng(0).standard_normal(size))
    ours = bootstrap_interval(values, np.random.default_rng(1), level=level, resamples=8000)
    theirs = stats.bootstrap(
        (values,),
        np.median,
        confidence_level=level,
        n_resamples=8000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    # The medians take few different values, so two sets of resamples differ by a neighbouring value at most.
    spread = np.diff(np.sort(values)).max()
    assert np.abs(np.array(ours) - theirs).max() < spread
    assert np.mean(np.isclose(ours, theirs, rtol=0.05)) >= 0.5


def test_the_bootstrap_interval_takes_the_same_share_of_medians_off_both_ends():
    values = np.arange(7.0)
    picks = np.random.default_rng(3).integers(7, size=(200, 7))
    medians = sorted(np.median(values[row]) for row in picks)
    assert bootstrap_interval(values, np.random.default_rng(3), level=0.9, resamples=200) == (medians[10], medians[189])


def test_networks_that_never_arrive_count_as_late():
    values = [10, 12, 14, 16, 18, math.inf]
    low, high = bootstrap_interval(values, np.random.default_rng(0))
    assert 10 <= low < 16
    assert high == math.inf
    assert bootstrap_interval([math.inf] * 3, np.random.default_rng(0)) == (math.inf, math.inf)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(("count", "total"), [(0, 1), (0, 32), (1, 32), (3, 32), (64, 128), (31, 32), (32, 32)])
def test_the_wilson_interval_is_scipys(count, total, level):
    theirs = stats.binomtest(count, total).proportion_ci(level, method="wilson")
    assert wilson_interval(count, total, level=level) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_what_the_intervals_refuse():
    rng = np.random.default_rng(0)
    for values in ([], [1, math.nan], [[1, 2]], "12", [True]):
        with pytest.raises(ValueError, match=r"values must be a sequence of at least one number, for example \[55, 60"):
            bootstrap_interval(values, rng)
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator.*got int"):
        bootstrap_interval([1, 2], 0)
    for level in (0, 1, 95, math.nan, "high", None, True):
        with pytest.raises(ValueError, match=f"level must lie between 0 and 1, for example 0.95; got {level!r}"):
            bootstrap_interval([1, 2], rng, level=level)
        with pytest.raises(ValueError, match="level must lie between 0 and 1"):
            wilson_interval(1, 2, level=level)
    for count, total in [(-1, 3), (4, 3), (0, 0), (0.5, 3), (True, 3), ("1", 3), (1, None), (1, 10**400)]:
        with pytest.raises(
            ValueError, match=f"count must be a whole number from 0 to total.*got {count!r} of {total!r}"
        ):
            wilson_interval(count, total)


@pytest.mark.parametrize(("count", "trials"), [(0, 10), (3, 10), (10, 10), (400, 2000)])
def test_wilson_agrees_with_scipy(count, trials):
    interval = stats.binomtest(count, trials).proportion_ci(method="wilson")
    np.testing.assert_allclose(wilson_intervals(count, trials), interval, atol=1e-4)


# Comparisons


def test_earlier_counts_the_pairs_that_mann_and_whitney_count():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 20), rng.integers(2, 12, 30)
    ties = np.mean([[x == y for y in b] for x in a])
    assert earlier(a, b) + ties / 2 == pytest.approx(stats.mannwhitneyu(b, a).statistic / 600)
    assert earlier([math.inf], [math.inf]) == 0
    assert earlier([5], [math.inf]) == 1


def test_the_median_of_one_run_names_the_wrong_winner_as_often_as_pairs_do():
    rng = np.random.default_rng(0)
    faster, slower = rng.normal(50, 8, 40), rng.normal(55, 8, 40)
    assert wrong_winner(faster, slower, 1, rng, repeats=40_000) == pytest.approx(earlier(slower, faster), abs=0.01)
    assert wrong_winner(faster, slower, 25, rng) < wrong_winner(faster, slower, 5, rng)
    with pytest.raises(ValueError, match="runs must be a whole number from 1 up"):
        wrong_winner(faster, slower, 0, rng)
    with pytest.raises(ValueError, match="repeats must be a whole number from 1 up"):
        wrong_winner(faster, slower, 1, rng, repeats="many")


@pytest.mark.parametrize(
    ("count", "total"), [(0, 1), (1, 2), (0, 5), (0, 22), (22, 22), (10, 25), (15, 25), (27, 29), (16, 32), (900, 2000)]
)
def test_the_sign_test_is_scipys(count, total):
    assert sign_test(count, total) == pytest.approx(stats.binomtest(count, total).pvalue, rel=1e-12)


def test_the_sign_test_counts_coins():
    splits = [heads for heads in range(11) for _ in range(math.comb(10, heads))]
    assert sign_test(2, 10) == np.mean([min(heads, 10 - heads) <= 2 for heads in splits])
    assert sign_test(5, 10) == 1
    for count, total in [(-1, 3), (4, 3), (0, 0), (0.5, 3)]:
        with pytest.raises(ValueError, match="count must be a whole number from 0 to total"):
            sign_test(count, total)


@pytest.mark.parametrize(
    ("one", "other", "apart"), [((1, 2), (3, 4), True), ((3, 4), (1, 2), True), ((1, 3), (3, 4), False)]
)
def test_intervals_that_share_a_point_are_not_told_apart(one, other, apart):
    assert told_apart(one, other) is apart
