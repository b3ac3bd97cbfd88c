"""Do the data sets have the geometry, the balance and the ranges that they promise?"""

import math
import re

import numpy as np
import pytest
from scipy import stats

from helpers.data import digits, gaussian_inputs, three_digits, two_moons, two_spirals, xor

MADE = pytest.mark.parametrize("make", [two_spirals, two_moons])


def rng(seed=0):
    return np.random.default_rng(seed)


# Spirals and moons


@MADE
@pytest.mark.parametrize("count", [2, 10, 256, np.int64(8)])
def test_half_of_the_points_belong_to_each_class(make, count):
    x, labels = make(count, rng())
    assert x.shape == (count, 2)
    assert x.dtype == np.float64
    assert labels.shape == (count,)
    assert labels.tolist() == [0] * (count // 2) + [1] * (count // 2)


@MADE
def test_the_same_generator_gives_the_same_points(make):
    np.testing.assert_array_equal(make(20, rng())[0], make(20, rng())[0])


@MADE
def test_another_generator_gives_other_points(make):
    assert not np.isin(make(20, rng(0))[0], make(20, rng(1))[0]).any()


@MADE
@pytest.mark.parametrize("noise", [0.01, 0.3])
def test_the_noise_is_gaussian_of_the_std_that_was_asked_for(make, noise):
    jitter = make(4000, rng(), noise=noise)[0] - make(4000, rng(), noise=0)[0]
    assert stats.kstest(jitter.ravel() / noise, "norm").pvalue > 1e-4
    assert jitter.std() == pytest.approx(noise, rel=5 / np.sqrt(2 * jitter.size))


@pytest.mark.parametrize("turns", [0.5, 1.5, 3])
def test_spirals_without_noise_lie_on_their_curves(turns):
    x, labels = two_spirals(400, rng(), turns=turns, noise=0)
    radius = np.hypot(*x.T)
    angle = 2 * np.pi * turns * radius + np.where(labels == 1, np.pi, 0)
    np.testing.assert_allclose(x / radius[:, np.newaxis], np.column_stack([np.cos(angle), np.sin(angle)]), atol=1e-12)


def test_spirals_reach_from_near_the_centre_to_radius_one_evenly_in_area():
    x, _ = two_spirals(2000, rng(), noise=0)
    squared_radius = (x**2).sum(axis=1)
    assert squared_radius.min() >= 0.02
    assert squared_radius.max() <= 1 + 1e-12
    assert stats.kstest(squared_radius, stats.uniform(0.02, 0.98).cdf).pvalue > 1e-4


def test_spirals_have_one_and_a_half_turns_and_little_noise_unless_told_otherwise():
    np.testing.assert_array_equal(two_spirals(20, rng())[0], two_spirals(20, rng(), turns=1.5, noise=0.05)[0])


def test_moons_without_noise_lie_on_half_circles():
    x, labels = two_moons(2000, rng(), noise=0)
    upper, lower = x[labels == 0] - [-0.5, -0.25], x[labels == 1] - [0.5, 0.25]
    for moon in (upper, lower):
        np.testing.assert_allclose(np.hypot(*moon.T), 1, rtol=1e-12)
    assert (upper[:, 1] >= 0).all()
    assert (lower[:, 1] <= 0).all()
    for moon in (upper, -lower):
        assert stats.kstest(np.arctan2(moon[:, 1], moon[:, 0]), stats.uniform(0, np.pi).cdf).pvalue > 1e-4


def test_moons_have_mean_zero():
    x, _ = two_moons(20_000, rng())
    assert (np.abs(x.mean(axis=0)) < 5 * x.std(axis=0) / np.sqrt(len(x))).all()


def test_moons_have_a_tenth_of_noise_unless_told_otherwise():
    np.testing.assert_array_equal(two_moons(20, rng())[0], two_moons(20, rng(), noise=0.1)[0])


@MADE
@pytest.mark.parametrize("count", [0, 1, 7, -2, 4.0, "8", None, True])
def test_a_bad_count_says_what_it_must_be(make, count):
    message = f"count must be an even integer from 2 up, for example 256; got {count!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        make(count, rng())


@MADE
def test_more_points_than_a_computer_can_hold_are_refused(make):
    with pytest.raises(ValueError, match=r"^shape must be one that a computer can hold"):
        make(10**30, rng())


@pytest.mark.parametrize(("turns", "error"), [("1.5", TypeError), (None, TypeError), (math.nan, ValueError)])
def test_turns_that_are_no_number_are_refused(turns, error):
    with pytest.raises(error, match=r"^turns must be "):
        two_spirals(8, rng(), turns=turns)


@pytest.mark.parametrize("bad", [0, -1, 2.5, "8", None, True])
def test_gaussian_inputs_are_counted_by_whole_numbers(bad):
    for name, arguments in [("count", (bad, 3)), ("size", (8, bad))]:
        message = f"{name} must be a whole number from 1 up, for example 100; got {bad!r}"
        with pytest.raises(ValueError, match=re.escape(message)):
            gaussian_inputs(*arguments, rng())


@pytest.mark.parametrize("bad", [0, None, np.random.RandomState(0)], ids=["int", "None", "RandomState"])
@pytest.mark.parametrize(
    "call",
    [lambda bad: two_spirals(8, bad), lambda bad: two_moons(8, bad), lambda bad: gaussian_inputs(8, 3, bad)],
    ids=["two_spirals", "two_moons", "gaussian_inputs"],
)
def test_a_bad_generator_says_how_to_make_one(call, bad):
    message = "rng must be a numpy.random.Generator, for example numpy.random.default_rng(0); got "
    with pytest.raises(TypeError, match=re.escape(message + type(bad).__name__)):
        call(bad)


# XOR


def test_xor_asks_whether_two_signs_differ():
    x, labels = xor()
    assert sorted(map(tuple, x)) == [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    assert labels.tolist() == [int(a != b) for a, b in np.sign(x)]


def test_xor_is_new_at_every_call():
    x, labels = xor()
    x += 1
    labels += 1
    assert xor()[0].min() == -1
    assert xor()[1].max() == 1


# Gaussian inputs


def test_gaussian_inputs_are_standard_normal():
    x = gaussian_inputs(300, 200, rng())
    assert x.shape == (300, 200)
    assert stats.kstest(x.ravel(), "norm").pvalue > 1e-4
    # Of x², mean 1 and variance 2.
    assert (x**2).mean() == pytest.approx(1, abs=5 * np.sqrt(2 / x.size))


def test_gaussian_inputs_depend_on_the_generator_alone():
    np.testing.assert_array_equal(gaussian_inputs(4, 3, rng()), gaussian_inputs(4, 3, rng()))
    assert not np.isin(gaussian_inputs(4, 3, rng(0)), gaussian_inputs(4, 3, rng(1))).any()


# Digits. The numbers here are those of scikit-learn's load_digits, which ships the same pictures.


def test_digits_are_1797_pictures_of_64_pixels():
    x, labels = digits()
    assert x.shape == (1797, 64)
    assert labels.shape == (1797,)
    assert x.dtype == np.float64
    assert np.issubdtype(labels.dtype, np.signedinteger)


def test_the_ink_of_digits_is_counted_in_sixteenths_from_zero_to_one():
    x, _ = digits()
    np.testing.assert_array_equal(np.unique(x), np.arange(17) / 16)
    assert (16 * x).sum() == 561718


def test_each_digit_is_there_as_often_as_in_the_original():
    assert np.bincount(digits()[1]).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_first_digit_is_the_zero_of_the_original():
    x, labels = digits()
    assert labels[:10].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert (16 * x[0].reshape(8, 8)).astype(int).tolist() == [
        [0, 0, 5, 13, 9, 1, 0, 0],
        [0, 0, 13, 15, 10, 15, 5, 0],
        [0, 3, 15, 2, 0, 11, 8, 0],
        [0, 4, 12, 0, 0, 8, 8, 0],
        [0, 5, 8, 0, 0, 9, 8, 0],
        [0, 4, 11, 0, 1, 12, 7, 0],
        [0, 2, 14, 5, 10, 12, 0, 0],
        [0, 0, 6, 13, 10, 0, 0, 0],
    ]


def test_digits_are_new_at_every_call():
    x, labels = digits()
    x += 1
    labels += 1
    assert digits()[0].max() == 1
    assert digits()[1].max() == 9


def test_the_digits_are_three_and_standardized():
    x, labels = three_digits(200, np.random.default_rng(0))
    assert x.shape == (200, 64)
    assert set(labels) == {0, 1, 2}
    assert x.mean() == pytest.approx(0, abs=1e-12)
    assert np.mean(x**2) == pytest.approx(1)
    ink, all_labels = digits()
    back = x[0] * ink.std() + ink.mean()
    alike = np.corrcoef(np.vstack([back, ink]))[0, 1:]
    assert alike.max() == pytest.approx(1)
    assert all_labels[alike.argmax()] == labels[0]
