"""Do the initializers draw what their docstrings say, and would these tests notice if they did not?

`assert_distribution` is the judge. It is used on the right initializers, which must pass, and on a table of
wrong ones, each of which must fail. Both tables, RIGHT and WRONG, take a seed and can be run at many seeds.
"""

import math
import re
from functools import partial

import numpy as np
import pytest
from scipy import stats

from helpers.initializers import (
    DISTRIBUTIONS,
    INITIALIZERS,
    STD_WITHIN_2,
    chosen_fan,
    constant,
    fans,
    he_normal,
    he_uniform,
    initializer_named,
    lecun_normal,
    lecun_uniform,
    normal,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
    zeros,
)

# (fan_in, fan_out) of each shape, counted by hand: these tests never ask `fans`.
FANS = {
    (400, 100): (400, 100),
    (30, 50): (30, 50),
    (5, 8, 24): (40, 120),
    (3, 3, 16, 32): (144, 288),
    (2, 3, 2, 12, 4): (144, 48),
}
DENSE, CONVOLUTION = (400, 100), (3, 3, 16, 32)

RANDOM = [
    "normal",
    "uniform",
    "truncated_normal",
    "lecun_normal",
    "lecun_uniform",
    "xavier_normal",
    "xavier_uniform",
    "he_normal",
    "he_uniform",
    "variance_scaling",
]

# Mean and std may be off by 5 of their own standard errors (false alarm: 1 in 1.7 million for each), the
# Kolmogorov-Smirnov test must give p > 1e-6, and each tail may be empty with p > 1e-6. Together that is about 1 false
# alarm in 250,000 tests, so that the tables can be run at hundreds of seeds. 100,000 values still tell a std that is
# wrong by 3 % from a right one, and a normal from a truncated normal of the same std.
VALUES = 100_000
SIGMAS = 5
SMALLEST_P = 1e-6


def assert_distribution(draw, shape, distribution, seed):
    """Fail, naming every reason, unless ``draw(shape, rng)`` gives independent values of `distribution`."""
    rng = np.random.default_rng(seed)
    arrays = [np.asarray(draw(shape, rng)) for _ in range(math.ceil(VALUES / math.prod(shape)))]
    values = np.concatenate([array.ravel() for array in arrays])
    std = distribution.std()
    excess = float(distribution.stats(moments="k"))
    # For N independent values: the standard error of the mean is std/√N, and that of the std is
    # std·√((kurtosis - 1)/(4N)), which is std/√(2N) for a normal, of kurtosis 3; 1.8 for a uniform.
    error_of_mean = std / math.sqrt(values.size)
    error_of_std = std * math.sqrt((excess + 2) / (4 * values.size))
    reasons = []
    if any(array.shape != shape for array in arrays):
        reasons.append(f"shape: {arrays[0].shape} instead of {shape}")
    if not np.array_equal(draw(shape, np.random.default_rng(seed)), arrays[0]):
        reasons.append("state: the same generator state gave other values")
    if np.unique(values).size < values.size:
        reasons.append("repeated: the same values came again")
    if abs(values.mean() - distribution.mean()) > SIGMAS * error_of_mean:
        reasons.append(f"mean: {values.mean():.4g} instead of {distribution.mean():.4g}")
    if abs(values.std() - std) > SIGMAS * error_of_std:
        reasons.append(f"std: {values.std():.4g} instead of {std:.4g}")
    below = distribution.cdf(values)  # uniform between 0 and 1, if the values are of this distribution
    if stats.kstest(below, "uniform", method="asymp").pvalue < SMALLEST_P:
        reasons.append("form: the Kolmogorov-Smirnov test refuses it")
    low, high = distribution.support()
    # Of N such values, none is below t, or above 1 - t, with a probability of exp(-N t).
    empty = -math.log(SMALLEST_P) / values.size
    if values.min() < low or values.max() > high or below.min() > empty or below.max() < 1 - empty:
        reasons.append("tails: values beyond the ends, or none near them")
    assert not reasons, "; ".join(reasons)


def gaussian(std):
    return stats.norm(0, std)


def flat(limit):
    return stats.uniform(-limit, 2 * limit)


def cut(std):
    """The normal distribution without its tails beyond ±2 that has the standard deviation `std` all the same."""
    return stats.truncnorm(-2, 2, scale=std / 0.87962566103423978)


