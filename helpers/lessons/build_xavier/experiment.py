"""Can one variance serve the signal and its gradient? Both on the way through a network as it starts (notebook 04).

A network has L hidden layers and a softmax over CLASSES outputs on top. Its inputs are standard normal numbers, its
labels go round the classes, and it is computed in float32. What is measured is measured at the hidden layers.
"""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from helpers.activations import activation_named, gaussian_quadrature
from helpers.arguments import checked_choice
from helpers.data import gaussian_inputs, three_digits
from helpers.initializers import he_uniform, lecun_uniform, standard_uniform, xavier_normal, xavier_uniform
from helpers.networks import backward, dense, forward, softmax_loss
from helpers.propagation import scale_of, send_forward
from helpers.seeding import seeded, seeded_many

CLASSES = 10
INPUT_COUNT = 30
PAPER_WIDTH, PAPER_DEPTH = 1000, 5  # Glorot & Bengio (2010), figures 6 to 8
DEEPEST_LAYERS = 10  # hidden layers of run_layers
WIDTHS_BY_NAME = {"equal: 64": (64, 64), "narrowing: 128 to 16": (128, 16), "widening: 16 to 128": (16, 128)}
SIZE_BINS = np.linspace(-6, 2, 81)  # of log10 |h|: a signal that shrinks moves, and keeps its shape
SIGNAL_BINS = np.linspace(-1, 1, 62)  # an odd number of bins: 0 lies in the middle of one
GRADIENT_BINS = np.linspace(-3, 3, 62)  # of gradients in units of the last hidden layer's scale
MOST_VALUES = 2**15  # that the histogram of one layer of one network counts


UNIFORM_STARTS = {"standard": standard_uniform, "LeCun": lecun_uniform, "Xavier": xavier_uniform, "He": he_uniform}


@dataclass(frozen=True)
class Layers:
    """The signals and gradients of S networks at their start, by hidden layer.

    Attributes
    ----------
    start, activation : str
    widths : tuple of int
        Units of layers 0 … L, layer 0 being the input.
    signal : ndarray (L + 1, S)
        Scale (root mean square) of h in layers 0 … L.
    delta : ndarray (L, S)
        Scale of the loss's derivative with respect to z, in layers 1 … L.
    weight_gradient : ndarray (L, S)
        Scale of the loss's derivative with respect to the weights, in layers 1 … L.
    size_shares : ndarray (L, S, B), or None
        Share of the values whose log10 |h| lies in each of SIZE_BINS. Only `run_layers` counts them.
    signal_shares : ndarray (L, S, B'), or None
        Share of h in each of SIGNAL_BINS. Only `run_paper` counts them.
    delta_shares, weight_gradient_shares : ndarray (L, S, B''), or None
        The same in GRADIENT_BINS, in units of the scale in layer L of the same network.
    """

    start: str
    activation: str
    widths: tuple
    signal: np.ndarray
    delta: np.ndarray
    weight_gradient: np.ndarray
    size_shares: np.ndarray | None = None
    signal_shares: np.ndarray | None = None
    delta_shares: np.ndarray | None = None
    weight_gradient_shares: np.ndarray | None = None

    @property
    def depth(self):
        return len(self.delta)

    @property
    def seeds(self):
        return self.delta.shape[1]

    @property
    def relative(self):
        """The three scales, by name, relative to where each starts: the input for h, layer L for gradients."""
        return {
            "signal h": self.signal / self.signal[0],
            "delta δ": self.delta / self.delta[-1],
            "weight gradient ∂L/∂W": self.weight_gradient / self.weight_gradient[-1],
        }


def run_layers(start, activation="tanh", depth=PAPER_DEPTH, widths="equal: 64", *, seeds=16):
    """Measure `seeds` small networks; return their Layers.

    Parameters
    ----------
    start : str
        A name in UNIFORM_STARTS.
    activation : str
        A name in `helpers.activations.ACTIVATIONS`.
    depth : int, at most 10
        Number of hidden layers.
    widths : str
        A name in WIDTHS_BY_NAME: how wide the layers are, from the input to the last hidden layer.
    seeds : int
    """
    first, last = WIDTHS_BY_NAME[checked_choice(widths, WIDTHS_BY_NAME, "widths")]
    whole = isinstance(depth, (int, np.integer)) and not isinstance(depth, bool)
    if not whole or not 1 <= depth <= DEEPEST_LAYERS:
        raise ValueError(f"depth must be a whole number of layers from 1 to {DEEPEST_LAYERS}; got {depth!r}")
    units = np.geomspace(first, last, depth + 1).round().astype(int)
    return layers_of(start, activation, units, seeded_many(seeds, 4, 1))


