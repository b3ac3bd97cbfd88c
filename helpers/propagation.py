"""Signals on their way forward, and gradients on their way back, through networks as they start.

There are no biases here. A stack of S networks has weights of shape (S, fan_in, fan_out), one array a layer,
signals h and pre-activations z of shape (S, N, units), and deltas, the derivatives of a loss by z, alike.
What `scales_through` sends is the same in every lesson: its generators are seeded(3, 2) and seeded(3, 3, …).
"""

import math
from itertools import pairwise

import numpy as np

from helpers.activations import activation_named
from helpers.arguments import checked_scale, checked_widths
from helpers.data import gaussian_inputs
from helpers.initializers import chosen_fan, normal
from helpers.seeding import seeded, seeded_many


def send_forward(x, weights, activation):
    r"""Send inputs through layers without biases; return every layer's signal and pre-activation.

    .. math:: z_l = h_{l-1} W_l, \qquad h_l = f(z_l), \qquad h_0 = x

    Built in notebook 03.

    Parameters
    ----------
    x : ndarray (N, units), or a stack of them (S, N, units)
    weights : sequence of L ndarrays (fan_in, fan_out), or stacks of them
    activation : Activation

    Returns
    -------
    signals : list of L + 1 ndarrays, x first
    preactivations : list of L ndarrays, z of layer l at place l - 1
    """
    signals, preactivations = [x], []
    for matrix in weights:
        preactivations.append(signals[-1] @ matrix)
        signals.append(activation(preactivations[-1]))
    return signals, preactivations


def send_backward(delta, weights, preactivations, activation):
    r"""Send the derivative of a loss with respect to the last z back through the layers; return every layer's delta.

    .. math:: \delta_l = (\delta_{l+1} W_{l+1}^T) \odot f'(z_l)

    Built in notebook 03.

    Parameters
    ----------
    delta : ndarray of the shape of the last pre-activation
    weights, preactivations, activation : as for `send_forward`, and from it

    Returns
    -------
    list of L ndarrays, delta of layer l at place l - 1
    """
    deltas = [delta]
    for layer in reversed(range(1, len(weights))):
        back = deltas[0] @ weights[layer].mT
        deltas.insert(0, back * activation.derivative(preactivations[layer - 1]))
    return deltas


def scale_of(values):
    r"""Return the root mean square over inputs and units, the last two axes.

    .. math:: \text{scale} = \sqrt{E[h^2]}

    Computed in float64, since the square of a float32 is often beyond float32. Built in notebook 03.
    """
    return np.sqrt(np.mean(np.square(values, dtype=float), axis=(-2, -1)))


def scales_through(weights, activation):
    """Send 8 inputs forward and a random gradient back; return the scales of both in a stack of S networks.

    Parameters
    ----------
    weights : sequence of L ndarrays (S, fan_in, fan_out)
    activation : str
        A name in `helpers.activations.ACTIVATIONS`.

    Returns
    -------
    forward : ndarray (L + 1, S)
        Scale of the signal, the input's first. Infinite or nan once it has overflowed.
    backward : ndarray (L, S)
        Scale of delta; nan in a network without a finite output, which has no loss to differentiate.
    """
    activation = activation_named(activation)
    x = signal_inputs(weights[0])
    with np.errstate(over="ignore", invalid="ignore"):
        signals, preactivations = send_forward(x, weights, activation)
        forward = np.array([scale_of(signal) for signal in signals])
        delta = np.where(np.isfinite(forward[-1])[:, None, None], loss_gradient(weights[-1]), np.float32(np.nan))
        deltas = send_backward(delta, weights, preactivations, activation)
        backward = np.array([scale_of(delta) for delta in deltas])
    return forward, backward


def signal_inputs(first_weights, count=8):
    """Return inputs for the layer `first_weights`, (S, count, fan_in), the same for each network; E[x²] is 1."""
    seeds, fan_in, _ = first_weights.shape
    x = gaussian_inputs(count, fan_in, seeded(3, 2)).astype(np.float32)
    return np.broadcast_to(x, (seeds, count, fan_in))


def loss_gradient(last_weights, count=8):
    """Return what a loss might send back into the layer `last_weights`: standard normal, (S, count, fan_out)."""
    seeds, _, fan_out = last_weights.shape
    generators = seeded_many(seeds, 3, 3)
    return np.stack([rng.standard_normal((count, fan_out), dtype=np.float32) for rng in generators])


def tapered_weights(widths, fan, *, gain=1.0, seeds=16):
    """Draw the weights of networks whose layers have the given `widths`, the input first.

    Parameters
    ----------
    widths : sequence of int
    fan : str
        "fan_in", "fan_out" or "fan_avg": each weight has the standard deviation gain / √fan.
    gain : float, at least 0
    seeds : int

    Returns
    -------
    list of ndarrays (seeds, fan_in, fan_out), float32
    """
    generators = seeded_many(seeds, 3, 4)
    weights = []
    for shape in pairwise(checked_widths(widths)):
        std = checked_scale(gain, "gain") / math.sqrt(chosen_fan(shape, fan))
        weights.append(np.stack([normal(shape, rng, std=std, dtype=np.float32) for rng in generators]))
    return weights