# An initializer, its options, and the distribution they promise, written out from the papers.
PROMISES = [
    (normal, {}, lambda i, o: gaussian(0.01)),
    (normal, {"std": 0.5}, lambda i, o: gaussian(0.5)),
    (uniform, {}, lambda i, o: flat(0.01)),
    (uniform, {"limit": 2}, lambda i, o: flat(2.0)),
    (truncated_normal, {}, lambda i, o: cut(0.01)),
    (truncated_normal, {"std": 0.5}, lambda i, o: cut(0.5)),
    (lecun_normal, {}, lambda i, o: gaussian((1 / i) ** 0.5)),
    (lecun_uniform, {}, lambda i, o: flat((3 / i) ** 0.5)),
    (xavier_normal, {}, lambda i, o: gaussian((2 / (i + o)) ** 0.5)),
    (xavier_normal, {"gain": 5 / 3}, lambda i, o: gaussian(5 / 3 * (2 / (i + o)) ** 0.5)),
    (xavier_uniform, {}, lambda i, o: flat((6 / (i + o)) ** 0.5)),
    (xavier_uniform, {"gain": 5 / 3}, lambda i, o: flat(5 / 3 * (6 / (i + o)) ** 0.5)),
    (he_normal, {}, lambda i, o: gaussian((2 / i) ** 0.5)),
    (he_normal, {"mode": "fan_out"}, lambda i, o: gaussian((2 / o) ** 0.5)),
    (he_normal, {"mode": "fan_avg"}, lambda i, o: gaussian((4 / (i + o)) ** 0.5)),
    (he_normal, {"slope": 0.5}, lambda i, o: gaussian((1.6 / i) ** 0.5)),
    (he_normal, {"slope": -1, "mode": "fan_out"}, lambda i, o: gaussian((1 / o) ** 0.5)),
    (he_uniform, {}, lambda i, o: flat((6 / i) ** 0.5)),
    (he_uniform, {"mode": "fan_out"}, lambda i, o: flat((6 / o) ** 0.5)),
    (he_uniform, {"mode": "fan_avg"}, lambda i, o: flat((12 / (i + o)) ** 0.5)),
    (he_uniform, {"slope": 0.5}, lambda i, o: flat((4.8 / i) ** 0.5)),
    (he_uniform, {"slope": -1, "mode": "fan_out"}, lambda i, o: flat((3 / o) ** 0.5)),
    (variance_scaling, {}, lambda i, o: gaussian((1 / i) ** 0.5)),
    (variance_scaling, {"scale": 3, "mode": "fan_out"}, lambda i, o: gaussian((3 / o) ** 0.5)),
    (variance_scaling, {"scale": 2, "mode": "fan_avg"}, lambda i, o: gaussian((4 / (i + o)) ** 0.5)),
    (variance_scaling, {"distribution": "uniform"}, lambda i, o: flat((3 / i) ** 0.5)),
    (
        variance_scaling,
        {"scale": 2, "mode": "fan_out", "distribution": "uniform"},
        lambda i, o: flat((6 / o) ** 0.5),
    ),
    (variance_scaling, {"distribution": "truncated_normal"}, lambda i, o: cut((1 / i) ** 0.5)),
    (
        variance_scaling,
        {"scale": 2, "mode": "fan_avg", "distribution": "truncated_normal"},
        lambda i, o: cut((4 / (i + o)) ** 0.5),
    ),
]


def label(*parts):
    return "-".join(str(part).replace(" ", "") for part in parts if part != {})


RIGHT = [
    pytest.param(
        partial(initializer, **options),
        shape,
        promise(*FANS[shape]),
        id=label(initializer.__name__, options, shape),
    )
    for initializer, options, promise in PROMISES
    for shape in FANS
]


def draws_normal(std):
    """A hand-written initializer of std(fan_in, fan_out), for the wrong versions below."""
    return lambda shape, rng: std(*FANS[shape]) * rng.standard_normal(shape)


def draws_uniform(limit):
    def draw(shape, rng):
        a = limit(*FANS[shape])
        return rng.uniform(-a, a, shape)

    return draw


def draws_truncated(std, cut=2):
    def draw(shape, rng):
        return std(*FANS[shape]) * stats.norm.ppf(rng.uniform(stats.norm.cdf(-cut), stats.norm.cdf(cut), shape))

    return draw


def he_std(fan_in, fan_out):
    return (2 / fan_in) ** 0.5


