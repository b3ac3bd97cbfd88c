r"""Activation functions f(z), each with its derivative f'(z), both elementwise on arrays of any shape.

Every activation keeps the dtype of the floats that it is given, so that float32 networks stay float32. Whole numbers,
a list or a single number it takes as float64.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEAKY_SLOPE = 0.01
SELU_SCALE = 1.0507009873554805  # with these two, E[f(z)] = 0 and E[f(z)²] = 1 for z ~ N(0, 1)
SELU_ALPHA = 1.6732632423543772


@dataclass(frozen=True)
class Activation:
    """A function and its derivative. ``activation(z)`` is f(z), ``activation.derivative(z)`` is f'(z)."""

    name: str
    function: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray], np.ndarray]

    def __call__(self, z):
        return self.function(z)


def floats(z, name="z"):
    """Return `z` as an array of floats: one of floats as it is, whole numbers and truth values as float64."""
    z = np.asarray(z)
    if z.dtype.kind == "f":
        return z
    if z.dtype.kind not in "biu":
        raise TypeError(f"{name} must hold real numbers, for example numpy.array([-1.0, 2.0]); got type {z.dtype}")
    return z.astype(float)


def linear(z):
    """f(z) = z: no activation at all, the case in which everything can be computed by hand."""
    return floats(z)


def linear_derivative(z):
    """f'(z) = 1."""
    return np.ones_like(floats(z))


def sigmoid(z):
    """f(z) = 1 / (1 + exp(-z)), between 0 and 1, written with tanh so that no z overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * floats(z))


def sigmoid_derivative(z):
    """f'(z) = f(z) (1 - f(z)), at most 1/4."""
    s = sigmoid(z)
    return s * (1 - s)


def tanh(z):
    """f(z) = tanh(z), between -1 and 1, with mean 0 for symmetric z."""
    return np.tanh(floats(z))


def tanh_derivative(z):
    """f'(z) = 1 - tanh(z)², at most 1."""
    return 1 - np.tanh(floats(z)) ** 2


def relu(z):
    """f(z) = max(z, 0)."""
    z = floats(z)
    zeros = np.zeros(np.shape(z)[-2:], z.dtype)  # NumPy compares two arrays three times as fast as array and number
    return np.maximum(z, zeros)


def relu_derivative(z):
    """f'(z) = 1 where z > 0, else 0; at z = 0, where it has no derivative, 0 by convention."""
    z = floats(z)
    return (z > 0).astype(z.dtype)


def leaky_relu(z, slope=LEAKY_SLOPE):
    """f(z) = z where z > 0, else slope · z."""
    z = floats(z)
    return np.where(z > 0, z, slope * z)


def leaky_relu_derivative(z, slope=LEAKY_SLOPE):
    """f'(z) = 1 where z > 0, else slope."""
    z = floats(z)
    return np.where(z > 0, z.dtype.type(1), z.dtype.type(slope))


def elu(z, alpha=1.0):
    """f(z) = z where z > 0, else alpha · (exp(z) - 1)."""
    z = floats(z)
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_derivative(z, alpha=1.0):
    """f'(z) = 1 where z > 0, else alpha · exp(z)."""
    z = floats(z)
    return np.where(z > 0, z.dtype.type(1), alpha * np.exp(np.minimum(z, 0)))


def selu(z):
    """f(z) = scale · elu(z, alpha), scaled so that signals of mean 0 and variance 1 stay so.

    Klambauer, Unterthiner, Mayr & Hochreiter (2017), eq. 2.
    """
    return SELU_SCALE * elu(z, SELU_ALPHA)


def selu_derivative(z):
    """f'(z) = scale · elu'(z, alpha)."""
    return SELU_SCALE * elu_derivative(z, SELU_ALPHA)


def silu(z):
    """f(z) = z · sigmoid(z), also known as swish."""
    z = floats(z)
    return z * sigmoid(z)


def silu_derivative(z):
    """f'(z) = s + z s (1 - s), with s = sigmoid(z)."""
    z = floats(z)
    s = sigmoid(z)
    return s + z * s * (1 - s)


def gelu(z):
    """f(z) = z · Φ(z), with Φ the cumulative probability of a standard normal number.

    Hendrycks & Gimpel (2016), the exact form, not its approximation by tanh.
    """
    z = floats(z)
    return z * normal_probability(z)


def gelu_derivative(z):
    """f'(z) = Φ(z) + z φ(z), with φ the density of a standard normal number."""
    z = floats(z)
    return normal_probability(z) + z * normal_density(z)


def normal_probability(z):
    """Return Φ(z), the probability that a standard normal number is below z."""
    erf = np.fromiter(map(math.erf, (z / math.sqrt(2)).ravel().tolist()), float)  # NumPy has no erf of its own
    return (0.5 + 0.5 * erf.reshape(z.shape)).astype(z.dtype)


def normal_density(z):
    """Return φ(z) = exp(-z²/2) / √(2π)."""
    return np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


ACTIVATIONS = {
    activation.name: activation
    for activation in [
        Activation("linear", linear, linear_derivative),
        Activation("sigmoid", sigmoid, sigmoid_derivative),
        Activation("tanh", tanh, tanh_derivative),
        Activation("relu", relu, relu_derivative),
        Activation("leaky_relu", leaky_relu, leaky_relu_derivative),
        Activation("elu", elu, elu_derivative),
        Activation("selu", selu, selu_derivative),
        Activation("silu", silu, silu_derivative),
        Activation("gelu", gelu, gelu_derivative),
    ]
}


def activation_named(name):
    """Return the activation registered under `name`; the error of an unknown name lists the known ones."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}; got {name!r}")
    return ACTIVATIONS[name]


def gain_for(activation):
    r"""Return the gain of an activation: the factor that gives f(z) back the second moment of z ~ N(0, 1).

    .. math:: \text{gain} = \frac{1}{\sqrt{E[f(z)^2]}}

    Built in notebook 06. The error is below 1e-10 for every activation of this module, and below 1e-6 for a
    function with kinks elsewhere.

    Parameters
    ----------
    activation : str or callable
        A name in ACTIVATIONS, or an elementwise function of an array.

    Raises
    ------
    TypeError, ValueError
        If `activation` is neither, or f(z) is 0 or infinite for all that matters, so that no gain can mend it.
    """
    function = activation if callable(activation) else activation_named(activation)
    nodes, weights = gaussian_quadrature()
    second_moment = np.sum(weights * function(nodes) ** 2)
    if not 0 < second_moment < math.inf:
        raise ValueError(f"no gain keeps the signal of an activation with E[f(z)²] = {second_moment}")
    return 1 / math.sqrt(second_moment)


def gaussian_quadrature(limit=12, panels=1536, order=8):
    """Return nodes and weights such that sum(weights * g(nodes)) is E[g(z)] for z ~ N(0, 1).

    The line from -limit to limit is cut into panels, each with Gauss and Legendre's nodes. Panels meet at 0, where
    most activations have their kink; Gauss–Hermite nodes, the usual choice, would straddle it.
    """
    inner, inner_weights = np.polynomial.legendre.leggauss(order)
    edges = np.linspace(-limit, limit, panels + 1)
    half = (edges[1] - edges[0]) / 2
    nodes = ((edges[:-1] + half)[:, np.newaxis] + half * inner).ravel()
    weights = np.tile(half * inner_weights, panels)
    return nodes, weights * normal_density(nodes)
