"""Can a layer keep every length and every angle, and what is that good for? (notebook 08)"""

import math
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from helpers.activations import activation_named
from helpers.arguments import checked_choice, checked_most, checked_scale
from helpers.data import digits, standard_digits
from helpers.initializers import he_normal, lecun_normal, looks_linear, orthogonal
from helpers.networks import dense
from helpers.offset import seed_offset
from helpers.seeding import seeded, seeded_many
from helpers.training import Momentum, fit, steps_to

LINEAR_STARTS = {"Gaussian": lecun_normal, "orthogonal": orthogonal}


@dataclass(frozen=True)
class Products:
    """What a product of more and more random matrices does to lengths, in S products.

    Attributes
    ----------
    start : str
        A name in LINEAR_STARTS.
    layers : ndarray (K,)
        How many matrices were multiplied.
    singular : ndarray (K, S, n)
        Singular values of the product, the largest first.
    """

    start: str
    layers: np.ndarray
    singular: np.ndarray


def run_products(start, *, layers=(1, 2, 5, 10, 20, 30, 40, 50), width=32, seeds=16):
    """Multiply square matrices of `width`, and return the Products' singular values after each number of layers."""
    initializer = LINEAR_STARTS[checked_choice(start, LINEAR_STARTS, "start")]
    rngs = seeded_many(seeds, 8, 0)
    product, singular = np.eye(width), []
    for layer in range(1, max(layers) + 1):
        product = product @ np.stack([initializer((width, width), rng) for rng in rngs])
        if layer in layers:
            singular.append(np.linalg.svd(product, compute_uv=False))
    return Products(start, np.array(layers), np.array(singular))


# Deep linear networks: the product of their matrices is all that they compute.


def train_product(weights, target, *, rate, steps, record_every=20):
    """Move the matrices down the gradient of ½ ‖W_1 … W_L - target‖²; return the recorded losses (T, S).

    Parameters
    ----------
    weights : list of L ndarrays (S, n, n)
        They are left as they are.
    target : ndarray (n, n)
    rate : float, or ndarray (S, 1, 1)
    steps, record_every : int
    """
    weights = [matrix.copy() for matrix in weights]
    losses = []
    for step in range(steps + 1):
        before = [np.eye(len(target))]  # W_1 … W_(l-1)
        for matrix in weights:
            before.append(before[-1] @ matrix)
        error = before[-1] - target
        if step % record_every == 0:
            losses.append(np.sum(error**2, axis=(1, 2)) / 2)
        back = error  # error (W_(l+1) … W_L)ᵀ
        for layer in reversed(range(len(weights))):
            gradient = before[layer].mT @ back
            back = back @ weights[layer].mT
            weights[layer] -= rate * gradient
    return np.array(losses)


def sign_of(weights):
    """Return the sign of the determinant of the product of `weights`, (S,)."""
    return np.prod(np.sign(np.linalg.det(np.array(weights))), axis=0)


LINEAR_TARGETS = {"identity": 1.0, "reflection": -1.0}  # the target turns the first axis round where it is -1


@dataclass(frozen=True)
class LinearRace:
    """How S deep linear networks from orthogonal matrices learn one target.

    Attributes
    ----------
    target : str
        A name in LINEAR_TARGETS.
    steps : ndarray (T,)
    loss : ndarray (T, S)
    same_sign : ndarray (S,)
        Whether the determinants of the start and of the target have the same sign.
    """

    target: str
    steps: np.ndarray
    loss: np.ndarray
    same_sign: np.ndarray

    @property
    def learned(self):
        """(S,): whether the loss has got below a hundredth."""
        return self.loss[-1] < 0.01


def run_linear_race(target, *, layers=3, width=2, steps=1200, seeds=32, draw=orthogonal):
    """Train `seeds` deep linear networks, of `layers` square matrices each, towards a target."""
    first = LINEAR_TARGETS[checked_choice(target, LINEAR_TARGETS, "target")]
    rngs = seeded_many(seeds, 8, 1)
    weights = [np.stack([draw((width, width), rng) for rng in rngs]) for _ in range(layers)]
    goal = np.diag([first, *[1.0] * (width - 1)])
    loss = train_product(weights, goal, rate=0.05, steps=steps, record_every=5)
    return LinearRace(target, np.arange(0, steps + 1, 5), loss, sign_of(weights) == np.sign(first))