# What the wrong versions below should have drawn.
WANTED = {
    "he normal": lambda i, o: gaussian((2 / i) ** 0.5),
    "he normal, fan_out": lambda i, o: gaussian((2 / o) ** 0.5),
    "he normal, slope 0.5": lambda i, o: gaussian((1.6 / i) ** 0.5),
    "he uniform": lambda i, o: flat((6 / i) ** 0.5),
    "he uniform, fan_out": lambda i, o: flat((6 / o) ** 0.5),
    "he uniform, slope 0.5": lambda i, o: flat((4.8 / i) ** 0.5),
    "xavier normal": lambda i, o: gaussian((2 / (i + o)) ** 0.5),
    "xavier normal, gain 5/3": lambda i, o: gaussian(5 / 3 * (2 / (i + o)) ** 0.5),
    "xavier uniform": lambda i, o: flat((6 / (i + o)) ** 0.5),
    "normal, std 0.5": lambda i, o: gaussian(0.5),
    "uniform, limit 0.5": lambda i, o: flat(0.5),
    "truncated normal, std 0.5": lambda i, o: cut(0.5),
    "lecun normal": lambda i, o: gaussian((1 / i) ** 0.5),
    "lecun uniform": lambda i, o: flat((3 / i) ** 0.5),
    "scale 2": lambda i, o: gaussian((2 / i) ** 0.5),
    "scale 2, fan_out": lambda i, o: gaussian((2 / o) ** 0.5),
    "scale 2, fan_avg": lambda i, o: gaussian((4 / (i + o)) ** 0.5),
    "scale 2, uniform": lambda i, o: flat((6 / i) ** 0.5),
    "scale 2, truncated": lambda i, o: cut((2 / i) ** 0.5),
}

STORED_GENERATOR = np.random.default_rng(0)


def he_of_inner_sizes(shape, rng):
    """He, but the receptive field is forgotten: fan_in is the number of channels."""
    return (2 / shape[-2]) ** 0.5 * rng.standard_normal(shape)


def he_of_torch_layout(shape, rng):
    """He, but the kernel is read as (out, in, *receptive field)."""
    return (2 / math.prod(shape[1:])) ** 0.5 * rng.standard_normal(shape)


def he_seeded_inside(shape, rng):
    return draws_normal(he_std)(shape, np.random.default_rng(7))


def he_from_a_stored_generator(shape, rng):
    return draws_normal(he_std)(shape, STORED_GENERATOR)


def he_one_row_repeated(shape, rng):
    return np.broadcast_to(draws_normal(he_std)(shape, rng)[:1], shape)


def he_transposed(shape, rng):
    return np.swapaxes(draws_normal(he_std)(shape, rng), -1, -2)


def clipped(shape, rng):
    """Truncated, but what lies beyond ±2 is moved to the edge instead of drawn again; the std is that asked for."""
    draws = np.clip(rng.standard_normal(shape), -2, 2)
    second_moment = stats.norm.cdf(2) - stats.norm.cdf(-2) - 4 * stats.norm.pdf(2) + 8 * stats.norm.sf(2)
    return 0.5 / second_moment**0.5 * draws


def redrawn_once(shape, rng):
    """Truncated, but what lies beyond ±2 is drawn again only once, so that one in 480 stays there."""
    draws = rng.standard_normal(shape)
    outside = np.abs(draws) > 2
    draws[outside] = rng.standard_normal(outside.sum())
    return 0.5 / 0.87962566103423978 * draws


