"""What happens to a signal, and to its gradient, on the way through up to 100 layers? (notebook 03)

There are no biases here. A stack of S networks has weights of shape (S, fan_in, fan_out), one array a layer,
signals h and pre-activations z of shape (S, N, units), and deltas, the derivatives of a loss by z, alike.
Everything is computed in float32, whose ends are part of the result: inf, nan and 0 are kept as they come.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from helpers.activations import activation_named
from helpers.data import gaussian_inputs
from helpers.initializers import checked_choice, checked_scale, chosen_fan, normal
from helpers.networks import checked_widths
from helpers.seeding import seed_offset, seeded, seeded_many

DEEPEST = 100  # layers
FIVE = ("linear", "sigmoid", "tanh", "relu", "leaky_relu")  # the activations that notebook 03 compares
MATRICES = ("fresh in each layer", "one, reused")
FLOAT32_MAX = float(np.finfo(np.float32).max)  # 3.4e38; above it there is inf
FLOAT32_MIN = float(np.finfo(np.float32).smallest_subnormal)  # 1.4e-45; below half of it there is 0


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
    r"""Send the derivative of a loss by the last z back through the layers; return every layer's delta.

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


@dataclass(frozen=True)
class Signals:
    """How large the signal and its gradient are, layer by layer, in S networks.

    Attributes
    ----------
    activation : str
    gain : float
        The weights' standard deviation times √fan.
    matrices : str
        One of MATRICES.
    forward : ndarray (L + 1, S)
        Scale of the signal h of layers 0 … L, layer 0 being the input. Infinite or nan once it has overflowed.
    backward : ndarray (L, S)
        Scale of delta of layers 1 … L, the last being 1 on average; nan in a network without a finite output,
        which has no loss to differentiate.
    """

    activation: str
    gain: float
    matrices: str
    forward: np.ndarray
    backward: np.ndarray

    @property
    def depth(self):
        return len(self.backward)

    @property
    def seeds(self):
        return self.forward.shape[1]

    @property
    def layers(self):
        """0 … L, the places of `forward`; those of `backward` are ``layers[1:]``."""
        return np.arange(self.depth + 1)

    @property
    def diverged_at(self):
        """(S,): the first layer that holds a value beyond float32, inf where there is none."""
        return first_layer(~np.isfinite(self.forward))

    @property
    def zero_at(self):
        """(S,): the first layer whose signal is exactly 0, inf where there is none."""
        return first_layer(self.forward == 0)

    @property
    def gradient_zero_at(self):
        """(S,): the last layer, the first on the way back, whose delta is exactly 0, inf where there is none."""
        on_the_way_back = first_layer(self.backward[::-1] == 0)
        return np.where(np.isfinite(on_the_way_back), self.depth - on_the_way_back, np.inf)


def first_layer(happened):
    """Return the first place along the first axis where `happened` is true, inf where it never is."""
    return np.where(happened.any(axis=0), happened.argmax(axis=0), np.inf)


def run_signals(activation, *, gain=1.0, depth=DEEPEST, matrices=MATRICES[0], width=48, seeds=16):
    """Send 8 inputs forward and a random gradient backward through `seeds` networks of equal layers.

    Parameters
    ----------
    activation : str
        A name in `helpers.activations.ACTIVATIONS`.
    gain : float, at least 0
        Every weight has the standard deviation gain / √width.
    depth : int, at most 100
        A shallow network is the beginning of the deep one of the same seed.
    matrices : str
        Whether each layer has weights of its own, or all have those of the first: one of MATRICES.
    width, seeds : int

    Returns
    -------
    Signals
    """
    checked_choice(matrices, MATRICES, "matrices")
    weights = fresh_weights(gain, depth, width=width, seeds=seeds)
    if matrices != MATRICES[0]:
        weights = [weights[0]] * depth
    forward, backward = scales_through(weights, activation)
    return Signals(activation, float(gain), matrices, forward, backward)


def run_taper(widths, fan, *, activation="linear", gain=1.0, seeds=16):
    """Send inputs and gradients through networks whose layers have the given `widths`, the input first.

    Parameters
    ----------
    widths : sequence of int
    fan : str
        "fan_in" or "fan_out": each weight has the standard deviation gain / √fan.
    activation, gain, seeds : as for `run_signals`

    Returns
    -------
    Signals
    """
    generators = seeded_many(seeds, 3, 4)
    weights = []
    for shape in pairwise(checked_widths(widths)):
        std = checked_scale(gain, "gain") / math.sqrt(chosen_fan(shape, fan))
        weights.append(np.stack([normal(shape, rng, std=std, dtype=np.float32) for rng in generators]))
    forward, backward = scales_through(weights, activation)
    return Signals(activation, float(gain), MATRICES[0], forward, backward)


