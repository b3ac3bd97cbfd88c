"""What does ReLU throw away, and what does that cost a deep network? (notebook 05)"""

import math
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ClassVar

import numpy as np

from helpers.activations import activation_named, leaky_relu, relu
from helpers.arguments import checked_choice, checked_most, checked_scale
from helpers.data import gaussian_inputs, three_digits
from helpers.initializers import checked_slope, he_normal, normal, standard_uniform, xavier_normal
from helpers.networks import dense, forward
from helpers.offset import seed_offset
from helpers.propagation import scale_of, scales_through, send_forward, signal_inputs
from helpers.seeding import seeded, seeded_many
from helpers.training import Momentum, steps_to, train

FANNED = {
    "Xavier": xavier_normal,
    "He": he_normal,
    "standard": standard_uniform,
}
FACTORS = {"Xavier": 1 / 2, "He": 1, "standard": 1 / 6}  # n Var(w) / 2, what a ReLU layer does to E[h²]


@dataclass(frozen=True)
class Decay:
    """How large the signal is, layer by layer, in S ReLU networks.

    Attributes
    ----------
    start : str
        A name in FANNED.
    square : ndarray (L + 1, S)
        E[h²] of layers 0 … L, layer 0 being the input.
    """

    start: str
    square: np.ndarray

    @property
    def layers(self):
        return np.arange(len(self.square))

    @property
    def predicted(self):
        """(L + 1,): the factor of one layer to the power of the layer; the input's E[x²] is 1."""
        return FACTORS[self.start] ** self.layers.astype(float)


def run_decay(start, *, layers=30, width=128, seeds=16):
    """Send 8 inputs through `seeds` ReLU networks without biases, all layers of `width` units.

    Parameters
    ----------
    start : str
        A name in FANNED.
    layers, width, seeds : int

    Returns
    -------
    Decay
    """
    initializer = FANNED[checked_choice(start, FANNED, "start")]
    network = dense([width] * (layers + 1), initializer, seeded_many(seeds, 5, 0), dtype=np.float32)
    forward, _ = scales_through(network.weights, "relu")
    return Decay(start, forward**2)


H_BINS = np.linspace(-8, 1, 61)  # of log10 h
SIZE_LAYERS = (1, 10, 20, 30)


@dataclass(frozen=True)
class Sizes:
    """How large the values of h are in SIZE_LAYERS of S ReLU networks.

    Attributes
    ----------
    start : str
    shares : ndarray (K, S, B)
        Share of a layer's values whose log10 h lies in each of H_BINS; a value of 0 is in none.
    zeros : ndarray (K, S)
        Share of the values that are exactly 0.
    """

    start: str
    shares: np.ndarray
    zeros: np.ndarray

    @property
    def middle(self):
        """(K,): the median size of the values that are not 0, in the median network."""
        passed = np.cumsum(self.shares, axis=2) / self.shares.sum(axis=2, keepdims=True)
        places = (passed < 0.5).sum(axis=2)
        return 10 ** np.median((H_BINS[places] + H_BINS[places + 1]) / 2, axis=1)


def run_sizes(start, *, width=128, seeds=16):
    """Count how large the values are in the networks of `run_decay`; return their Sizes."""
    initializer = FANNED[checked_choice(start, FANNED, "start")]
    network = dense([width] * (SIZE_LAYERS[-1] + 1), initializer, seeded_many(seeds, 5, 0), dtype=np.float32)
    signals, _ = send_forward(signal_inputs(network.weights[0]), network.weights, activation_named("relu"))
    layers = [signals[layer].reshape(seeds, -1) for layer in SIZE_LAYERS]
    shares = [[np.histogram(np.log10(h[h > 0]), H_BINS)[0] / h.size for h in layer] for layer in layers]
    return Sizes(start, np.array(shares), np.array([(layer == 0).mean(axis=1) for layer in layers]))


@dataclass(frozen=True)
class Leak:
    """What leaky ReLUs of K slopes keep of E[z²], in S layers.

    Attributes
    ----------
    slopes : ndarray (K,)
    kept : ndarray (K, S)
        E[f(z)²] / E[z²].
    """

    slopes: np.ndarray
    kept: np.ndarray

    @property
    def predicted(self):
        """(K,): (1 + s²) / 2."""
        return kept_by_leak(self.slopes)


def kept_by_leak(slope):
    """Return the share of E[z²] that a leaky ReLU of this slope keeps."""
    return (1 + slope**2) / 2


def run_leak(slopes, *, width=512, seeds=16):
    """Send 8 inputs through a layer of `width` units from He, and its z through leaky ReLUs of all `slopes`."""
    slopes = np.array([checked_slope(slope) for slope in slopes])
    x = gaussian_inputs(8, width, seeded(5, 2))
    z = np.stack([x @ he_normal((width, width), rng) for rng in seeded_many(seeds, 5, 1)])
    kept = [scale_of(leaky_relu(z, slope)) ** 2 / scale_of(z) ** 2 for slope in slopes]
    return Leak(slopes, np.array(kept))