# The mistake, the wrong version, what it should have drawn, on which shape, and the reason it must fail for.
MISTAKES = [
    # std or limit of the wrong size
    ("he fans swapped", draws_normal(lambda i, o: (2 / o) ** 0.5), "he normal", DENSE, "std"),
    ("he fans swapped", draws_normal(lambda i, o: (2 / o) ** 0.5), "he normal", CONVOLUTION, "std"),
    ("he uniform fans swapped", draws_uniform(lambda i, o: (6 / o) ** 0.5), "he uniform", DENSE, "std"),
    ("he uniform fans swapped", draws_uniform(lambda i, o: (6 / o) ** 0.5), "he uniform", CONVOLUTION, "std"),
    ("receptive field forgotten", he_of_inner_sizes, "he normal", CONVOLUTION, "std"),
    ("kernel read as (out, in, ...)", he_of_torch_layout, "he normal", CONVOLUTION, "std"),
    ("√3 missing, he", draws_uniform(lambda i, o: (2 / i) ** 0.5), "he uniform", DENSE, "std"),
    ("√3 missing, xavier", draws_uniform(lambda i, o: (2 / (i + o)) ** 0.5), "xavier uniform", DENSE, "std"),
    ("√ forgotten, he", draws_normal(lambda i, o: 2 / i), "he normal", CONVOLUTION, "std"),
    ("√ forgotten, he uniform", draws_uniform(lambda i, o: 6 / i), "he uniform", CONVOLUTION, "std"),
    ("√ forgotten, xavier", draws_normal(lambda i, o: 2 / (i + o)), "xavier normal", DENSE, "std"),
    ("√2 dropped, he", draws_normal(lambda i, o: (1 / i) ** 0.5), "he normal", DENSE, "std"),
    ("√2 dropped, he uniform", draws_uniform(lambda i, o: (3 / i) ** 0.5), "he uniform", DENSE, "std"),
    ("√2 dropped, xavier", draws_normal(lambda i, o: (1 / (i + o)) ** 0.5), "xavier normal", DENSE, "std"),
    ("fan_in alone, xavier", draws_normal(lambda i, o: (1 / i) ** 0.5), "xavier normal", DENSE, "std"),
    ("variance for std", draws_normal(lambda i, o: 0.25), "normal, std 0.5", DENSE, "std"),
    ("std for limit", draws_uniform(lambda i, o: 0.5 / 3**0.5), "uniform, limit 0.5", DENSE, "std"),
    ("limit for std", draws_normal(lambda i, o: (6 / i) ** 0.5), "he normal", DENSE, "std"),
    (
        "gain ignored",
        draws_normal(lambda i, o: (2 / (i + o)) ** 0.5),
        "xavier normal, gain 5/3",
        DENSE,
        "std",
    ),
    ("std ignored", draws_normal(lambda i, o: 0.01), "normal, std 0.5", DENSE, "std"),
    ("mode ignored", draws_normal(lambda i, o: (2 / i) ** 0.5), "he normal, fan_out", CONVOLUTION, "std"),
    ("mode ignored", draws_uniform(lambda i, o: (6 / i) ** 0.5), "he uniform, fan_out", CONVOLUTION, "std"),
    ("slope ignored", draws_normal(lambda i, o: (2 / i) ** 0.5), "he normal, slope 0.5", DENSE, "std"),
    ("slope ignored", draws_uniform(lambda i, o: (6 / i) ** 0.5), "he uniform, slope 0.5", DENSE, "std"),
    (
        "slope not squared",
        draws_normal(lambda i, o: (2 / 1.5 / i) ** 0.5),
        "he normal, slope 0.5",
        DENSE,
        "std",
    ),
    ("3 % too wide", draws_normal(lambda i, o: 1.03 * (2 / i) ** 0.5), "he normal", DENSE, "std"),
    ("truncation uncorrected", draws_truncated(he_std), "he normal", DENSE, "std"),
    ("truncation uncorrected", draws_truncated(lambda i, o: 0.5), "truncated normal, std 0.5", DENSE, "std"),
    (
        "corrected the wrong way",
        draws_truncated(lambda i, o: 0.5 * stats.truncnorm(-2, 2).std()),
        "truncated normal, std 0.5",
        DENSE,
        "std",
    ),
    (
        "corrected by the variance",
        draws_truncated(lambda i, o: 0.5 / stats.truncnorm(-2, 2).var()),
        "truncated normal, std 0.5",
        DENSE,
        "std",
    ),
    (
        "cut at 3, corrected as for 2",
        draws_truncated(lambda i, o: 0.5 / stats.truncnorm(-2, 2).std(), cut=3),
        "truncated normal, std 0.5",
        DENSE,
        "std",
    ),
    ("fans swapped, lecun", draws_normal(lambda i, o: (1 / o) ** 0.5), "lecun normal", CONVOLUTION, "std"),
    ("√ forgotten, lecun", draws_normal(lambda i, o: 1 / i), "lecun normal", DENSE, "std"),
    ("√3 missing, lecun", draws_uniform(lambda i, o: (1 / i) ** 0.5), "lecun uniform", DENSE, "std"),
    ("1/√fan_in as a limit", draws_uniform(lambda i, o: (1 / i) ** 0.5), "lecun uniform", CONVOLUTION, "std"),
    ("he for lecun", draws_normal(he_std), "lecun normal", DENSE, "std"),
    ("scale not rooted", draws_normal(lambda i, o: 2 / i**0.5), "scale 2", DENSE, "std"),
    ("scale ignored", draws_normal(lambda i, o: 1 / i**0.5), "scale 2", DENSE, "std"),
    ("fan not rooted", draws_normal(lambda i, o: 2**0.5 / i), "scale 2", CONVOLUTION, "std"),
    ("mode ignored", draws_normal(he_std), "scale 2, fan_out", DENSE, "std"),
    ("mode ignored", draws_normal(he_std), "scale 2, fan_avg", DENSE, "std"),
    ("fans added, not averaged", draws_normal(lambda i, o: (2 / (i + o)) ** 0.5), "scale 2, fan_avg", DENSE, "std"),
    (
        "roots of the fans averaged",
        draws_normal(lambda i, o: 2**0.5 * (i**-0.5 + o**-0.5) / 2),
        "scale 2, fan_avg",
        DENSE,
        "std",
    ),
    ("√3 missing, scaling", draws_uniform(he_std), "scale 2, uniform", DENSE, "std"),
    ("3 for √3, scaling", draws_uniform(lambda i, o: 3 * (2 / i) ** 0.5), "scale 2, uniform", DENSE, "std"),
    ("truncation uncorrected, scaling", draws_truncated(he_std), "scale 2, truncated", CONVOLUTION, "std"),
    # the wrong place or form
    (
        "cut at 1.8, std corrected",
        draws_truncated(lambda i, o: 0.5 / stats.truncnorm(-1.8, 1.8).std(), cut=1.8),
        "truncated normal, std 0.5",
        DENSE,
        "tails",
    ),
    (
        "cut at 2.5, std corrected",
        draws_truncated(lambda i, o: 0.5 / stats.truncnorm(-2.5, 2.5).std(), cut=2.5),
        "truncated normal, std 0.5",
        DENSE,
        "tails",
    ),
    ("not cut at all", draws_normal(lambda i, o: 0.5), "truncated normal, std 0.5", DENSE, "form"),
    ("clipped to the edge", clipped, "truncated normal, std 0.5", DENSE, "form"),
    ("redrawn only once", redrawn_once, "truncated normal, std 0.5", DENSE, "tails"),
    ("distribution ignored", draws_normal(he_std), "scale 2, uniform", DENSE, "form"),
    ("distribution ignored", draws_normal(he_std), "scale 2, truncated", DENSE, "form"),
    ("uniform for truncated", draws_uniform(lambda i, o: (6 / i) ** 0.5), "scale 2, truncated", DENSE, "form"),
    ("half range [0, a)", lambda s, rng: rng.uniform(0, 0.5, s), "uniform, limit 0.5", DENSE, "mean"),
    ("absolute values", lambda s, rng: 0.5 * abs(rng.standard_normal(s)), "normal, std 0.5", DENSE, "mean"),
    ("uniform for normal", draws_uniform(lambda i, o: (6 / i) ** 0.5), "he normal", DENSE, "form"),
    ("normal for uniform", draws_normal(he_std), "he uniform", DENSE, "form"),
    (
        "truncated, std corrected",
        draws_truncated(lambda i, o: (2 / i) ** 0.5 / stats.truncnorm(-2, 2).std()),
        "he normal",
        DENSE,
        "form",
    ),
    # numbers that are not drawn from the generator, or not independently
    ("seeded inside", he_seeded_inside, "he normal", DENSE, "repeated"),
    ("a stored generator", he_from_a_stored_generator, "he normal", DENSE, "state"),
    ("one row repeated", he_one_row_repeated, "he normal", DENSE, "repeated"),
    ("transposed", he_transposed, "he normal", DENSE, "shape"),
]
WRONG = [
    pytest.param(draw, shape, WANTED[wanted](*FANS[shape]), reason, id=label(name, wanted, shape))
    for name, draw, wanted, shape, reason in MISTAKES
]


