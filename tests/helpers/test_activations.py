"""Do f and f' agree, with each other and with their known values? And are the gains exact?"""

import math
import re
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import expit, ndtr

from helpers.activations import ACTIVATIONS, LEAKY_SLOPE, activation_named, gain_for, gaussian_quadrature

# f, written again with scalars and the math module.
BY_HAND = {
    "linear": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": lambda z: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)),
    "relu": lambda z: z if z > 0 else 0.0,
    "leaky_relu": lambda z: z if z > 0 else LEAKY_SLOPE * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    # Klambauer et al. (2017) write the two constants as 1.0507 and 1.6733; these digits are from their appendix.
    "selu": lambda z: 1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * (math.exp(z) - 1)),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "gelu": lambda z: z * 0.5 * math.erfc(-z / math.sqrt(2)),
}
EVERY = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)

# Both sides of 0, but nowhere near it: at 0 ReLU has a kink, and a central difference would see both slopes.
AWAY_FROM_KINKS = np.concatenate([np.linspace(-6, -0.05, 120), np.linspace(0.05, 6, 120)])


def test_the_activations_of_part_one_are_there():
    assert set(ACTIVATIONS) == set(BY_HAND)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_found_by_its_name(name):
    assert activation_named(name) is ACTIVATIONS[name]
    assert ACTIVATIONS[name].name == name


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("z", [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0])
def test_values_equal_those_computed_by_hand(name, z):
    assert ACTIVATIONS[name](np.array([z]))[0] == pytest.approx(BY_HAND[name](z), rel=1e-13, abs=1e-16)


@EVERY
def test_the_derivative_equals_central_differences(activation):
    z, h = AWAY_FROM_KINKS, 1e-5
    differences = (activation(z + h) - activation(z - h)) / (2 * h)
    # The difference's own error: h²/6 times a third derivative below 2, and rounding, 1e-16 · 6 / h.
    np.testing.assert_allclose(activation.derivative(z), differences, rtol=0, atol=3e-10)


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("linear", 1),
        ("sigmoid", 0.25),
        ("tanh", 1),
        ("relu", 0),
        ("leaky_relu", LEAKY_SLOPE),
        ("elu", 1),
        ("selu", 1.0507009873554805 * 1.6732632423543772),
        ("silu", 0.5),
        ("gelu", 0.5),
    ],
)
def test_the_derivative_at_zero_is_the_documented_one(name, slope):
    assert ACTIVATIONS[name].derivative(np.zeros(1))[0] == slope


def test_the_leaky_slope_can_be_chosen():
    leaky_relu = ACTIVATIONS["leaky_relu"]
    z = np.array([-2.0, 2.0])
    np.testing.assert_array_equal(leaky_relu.function(z, slope=0.5), [-1, 2])
    np.testing.assert_array_equal(leaky_relu.derivative(z, slope=0.5), [0.5, 1])


def test_elus_alpha_can_be_chosen():
    elu = ACTIVATIONS["elu"]
    z = np.array([-2.0, 2.0])
    np.testing.assert_allclose(elu.function(z, alpha=0.5), [0.5 * (math.exp(-2) - 1), 2], rtol=1e-15)
    np.testing.assert_allclose(elu.derivative(z, alpha=0.5), [0.5 * math.exp(-2), 1], rtol=1e-15)


Z = np.linspace(-30, 30, 601)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("sigmoid", expit(Z)),
        ("silu", Z * expit(Z)),
        ("gelu", Z * ndtr(Z)),
        ("elu", np.where(Z > 0, Z, np.expm1(np.minimum(Z, 0)))),
    ],
)
def test_values_equal_those_of_scipys_functions(name, reference):
    np.testing.assert_allclose(ACTIVATIONS[name](Z), reference, rtol=2e-15, atol=5e-15)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("silu", expit(Z) * (1 + Z * expit(-Z))),
        ("gelu", ndtr(Z) + Z * stats.norm.pdf(Z)),
    ],
)
def test_derivatives_equal_those_of_scipys_functions(name, reference):
    np.testing.assert_allclose(ACTIVATIONS[name].derivative(Z), reference, rtol=2e-15, atol=5e-15)


def test_selu_keeps_mean_and_variance():
    nodes, weights = gaussian_quadrature()
    values = ACTIVATIONS["selu"](nodes)
    assert np.sum(weights * values) == pytest.approx(0, abs=1e-12)
    assert np.sum(weights * values**2) == pytest.approx(1, rel=1e-12)