def run_paper(start, activation="tanh", *, width=PAPER_WIDTH, depth=PAPER_DEPTH, seeds=16):
    """Measure `seeds` networks of the paper's size, one after another to save memory; return their Layers."""
    widths = [width] * (depth + 1)
    alone = [layers_of(start, activation, widths, [rng], paper=True) for rng in seeded_many(seeds, 4, 2)]
    stacked = {
        name: np.concatenate([getattr(layers, name) for layers in alone], axis=1)
        for name in MEASURED  # every one has the networks on its second axis
    }
    return Layers(start, activation, alone[0].widths, **stacked)


MEASURED = ("signal", "delta", "weight_gradient", "signal_shares", "delta_shares", "weight_gradient_shares")


def layers_of(start, activation, widths, rngs, *, paper=False):
    """Return the Layers of one stack of networks, one for each generator in `rngs`.

    If `paper`, the histograms are those of the paper: of h, δ and the weight gradients; else of log10 |h| alone.
    """
    initializer = UNIFORM_STARTS[checked_choice(start, UNIFORM_STARTS, "start")]
    network = dense([*widths, CLASSES], initializer, rngs, activation=activation, dtype=np.float32)
    trace = forward(network, gaussian_inputs(INPUT_COUNT, widths[0], seeded(4, 0)))
    _, logits_gradient = softmax_loss(trace.logits, np.arange(INPUT_COUNT) % CLASSES)
    gradients = backward(network, trace, logits_gradient)

    deltas, weight_gradients = gradients.deltas[:-1], gradients.weights[:-1]
    delta, weight_gradient = (np.array([scale_of(g) for g in layers]) for layers in (deltas, weight_gradients))
    if paper:
        counted = {
            "signal_shares": shares_by_layer(trace.signals[1:], 1, SIGNAL_BINS),
            "delta_shares": shares_by_layer(deltas, delta[-1], GRADIENT_BINS),
            "weight_gradient_shares": shares_by_layer(weight_gradients, weight_gradient[-1], GRADIENT_BINS),
        }
    else:
        counted = {"size_shares": shares_by_layer(map(powers_of_ten, trace.signals[1:]), 1, SIZE_BINS)}
    return Layers(
        start=start,
        activation=activation,
        widths=tuple(int(width) for width in widths),
        signal=np.array([np.broadcast_to(scale_of(h), len(rngs)) for h in trace.signals]),
        delta=delta,
        weight_gradient=weight_gradient,
        **counted,
    )


def powers_of_ten(values):
    """Return log10 |values|; minus infinity, which is in no bin, where a value is 0."""
    with np.errstate(divide="ignore"):
        return np.log10(np.abs(values))


def shares_by_layer(layers, units, edges):
    """Return the shares_of each layer's values, (L, S, B)."""
    return np.array([shares_of(values, units, edges) for values in layers])


def shares_of(values, units, edges, *, most_values=MOST_VALUES):
    """Return the share of each network's values / units in bins of equal width, (S, B).

    `values` is (S, …) and `units` one number or S. Of more than `most_values`, every k-th is counted.
    """
    networks, bins = len(values), len(edges) - 1
    rows = values.reshape(networks, -1)
    every = math.ceil(rows.shape[1] / most_values)
    bin_width = np.reshape((edges[-1] - edges[0]) / bins * np.asarray(units), (-1, 1)).astype(values.dtype)
    places = np.floor(rows[:, ::every] / bin_width - values.dtype.type(edges[0] * bins / (edges[-1] - edges[0])))
    inside = (places >= 0) & (places < bins)
    places += bins * np.arange(networks, dtype=values.dtype)[:, np.newaxis]
    counts = np.bincount(places[inside].astype(np.intp), minlength=networks * bins)
    return counts.reshape(networks, bins) / places.shape[1]


@dataclass(frozen=True)
class Jacobians:
    """What a tanh layer does to a small change of its input, in S networks.

    Attributes
    ----------
    start : str
    layers : ndarray (K,)
        2 … L; the Jacobian of layer l is the derivative of h of layer l with respect to h of layer l - 1, at one input.
    mean, root_mean_square : ndarray (K, S)
        Of its singular values.
    """

    start: str
    layers: np.ndarray
    mean: np.ndarray
    root_mean_square: np.ndarray


