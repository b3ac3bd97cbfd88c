"""Gradient descent on a stack of networks: SGD, momentum, Adam, and `fit`, which keeps the history.

A learning rate may be one number, or an array of S numbers, one for each network of the stack.
"""

from dataclasses import dataclass

import numpy as np

from helpers.arguments import checked_choice, checked_count, checked_finite, checked_scale, is_number
from helpers.networks import (
    LOSS_GRADIENTS,
    LOSSES,
    Network,
    Parameters,
    accuracy,
    backward,
    checked_inputs,
    forward,
    in_parts,
)

# Linux's C library gives memory back as soon as it is free, so that each step of a training has to ask for it again;
# that took two fifths of the time. Once an array of 16 MB has been freed, it keeps that much for the next step.
# Elsewhere this line does nothing.
np.empty(2**24, np.uint8)


class SGD:
    r"""Gradient descent: :math:`\theta \leftarrow \theta - \eta\, g`."""

    def __init__(self, learning_rate):
        self.learning_rate = checked_rate(learning_rate)

    def start(self, parameters):
        """Forget what earlier steps left behind; nothing, for plain gradient descent."""

    def update(self, parameters, gradient):
        """Move `parameters`, (S, P), in place, against their `gradient`."""
        parameters -= column(self.learning_rate, parameters) * gradient


class Momentum:
    r"""Gradient descent with a memory.

    .. math:: v \leftarrow \beta v + g, \qquad \theta \leftarrow \theta - \eta\, v
    """

    def __init__(self, learning_rate, beta=0.9):
        self.learning_rate = checked_rate(learning_rate)
        self.beta = checked_decay(beta, "beta")

    def start(self, parameters):
        """Begin with velocity 0."""
        self.velocity = np.zeros_like(parameters)

    def update(self, parameters, gradient):
        """Move `parameters`, (S, P), in place."""
        self.velocity *= self.beta
        self.velocity += gradient
        parameters -= column(self.learning_rate, parameters) * self.velocity


