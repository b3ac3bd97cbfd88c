"""Which random numbers, and how large? What one layer makes of the weights it starts from (notebook 02)."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from helpers.activations import activation_named
from helpers.arguments import checked_choice
from helpers.data import digits, gaussian_inputs
from helpers.initializers import normal, uniform
from helpers.networks import dense, forward
from helpers.seeding import seeded, seeded_many

SCALE_WIDTHS = (10, 30, 100, 300, 1000, 4096)
FLAT = 2  # tanh is within 4 % of ±1 beyond it
FLAT_SLOPE = 0.1  # what is less steep is drawn as flat
BINS = np.linspace(-4, 4, 33)  # of z in units of its predicted standard deviation
WEIGHT_DRAWS = {
    "normal": lambda shape, rng, std: normal(shape, rng, std=std),
    "uniform": lambda shape, rng, std: uniform(shape, rng, limit=math.sqrt(3) * std),
    "uniform(-σ, σ)": lambda shape, rng, std: uniform(shape, rng, limit=std),
}
INPUT_DRAWS = {
    "+1 or -1": lambda shape, rng: rng.choice([-1.0, 1.0], shape),
    "all 1": lambda shape, rng: np.ones(shape),
    "digits' ink": lambda shape, rng: rng.choice(digits()[0].ravel(), shape),
}


@dataclass(frozen=True)
class Fade:
    """The scale of a signal on its way through layers of one width, at one fixed σ.

    Attributes
    ----------
    widths : ndarray (T,)
    std : ndarray (T, L, S)
        Standard deviation of z in each of L layers, for S seeds.
    """

    widths: np.ndarray
    std: np.ndarray


def measure_fade(*, widths=(10, 100, 1000), layers=5, std=0.01, seeds=16, inputs=32):
    """Send standard normal inputs through tanh layers that are as wide as their inputs; return the Fade."""
    measured = np.empty((len(widths), layers, seeds))
    for place, width in enumerate(widths):
        x = gaussian_inputs(inputs, width, seeded(2, 0, place))
        for seed, rng in enumerate(seeded_many(seeds, 2, 1, place)):
            network = dense([width] * (layers + 1), partial(normal, std=std), [rng], activation="tanh")
            measured[place, :, seed] = [z.std() for z in forward(network, x).preactivations]
    return Fade(np.array(widths), measured)


@dataclass(frozen=True)
class Scale:
    """The variance of z in one layer, over widths.

    Attributes
    ----------
    weights : str
        A name in WEIGHT_DRAWS.
    std : float
        σ, the standard deviation that was asked for.
    widths : ndarray (T,)
        Numbers of inputs n.
    variance : ndarray (T, S)
        Measured, over the units and inputs of each of S seeds.
    predicted : ndarray (T, S)
        n σ² E[x²], with the E[x²] of the same inputs.
    """

    weights: str
    std: float
    widths: np.ndarray
    variance: np.ndarray
    predicted: np.ndarray

    @property
    def ratio(self):
        """Measured over predicted variance, (T, S)."""
        return self.variance / self.predicted


def measure_scale(weights, *, std=0.01, widths=SCALE_WIDTHS, seeds=32, units=128, inputs=64):
    """Measure var(z), and predict it, where standard normal inputs meet a layer of each width.

    Parameters
    ----------
    weights : str
        A name in WEIGHT_DRAWS.
    std : float
        σ of one weight.
    widths : sequence of int
    seeds : int
        Layers of each width, each with inputs of its own. Other `weights` meet the same inputs.
    units, inputs : int
        How many units each layer has, and how many inputs it is given.

    Returns
    -------
    Scale
    """
    draw = weights_named(weights)
    variance, predicted = np.empty((2, len(widths), seeds))
    for seed, (rng_of_inputs, rng) in enumerate(zip(seeded_many(seeds, 2, 2), seeded_many(seeds, 2, 3), strict=True)):
        for place, width in enumerate(widths):
            x = gaussian_inputs(inputs, width, rng_of_inputs)
            z = x @ draw((width, units), rng, std)
            variance[place, seed] = z.var()
            predicted[place, seed] = width * std**2 * np.mean(x**2)
    return Scale(weights, std, np.array(widths), variance, predicted)


@dataclass(frozen=True)
class Shape:
    """The distribution of z, where z is the sum of n weights, over widths n.

    Attributes
    ----------
    weights : str
        A name in WEIGHT_DRAWS.
    widths : ndarray (T,)
    density : ndarray (T, B, S)
        Of z / σ√n in the B bins between BINS.
    kurtosis : ndarray (T, S)
        E[z⁴] / E[z²]², 3 for a Gaussian.
    """

    weights: str
    widths: np.ndarray
    density: np.ndarray
    kurtosis: np.ndarray


def measure_shape(weights, *, widths=(1, 2, 4, 8, 16, 32, 64), seeds=32, units=4096):
    """Measure how z is distributed over many units whose inputs are all 1; return the Shape."""
    draw = weights_named(weights)
    density = np.empty((len(widths), len(BINS) - 1, seeds))
    kurtosis = np.empty((len(widths), seeds))
    for seed, rng in enumerate(seeded_many(seeds, 2, 4)):
        for place, width in enumerate(widths):
            z = draw((width, units), rng, 1 / math.sqrt(width)).sum(axis=0)
            density[place, :, seed] = np.histogram(z, BINS)[0] / (units * np.diff(BINS))
            kurtosis[place, seed] = np.mean(z**4) / np.mean(z**2) ** 2
    return Shape(weights, np.array(widths), density, kurtosis)


@dataclass(frozen=True)
class Slopes:
    """An activation beside its derivative.

    Attributes
    ----------
    activation : str
    z : ndarray (T,)
    values, slopes : ndarray (T,)
        f(z) and f'(z).
    """

    activation: str
    z: np.ndarray
    values: np.ndarray
    slopes: np.ndarray

    @property
    def flat(self):
        """(T,): where the slope is below FLAT_SLOPE."""
        return self.slopes < FLAT_SLOPE


def measure_slopes(activation, *, furthest=4, points=401):
    """Return the Slopes of the activation of that name, from -furthest to furthest."""
    f = activation_named(activation)
    z = np.linspace(-furthest, furthest, points)
    return Slopes(activation, z, f(z), f.derivative(z))


@dataclass(frozen=True)
class Layer:
    """One layer as it starts.

    Attributes
    ----------
    width : int
        Number of inputs n.
    std : float
        σ, the standard deviation that was asked for.
    weights, inputs : str
        Names in WEIGHT_DRAWS and INPUT_DRAWS.
    measured, predicted : float
        Standard deviation of z, and σ √(n E[x²]).
    density : ndarray (B,)
        Of z / predicted in the B bins between BINS.
    saturated : float
        Share of z beyond ±FLAT.
    """

    width: int
    std: float
    weights: str
    inputs: str
    measured: float
    predicted: float
    density: np.ndarray
    saturated: float


def draw_layer(width, std, weights="normal", inputs="+1 or -1"):
    """Draw a layer's weights, give it inputs, and return the Layer. A wide one has fewer units: 4096 … 128."""
    units = min(4096, 2**19 // width)
    examples = max(16, 8192 // units)
    x = INPUT_DRAWS[checked_choice(inputs, INPUT_DRAWS, "inputs")]((examples, width), seeded(2, 5))
    z = x @ weights_named(weights)((width, units), seeded(2, 6), std)
    predicted = std * math.sqrt(width * np.mean(x**2))
    density = np.histogram(z, BINS * predicted)[0] / (z.size * np.diff(BINS))
    return Layer(width, std, weights, inputs, float(z.std()), predicted, density, float(np.mean(np.abs(z) > FLAT)))


def weights_named(name):
    """Return the draw that WEIGHT_DRAWS knows as `name`; the error of an unknown name lists the known ones."""
    return WEIGHT_DRAWS[checked_choice(name, WEIGHT_DRAWS, "weights")]
