"""Does one gain keep the signal of any activation, and what do rounded or borrowed gains do? (notebook 06)

Networks have no biases and equal layers. The first layer's weights have gain 1, for its inputs come from no
activation; those of all others have the gain under test. q stands for E[z²], the second moment of a layer's z.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.activations import activation_named, gain_for, gaussian_quadrature
from helpers.arguments import checked_choice, checked_scale
from helpers.data import gaussian_inputs
from helpers.initializers import STD_WITHIN_2, variance_scaling
from helpers.offset import seed_offset
from helpers.propagation import scale_of, send_forward
from helpers.seeding import seeded, seeded_many

DEPTH, WIDTH, SEEDS = 30, 100, 16  # layers, units in each, networks
WEIGHT_KINDS = ("normal", "truncated_normal", "uniform", "truncated, uncorrected")
RULES = ("exact", "PyTorch's table", "1, as LeCun", "√2, as He")

# What torch.nn.init.calculate_gain returns, leaky ReLU at its default slope; it knows no other of our activations.
PYTORCH_GAINS = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "leaky_relu": math.sqrt(2 / (1 + 0.01**2)),
    "selu": 3 / 4,
}


def gain_by_rule(activation, rule):
    """Return the gain that one of RULES gives to an activation."""
    activation_named(activation)
    checked_choice(rule, RULES, "rule")
    if rule == "PyTorch's table" and activation not in PYTORCH_GAINS:
        raise ValueError(f"PyTorch's table has no gain for {activation}")
    return {
        "exact": gain_for(activation),
        "PyTorch's table": PYTORCH_GAINS.get(activation),
        "1, as LeCun": 1.0,
        "√2, as He": math.sqrt(2),
    }[rule]


def second_moment(activation, q):
    r"""Return what is left of pre-activations of second moment q behind an activation.

    .. math:: E[f(\sqrt{q}\,z)^2], \qquad z \sim \mathcal{N}(0, 1)

    Parameters
    ----------
    activation : str
    q : float or ndarray (K,)

    Returns
    -------
    ndarray of the shape of q
    """
    nodes, weights = few_nodes()
    z = np.sqrt(q)[..., np.newaxis] * nodes
    return activation_named(activation)(z) ** 2 @ weights


@lru_cache
def few_nodes():
    """Return 512 nodes and weights: enough for pictures, and 24 times as fast as those of `gain_for`."""
    return gaussian_quadrature(limit=10, panels=64)


def predict_levels(activation, gain, layers=DEPTH):
    r"""Return the second moments that infinitely wide layers would have, (layers,), the first being 1.

    .. math:: q_1 = 1, \qquad q_{l+1} = \text{gain}^2\,E[f(\sqrt{q_l}\,z)^2]
    """
    q = [1.0]
    for _ in range(layers - 1):
        q.append(gain**2 * float(second_moment(activation, q[-1])))
    return np.array(q)


@dataclass(frozen=True)
class Levels:
    """The second moment of z, layer by layer, in S networks, and what the theory of wide layers predicts.

    Attributes
    ----------
    activation : str
    rule : str
        How the gain was chosen: one of RULES.
    gain : float
        The weights' standard deviation times √fan_in, but for weights that were cut and not corrected.
    weights : str
        One of WEIGHT_KINDS.
    measured : ndarray (L, S)
        E[z²] of layers 1 … L.
    predicted : ndarray (L,)
    grid, factor : ndarray (Q,)
        A layer that is given z with E[z²] = grid makes the next one's E[z²] factor times that.
    width : int
    """

    activation: str
    rule: str
    gain: float
    weights: str
    measured: np.ndarray
    predicted: np.ndarray
    grid: np.ndarray
    factor: np.ndarray
    width: int = WIDTH

    @property
    def layers(self):
        return np.arange(1, len(self.measured) + 1)

    @property
    def seeds(self):
        return self.measured.shape[1]

    @property
    def rests(self):
        """List of (q, steady): where the factor is 1, and whether the layers lead back there from either side."""
        logs = np.log(self.factor)
        moved = np.abs(logs) > 1e-3  # where q is kept there is no way to anywhere
        places, logs = np.log(self.grid[moved]), logs[moved]
        rests = []
        for left in np.flatnonzero(np.diff(np.sign(logs))):
            share = logs[left] / (logs[left] - logs[left + 1])
            place = places[left] + share * (places[left + 1] - places[left])
            rests.append((math.exp(place), bool(logs[left] > 0)))
        return rests


def run_levels(activation, rule="exact", times=1.0, weights="normal", *, width=WIDTH, seeds=SEEDS):
    """Send two inputs through `seeds` networks of 30 layers, and predict what comes.

    Parameters
    ----------
    activation : str
        A name in `helpers.activations.ACTIVATIONS`.
    rule : str
        How the gain is chosen: one of RULES.
    times : float, at least 0
        The gain is multiplied by this.
    weights : str
        What the weights are drawn from: one of WEIGHT_KINDS.
    width, seeds : int

    Returns
    -------
    Levels
    """
    checked_choice(weights, WEIGHT_KINDS, "weights")
    matrices = unit_weights(width, seeds, seed_offset())[weights.partition(",")[0]]
    return levels_through(matrices, activation, rule, times, weights)


def run_narrower(activation, times=1.0, weights="normal", width=WIDTH):
    """Return the Levels of 16 networks at `times` the exact gain, with layers of `width` units cut out of wider ones.

    Their weights are those between the first `width` inputs and units of `run_levels`, widened by √(100 / width), so
    that networks of all widths have their random numbers in common. The width is at most 100.
    """
    checked_choice(weights, WEIGHT_KINDS, "weights")
    wide = unit_weights(WIDTH, SEEDS, seed_offset())[weights.partition(",")[0]]
    matrices = wide if width == WIDTH else np.float32(math.sqrt(WIDTH / width)) * wide[:, :, :width, :width]
    return levels_through(matrices, activation, "exact", times, weights)


def levels_through(matrices, activation, rule, times, weights):
    """Send two inputs through networks whose weights, (DEPTH, S, width, width), have the variance 1 / width."""
    gain = gain_by_rule(activation, rule) * checked_scale(times, "times")
    kept = gain * STD_WITHIN_2 if weights == "truncated, uncorrected" else gain  # what is left of it
    f = activation_named(activation)
    x = unit_inputs(matrices.shape[-1]).astype(np.float32)
    # The gain may stand before the signals as well as before the next layer's weights, which are far more numbers.
    _, preactivations = send_forward(x, matrices, lambda z: np.float32(kept) * f(z))
    measured = np.array([scale_of(z) ** 2 for z in preactivations])
    grid = MOMENT_GRID.copy()
    factor = kept**2 * moments_on_grid(activation) / grid
    predicted = predict_levels(activation, kept)
    return Levels(activation, rule, gain, weights, measured, predicted, grid, factor, matrices.shape[-1])


def unit_inputs(width):
    """Return two inputs (2, width) with a mean square of exactly 1."""
    x = gaussian_inputs(2, width, seeded(6, 2))
    return x / np.sqrt(np.mean(x**2, axis=1, keepdims=True))


MOMENT_GRID = np.geomspace(1e-6, 1e6, 96)  # an even count, so that 1 lies between two of them


@lru_cache
def moments_on_grid(activation):
    """Return the second moments behind an activation at MOMENT_GRID."""
    return second_moment(activation, MOMENT_GRID)


@lru_cache(maxsize=1)
def unit_weights(width, seeds, offset):
    """Return weights of variance 1 / width by their distribution, each (DEPTH, seeds, width, width).

    `offset` is the seeds' offset, a part of the key; 58 MB for the usual 16 networks of width 100.
    """
    drawn = {}
    for number, distribution in enumerate(("normal", "truncated_normal", "uniform")):
        stack = np.empty((DEPTH, seeds, width, width), dtype=np.float32)
        for seed, rng in enumerate(seeded_many(seeds, 6, 1, number)):
            for layer in range(DEPTH):
                stack[layer, seed] = variance_scaling((width, width), rng, distribution=distribution)
        stack.flags.writeable = False
        drawn[distribution] = stack
    drawn["truncated"] = drawn["truncated_normal"]
    return drawn


@dataclass(frozen=True)
class WeightShapes:
    """How the weights of S layers are distributed, in units of the standard deviation that was asked for.

    Attributes
    ----------
    weights : str
        One of WEIGHT_KINDS.
    edges : ndarray (B + 1,)
    density : ndarray (B, S)
    std, kurtosis, largest : ndarray (S,)
        Standard deviation, E[w⁴] / E[w²]², and largest absolute value.
    """

    weights: str
    edges: np.ndarray
    density: np.ndarray
    std: np.ndarray
    kurtosis: np.ndarray
    largest: np.ndarray


def run_weight_shapes(weights, *, width=100, seeds=16):
    """Return the WeightShapes of layers of `width` inputs and units, one for each seed."""
    checked_choice(weights, WEIGHT_KINDS, "weights")
    asked = math.sqrt(width) * (STD_WITHIN_2 if weights == "truncated, uncorrected" else 1)
    drawn = asked * unit_weights(width, seeds, seed_offset())[weights.partition(",")[0]][0].astype(float)
    values = drawn.reshape(seeds, -1)
    edges = np.linspace(-4, 4, 33)
    density = np.array([np.histogram(row, edges)[0] / (row.size * (edges[1] - edges[0])) for row in values]).T
    square = np.mean(values**2, axis=1)
    kurtosis = np.mean(values**4, axis=1) / square**2
    return WeightShapes(weights, edges, density, np.sqrt(square), kurtosis, np.abs(values).max(axis=1))


def failing_start(shape, rng):
    """Return the weights of an exercise: networks of ReLU units that start from them do not train."""
    return variance_scaling(shape, rng, scale=math.sqrt(2), mode="fan_out")
