"""Do f and f' agree, with each other and with their known values?"""

import math
import re

import numpy as np
import pytest
from scipy.special import expit

from helpers.activations import ACTIVATIONS, LEAKY_SLOPE, activation_named

# f, written again with scalars and the math module.
BY_HAND = {
    "linear": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": lambda z: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)),
    "relu": lambda z: z if z > 0 else 0.0,
    "leaky_relu": lambda z: z if z > 0 else LEAKY_SLOPE * z,
}
EVERY = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)

# Both sides of 0, but nowhere near it: at 0 ReLU has a kink, and a central difference would see both slopes.
AWAY_FROM_KINKS = np.concatenate([np.linspace(-6, -0.05, 120), np.linspace(0.05, 6, 120)])


def test_the_activations_of_part_one_are_there():
    assert set(ACTIVATIONS) >= set(BY_HAND)


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
    [("linear", 1), ("sigmoid", 0.25), ("tanh", 1), ("relu", 0), ("leaky_relu", LEAKY_SLOPE)],
)
def test_the_derivative_at_zero_is_the_documented_one(name, slope):
    assert ACTIVATIONS[name].derivative(np.zeros(1))[0] == slope


def test_the_leaky_slope_can_be_chosen():
    leaky_relu = ACTIVATIONS["leaky_relu"]
    z = np.array([-2.0, 2.0])
    np.testing.assert_array_equal(leaky_relu.function(z, slope=0.5), [-1, 2])
    np.testing.assert_array_equal(leaky_relu.derivative(z, slope=0.5), [0.5, 1])


def test_sigmoid_equals_scipys():
    z = np.linspace(-30, 30, 601)
    np.testing.assert_allclose(ACTIVATIONS["sigmoid"](z), expit(z), rtol=0, atol=5e-16)


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(7,), (2, 3, 4)])
def test_dtype_and_shape_are_kept(activation, dtype, shape):
    z = np.linspace(-2, 2, math.prod(shape)).reshape(shape).astype(dtype)
    for result in (activation(z), activation.derivative(z)):
        assert result.dtype == dtype
        assert result.shape == shape


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
