"""What happens to a signal, and to its gradient, on the way through up to 100 layers? (notebook 03)

Networks, signals and gradients are those of `helpers.propagation`. Everything is computed in float32, whose ends are
part of the result: inf, nan and 0 are kept as they come.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.activations import activation_named
from helpers.arguments import checked_choice, checked_scale
from helpers.initializers import normal
from helpers.networks import dense
from helpers.offset import seed_offset
from helpers.propagation import scales_through, send_forward, signal_inputs, tapered_weights
from helpers.seeding import seeded, seeded_many

DEEPEST_SIGNALS = 100  # layers
FIVE = ("linear", "sigmoid", "tanh", "relu", "leaky_relu")  # the activations that notebook 03 compares
MATRICES = ("fresh in each layer", "one, reused")
STUCK_WIDTHS = (64, 48, 24, 60, 30, 50, 20, 40, 10)  # of the network that an exercise hands over, the input first
STUCK_LAYERS = (2, 4, 7)  # the layers of it that are at fault
STUCK_FACTOR = 1e-3  # by which their weights are too small
FLOAT32_MAX = float(np.finfo(np.float32).max)  # 3.4e38; above it there is inf
FLOAT32_MIN = float(np.finfo(np.float32).smallest_subnormal)  # 1.4e-45; below half of it there is 0


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
    width : int
        Units of the last layer, and of all of them unless the widths change.
    """

    activation: str
    gain: float
    matrices: str
    forward: np.ndarray
    backward: np.ndarray
    width: int

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


def run_signals(activation, *, gain=1.0, depth=DEEPEST_SIGNALS, matrices=MATRICES[0], width=48, seeds=16):
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
    return Signals(activation, float(gain), matrices, forward, backward, width)


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
    forward, backward = scales_through(tapered_weights(widths, fan, gain=gain, seeds=seeds), activation)
    return Signals(activation, float(gain), MATRICES[0], forward, backward, widths[-1])


def fresh_weights(gain, depth, *, width=48, seeds=16):
    """Return `depth` arrays (seeds, width, width) of weights with the standard deviation gain / √width."""
    whole = isinstance(depth, (int, np.integer)) and not isinstance(depth, bool)
    if not whole or not 1 <= depth <= DEEPEST_SIGNALS:
        raise ValueError(f"depth must be a whole number of layers from 1 to {DEEPEST_SIGNALS}; got {depth!r}")
    std = np.float32(checked_scale(gain, "gain") / math.sqrt(width))
    return [std * standard for standard in standard_weights(width, seeds, seed_offset())[:depth]]


@lru_cache(maxsize=5)
def standard_weights(width, seeds, offset):
    """Return standard normal numbers, (DEEPEST_SIGNALS, seeds, width, width): every gain and depth uses the same ones.

    `offset` is the seeds' offset, a part of the key; 15 MB for the usual 16 networks of width 48. The widths that the
    Explorer offers are kept, so that going back to one is quick.
    """
    drawn = np.empty((DEEPEST_SIGNALS, seeds, width, width), dtype=np.float32)
    for number, rng in enumerate(seeded_many(seeds, 3, 1)):
        for layer in range(DEEPEST_SIGNALS):
            drawn[layer, number] = rng.standard_normal((width, width), dtype=np.float32)
    drawn.flags.writeable = False
    return drawn


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


def draw_stuck():
    """Return a network of eight tanh layers, as a stack of one, whose signals show why it does not train.

    Each weight has the standard deviation 1 / √fan_in, and a thousandth of that in the layers STUCK_LAYERS. With one
    such layer it would train: that layer alone would have to grow. With three, each waits for the others.
    """

    def drawn(shape, rng):
        return normal(shape, rng, std=1 / math.sqrt(shape[0]))

    network = dense(STUCK_WIDTHS, drawn, [seeded(3, 102)], activation="tanh")
    for layer in STUCK_LAYERS:
        network.weights[layer - 1][...] *= STUCK_FACTOR
    return network
