"""The two passes through layers without biases, against `helpers.networks` and central differences."""

import math

import numpy as np
import pytest

from helpers.activations import ACTIVATIONS
from helpers.networks import backward, dense, forward
from helpers.propagation import scale_of, send_backward, send_forward


def gaussian(shape, rng):
    return rng.standard_normal(shape) / math.sqrt(shape[0])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_passes_agree_with_networks(name):
    widths = (6, 5, 7, 4)
    rngs = [np.random.default_rng(seed) for seed in range(3)]
    network = dense(widths, gaussian, rngs, activation=name, dtype=np.float64)
    rng = np.random.default_rng(9)
    x, delta = rng.standard_normal((8, 6)), rng.standard_normal((3, 8, 4))
    trace = forward(network, x)
    signals, preactivations = send_forward(x, network.weights, ACTIVATIONS[name])
    deltas = send_backward(delta, network.weights, preactivations, ACTIVATIONS[name])

    assert len(signals) == 4
    for ours, theirs in zip(preactivations, trace.preactivations, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    for ours, theirs in zip(signals[1:3], trace.signals[1:], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    np.testing.assert_allclose(signals[3], ACTIVATIONS[name](trace.logits), rtol=1e-12)
    for ours, theirs in zip(deltas, backward(network, trace, delta).deltas, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("name", ["linear", "sigmoid", "tanh"])
def test_backward_agrees_with_central_differences(name):
    rng = np.random.default_rng(3)
    f = ACTIVATIONS[name]
    weights = [rng.standard_normal(shape) for shape in [(4, 5), (5, 3), (3, 2)]]
    x, delta = rng.standard_normal((1, 4)), rng.standard_normal((1, 2))
    z = send_forward(x, weights, f)[1]
    deltas = send_backward(delta, weights, z, f)

    for layer in (1, 2):
        units = z[layer - 1].size
        step = 1e-6 * np.eye(units)

        def loss(moved, later=weights[layer:]):
            return send_forward(f(moved), later, f)[1][-1] @ delta[0]

        differences = (loss(z[layer - 1] + step) - loss(z[layer - 1] - step)) / 2e-6
        np.testing.assert_allclose(deltas[layer - 1][0], differences, rtol=1e-6, atol=1e-8)


def test_scale_is_the_root_mean_square_of_the_last_two_axes():
    assert scale_of(np.array([[3.0, 4.0]])) == pytest.approx(math.sqrt(12.5))
    assert scale_of(np.ones((5, 8, 6))).shape == (5,)


def test_scale_reaches_further_than_float32():
    assert scale_of(np.full((2, 3), 1e38, np.float32)) == pytest.approx(1e38)
    assert scale_of(np.full((2, 3), 1e-40, np.float32)) == pytest.approx(1e-40, rel=1e-4)