@dataclass(frozen=True)
class Training:
    """One start and depth, trained on digits from S seeds.

    Attributes
    ----------
    start : str
    layers : int
        Of weights, the output's among them.
    steps : ndarray (T,)
    loss : ndarray (T, S)
        In nats, over all 200 digits.
    scale : ndarray (T, L, S)
        Scale of h in the L - 1 hidden layers, and of the outputs, over all digits.
    dead : ndarray (T, L - 1, S)
        Share of a hidden layer's units whose z is at most 0 for every digit.
    """

    guessing: ClassVar = math.log(3)  # what it costs to answer a third to each of three digits
    start: str
    layers: int
    steps: np.ndarray
    loss: np.ndarray
    scale: np.ndarray
    dead: np.ndarray

    @property
    def dead_layer(self):
        """(T, S): whether at least one hidden layer has no unit left that any digit wakes."""
        return (self.dead == 1).any(axis=1)

    @property
    def learned(self):
        """(S,): whether the network has got below half of what guessing costs."""
        return self.loss[-1] < self.guessing / 2

    @property
    def half_at(self):
        """By which step half of the networks had been below half of what guessing costs; inf if never."""
        return float(np.median(steps_to(self.guessing / 2, self.steps, self.loss)))


def lesson_digits(count=200):
    """Return the first `count` of the pictures that this lesson's networks see, and their labels."""
    return three_digits(count, seeded(5, 3))


TRAINED = {**FANNED, "large normal": partial(normal, std=1.0)}  # the last is that of notebook 00


def run_training(start, *, layers=30, width=40, steps=200, learning_rate=0.001, seeds=12):
    """Train ReLU networks to tell the digits 0, 1 and 2 apart, with momentum 0.9 and batches of 32.

    Parameters
    ----------
    start : str
        A name in TRAINED.
    layers : int
        Layers of weights, the output's among them.
    width, steps : int
    learning_rate : float
    seeds : int

    Returns
    -------
    Training
    """
    initializer = TRAINED[checked_choice(start, TRAINED, "start")]
    x, labels = lesson_digits()
    network = dense([64, *[width] * (layers - 1), 3], initializer, seeded_many(seeds, 5, 4))
    records = train(
        network,
        x,
        labels,
        loss="softmax",
        optimizer=Momentum(learning_rate),
        steps=steps,
        batch_size=32,
        rng=seeded(5, 5),
        record_every=20,
    )
    scale, dead = [], []
    for history in records:
        scale_now, dead_now = scale_and_dead(history.network, x)
        scale.append(scale_now)
        dead.append(dead_now)
    return Training(start, layers, history.steps, history.loss, np.array(scale), np.array(dead))


def scale_and_dead(network, x):
    """Return the scale of each layer's output, (L, S), and each hidden layer's share of dead units, (L - 1, S)."""
    with np.errstate(over="ignore", invalid="ignore"):  # of networks that diverge
        trace = forward(network, x)
        scale = [scale_of(values) for values in [*trace.signals[1:], trace.logits]]
        dead = [(z.max(axis=1) <= 0).mean(axis=1) for z in trace.preactivations[:-1]]
    return np.array(scale), np.array(dead)


@dataclass(frozen=True)
class Born:
    """How many of many ReLU networks of K widths are born dead, layer by layer.

    Attributes
    ----------
    widths : ndarray (K,)
    networks : int
        How many networks of each width were drawn.
    dead_for_one : ndarray (K, L)
        In how many of them layer 1 … L, or one before it, answers 0 to one input.
    dead_for_all : ndarray (K, L)
        In how many it answers 0 to all inputs, so that the network is a constant.
    """

    widths: np.ndarray
    networks: int
    dead_for_one: np.ndarray
    dead_for_all: np.ndarray

    @property
    def layers(self):
        """1 … L."""
        return np.arange(1, self.dead_for_one.shape[1] + 1)

    @property
    def bound(self):
        """(K, L): 1 - (1 - 2^-N)^l, the probability that one input is lost."""
        return 1 - (1 - 0.5 ** self.widths[:, np.newaxis]) ** self.layers


def run_born(widths, *, depth=50, networks=2000):
    """Draw ReLU networks without biases from He, and ask which are dead.

    Parameters
    ----------
    widths : sequence of int
        Units of every layer; the input is a point of the plane.
    depth, networks : int

    Returns
    -------
    Born
    """
    counts = np.array([count_dead(width, depth, networks) for width in widths])
    return Born(np.array(widths), networks, counts[:, 0], counts[:, 1])