class Adam:
    r"""Steps of about the learning rate, whatever the gradient's scale.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
              \theta \leftarrow \theta - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    Kingma & Ba (2015), algorithm 1.
    """

    def __init__(self, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.learning_rate = checked_rate(learning_rate)
        self.beta1 = checked_decay(beta1, "beta1")
        self.beta2 = checked_decay(beta2, "beta2")
        self.epsilon = checked_scale(epsilon, "epsilon")

    def start(self, parameters):
        """Begin with both moments 0."""
        self.mean = np.zeros_like(parameters)
        self.square = np.zeros_like(parameters)
        self.steps = 0

    def update(self, parameters, gradient):
        """Move `parameters`, (S, P), in place."""
        self.steps += 1
        self.mean += (1 - self.beta1) * (gradient - self.mean)
        self.square += (1 - self.beta2) * (gradient**2 - self.square)
        mean = self.mean / (1 - self.beta1**self.steps)
        square = self.square / (1 - self.beta2**self.steps)
        parameters -= column(self.learning_rate, parameters) * mean / (np.sqrt(square) + self.epsilon)


OPTIMIZERS = {"sgd": SGD, "momentum": Momentum, "adam": Adam}


@dataclass(frozen=True)
class History:
    """How a stack of S networks trained.

    Attributes
    ----------
    steps : ndarray (T,)
        After how many updates each row was recorded, 0 first.
    loss : ndarray (T, S)
        Over all examples, in nats; inf or nan where a network diverged.
    network : Network
        As it stands after the last of these steps.
    """

    steps: np.ndarray
    loss: np.ndarray
    network: Network

    @property
    def diverged(self):
        """Which networks ended with a loss that is no finite number, (S,)."""
        return ~np.isfinite(self.loss[-1])

    def steps_to(self, target):
        """Return the first recorded step at which each network's loss was at most `target`, (S,); inf if never."""
        return steps_to(target, self.steps, self.loss)

    def accuracy(self, x, labels):
        """Return the share of examples that each network now classifies correctly, (S,)."""
        return accuracy(self.network, x, labels)


def steps_to(target, steps, loss):
    """Return the first of `steps`, (T,), at which each loss, (T, S), was at most `target`; inf where none was."""
    reached = loss <= checked_finite(target, "target")
    return np.where(reached.any(axis=0), steps[reached.argmax(axis=0)], np.inf)


def fit(network, x, targets, **options):
    """Train a copy of `network` and return its whole History. The options are those of `train`."""
    for history in train(network, x, targets, **options):  # noqa: B007  the last one is the whole
        pass
    return history


def train(network, x, targets, *, loss="logistic", optimizer, steps, batch_size=None, rng=None, record_every=10):
    """Train a copy of `network`, and yield the History so far at every record, so that a picture can grow with it.

    `network` itself stays as it was. The histories share one copy, which trains on when the next is asked for.

    Parameters
    ----------
    network : Network
        A stack of S; each trains as if it were alone.
    x, targets : ndarray (N, d) and (N,)
    loss : str
        "logistic" for targets 0 and 1 and one output, "softmax" for labels and one output a class.
    optimizer : SGD, Momentum or Adam
    steps : int
        Number of updates.
    batch_size : int, optional
        Examples an update, the same for all networks; all of them where it is not given.
    rng : numpy.random.Generator
        Draws the batches; needed with `batch_size` only.
    record_every : int
        Steps between two records of the loss.

    Yields
    ------
    History
    """
    checked_choice(loss, LOSSES, "loss")
    checked_optimizer(optimizer)
    if batch_size is not None and not isinstance(rng, np.random.Generator):
        raise TypeError("batches need rng, a numpy.random.Generator, for example numpy.random.default_rng(0)")
    steps, record_every = checked_count(steps, "steps"), checked_count(record_every, "record_every")
    if batch_size is not None:
        batch_size = checked_count(batch_size, "batch_size")
    x, targets = checked_inputs(x, network), np.asarray(targets)
    network = network.copy()
    optimizer.start(network.parameters.flat)
    gradients = Parameters.empty(network.stack, network.widths, network.parameters.flat.dtype)
    examples = batch_size or len(x)
    parts = [(network.part(rows), gradients.part(rows)) for rows in in_parts(network, examples)]
    recorded_steps, recorded_losses = [], []
    for step in range(steps + 1):
        if step % record_every == 0 or step == steps:
            recorded_steps.append(step)
            recorded_losses.append(losses(network, x, targets, LOSSES[loss]))
            yield History(np.array(recorded_steps), np.array(recorded_losses), network)
        if step < steps:
            batch = slice(None) if batch_size is None else rng.integers(len(x), size=batch_size)
            write_gradients(parts, x[batch], targets[batch], LOSS_GRADIENTS[loss])
            with quiet():
                optimizer.update(network.parameters.flat, gradients.flat)


def quiet():
    """Let a network that diverges say so in its loss, not in warnings. Never to be held open over a yield."""
    return np.errstate(over="ignore", invalid="ignore")


def losses(network, x, targets, loss_of):
    """Return the loss of each network over all examples, (S,)."""
    parts = [network.part(rows) for rows in in_parts(network, len(x))]
    with quiet():
        return np.concatenate([loss_of(forward(part, x).logits, targets)[0] for part in parts])


def write_gradients(parts, x, targets, gradient_of):
    """Write the gradient of each network's loss; `parts` are pairs of networks and the Parameters to write to."""
    with quiet():
        for network, gradients in parts:
            trace = forward(network, x)
            backward(network, trace, gradient_of(trace.logits, targets), out=gradients)


def column(rate, parameters):
    """Shape one learning rate, or one for each network, so that it multiplies parameters (S, P)."""
    if rate.size not in (1, len(parameters)):
        raise ValueError(f"learning_rate has {rate.size} numbers for {len(parameters)} networks")
    return np.asarray(rate, dtype=parameters.dtype).reshape(-1, 1)


def checked_optimizer(optimizer):
    """Return `optimizer` if it is one, of this module or of a reader's own, and not its name or its class."""
    if isinstance(optimizer, type) or not (hasattr(optimizer, "start") and hasattr(optimizer, "update")):
        raise TypeError(f"optimizer must be an SGD, Momentum or Adam, for example SGD(0.1); got {optimizer!r}")
    return optimizer


def checked_rate(learning_rate):
    """Return the learning rate, a number or one for each network, if it is finite and not negative."""
    wanted = "learning_rate must be a number that is not negative, for example 0.1, or one for each network"
    rates = np.asarray(learning_rate)
    if rates.dtype.kind not in "iuf" or rates.ndim > 1 or not np.isfinite(rates).all() or (rates < 0).any():
        raise ValueError(f"{wanted}; got {learning_rate!r}")
    return rates.astype(float)


def checked_decay(beta, name):
    """Return `beta` if it lies in [0, 1)."""
    if not is_number(beta) or not 0 <= beta < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, for example 0.9; got {beta!r}")
    return beta
