"""Which start learns? The same network, data and optimizer, from six kinds of first weights (notebook 00)."""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from helpers import initializers
from helpers.activations import sigmoid
from helpers.arguments import checked_choice, is_number
from helpers.data import two_spirals
from helpers.networks import Network, accuracy, dense, forward
from helpers.seeding import seeded, seeded_many
from helpers.training import SGD, steps_to, train

SIX_STARTS = {
    "zeros": initializers.zeros,
    "constant": partial(initializers.constant, value=0.1),
    "small normal": partial(initializers.normal, std=0.01),
    "large normal": partial(initializers.normal, std=1.0),
    "Xavier": initializers.xavier_normal,
    "He": initializers.he_normal,
}

NETWORKS = 16  # from each start
POINTS = 128
TURNS = 1.25
PLANE_EDGE = 1.25  # half the side of the square in which the decision is drawn
PLANE_GRID = 36  # points along that side


@dataclass(frozen=True)
class Race:
    """One start, trained from S seeds, as far as it has come.

    Attributes
    ----------
    start : str
        A name in SIX_STARTS, or "σ = 0.3" for normal weights of that standard deviation.
    steps : ndarray (T,)
        After how many updates each row of `loss` was recorded.
    loss : ndarray (T, S)
        In nats, over all training points.
    network : Network
        The stack of S networks as they stand now.
    x, labels : ndarray (POINTS, 2) and (POINTS,)
        The training points.
    last_step : int
        Where the training ends.
    """

    start: str
    steps: np.ndarray
    loss: np.ndarray
    network: Network
    x: np.ndarray
    labels: np.ndarray
    last_step: int

    @property
    def progress(self):
        """Share of the training that is done."""
        return self.steps[-1] / self.last_step

    @property
    def seeds(self):
        return self.loss.shape[1]

    @cached_property
    def accuracy(self):
        """Share of the points that each network classifies correctly, (S,)."""
        return accuracy(self.network, self.x, self.labels)

    @cached_property
    def decision(self):
        """Probability of class 1 that the first network gives to a square of points, (PLANE_GRID, PLANE_GRID)."""
        side = np.linspace(-PLANE_EDGE, PLANE_EDGE, PLANE_GRID)
        points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        return sigmoid(forward(self.network.member(0), points).logits).reshape(PLANE_GRID, PLANE_GRID)

    @property
    def diverged(self):
        """How many networks have a loss that is no finite number any more."""
        return int((~np.isfinite(self.loss[-1])).sum())

    @property
    def median_loss(self):
        """The median over the networks, (T,); a loss that is no number counts as infinite."""
        return np.median(np.where(np.isnan(self.loss), np.inf, self.loss), axis=1)

    def steps_to(self, target):
        """After how many steps half of the networks had a loss of at most `target`; inf if never."""
        return float(np.median(steps_to(target, self.steps, self.loss)))

    @property
    def dead_units(self):
        """How many units of each hidden layer answer 0 to every training point, (layers, S)."""
        hidden = forward(self.network, self.x).signals[1:]
        return np.array([(signal == 0).all(axis=1).sum(axis=1) for signal in hidden])

    @property
    def learned(self):
        """How many networks now classify at least 95 % of the points correctly."""
        return int((self.accuracy >= 0.95).sum())


def run_race(start, **options):
    """Return the finished Race of one start. The options are those of `watch_race`."""
    for race in watch_race(start, **options):  # noqa: B007  the last one is the whole
        pass
    return race


def watch_race(start, learning_rate=0.3, hidden_layers=4, steps=300, *, width=24, seeds=NETWORKS, record_every=None):
    """Train ReLU networks on two spirals with plain gradient descent, and yield the Race as it goes on.

    Parameters
    ----------
    start : str or float
        A name in SIX_STARTS, or the standard deviation σ of normal weights.
    learning_rate : float
    hidden_layers, width : int
        Number of hidden layers and of the units in each.
    steps : int
        Updates, each over all 128 points.
    seeds : int
        Networks trained side by side on the same points, each from its own generator.
    record_every : int, optional
        Updates between two yields; where it is not given, a 60th of the steps, and 5 at most, so that whoever
        watches is never kept waiting.

    Yields
    ------
    Race
    """
    x, labels = two_spirals(POINTS, seeded(0, 0), turns=TURNS)
    widths = [2, *[width] * hidden_layers, 1]
    network = dense(widths, initializer_of(start), seeded_many(seeds, 0, 1), activation="relu")
    record_every = record_every or min(max(steps // 60, 1), 5)
    training = train(network, x, labels, optimizer=SGD(learning_rate), steps=steps, record_every=record_every)
    for history in training:
        yield Race(
            start=f"σ = {start:g}" if is_number(start) else start,
            steps=history.steps,
            loss=history.loss,
            network=history.network.copy(),
            x=x,
            labels=labels,
            last_step=steps,
        )


def initializer_of(start):
    """Return what draws the weights of a start: a name in SIX_STARTS, or a standard deviation."""
    if is_number(start):
        return partial(initializers.normal, std=start)
    return SIX_STARTS[checked_choice(start, SIX_STARTS, "start")]