@pytest.mark.parametrize(("draw", "shape", "distribution"), RIGHT)
def test_an_initializer_draws_the_distribution_it_promises(draw, shape, distribution):
    assert_distribution(draw, shape, distribution, seed=0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("draw", "shape", "distribution", "reason"), WRONG)
def test_a_known_wrong_version_is_caught(draw, shape, distribution, reason, seed):
    with pytest.raises(AssertionError, match=rf"\b{reason}: "):
        assert_distribution(draw, shape, distribution, seed)


@pytest.mark.parametrize("name", RANDOM)
def test_every_random_initializer_makes_a_promise(name):
    assert INITIALIZERS[name] in [initializer for initializer, _, _ in PROMISES]


# Truncation, and the one formula


def test_the_std_that_truncation_leaves_is_scipys():
    assert math.isclose(STD_WITHIN_2, stats.truncnorm(-2, 2).std(), rel_tol=1e-13)
    assert math.isclose(STD_WITHIN_2, 0.87962566103423978, rel_tol=1e-15)


@pytest.mark.parametrize("shape", [(1, 1), (300, 400), (3, 3, 16, 32)])
@pytest.mark.parametrize("std", [0.01, 1, 3.5])
def test_no_truncated_weight_is_beyond_two_standard_deviations(shape, std):
    weights = truncated_normal(shape, np.random.default_rng(4), std=std)
    assert np.abs(weights).max() <= std * 2 / 0.87962566103423978 * (1 + 1e-15)