def test_elu_loses_no_digits_near_zero():
    z = np.array([-1e-12])
    assert ACTIVATIONS["elu"](z)[0] == pytest.approx(-1e-12, rel=1e-11)


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(7,), (2, 3, 4)])
def test_dtype_and_shape_are_kept(activation, dtype, shape):
    z = np.linspace(-2, 2, math.prod(shape)).reshape(shape).astype(dtype)
    for result in (activation(z), activation.derivative(z)):
        assert result.dtype == dtype
        assert result.shape == shape


WHOLE = np.arange(-3, 4)
NOT_FLOATS = {
    **{np.dtype(dtype).name: WHOLE.astype(dtype) for dtype in (np.int8, np.int16, np.int32, np.int64)},
    "unsigned": np.arange(4, dtype=np.uint8),
    "bool": np.array([True, False]),
    "matrix": WHOLE[:6].reshape(2, 3),
    "list": WHOLE.tolist(),
    "list of floats": [-0.5, 0.5],
    "number": 2,
    "0-d": np.array(-2),
}


@EVERY
@pytest.mark.parametrize("z", NOT_FLOATS.values(), ids=NOT_FLOATS)
def test_what_is_not_an_array_of_floats_is_computed_in_float64(activation, z):
    for function in (activation, activation.function, activation.derivative):
        result, expected = function(z), function(np.array(z, dtype=float))
        np.testing.assert_array_equal(result, expected)
        assert result.dtype == np.float64
        assert result.shape == expected.shape


@EVERY
@pytest.mark.parametrize(
    "z", [np.array([1j]), np.array(["1"]), "abc", None, [1, None], [[1.0, "2"]]], ids=lambda z: repr(z)
)
def test_what_holds_no_real_numbers_is_refused(activation, z):
    message = f"z must hold real numbers, for example numpy.array([-1.0, 2.0]); got type {np.asarray(z).dtype}"
    for function in (activation, activation.derivative):
        with pytest.raises(TypeError, match=re.escape(message)):
            function(z)


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_inputs_raise_no_warning_and_give_finite_values(activation, dtype):
    z = np.array([-1e4, -500, 0, 500, 1e4], dtype=dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, slope = activation(z), activation.derivative(z)
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()


@EVERY
def test_the_input_is_not_changed(activation):
    z = np.linspace(-2, 2, 9)
    kept = z.copy()
    activation(z)
    activation.derivative(z)
    np.testing.assert_array_equal(z, kept)


@pytest.mark.parametrize("name", ["Relu", "swish!", "", None, 3])
def test_an_unknown_name_lists_the_known_ones(name):
    message = f"activation must be one of {', '.join(ACTIVATIONS)}; got {name!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        activation_named(name)


# Gains


def second_moment_by_quad(function, breaks=(0.0,)):
    """Return E[f(z)²] by SciPy's adaptive integration, with the density written out; `breaks` are f's kinks."""

    def integrand(z):
        return float(function(np.array([z]))[0]) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    ends = [-12.0, *breaks, 12.0]
    parts = [quad(integrand, *part, epsabs=1e-13, epsrel=1e-13, limit=500)[0] for part in pairwise(ends)]
    return sum(parts)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_gain_equals_that_of_scipys_integration(name):
    reference = 1 / math.sqrt(second_moment_by_quad(ACTIVATIONS[name]))
    assert gain_for(name) == pytest.approx(reference, abs=1e-10)


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("linear", 1),
        ("relu", math.sqrt(2)),
        ("leaky_relu", math.sqrt(2 / (1 + 0.01**2))),
        ("selu", 1),
        ("gelu", 1 / math.sqrt(1 / 3 + 1 / (2 * math.sqrt(3) * math.pi))),
    ],
)
def test_a_gain_that_can_be_worked_out_on_paper(name, exact):
    assert gain_for(name) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "digits"),
    [("tanh", 1.5925), ("sigmoid", 1.8462), ("gelu", 1.5335), ("silu", 1.6765), ("elu", 1.2452), ("selu", 1)],
)
def test_a_gain_has_its_published_digits(name, digits):
    assert gain_for(name) == pytest.approx(digits, abs=0.5e-4)