RATES = np.geomspace(0.025, 1.6, 13)  # tried at each depth


@dataclass(frozen=True)
class Times:
    """How long deep linear networks of D depths take to learn, each depth at its best rate.

    Attributes
    ----------
    start : str
        A name in LINEAR_STARTS.
    depths : ndarray (D,)
    rates : ndarray (D,)
        That of RATES with the smallest median.
    times : ndarray (D, S)
        The first step at which a twentieth of the first loss of zeros is left; inf where it is never.
    """

    start: str
    depths: np.ndarray
    rates: np.ndarray
    times: np.ndarray


def digits_target(size=10):
    """Return the matrix that answers best, in the mean square, to which digit a picture shows, (size, size).

    The pictures are given by their first `size` principal components, each of variance 1. The first answer's row would
    be minus the sum of the others, so that the rank is 9: one less than there are digits.
    """
    x, labels = digits()
    x = x - x.mean(axis=0)
    left, _, _ = np.linalg.svd(x, full_matrices=False)
    answers = np.eye(10)[labels]
    return left[:, :size].T @ (answers - answers.mean(axis=0)) * math.sqrt(10 / len(x))


def run_times(start, *, depths=(2, 4, 8, 16), steps=200, seeds=8):
    """Train deep linear networks towards `digits_target` at all of RATES, and keep each depth's best."""
    initializer = LINEAR_STARTS[checked_choice(start, LINEAR_STARTS, "start")]
    target = digits_target()
    rates, times = [], []
    for depth in depths:
        rngs = seeded_many(seeds, 8, 2, depth)
        drawn = [np.stack([initializer(target.shape, rng) for rng in rngs]) for _ in range(depth)]
        weights = [np.tile(matrix, (len(RATES), 1, 1)) for matrix in drawn]
        rate = np.repeat(RATES, seeds)[:, None, None]
        with np.errstate(over="ignore", invalid="ignore"):  # where the rate is too large
            loss = train_product(weights, target, rate=rate, steps=steps, record_every=1)
        first = steps_to(np.sum(target**2) / 2 / 20, np.arange(steps + 1), loss).reshape(len(RATES), seeds)
        best = np.median(first, axis=1).argmin()
        rates.append(RATES[best])
        times.append(first[best])
    return Times(start, np.array(depths), np.array(rates), np.array(times))


# What a whole network does to a small change of its input: the singular values of its Jacobian.

SPECTRUM_WIDTH = 32
SPECTRUM_SEEDS = 12
DEEPEST_SPECTRUM = 50
SPECTRUM_STARTS = ("Gaussian", "orthogonal", "mirrored")


@dataclass(frozen=True)
class Spectrum:
    """The singular values of the Jacobians of S networks at one input each.

    Attributes
    ----------
    activation : str
    depth : int
    gain : float
    singular : dict of ndarrays (n, S)
        By start, a name in SPECTRUM_STARTS, the largest first. "mirrored" is there for ReLU alone.
    """

    activation: str
    depth: int
    gain: float
    singular: dict[str, np.ndarray]


@lru_cache(maxsize=2)
def spectrum_matrices(offset):
    """Return by start the weights at gain 1, from the seeds of this `offset`; the mirrored ones are twice as wide."""
    matrices = {}
    for name, initializer in (LINEAR_STARTS | {"mirrored": looks_linear}).items():
        n, rngs = SPECTRUM_WIDTH * (2 if name == "mirrored" else 1), seeded_many(SPECTRUM_SEEDS, 8, 3)
        matrices[name] = [np.stack([initializer((n, n), rng) for rng in rngs]) for _ in range(DEEPEST_SPECTRUM)]
    return matrices