def assert_equal_but_for_rounding(weights, others):
    """A uniform number near 0 is what is left of two larger ones, so the limit's last digit weighs more there."""
    np.testing.assert_allclose(weights, others, rtol=1e-15, atol=1e-15 * np.abs(others).max())


NAMED = {
    "lecun_normal": (1, "fan_in", "normal"),
    "lecun_uniform": (1, "fan_in", "uniform"),
    "xavier_normal": (1, "fan_avg", "normal"),
    "xavier_uniform": (1, "fan_avg", "uniform"),
    "he_normal": (2, "fan_in", "normal"),
    "he_uniform": (2, "fan_in", "uniform"),
}


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("shape", FANS)
def test_a_named_initializer_is_one_line_of_variance_scaling(name, shape):
    scale, mode, distribution = NAMED[name]
    by_name = INITIALIZERS[name](shape, np.random.default_rng(3))
    by_line = variance_scaling(shape, np.random.default_rng(3), scale=scale, mode=mode, distribution=distribution)
    assert_equal_but_for_rounding(by_line, by_name)


@pytest.mark.parametrize(("name", "distribution"), [("he_normal", "normal"), ("he_uniform", "uniform")])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("slope", [0.01, 0.5, -1])
def test_he_of_any_slope_and_mode_is_one_line_of_variance_scaling(name, distribution, mode, slope):
    by_name = INITIALIZERS[name]((3, 5, 7), np.random.default_rng(3), slope=slope, mode=mode)
    scale = 2 / (1 + slope**2)
    by_line = variance_scaling((3, 5, 7), np.random.default_rng(3), scale=scale, mode=mode, distribution=distribution)
    assert_equal_but_for_rounding(by_line, by_name)


@pytest.mark.parametrize("gain", [0.5, 5 / 3])
@pytest.mark.parametrize(("name", "distribution"), [("xavier_normal", "normal"), ("xavier_uniform", "uniform")])
def test_xaviers_gain_is_the_root_of_the_scale(name, distribution, gain):
    by_name = INITIALIZERS[name]((30, 50), np.random.default_rng(3), gain=gain)
    by_line = variance_scaling(
        (30, 50), np.random.default_rng(3), scale=gain**2, mode="fan_avg", distribution=distribution
    )
    assert_equal_but_for_rounding(by_line, by_name)


@pytest.mark.parametrize("distribution", ["Normal", "untruncated_normal", "truncated", "", None, 3])
def test_an_unknown_distribution_lists_the_known_ones(distribution):
    message = f"distribution must be one of normal, truncated_normal, uniform; got {distribution!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        variance_scaling((3, 4), np.random.default_rng(0), distribution=distribution)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_distribution_draws_in_the_shape_asked_for(distribution):
    drawn = variance_scaling((3, 3, 2, 5), np.random.default_rng(0), distribution=distribution, dtype=np.float32)
    assert drawn.shape == (3, 3, 2, 5)
    assert drawn.dtype == np.float32


# Fans


@pytest.mark.parametrize(("shape", "counted"), FANS.items())
def test_fans_are_what_counting_by_hand_gives(shape, counted):
    assert fans(shape) == counted


@pytest.mark.parametrize("shape", [[784, 100], np.array([784, 100]), (np.int64(784), np.int32(100))])
def test_a_shape_may_be_any_sequence_of_integers(shape):
    assert fans(shape) == (784, 100)


@pytest.mark.parametrize(("mode", "fan"), [("fan_in", 144), ("fan_out", 288), ("fan_avg", 216)])
def test_the_mode_chooses_the_fan(mode, fan):
    assert chosen_fan(CONVOLUTION, mode) == fan


# The two that are not random


def test_zeros_are_zero():
    assert not zeros((3, 4)).any()


