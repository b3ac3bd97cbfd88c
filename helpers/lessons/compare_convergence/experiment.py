"""Which start learns fastest, and how sure are we? Many seeds, and intervals for what they say (notebook 07)."""

import math
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from helpers.arguments import checked_choice, checked_scale
from helpers.data import digits, two_moons, two_spirals, xor
from helpers.initializers import fans, he_normal, he_uniform, normal, standard_uniform, xavier_normal
from helpers.networks import Network, Parameters, backward, dense, forward, logistic_loss
from helpers.propagation import scale_of
from helpers.seeding import seeded, seeded_many
from helpers.statistics import bootstrap_interval, wilson_interval
from helpers.training import SGD, fit, steps_to, train

# Six starts on two tasks.


CONTEST_STARTS = {
    "small normal": partial(normal, std=0.01),
    "large normal": partial(normal, std=0.5),
    "standard": standard_uniform,
    "Xavier": xavier_normal,
    "He": he_normal,
    "He uniform": he_uniform,
}


@dataclass(frozen=True)
class Task:
    """What is learned, and how: `x` and `labels` train, `new_x` and `new_labels` are never trained on.

    `guessing` is the loss, in nats, of equal answers to everything, and `target` the one at which a network counts as
    having arrived.
    """

    name: str
    widths: tuple
    x: np.ndarray
    labels: np.ndarray
    new_x: np.ndarray
    new_labels: np.ndarray
    loss: str
    guessing: float
    target: float
    learning_rate: float
    steps: int
    batch_size: int | None
    record_every: int


def digits_task():
    """Return the Task of reading 10 digits from 128 pictures; 500 others are held out."""
    x, labels = digits()
    order = seeded(7, 0).permutation(len(x))
    old, new = order[:128], order[128:628]
    options = {"loss": "softmax", "guessing": math.log(10), "target": 0.5, "learning_rate": 0.3}
    options |= {"steps": 180, "batch_size": 32, "record_every": 3}
    return Task("digits", (64, 24, 10), x[old], labels[old], x[new], labels[new], **options)


def spirals_task():
    """Return the Task of telling two spirals apart from 64 points; 256 others are held out."""
    x, labels = two_spirals(64, seeded(7, 1), turns=1.0)
    new_x, new_labels = two_spirals(256, seeded(7, 2), turns=1.0)
    options = {"loss": "logistic", "guessing": math.log(2), "target": 0.3, "learning_rate": 0.3}
    options |= {"steps": 150, "batch_size": None, "record_every": 2}
    return Task("spirals", (2, 16, 16, 16, 1), x, labels, new_x, new_labels, **options)


TASKS = {"digits": digits_task, "spirals": spirals_task}


@dataclass(frozen=True)
class Contest:
    """One start on one task, from S seeds.

    Attributes
    ----------
    task, start : str
    target : float
        Loss at which a network counts as having arrived.
    steps : ndarray (T,)
    loss : ndarray (T, S)
        Over all training examples, in nats.
    accuracy : ndarray (S,)
        Share of the held-out examples that the trained networks classify correctly.
    """

    task: str
    start: str
    target: float
    steps: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray

    @property
    def arrival(self):
        """The first recorded step at which each network's loss was at most the target, (S,); inf if never."""
        return steps_to(self.target, self.steps, self.loss)

    @cached_property
    def arrival_interval(self):
        """Where the median arrival lies, with 95 % confidence."""
        return bootstrap_interval(self.arrival, seeded(7, 3))

    @cached_property
    def accuracy_interval(self):
        """Where the median accuracy lies, with 95 % confidence."""
        return bootstrap_interval(self.accuracy, seeded(7, 4))


def run_contest(start, task, *, seeds=32):
    """Train ReLU networks from `seeds` draws of one start, all on the same batches; return the Contest.

    Parameters
    ----------
    start : str
        A name in CONTEST_STARTS.
    task : str
        A name in TASKS.
    seeds : int
    """
    initializer = CONTEST_STARTS[checked_choice(start, CONTEST_STARTS, "start")]
    task = TASKS[checked_choice(task, TASKS, "task")]()
    history = fit(
        dense(task.widths, initializer, seeded_many(seeds, 7, 5)),
        task.x,
        task.labels,
        loss=task.loss,
        optimizer=SGD(task.learning_rate),
        steps=task.steps,
        batch_size=task.batch_size,
        rng=seeded(7, 6),
        record_every=task.record_every,
    )
    accuracy = history.accuracy(task.new_x, task.new_labels)
    return Contest(task.name, start, task.target, history.steps, history.loss, accuracy)


# Learning rate and gain.


