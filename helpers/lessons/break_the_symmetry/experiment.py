"""Why not start at zero? Units that start alike stay alike, until noise or rounding unties them (notebook 01).

The networks here have one hidden layer, and keep all that belongs to one hidden unit in one column:
``units`` has shape (S, inputs + outputs, H), a unit's incoming weights above its outgoing ones. A last input
that is always 1 makes the last incoming weight the unit's bias. Two units are tied if their columns are equal.
"""

import math
from dataclasses import dataclass

import numpy as np

from helpers.activations import activation_named
from helpers.arguments import checked_choice, checked_scale
from helpers.data import digits
from helpers.initializers import constant, normal, zeros
from helpers.networks import logistic_loss, transposed
from helpers.seeding import seeded_many

UNIT_STARTS = ("zeros", "constant", "twins", "random")
DIFFERENT = 0.1  # two units count as distinct, and as parted, from this difference on


# Three ways to multiply two matrices.


def alike(a, b):
    """Return a @ b, every column of it added up in the same order."""
    return (a[..., :, :, np.newaxis] * b[..., np.newaxis, :, :]).sum(axis=-2)


def last_backwards(a, b):
    """Return a @ b, the last column added up from the other end."""
    product = alike(a, b)
    product[..., -1:] = alike(a[..., ::-1], b[..., ::-1, -1:])
    return product


def ordinary(a, b):
    """Return a @ b as this computer likes it best."""
    return a @ b


PRODUCTS = {"alike": alike, "last backwards": last_backwards, "ordinary": ordinary}


# A network whose hidden units are columns.


def gradients(units, bias, x, targets, activation, product):
    """Return the logistic loss of S networks, (S,), and its derivatives by `units` and by the output `bias`."""
    inputs = x.shape[1]
    incoming, outgoing = units[:, :inputs], units[:, inputs:]
    z = product(x, incoming)
    h = activation(z)
    logits = product(h, transposed(outgoing)) + bias
    loss, delta_out = logistic_loss(logits, targets)
    delta = product(delta_out, outgoing) * activation.derivative(z)
    by_units = np.concatenate([product(x.T, delta), product(transposed(delta_out), h)], axis=1)
    return loss, by_units, delta_out.sum(axis=1, keepdims=True)


def descend(units, x, targets, *, activation, product, learning_rate, steps, record_every):
    """Train by gradient descent, the output bias from 0; yield (step, loss, units, bias) at every record."""
    activation = activation_named(activation)
    bias = np.zeros((len(units), 1, 1))
    for step in range(steps + 1):
        loss, by_units, by_bias = gradients(units, bias, x, targets, activation, product)
        if step % record_every == 0 or step == steps:
            yield step, loss, units, bias
        units = units - learning_rate * by_units
        bias = bias - learning_rate * by_bias


def with_one(x):
    """Return inputs `x` with a last column of ones, so that biases are weights."""
    return np.concatenate([x, np.ones((len(x), 1))], axis=1)


def first_units(start, inputs, width, rngs, *, noise=0.0, value=0.5):
    """Draw the units of one network for each generator, (S, inputs + 2, width).

    Parameters
    ----------
    start : str
        "zeros", "constant", "twins" (random, but the second unit is a copy of the first) or "random".
    inputs, width : int
        Number of inputs without the one of the bias, and of hidden units.
    rngs : sequence of numpy.random.Generator
    noise : float
        Standard deviation of what is added to each of a unit's numbers afterwards.
    value : float
        Of every weight of a constant start.
    """
    noise = checked_scale(noise, "noise")
    units = np.zeros((len(rngs), inputs + 2, width))
    for columns, rng in zip(units, rngs, strict=True):
        columns[:inputs] = first_weights(start, (inputs, width), rng, value)
        columns[-1] = first_weights(start, (width, 1), rng, value)[:, 0]
        if start == "twins":
            columns[:, 1] = columns[:, 0]
        columns += noise * rng.standard_normal(columns.shape)
    return units


def first_weights(start, shape, rng, value):
    """Draw one layer's weights: all 0, all `value`, or random with a standard deviation of 1/√fan_in."""
    if checked_choice(start, UNIT_STARTS, "start") == "zeros":
        return zeros(shape)
    if start == "constant":
        return constant(shape, value=value)
    return normal(shape, rng, std=1 / math.sqrt(shape[0]))