def run_spectrum(*, activation="tanh", depth=20, gain=1.0):
    """Return the singular values of networks of `depth` layers, 32 wide, at an input with E[x²] = 1.

    The last layer has no activation. The mirrored network's hidden layers are 64 wide, its orthogonal matrices are
    those of the orthogonal one.
    """
    checked_most(depth, DEEPEST_SPECTRUM, "depth")
    gain, function = checked_scale(gain, "gain"), activation_named(activation)
    n, matrices = SPECTRUM_WIDTH, spectrum_matrices(seed_offset())
    x = seeded(8, 4).standard_normal((1, n))
    singular = {}
    for start in SPECTRUM_STARTS[: 3 if activation == "relu" else 2]:
        h, jacobian = x, np.eye(n)
        for layer in range(depth):
            weights = gain * matrices[start][layer]
            weights = weights[:, : h.shape[-1]]  # the input has no mirror image
            if layer == depth - 1:
                weights = weights[:, :, :n]  # nor has the output
            z, jacobian = h @ weights, jacobian @ weights
            if layer < depth - 1:
                h, jacobian = function(z), jacobian * function.derivative(z)
        singular[start] = np.linalg.svd(jacobian, compute_uv=False).T
    return Spectrum(activation, depth, gain, singular)


# A plain ReLU network of 50 layers.


def mirrored_by_shape(shape, rng):
    """Draw `looks_linear` weights for a network that takes 64 numbers and answers with 10."""
    if shape[0] == 64:
        return looks_linear(shape, rng, mirror="out")
    return looks_linear(shape, rng, mirror="in" if shape[1] == 10 else "both")


DEEP_STARTS = {
    "He": he_normal,
    "orthogonal": partial(orthogonal, gain=math.sqrt(2)),
    "mirrored": mirrored_by_shape,
}


@dataclass(frozen=True)
class DeepTraining:
    """One start of a deep ReLU network, trained on digits from S seeds.

    Attributes
    ----------
    start : str
        A name in DEEP_STARTS.
    steps : ndarray (T,)
    loss : ndarray (T, S)
        In nats, over all digits.
    accuracy : ndarray (S,)
        Share of these digits that are classified correctly at the end.
    """

    start: str
    steps: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray


def deep_digits(count=500):
    """Return `count` pictures of all ten digits with E[x] = 0 and E[x²] = 1, and their labels."""
    return standard_digits(count, seeded(8, 5))


def run_deep(start, *, layers=50, width=32, steps=120, seeds=8):
    """Train ReLU networks, without skips and normalization, on ten digits: momentum 0.9, batches of 64, rate 0.003."""
    initializer = DEEP_STARTS[checked_choice(start, DEEP_STARTS, "start")]
    x, labels = deep_digits()
    history = fit(
        dense([64, *[width] * (layers - 1), 10], initializer, seeded_many(seeds, 8, 6)),
        x,
        labels,
        loss="softmax",
        optimizer=Momentum(0.003),
        steps=steps,
        batch_size=64,
        rng=seeded(8, 7),
        record_every=10,
    )
    return DeepTraining(start, history.steps, history.loss, history.accuracy(x, labels))


# Convolutions.


def conv_singular_values(kernel, size):
    """Return all singular values of a convolution on a torus of `size` × `size` pixels, the largest first.

    A Fourier transform over the receptive field makes the convolution a matrix (channels_in, channels_out) for each
    frequency.
    """
    matrices = np.fft.fft2(kernel, (size, size), axes=(0, 1))
    return np.sort(np.linalg.svd(matrices, compute_uv=False).ravel())[::-1]


# The exercise with networks that stop.

HALTING_TARGET = np.diag([2.0, 1.5, 0.8])


def halting_networks(seeds=12):
    """Return the weights of the exercise's deep linear networks, a list of 3 stacks (seeds, 3, 3)."""
    rngs = seeded_many(seeds, 8, 108)
    return [np.stack([orthogonal((3, 3), rng) for rng in rngs]) for _ in range(3)]