@dataclass(frozen=True)
class RateMap:
    """When networks arrive on the spirals, by gain and learning rate.

    Attributes
    ----------
    gains : ndarray (G,)
        σ √fan_in of every layer.
    rates : ndarray (R,)
    arrival : ndarray (G, R, S)
        In steps; inf if never.
    """

    gains: np.ndarray
    rates: np.ndarray
    arrival: np.ndarray

    @property
    def median(self):
        """The median arrival in each cell, (G, R)."""
        return np.median(self.arrival, axis=2)

    @property
    def best_rate(self):
        """The rate of the earliest median arrival for each gain, (G,); the lowest of several."""
        return self.rates[self.median.argmin(axis=1)]


GAIN_GRID = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
RATE_GRID = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def run_rates(*, gains=GAIN_GRID, rates=RATE_GRID, seeds=6, steps=120):
    """Train networks on the spirals from every gain at every rate, all in one stack; return the RateMap."""
    task = spirals_task()
    drawn = [dense(task.widths, partial(of_gain, gain=gain), seeded_many(seeds, 7, 7)) for gain in gains]
    network = stacked([network for network in drawn for _ in rates])
    rate_of_each = np.tile(np.repeat(rates, seeds), len(gains))
    history = fit(network, task.x, task.labels, optimizer=SGD(rate_of_each), steps=steps, record_every=5)
    arrival = history.steps_to(task.target).reshape(len(gains), len(rates), seeds)
    return RateMap(np.array(gains), np.array(rates), arrival)


def of_gain(shape, rng, *, gain):
    """Gaussian weights with σ = gain / √fan_in."""
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=gain / math.sqrt(fan_in))


def stacked(networks):
    """Return copies of several stacks of the same shape as one stack."""
    flat = np.concatenate([network.parameters.flat for network in networks])
    return Network(Parameters(networks[0].widths, flat), networks[0].activation)


# The saddle at zero, and the plateau around it.


def moons():
    """Return 32 points on two moons: (32, 2) and their labels, half of them 0."""
    return two_moons(32, seeded(7, 8))


def hessian(network, x, labels, *, step=1e-4):
    """Return the second derivatives of one network's logistic loss, (P, P), by central differences of its gradient.

    The 2 P networks that have one parameter moved by ± `step` are one stack.
    """
    count = network.parameters.flat.shape[1]
    moves = step * np.concatenate([np.eye(count), -np.eye(count)])
    moved = Network(Parameters(network.widths, network.parameters.flat + moves), network.activation)
    trace = forward(moved, x)
    gradient = backward(moved, trace, logistic_loss(trace.logits, labels)[1]).parameters.flat
    return (gradient[:count] - gradient[count:]) / (2 * step)


@dataclass(frozen=True)
class Plateau:
    """Networks that start near zero.

    Attributes
    ----------
    hidden_layers : int
    std : ndarray (K,)
        σ of the first weights.
    target : float
        Loss, in nats, at which the plateau is left.
    steps : ndarray (T,)
    loss : ndarray (T, K, S)
    """

    hidden_layers: int
    std: np.ndarray
    target: float
    steps: np.ndarray
    loss: np.ndarray

    @property
    def left(self):
        """The step at which each network left the plateau, (K, S); inf if never."""
        return steps_to(self.target, self.steps, self.loss)


PLATEAU_RATE = 1.0


def run_plateau(hidden_layers, *, stds=(0.1, 0.03, 0.01, 0.003), width=8, steps=120, seeds=16, record_every=1):
    """Train tanh networks on the two moons from small normal weights of each σ; return the Plateau."""
    x, labels = moons()
    widths = [2, *[width] * hidden_layers, 1]
    rngs = [seeded_many(seeds, 7, 9) for _ in stds]
    drawn = [
        dense(widths, partial(normal, std=std), of_std, activation="tanh")
        for std, of_std in zip(stds, rngs, strict=True)
    ]
    options = {"optimizer": SGD(PLATEAU_RATE), "steps": steps, "record_every": record_every}
    history = fit(stacked(drawn), x, labels, **options)
    loss = history.loss.reshape(len(history.steps), len(stds), seeds)
    return Plateau(hidden_layers, np.array(stds), 0.6, history.steps, loss)


# XOR: slow, or trapped?

CORNER_STARTS = {
    "small normal": partial(normal, std=0.1),
    "large normal": partial(normal, std=3.0),
    "Xavier": xavier_normal,
    "He": he_normal,
}
# What is left when two of the four corners share an answer, and when three do.
TRAP_LOSSES = (math.log(2) / 2, (math.log(3) + 2 * math.log(3 / 2)) / 4)