@pytest.mark.parametrize("value", [0.1, -2, 0])
def test_constant_is_its_value_everywhere(value):
    assert (constant((3, 4), value=value) == value).all()


def test_constant_is_a_tenth_unless_told_otherwise():
    assert (constant((3, 4)) == 0.1).all()


# What all have in common


def test_the_registry_holds_every_initializer_under_its_own_name():
    assert set(INITIALIZERS) == {"zeros", "constant", *RANDOM}
    assert all(initializer.__name__ == name for name, initializer in INITIALIZERS.items())


@pytest.mark.parametrize("name", INITIALIZERS)
def test_an_initializer_is_found_by_its_name(name):
    assert initializer_named(name) is INITIALIZERS[name]


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("shape", [(3, 4), (3, 3, 2, 5)])
def test_weights_have_the_shape_that_was_asked_for(name, shape):
    assert INITIALIZERS[name](shape, np.random.default_rng(0)).shape == shape


@pytest.mark.parametrize("name", INITIALIZERS)
def test_weights_are_float64_unless_told_otherwise(name):
    assert INITIALIZERS[name]((3, 4), np.random.default_rng(0)).dtype == np.float64


@pytest.mark.parametrize("name", INITIALIZERS)
def test_float32_weights_are_the_float64_ones_rounded(name):
    single = INITIALIZERS[name]((30, 40), np.random.default_rng(0), dtype=np.float32)
    double = INITIALIZERS[name]((30, 40), np.random.default_rng(0))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=3e-7)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_call_returns_a_new_array(name):
    rng = np.random.default_rng(0)
    first = INITIALIZERS[name]((3, 4), rng)
    kept = first.copy()
    second = INITIALIZERS[name]((3, 4), rng)
    second += 1
    assert not np.shares_memory(first, second)
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_same_generator_state_gives_the_same_weights(name):
    first = INITIALIZERS[name]((3, 4), np.random.default_rng(5))
    second = INITIALIZERS[name]((3, 4), np.random.default_rng(5))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", RANDOM)
def test_two_draws_from_one_generator_have_no_weight_in_common(name):
    rng = np.random.default_rng(5)
    first, second = (INITIALIZERS[name]((30, 40), rng) for _ in range(2))
    assert not np.isin(first, second).any()


@pytest.mark.parametrize("name", RANDOM)
def test_other_seeds_give_other_weights(name):
    first, second = (INITIALIZERS[name]((30, 40), np.random.default_rng(seed)) for seed in (0, 1))
    assert not np.isin(first, second).any()


@pytest.mark.parametrize("name", ["zeros", "constant"])
def test_an_initializer_that_needs_no_generator_leaves_it_alone(name):
    rng = np.random.default_rng(5)
    before = rng.bit_generator.state
    INITIALIZERS[name]((3, 4), rng)
    assert rng.bit_generator.state == before


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_global_random_state_is_not_touched(name):
    before = np.random.get_state()  # noqa: NPY002
    INITIALIZERS[name]((30, 40), np.random.default_rng(0))
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


@pytest.mark.parametrize("name", RANDOM)
def test_seeding_the_global_random_state_changes_nothing(name):
    draws = []
    before = np.random.get_state()  # noqa: NPY002
    for seed in (0, 1):
        np.random.seed(seed)  # noqa: NPY002
        draws.append(INITIALIZERS[name]((30, 40), np.random.default_rng(0)))
    np.random.set_state(before)  # noqa: NPY002
    np.testing.assert_array_equal(*draws)


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("normal", "std"),
        ("uniform", "limit"),
        ("truncated_normal", "std"),
        ("xavier_normal", "gain"),
        ("variance_scaling", "scale"),
    ],
)
def test_a_scale_of_zero_gives_zeros(name, option):
    assert not INITIALIZERS[name]((3, 4), np.random.default_rng(0), **{option: 0}).any()


@pytest.mark.parametrize(("name", "option"), [("normal", "std"), ("uniform", "limit"), ("he_normal", "slope")])
def test_options_are_given_by_name(name, option):
    with pytest.raises(TypeError, match="positional argument"):
        INITIALIZERS[name]((3, 4), np.random.default_rng(0), 0.1)


# Bad arguments: the kind of error, and that its message names what would have been right