def gap_between(units):
    """Return the largest difference between two of these units in one of their numbers, (S,); 0 if they are tied."""
    return np.ptp(units, axis=2).max(axis=1)


def distinct_units(units, tolerance=0.0):
    """Count the units that differ by more than `tolerance` from every unit before them, (S,)."""
    difference = np.abs(units[:, :, :, np.newaxis] - units[:, :, np.newaxis, :]).max(axis=1)
    not_before = np.triu(np.ones(difference.shape[1:], dtype=bool))
    return ((difference > tolerance) | not_before).all(axis=2).sum(axis=1)


# Is it a 3? What each unit of a digit reader looks for.

PICTURE_COUNT = 100
DIGIT = 3


@dataclass(frozen=True)
class Failure:
    """Networks that are to tell the digit 3 from the others, trained from one start.

    Attributes
    ----------
    start, activation : str
    gradient : float
        Largest derivative of the loss with respect to any weight or hidden bias, at the start.
    first, units : ndarray (S, 66, H)
        Before and after: of each hidden unit the weights of 64 pixels, the bias and the outgoing weight.
    bias : ndarray (S,)
        Of the output, after.
    loss : ndarray (T, S)
        In nats.
    """

    start: str
    activation: str
    gradient: float
    first: np.ndarray
    units: np.ndarray
    bias: np.ndarray
    loss: np.ndarray

    @property
    def distinct(self):
        """How many units of each network differ, be it in one bit, (S,)."""
        return distinct_units(self.units)

    @property
    def pictures(self):
        """How training has changed the weights from the pixels to the first network's units, (H, 8, 8)."""
        return (self.units - self.first)[0, :64].T.reshape(-1, 8, 8)


def threes():
    """Return the first 100 digits, (100, 64), less their mean picture, and which of them are threes."""
    x, labels = digits()
    x = x[:PICTURE_COUNT]
    return x - x.mean(axis=0), (labels[:PICTURE_COUNT] == DIGIT).astype(int)


def run_failure(start, activation="tanh", *, width=8, seeds=1, learning_rate=0.3, steps=100):
    """Train networks of one hidden layer to find the threes, all columns of every product computed alike."""
    pixels, targets = threes()
    x = with_one(pixels)
    first = first_units(start, 64, width, seeded_many(seeds, 1, 0), value=0.1)
    bias = np.zeros((seeds, 1, 1))
    _, by_units, _ = gradients(first, bias, x, targets, activation_named(activation), alike)
    training = descend(
        first,
        x,
        targets,
        activation=activation,
        product=alike,
        learning_rate=learning_rate,
        steps=steps,
        record_every=10,
    )
    losses = []
    for _, loss, units, bias in training:  # noqa: B007  the last ones stay
        losses.append(loss)
    return Failure(
        start=start,
        activation=activation,
        gradient=float(np.abs(by_units).max()),
        first=first,
        units=units,
        bias=bias[:, 0, 0],
        loss=np.array(losses),
    )


# Five stripes: the task that a single unit cannot do.

STRIPE_EDGES = (-2.4, -0.8, 0.8, 2.4)


def five_stripes(count=32):
    """Return points on a line from -4 to 4, (count, 1), and their labels, which change four times: 0 1 0 1 0."""
    x = np.linspace(-4, 4, count)
    return x[:, np.newaxis], np.searchsorted(STRIPE_EDGES, x) % 2


@dataclass(frozen=True)
class Untying:
    """Units that started alike, but for noise, as far as they have come on the five stripes.

    Attributes
    ----------
    start : str
    noise : float
    steps : ndarray (T,)
    gap : ndarray (T, S)
        Largest difference between two units that started alike; 0 while they are tied to the last bit.
    distinct : ndarray (T, S)
        Number of units that differ visibly, by more than 0.1 in one of their numbers.
    loss : ndarray (T, S)
        In nats.
    width : int
        Number of hidden units.
    last_step : int
        Where the training ends.
    """

    start: str
    noise: float
    steps: np.ndarray
    gap: np.ndarray
    distinct: np.ndarray
    loss: np.ndarray
    width: int
    last_step: int

    @property
    def progress(self):
        """Share of the training that is done."""
        return self.steps[-1] / self.last_step