@dataclass(frozen=True)
class Corners:
    """Networks that learn XOR with few hidden units, from several starts.

    Attributes
    ----------
    activation : str
    hidden : int
        Number of hidden units.
    starts : tuple of str
    loss : ndarray (K, S)
        Of each start's networks after the training, in nats.
    """

    activation: str
    hidden: int
    starts: tuple
    loss: np.ndarray

    @property
    def learned(self):
        """Which networks have a loss below 0.1, (K, S)."""
        return self.loss < 0.1

    @property
    def trapped(self):
        """Which networks rest at one of TRAP_LOSSES, give or take 0.02, (K, S)."""
        return np.min([np.abs(self.loss - level) for level in TRAP_LOSSES], axis=0) < 0.02

    @property
    def slow(self):
        """Which networks are neither there nor at rest, (K, S)."""
        return ~(self.learned | self.trapped)

    def interval(self, start):
        """Where the share of trapped networks of a start lies, with 95 % confidence."""
        trapped = self.trapped[self.starts.index(start)]
        return wilson_interval(int(trapped.sum()), len(trapped))


def run_corners(activation, hidden, *, seeds=128, steps=500, learning_rate=1.0):
    """Train networks with one hidden layer of `hidden` units on XOR from all CORNER_STARTS; return the Corners."""
    x, labels = xor()
    drawn = [
        dense([2, hidden, 1], initializer, seeded_many(seeds, 7, 10), activation=activation)
        for initializer in CORNER_STARTS.values()
    ]
    history = fit(stacked(drawn), x, labels, optimizer=SGD(learning_rate), steps=steps, record_every=steps)
    return Corners(activation, hidden, tuple(CORNER_STARTS), history.loss[-1].reshape(len(drawn), seeds))


# The race, with a factor to turn.


@dataclass(frozen=True)
class ScaledRace:
    """Networks that learn the spirals from one start times a factor, as far as they have come.

    Attributes
    ----------
    start : str
    learning_rate, factor : float
    hidden_layers : int
    target : float
        Loss at which a network counts as having arrived.
    steps : ndarray (T,)
    loss : ndarray (T, S)
    progress : float
        Share of the training that is done.
    """

    start: str
    learning_rate: float
    factor: float
    hidden_layers: int
    target: float
    steps: np.ndarray
    loss: np.ndarray
    progress: float

    @property
    def arrival(self):
        """The first recorded step at which each network's loss was at most the target, (S,); inf if never."""
        return steps_to(self.target, self.steps, self.loss)

    @property
    def arrived(self):
        """How many networks have arrived so far, at each record, (T,)."""
        return (self.arrival <= self.steps[:, np.newaxis]).sum(axis=1)

    @property
    def diverged(self):
        """How many networks have a loss that is no finite number any more."""
        return int((~np.isfinite(self.loss[-1])).sum())

    @cached_property
    def arrival_interval(self):
        """Where the median arrival lies, with 95 % confidence."""
        return bootstrap_interval(self.arrival, seeded(7, 11))


def run_scaled(start, **options):
    """Return the finished ScaledRace of one start. The options are those of `watch_scaled`."""
    for race in watch_scaled(start, **options):  # noqa: B007  the last one is the whole
        pass
    return race


def watch_scaled(start, *, learning_rate=0.3, factor=1.0, hidden_layers=3, seeds=16):
    """Train networks on the spirals whose first weights are those of `start` times `factor`; yield ScaledRaces.

    Parameters
    ----------
    start : str
        A name in CONTEST_STARTS.
    learning_rate, factor : float
    hidden_layers : int
        Of 16 units each.
    seeds : int
    """
    task, network = spirals_task(), scaled_networks(start, factor, hidden_layers, seeds)
    options = {"optimizer": SGD(learning_rate), "steps": task.steps, "record_every": 5}
    for history in train(network, task.x, task.labels, **options):
        yield ScaledRace(
            start=start,
            learning_rate=learning_rate,
            factor=factor,
            hidden_layers=hidden_layers,
            target=task.target,
            steps=history.steps,
            loss=history.loss,
            progress=history.steps[-1] / task.steps,
        )


# Settings of `run_scaled` with which nothing is learned, for an exercise.
FAILING_RUN = {"start": "He", "factor": 1.0, "hidden_layers": 3, "learning_rate": 10.0}


def scaled_networks(start, factor, hidden_layers, seeds):
    """Return a stack of networks for the spirals whose first weights are those of `start` times `factor`."""
    initializer = CONTEST_STARTS[checked_choice(start, CONTEST_STARTS, "start")]
    factor = checked_scale(factor, "factor")
    widths = [2, *[16] * hidden_layers, 1]
    return dense(widths, lambda shape, rng: factor * initializer(shape, rng), seeded_many(seeds, 7, 12))


def signals_during(steps, start, *, learning_rate=0.3, factor=1.0, hidden_layers=3, seeds=16):
    """Return the root mean square of each hidden layer's signal after so many steps, (layers, S).

    The networks are those of `watch_scaled`, and so are the other arguments.
    """
    task, network = spirals_task(), scaled_networks(start, factor, hidden_layers, seeds)
    if steps:
        options = {"optimizer": SGD(learning_rate), "steps": steps, "record_every": steps}
        network = fit(network, task.x, task.labels, **options).network
    return np.array([scale_of(signal) for signal in forward(network, task.x).signals[1:]])