BAD_SHAPES = [
    (784, TypeError, "shape must be a tuple (fan_in, fan_out), for example (784, 100); got 784"),
    (3.5, TypeError, "shape must be a tuple (fan_in, fan_out), for example (784, 100); got 3.5"),
    (None, TypeError, "shape must be a tuple (fan_in, fan_out), for example (784, 100); got None"),
    ("784", TypeError, "shape must be a tuple (fan_in, fan_out), for example (784, 100); got '784'"),
    ((784.0, 100), TypeError, "shape must hold integers, for example (784, 100); got (784.0, 100)"),
    (("784", 100), TypeError, "shape must hold integers, for example (784, 100); got ('784', 100)"),
    ((True, 100), TypeError, "shape must hold integers, for example (784, 100); got (True, 100)"),
    (((784, 100), 10), TypeError, "shape must hold integers, for example (784, 100)"),
    ((), ValueError, "shape needs at least (fan_in, fan_out), for example (784, 100); got ()"),
    ((784,), ValueError, "shape needs at least (fan_in, fan_out), for example (784, 100); got (784,)"),
    ((0, 100), ValueError, "every size in shape must be at least 1, for example (784, 100); got (0, 100)"),
    ((784, -1), ValueError, "every size in shape must be at least 1, for example (784, 100); got (784, -1)"),
    ((3, 0, 16, 32), ValueError, "every size in shape must be at least 1"),
]


@pytest.mark.parametrize(("shape", "error", "message"), BAD_SHAPES)
def test_fans_of_a_bad_shape_says_what_a_shape_is(shape, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fans(shape)


@pytest.mark.parametrize(("shape", "error", "message"), BAD_SHAPES)
@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_bad_shape_says_what_a_shape_is(name, shape, error, message):
    with pytest.raises(error, match=re.escape(message)):
        INITIALIZERS[name](shape, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("rng", "kind"),
    [(0, "int"), (None, "NoneType"), (np.random.RandomState(0), "RandomState"), (np.random, "module")],
    ids=["int", "None", "RandomState", "numpy.random"],
)
@pytest.mark.parametrize("name", RANDOM)
def test_a_bad_generator_says_how_to_make_one(name, rng, kind):
    message = f"rng must be a numpy.random.Generator, for example numpy.random.default_rng(0); got {kind}"
    with pytest.raises(TypeError, match=re.escape(message) + "$"):
        INITIALIZERS[name]((3, 4), rng)


SCALES = [
    ("normal", "std"),
    ("uniform", "limit"),
    ("truncated_normal", "std"),
    ("xavier_normal", "gain"),
    ("xavier_uniform", "gain"),
    ("variance_scaling", "scale"),
]
SLOPES = [("he_normal", "slope"), ("he_uniform", "slope")]
VALUES_OF_CONSTANT = [("constant", "value")]


@pytest.mark.parametrize(("name", "option"), SCALES)
@pytest.mark.parametrize("value", [-0.1, -1])
def test_a_negative_scale_is_refused(name, option, value):
    with pytest.raises(ValueError, match=f"^{option} must be at least 0, for example 0.1; got {value}$"):
        INITIALIZERS[name]((3, 4), np.random.default_rng(0), **{option: value})


@pytest.mark.parametrize(("name", "option"), SCALES + SLOPES + VALUES_OF_CONSTANT)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(name, option, value):
    with pytest.raises(ValueError, match=f"^{option} must be finite, for example 0.1; got {value}$"):
        INITIALIZERS[name]((3, 4), np.random.default_rng(0), **{option: value})


@pytest.mark.parametrize(("name", "option"), SCALES + SLOPES + VALUES_OF_CONSTANT)
@pytest.mark.parametrize("value", ["0.1", None, True, 1j, [0.1]])
def test_what_is_no_number_is_refused(name, option, value):
    message = f"{option} must be a number, for example 0.1; got {value!r}"
    with pytest.raises(TypeError, match=re.escape(message)):
        INITIALIZERS[name]((3, 4), np.random.default_rng(0), **{option: value})


@pytest.mark.parametrize("mode", ["fanin", "fan", "FAN_IN", None, 1, ["fan_in"]])
@pytest.mark.parametrize("name", ["he_normal", "he_uniform", "variance_scaling"])
def test_an_unknown_mode_lists_the_known_ones(name, mode):
    message = f"mode must be one of fan_in, fan_out, fan_avg; got {mode!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        INITIALIZERS[name]((3, 4), np.random.default_rng(0), mode=mode)


@pytest.mark.parametrize("name", ["he", "He_normal", "", None, 3, ["zeros"]])
def test_an_unknown_name_lists_the_known_ones(name):
    message = f"initializer must be one of {', '.join(INITIALIZERS)}; got {name!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        initializer_named(name)