def watch_untying(
    start, noise=0.0, width=8, activation="tanh", *, seeds=16, learning_rate=1.0, steps=800, record_every=20
):
    """Train on five stripes, and yield the Untying as it goes on; each network has its own noise.

    Parameters
    ----------
    start : str
        "zeros", "constant", "twins" or "random".
    noise : float
        Standard deviation of what is added to every number of a unit.
    width : int
    activation : str
    """
    x, targets = five_stripes()
    units = first_units(start, 1, width, seeded_many(seeds, 1, 1), noise=noise)
    tied = slice(2) if start == "twins" else slice(None)
    training = descend(
        units,
        with_one(x),
        targets,
        activation=activation,
        product=alike,
        learning_rate=learning_rate,
        steps=steps,
        record_every=record_every,
    )
    records = []
    for step, loss, units, _ in training:
        records.append((step, gap_between(units[:, :, tied]), distinct_units(units, DIFFERENT), loss))
        recorded_steps, gap, distinct, losses = (np.array(column) for column in zip(*records, strict=True))
        yield Untying(start, noise, recorded_steps, gap, distinct, losses, width, steps)


def run_untying(start, noise=0.0, width=8, activation="tanh", **options):
    """Return the finished Untying. The options are those of `watch_untying`."""
    for untying in watch_untying(start, noise, width, activation, **options):  # noqa: B007  the last one is the whole
        pass
    return untying


@dataclass(frozen=True)
class Parting:
    """How noise of each size parts the units of a constant start.

    Attributes
    ----------
    noise : ndarray (E,)
    steps : ndarray (T,)
        0, 1, 2, … until the units of all networks have parted.
    gap : ndarray (T, E, S)
        Largest difference between two units.
    """

    noise: np.ndarray
    steps: np.ndarray
    gap: np.ndarray

    @property
    def parted(self):
        """First step at which two units differ visibly, by more than 0.1, (E, S); inf if none did."""
        apart = self.gap > DIFFERENT
        return np.where(apart.any(axis=0), self.steps[apart.argmax(axis=0)], np.inf)

    @property
    def steps_a_decade(self):
        """How many steps more a tenth of the noise costs: the slope of the line through the medians of `parted`."""
        slope, _ = np.polyfit(-np.log10(self.noise), np.median(self.parted, axis=1), 1)
        return slope


def run_parting(exponents=range(2, 13, 2), *, task=five_stripes, width=8, seeds=16, learning_rate=1.0, steps=800):
    """Add noise of 10^-exponent, for each exponent, to a constant start, and train until all units have parted.

    `task` returns the inputs and their labels.
    """
    x, targets = task()
    noise = 10.0 ** -np.array(exponents)
    units = np.concatenate(
        [first_units("constant", x.shape[1], width, seeded_many(seeds, 1, 1), noise=size) for size in noise]
    )
    training = descend(
        units,
        with_one(x),
        targets,
        activation="tanh",
        product=alike,
        learning_rate=learning_rate,
        steps=steps,
        record_every=1,
    )
    gaps = []
    for _, _, units, _ in training:
        gaps.append(gap_between(units))
        if gaps[-1].min() > DIFFERENT:
            break
    return Parting(noise, np.arange(len(gaps)), np.array(gaps).reshape(-1, len(noise), seeds))


ROUNDING_WIDTHS = (4, 5, 8, 9, 13, 16)


@dataclass(frozen=True)
class Rounding:
    """A constant start without any noise, trained with one way to multiply matrices.

    Attributes
    ----------
    product : str
        A name in PRODUCTS.
    widths : tuple of int (W,)
    steps : ndarray (T,)
    gap : ndarray (T, W)
        Largest difference between two units of the network of each width.
    """

    product: str
    widths: tuple
    steps: np.ndarray
    gap: np.ndarray


def run_rounding(product, *, widths=ROUNDING_WIDTHS, learning_rate=1.0, steps=1000):
    """Train networks of several widths from a constant start, in float64, with the product of that name."""
    multiply = PRODUCTS[checked_choice(product, PRODUCTS, "product")]
    x, targets = five_stripes()
    gaps = []
    for width in widths:
        training = descend(
            first_units("constant", 1, width, seeded_many(1, 1, 2)),
            with_one(x),
            targets,
            activation="tanh",
            product=multiply,
            learning_rate=learning_rate,
            steps=steps,
            record_every=20,
        )
        recorded_steps, gap = zip(*[(step, gap_between(units)[0]) for step, _, units, _ in training], strict=True)
        gaps.append(gap)
    return Rounding(product, tuple(widths), np.array(recorded_steps), np.array(gaps).T)