def run_jacobians(start, *, width=250, depth=PAPER_DEPTH, seeds=16):
    """Return the Jacobians of `seeds` networks of equal tanh layers."""
    initializer = UNIFORM_STARTS[checked_choice(start, UNIFORM_STARTS, "start")]
    rngs = seeded_many(seeds, 4, 3)
    weights = [np.stack([initializer((width, width), rng) for rng in rngs]) for _ in range(depth)]
    tanh = activation_named("tanh")
    _, preactivations = send_forward(gaussian_inputs(1, width, seeded(4, 4)), weights, tanh)
    values = np.array(
        [
            np.linalg.svd(matrix * tanh.derivative(z), compute_uv=False)
            for matrix, z in zip(weights[1:], preactivations[1:], strict=True)
        ]
    )
    return Jacobians(start, np.arange(2, depth + 1), values.mean(axis=2), np.sqrt(np.mean(values**2, axis=2)))


@dataclass(frozen=True)
class TanhDecay:
    """How the variance of h goes with depth under Xavier and tanh.

    Attributes
    ----------
    layers : ndarray (L,)
        1 … L.
    measured : ndarray (L, S)
        E[h²] over units and inputs, in S networks.
    expected : ndarray (L,)
        The same for infinitely many units.
    """

    layers: np.ndarray
    measured: np.ndarray
    expected: np.ndarray

    @property
    def law(self):
        """1 / (2 l), (L,)."""
        return 1 / (2 * self.layers)


def run_tanh_decay(*, depth=100, width=256, inputs=8, seeds=16):
    """Send inputs of variance 1 through `depth` tanh layers of Xavier's weights; return the TanhDecay."""
    measured = np.empty((depth, seeds))
    for seed, rng in enumerate(seeded_many(seeds, 4, 5)):
        h = gaussian_inputs(inputs, width, rng).astype(np.float32)
        for layer in range(depth):
            h = np.tanh(h @ xavier_uniform((width, width), rng, dtype=np.float32))
            measured[layer, seed] = scale_of(h) ** 2
    expected, variance = np.empty(depth), 1.0
    for layer in range(depth):
        variance = expected[layer] = variance_after_tanh(variance)
    return TanhDecay(np.arange(1, depth + 1), measured, expected)


def variance_after_tanh(variance):
    """Return E[tanh(z)²] for z ~ N(0, variance)."""
    nodes, weights = gaussian_quadrature()
    return float(np.sum(weights * np.tanh(math.sqrt(variance) * nodes) ** 2))


@dataclass(frozen=True)
class Back:
    """How large a gradient arrives in each layer, in S networks.

    Attributes
    ----------
    activation : str
    gain : float
        By which Xavier's weights are multiplied.
    centred : bool
        Whether the biases take the mean ½ of the signal out again.
    delta : ndarray (L, S)
        Scale of the derivative with respect to z in layers 1 … L, the last being 1 on average.
    """

    activation: str
    gain: float
    centred: bool
    delta: np.ndarray


def run_back(activation, *, gain=1.0, centred=False, depth=20, width=100, seeds=16):
    """Send a random gradient back through `depth` layers of Xavier's weights times `gain`; return the Back.

    Inputs are standard normal numbers x for tanh, and (1 + x)/2 for sigmoid, whose signals are of that kind.
    """
    initializer = partial(xavier_normal, gain=gain)
    network = dense([width] * (depth + 1), initializer, seeded_many(seeds, 4, 6), activation=activation)
    if centred:
        for weights, biases in zip(network.weights, network.biases, strict=True):
            biases[...] = -weights.sum(axis=1, keepdims=True) / 2
    x = gaussian_inputs(INPUT_COUNT, width, seeded(4, 7))
    trace = forward(network, (1 + x) / 2 if activation == "sigmoid" else x)
    top = np.stack([rng.standard_normal((INPUT_COUNT, width)) for rng in seeded_many(seeds, 4, 8)])
    deltas = backward(network, trace, top).deltas
    return Back(activation, float(gain), centred, np.array([scale_of(delta) for delta in deltas]))


SICK_LAYERS, SICK_STD = (3, 7, 8), 0.001  # of exercise 4's networks; the other layers have Xavier's weights


def networks_that_stall():
    """Return eight tanh networks that do not train, with the digits 0, 1 and 2 that they see, and their labels."""
    networks = dense([64, *[64] * 10, 3], xavier_normal, seeded_many(8, 4, 102), activation="tanh")
    for layer in SICK_LAYERS:
        weights = networks.weights[layer - 1]
        weights *= SICK_STD / math.sqrt(2 / sum(weights.shape[1:]))
    return networks, *three_digits(100, seeded(4, 103))