@pytest.mark.parametrize(
    ("function", "exact"),
    [
        (np.sin, ((1 - math.exp(-2)) / 2) ** -0.5),
        (np.abs, 1),
        (lambda z: z**3, 15**-0.5),
        (lambda z: np.full_like(z, 2.0), 0.5),
        (lambda z: np.exp(z / 2), math.exp(-0.25)),
        (ACTIVATIONS["tanh"].function, gain_for("tanh")),
    ],
    ids=["sin", "abs", "cube", "constant", "exp", "tanh"],
)
def test_any_function_has_a_gain(function, exact):
    assert gain_for(function) == pytest.approx(exact, abs=1e-10)


@pytest.mark.parametrize("slope", [-1, 0.2, 0.5])
def test_a_leaky_gain_is_hes(slope):
    gain = gain_for(lambda z: ACTIVATIONS["leaky_relu"].function(z, slope=slope))
    assert gain == pytest.approx(math.sqrt(2 / (1 + slope**2)), abs=1e-12)


@pytest.mark.parametrize("kink", [0.3, -0.7512, 1.1, 1 / 3])
def test_a_kink_within_a_panel_costs_less_than_a_millionth(kink):
    """The panels are 1/64 wide, with 8 nodes each, and none of these kinks is at an edge."""
    in_panels, _ = np.histogram(gaussian_quadrature()[0], np.linspace(-12, 12, 2 * 12 * 64 + 1))
    assert set(in_panels) == {8}
    assert kink * 64 % 1 > 0.01

    def bent(z):
        return np.where(z > kink, 3 * (z - kink), -0.5 * (z - kink))

    assert gain_for(bent) == pytest.approx(second_moment_by_quad(bent, [kink]) ** -0.5, abs=1e-6)


def test_several_kinks_cost_less_than_a_millionth():
    def hard_swish(z):
        return z * np.clip(z + 3, 0, 6) / 6

    def hard_tanh(z):
        return np.clip(z, -1.001, 0.9)

    for function, kinks in [(hard_swish, [-3, 3]), (hard_tanh, [-1.001, 0.9])]:
        assert gain_for(function) == pytest.approx(second_moment_by_quad(function, kinks) ** -0.5, abs=1e-6)


@pytest.mark.parametrize(
    ("function", "moment"),
    [(np.zeros_like, "0.0"), (lambda z: z * np.nan, "nan"), (lambda z: z * np.inf, "inf")],
    ids=["zero", "nan", "inf"],
)
def test_a_function_without_a_gain_says_why(function, moment):
    message = f"no gain keeps the signal of an activation with E[f(z)²] = {moment}"
    with pytest.raises(ValueError, match=re.escape(message) + "$"):
        gain_for(function)


@pytest.mark.parametrize("name", ["Relu", "swish", "", None, 3])
def test_the_gain_of_an_unknown_name_lists_the_known_ones(name):
    message = f"activation must be one of {', '.join(ACTIVATIONS)}; got {name!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        gain_for(name)


@pytest.mark.parametrize(("power", "moment"), [(0, 1), (1, 0), (2, 1), (3, 0), (4, 3), (6, 15), (8, 105), (10, 945)])
def test_quadrature_gives_the_moments_of_a_standard_normal_number(power, moment):
    nodes, weights = gaussian_quadrature()
    assert np.sum(weights * nodes**power) == pytest.approx(moment, rel=1e-12, abs=1e-12)


def test_quadrature_meets_zero_and_stays_within_its_limit():
    nodes, weights = gaussian_quadrature(limit=2, panels=4, order=3)
    assert len(nodes) == len(weights) == 12
    assert np.all(np.diff(nodes) > 0)
    assert -2 < nodes[0] < nodes[5] < 0 < nodes[6] < nodes[-1] < 2
    assert np.sum(gaussian_quadrature(limit=2)[1]) == pytest.approx(math.erf(math.sqrt(2)), rel=1e-13)


@pytest.mark.parametrize("name", ["selu", "elu"])
def test_gauss_hermite_nodes_would_not_do(name):
    """The usual choice straddles the kink, which is why the helper has panels."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(100)
    moment = np.sum(weights * ACTIVATIONS[name](nodes) ** 2) / math.sqrt(2 * math.pi)
    assert abs(moment**-0.5 - gain_for(name)) > 1e-5