def scales_through(weights, activation):
    """Return the scales of signal and gradient, (L + 1, S) and (L, S), in a stack of networks."""
    activation = activation_named(activation)
    x = signal_inputs(weights[0])
    with np.errstate(over="ignore", invalid="ignore"):
        signals, preactivations = send_forward(x, weights, activation)
        forward = np.array([scale_of(signal) for signal in signals])
        delta = np.where(np.isfinite(forward[-1])[:, None, None], loss_gradient(weights[-1]), np.float32(np.nan))
        deltas = send_backward(delta, weights, preactivations, activation)
        backward = np.array([scale_of(delta) for delta in deltas])
    return forward, backward


def fresh_weights(gain, depth, *, width=48, seeds=16):
    """Return `depth` arrays (seeds, width, width) of weights with the standard deviation gain / √width."""
    whole = isinstance(depth, (int, np.integer)) and not isinstance(depth, bool)
    if not whole or not 1 <= depth <= DEEPEST:
        raise ValueError(f"depth must be a whole number of layers from 1 to {DEEPEST}; got {depth!r}")
    std = np.float32(checked_scale(gain, "gain") / math.sqrt(width))
    return [std * standard for standard in standard_weights(width, seeds, seed_offset())[:depth]]


@lru_cache(maxsize=1)
def standard_weights(width, seeds, offset):
    """Return standard normal numbers, (DEEPEST, seeds, width, width): every gain and depth uses the same ones.

    `offset` is the seeds' offset, a part of the key; 15 MB for the usual 16 networks of width 48.
    """
    drawn = np.empty((DEEPEST, seeds, width, width), dtype=np.float32)
    for number, rng in enumerate(seeded_many(seeds, 3, 1)):
        for layer in range(DEEPEST):
            drawn[layer, number] = rng.standard_normal((width, width), dtype=np.float32)
    drawn.flags.writeable = False
    return drawn


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


@dataclass(frozen=True)
class Histograms:
    """How the activations of some layers are distributed, in S networks.

    Attributes
    ----------
    activation : str
    gain : float
    layers : ndarray (K,)
    edges : ndarray (B + 1,)
    shares : ndarray (K, S, B)
        Share of a layer's values in each bin.
    saturated : ndarray (K, S)
        Share of a layer's values that are within 0.01 of an end of the activation's range, -1 or 1 for tanh.
    """

    activation: str
    gain: float
    layers: np.ndarray
    edges: np.ndarray
    shares: np.ndarray
    saturated: np.ndarray


def run_histograms(activation, gain, *, layers=(1, 5, 10, 20), bins=40, seeds=16):
    """Return the Histograms of the networks of `run_signals`, for an activation between -1 and 1.

    Parameters
    ----------
    activation : str
        "tanh" or "sigmoid".
    gain : float
    layers : sequence of int
    bins, seeds : int
    """
    lowest = {"tanh": -1, "sigmoid": 0}[checked_choice(activation, ("tanh", "sigmoid"), "activation")]
    weights = fresh_weights(gain, max(layers), seeds=seeds)
    signals, _ = send_forward(signal_inputs(weights[0]), weights, activation_named(activation))
    edges = np.linspace(-1, 1, bins + 1)
    chosen = [signals[layer].reshape(seeds, -1) for layer in layers]
    shares = [[np.histogram(values, edges)[0] / values.size for values in stack] for stack in chosen]
    saturated = [((stack > 0.99) | (stack < lowest + 0.01)).mean(axis=1) for stack in chosen]
    return Histograms(activation, float(gain), np.array(layers), edges, np.array(shares), np.array(saturated))


@dataclass(frozen=True)
class Reuse:
    """100 linear layers: one matrix used 100 times, against 100 matrices, from S seeds.

    Attributes
    ----------
    fresh, reused : Signals
    radius : ndarray (S,)
        Absolute value of the largest eigenvalue of the matrix that is reused.
    """

    fresh: Signals
    reused: Signals
    radius: np.ndarray

    @property
    def growth(self):
        """(S,): the factor by which the reused matrix multiplies the scale, a layer, from layer 50 to layer 100."""
        first, last = self.reused.forward[[50, 100]]
        return (last / first) ** (1 / 50)


def run_reuse(*, seeds=16, width=48):
    """Return the Reuse of `seeds` seeds, at gain 1 and depth 100."""
    fresh, reused = (run_signals("linear", matrices=matrices, width=width, seeds=seeds) for matrices in MATRICES)
    matrix = fresh_weights(1.0, 1, width=width, seeds=seeds)[0]
    return Reuse(fresh, reused, np.abs(np.linalg.eigvals(matrix.astype(float))).max(axis=1))