def count_dead(width, depth, networks):
    """Return how many networks are dead at each layer, for one input and for all of them, (2, depth)."""
    rng = seeded(5, 6, width)
    h = directions()
    counts = np.empty((2, depth), dtype=int)
    for layer in range(depth):
        fan_in = h.shape[-1]
        h = relu(h @ (math.sqrt(2 / fan_in) * rng.standard_normal((networks, fan_in, width))))
        silent = (h == 0).all(axis=2)
        counts[:, layer] = silent[:, 0].sum(), silent.all(axis=1).sum()
    return counts


def directions(count=32):
    """Return points all round the unit circle, (count, 2). Without biases a ReLU network's answer to c·x, c > 0,
    is c times that to x, so they stand for the whole plane."""
    angle = 2 * np.pi * np.arange(count) / count
    return np.column_stack([np.cos(angle), np.sin(angle)])


DEEPEST_DEAD_UNITS = 50  # layers
WIDEST_DEAD_UNITS = 48  # units
DIGITS_SEEN = 32


@dataclass(frozen=True)
class DeadUnits:
    """The signal and the dead units of S networks that see 32 digits, layer by layer.

    Attributes
    ----------
    variance : float
        Of one weight, times fan_in.
    slope : float
        Of the leaky ReLU below zero.
    width : int
    scale : ndarray (L, S)
        Root mean square of z of layers 1 … L.
    dead : ndarray (L, S)
        Share of a layer's units whose z is at most 0 for every digit.
    """

    variance: float
    slope: float
    width: int
    scale: np.ndarray
    dead: np.ndarray

    @property
    def layers(self):
        """1 … L."""
        return np.arange(1, len(self.scale) + 1)

    @property
    def constant(self):
        """(S,): whether the last z is 0 for every digit, so that the network is dead."""
        return self.scale[-1] == 0


def run_dead_units(*, variance=2.0, slope=0.0, depth=30, width=16):
    """Send 32 digits through 16 networks without biases, and count the dead units.

    Parameters
    ----------
    variance : float, at least 0
        Every weight has the variance `variance` / fan_in: 1 is Xavier where widths are equal, 2 is He for ReLU.
    slope : float
        Of the leaky ReLU below zero; 0 is ReLU.
    depth : int, at most 50
    width : int, at most 48
        A narrow or shallow network is a corner of the wide and deep one of the same seed.

    Returns
    -------
    DeadUnits
    """
    depth, width = checked_most(depth, DEEPEST_DEAD_UNITS, "depth"), checked_most(width, WIDEST_DEAD_UNITS, "width")
    variance, slope = checked_scale(variance, "variance"), checked_slope(slope)
    h, *matrices = standard_matrices(seed_offset())
    scale, dead = [], []
    for matrix in matrices[:depth]:
        fan_in = h.shape[-1]
        z = h @ matrix[:, :fan_in, :width]
        z *= np.float32(math.sqrt(variance / fan_in))
        scale.append(scale_of(z))
        dead.append((z.max(axis=1) <= 0).mean(axis=1))
        h = relu(z) if slope == 0 else np.where(z > 0, z, np.float32(slope) * z)
    return DeadUnits(variance, slope, width, np.array(scale), np.array(dead))


@lru_cache(maxsize=1)
def standard_matrices(offset, seeds=16):
    """Return 32 digits, and standard normal numbers for each layer, (seeds, fan_in, WIDEST_DEAD_UNITS); 8 MB.

    `offset` is the seeds' offset, a part of the key.
    """
    x, _ = lesson_digits(DIGITS_SEEN)
    fans_in = [x.shape[1]] + [WIDEST_DEAD_UNITS] * (DEEPEST_DEAD_UNITS - 1)
    matrices = [np.empty((seeds, fan_in, WIDEST_DEAD_UNITS), dtype=np.float32) for fan_in in fans_in]
    for number, rng in enumerate(seeded_many(seeds, 5, 7)):
        for matrix in matrices:
            matrix[number] = rng.standard_normal(matrix.shape[1:], dtype=np.float32)
    return x.astype(np.float32), *matrices


def networks_that_stand_still():
    """Return four ReLU networks that do not train, with the digits 0, 1 and 2 that they see, and their labels.

    Weights and biases are drawn as PyTorch's linear layer does: from U(±1/√fan_in).
    """
    rngs = seeded_many(4, 5, 102)
    networks = dense([64, *[40] * 19, 3], standard_uniform, rngs)
    for biases, weights in zip(networks.biases, networks.weights, strict=True):
        limit = 1 / math.sqrt(weights.shape[1])
        biases[...] = np.stack([rng.uniform(-limit, limit, biases.shape[1:]) for rng in rngs])
    return networks, *lesson_digits(60)
