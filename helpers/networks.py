r"""Dense networks, forward and backward, as a stack of S networks that advance together.

Every array has a leading axis of S independent networks. Layer l computes

.. math:: z_l = h_{l-1} W_l + b_l, \qquad h_l = f(z_l)

and the last layer has no activation: its z are the logits. Shapes: inputs ``(N, d)``, weights
``(S, fan_in, fan_out)``, biases ``(S, 1, fan_out)``, pre-activations z and signals h ``(S, N, units)``.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from helpers.activations import Activation, activation_named, floats, sigmoid
from helpers.arguments import checked_dtype, checked_rng, checked_widths


class Parameters:
    """The weights and biases of S networks of one shape.

    They live in one array ``flat`` of shape ``(S, number of parameters)``; ``weights[l]`` and ``biases[l]``
    are views of it. So an optimizer's step is one line, and two networks compare in one line.
    """

    def __init__(self, widths, flat):
        self.widths = tuple(widths)
        self.flat = flat
        self.weights = []
        self.biases = []
        stack = len(flat)
        start = 0
        for fan_in, fan_out in pairwise(self.widths):
            middle = start + fan_in * fan_out
            stop = middle + fan_out
            self.weights.append(flat[:, start:middle].reshape(stack, fan_in, fan_out))
            self.biases.append(flat[:, middle:stop].reshape(stack, 1, fan_out))
            start = stop

    @classmethod
    def empty(cls, stack, widths, dtype):
        """Return parameters of `stack` networks whose values are still to be written."""
        count = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(widths))
        return cls(widths, np.empty((stack, count), dtype=dtype))

    def part(self, rows):
        """Return the parameters of the networks in the slice `rows`, sharing their memory."""
        return Parameters(self.widths, self.flat[rows])


@dataclass(frozen=True)
class Network:
    """A stack of dense networks: their parameters and the activation of their hidden layers."""

    parameters: Parameters
    activation: Activation

    @property
    def weights(self):
        return self.parameters.weights

    @property
    def biases(self):
        return self.parameters.biases

    @property
    def widths(self):
        return self.parameters.widths

    @property
    def stack(self):
        """S, the number of networks."""
        return len(self.parameters.flat)

    def part(self, rows):
        """Return the networks in the slice `rows` as a stack that shares its memory with this one."""
        return Network(self.parameters.part(rows), self.activation)

    def copy(self):
        """Return a stack of the same networks that shares no memory with this one."""
        return Network(Parameters(self.widths, self.parameters.flat.copy()), self.activation)

    def member(self, number):
        """Return a copy of network `number` alone, as a stack of one."""
        return Network(Parameters(self.widths, self.parameters.flat[[number]]), self.activation)


def dense(widths, initializer, rngs, *, activation="relu", dtype=float):
    """Return a stack of networks, one for each generator in `rngs`, with biases 0.

    Parameters
    ----------
    widths : sequence of int
        Units of each layer, the input first: ``[2, 32, 32, 1]`` has two hidden layers.
    initializer : callable
        ``initializer((fan_in, fan_out), rng)`` draws one network's weights of one layer.
    rngs : sequence of numpy.random.Generator
        Network s is drawn from ``rngs[s]`` alone, so it is the same in whatever stack it stands.
    activation : str
        A name in `helpers.activations.ACTIVATIONS`.
    dtype : numpy dtype
        Of the parameters, and so of everything that is computed with them. float64 keeps the outcome of a
        training the same on every processor, to many digits; float32 is twice as fast.

    Raises
    ------
    ValueError, TypeError
        If there is no layer or no generator, or the initializer returns another shape than it was asked for.
    """
    widths = checked_widths(widths)
    rngs = checked_rngs(rngs)
    if not callable(initializer):
        raise TypeError(f"initializer must be a function (shape, rng), for example he_normal; got {initializer!r}")
    parameters = Parameters.empty(len(rngs), widths, checked_dtype(dtype))
    for weights, biases in zip(parameters.weights, parameters.biases, strict=True):
        shape = weights.shape[1:]
        for number, rng in enumerate(rngs):
            weights[number] = checked_draw(initializer(shape, rng), shape)
        biases[...] = 0
    return Network(parameters, activation_named(activation))


@dataclass(frozen=True)
class Trace:
    """What a forward pass computed. ``signals[0]`` is the input, ``signals[l]`` the output of hidden layer l;
    ``preactivations[l - 1]`` is z of layer l, and the last one holds the logits."""

    signals: list[np.ndarray]
    preactivations: list[np.ndarray]

    @property
    def logits(self):
        return self.preactivations[-1]


def forward(network, x):
    """Send inputs of shape (N, d) through all S networks; return the Trace."""
    signals = [checked_inputs(x, network)[np.newaxis]]
    preactivations = []
    for weights, biases in zip(network.weights, network.biases, strict=True):
        if preactivations:
            signals.append(network.activation(preactivations[-1]))
        z = signals[-1] @ weights
        z += biases
        preactivations.append(z)
    return Trace(signals, preactivations)


@dataclass(frozen=True)
class Gradients:
    """What a backward pass computed, as derivatives of the loss: ``parameters`` with respect to every weight and
    bias, ``deltas[l - 1]`` with respect to z of layer l."""

    parameters: Parameters
    deltas: list[np.ndarray]

    @property
    def weights(self):
        return self.parameters.weights

    @property
    def biases(self):
        return self.parameters.biases


def backward(network, trace, logits_gradient, *, out=None):
    r"""Send the loss's derivative with respect to the logits, (S, N, outputs), back through all S networks.

    .. math:: \delta_l = (\delta_{l+1} W_{l+1}^T) \odot f'(z_l), \qquad
              \partial L/\partial W_l = h_{l-1}^T \delta_l, \qquad \partial L/\partial b_l = \sum_n \delta_{l,n}

    Given `out`, Parameters of the network's shape, the gradients are written there.
    """
    checked_network(network)
    if not isinstance(trace, Trace):
        raise TypeError(f"trace must be one that `forward` returned; got {trace!r}")
    if np.shape(logits_gradient) != trace.logits.shape:
        shapes = f"{trace.logits.shape}; got {np.shape(logits_gradient)}"
        raise ValueError(f"logits_gradient must have the logits' shape, {shapes}")
    gradients = out
    if out is None:
        gradients = Parameters.empty(network.stack, network.widths, network.parameters.flat.dtype)
    ones = np.ones((1, logits_gradient.shape[1]), logits_gradient.dtype)  # ones @ delta sums faster than delta.sum
    deltas = [logits_gradient]
    for layer in reversed(range(len(network.weights))):
        delta = deltas[0]
        np.matmul(transposed(trace.signals[layer]), delta, out=gradients.weights[layer])
        np.matmul(ones, delta, out=gradients.biases[layer])
        if layer > 0:
            below = back_through(delta, network.weights[layer])
            below *= network.activation.derivative(trace.preactivations[layer - 1])
            deltas.insert(0, below)
    return Gradients(gradients, deltas)


PART_BYTES = 2**17  # of signals in one layer: that much stays in the processor's cache until it is needed again


def in_parts(network, examples):
    """Yield slices of the stack, small enough that sending `examples` inputs through one stays in the cache."""
    bytes_each = examples * max(network.widths) * network.parameters.flat.itemsize
    size = max(1, PART_BYTES // bytes_each)
    for start in range(0, network.stack, size):
        yield slice(start, start + size)


def back_through(delta, weights):
    """Return delta @ weights.T for each network."""
    back = transposed(weights)
    if delta.shape[-1] == 1:
        return delta * back  # the same for one output, and three times as fast
    return delta @ np.ascontiguousarray(back)


def logistic_loss(logits, targets):
    r"""Cross-entropy of one logit against targets 0 and 1, for each network, and its gradient.

    .. math:: L = \frac1N \sum_n \log(1 + e^{z_n}) - y_n z_n, \qquad
              \frac{\partial L}{\partial z_n} = \frac{\sigma(z_n) - y_n}{N}

    Parameters
    ----------
    logits : ndarray (S, N, 1)
    targets : ndarray (N,) of 0 and 1

    Returns
    -------
    loss : ndarray (S,), in nats
    gradient : ndarray (S, N, 1)
    """
    logits = checked_logits(logits)
    targets = checked_labels(targets, logits.shape[1], "targets")
    if logits.shape[-1] != 1:
        raise ValueError(f"the logistic loss needs networks with 1 output; got {logits.shape[-1]}")
    if not np.isin(targets, (0, 1)).all():
        raise ValueError("targets must be 0 or 1")
    y = targets.astype(logits.dtype)[np.newaxis, :, np.newaxis]
    loss = (np.logaddexp(0, logits) - y * logits).mean(axis=(1, 2))
    return loss, logistic_gradient(logits, targets)


def logistic_gradient(logits, targets):
    """Return the gradient of `logistic_loss` alone, without its checks: all that a training step needs."""
    y = targets.astype(logits.dtype)[np.newaxis, :, np.newaxis]
    return (sigmoid(logits) - y) / len(targets)


def softmax_loss(logits, labels):
    r"""Cross-entropy of C logits against the labels 0 … C-1, for each network, and its gradient.

    .. math:: L = \frac1N \sum_n \log\sum_c e^{z_{nc}} - z_{n y_n}, \qquad
              \frac{\partial L}{\partial z_{nc}} = \frac{p_{nc} - [c = y_n]}{N}

    Parameters
    ----------
    logits : ndarray (S, N, C)
    labels : ndarray (N,) of int

    Returns
    -------
    loss : ndarray (S,), in nats
    gradient : ndarray (S, N, C)
    """
    logits = checked_logits(logits)
    labels = checked_labels(labels, logits.shape[1])
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= logits.shape[-1]:
        raise ValueError(f"labels must be integers from 0 to {logits.shape[-1] - 1}, one of the outputs each")
    shifted = logits - logits.max(axis=2, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(axis=2))
    loss = (log_total - shifted[:, np.arange(len(labels)), labels]).mean(axis=1)
    return loss, softmax_gradient(logits, labels)


def softmax_gradient(logits, labels):
    """Return the gradient of `softmax_loss` alone, without its checks: all that a training step needs."""
    exponentials = np.exp(logits - logits.max(axis=2, keepdims=True))
    gradient = exponentials / exponentials.sum(axis=2, keepdims=True)
    gradient[:, np.arange(len(labels)), labels] -= 1
    return gradient / len(labels)


LOSSES = {"logistic": logistic_loss, "softmax": softmax_loss}
LOSS_GRADIENTS = {"logistic": logistic_gradient, "softmax": softmax_gradient}


def predict(logits):
    """Return the class of each input, (S, N): the sign of one logit, or the largest of several."""
    logits = checked_logits(logits)
    if logits.shape[-1] == 1:
        return (logits[..., 0] > 0).astype(int)
    return logits.argmax(axis=-1)


def accuracy(network, x, labels):
    """Return the share of inputs that each network classifies correctly, (S,). A diverged network scores 0."""
    x = checked_inputs(x, network)
    labels = checked_labels(labels, len(x))
    shares = []
    for rows in in_parts(network, len(x)):
        with np.errstate(over="ignore", invalid="ignore"):
            logits = forward(network.part(rows), x).logits
        finite = np.isfinite(logits).all(axis=-1)
        shares.append(((predict(logits) == labels) & finite).mean(axis=1))
    return np.concatenate(shares)


def transposed(stack):
    """Transpose each matrix of a stack."""
    return stack.mT


def checked_rngs(rngs):
    """Return `rngs` if it is a list with at least one generator."""
    if not isinstance(rngs, (list, tuple)) or not rngs:
        raise TypeError("rngs must be a list with a numpy.random.Generator for each network")
    return [checked_rng(rng) for rng in rngs]


def checked_draw(drawn, shape):
    """Return what an initializer drew if it has the shape that was asked for."""
    if np.shape(drawn) != shape:
        raise ValueError(f"the initializer was asked for shape {shape} and returned {np.shape(drawn)}")
    return drawn


def checked_logits(logits):
    """Return `logits` as an array of floats if they are those of a stack of networks."""
    logits = floats(logits, "logits")
    if logits.ndim != 3 or logits.size == 0:
        raise ValueError(f"logits must have shape (S, N, outputs), those of S networks; got {logits.shape}")
    return logits


def checked_labels(labels, count, name="labels"):
    """Return `labels` as an array if there is one for each of `count` inputs."""
    labels = np.asarray(labels)
    if labels.shape != (count,):
        raise ValueError(f"{name} must have shape ({count},), one for each input; got {labels.shape}")
    return labels


def checked_network(network):
    """Return `network` if it is a Network."""
    if not isinstance(network, Network):
        raise TypeError(f"network must be one that `dense` returned; got {network!r}")
    return network


def checked_inputs(x, network):
    """Return `x` in the network's dtype if it is a matrix of numbers with a column for each input unit."""
    checked_network(network)
    x = floats(x, "x")
    if x.ndim != 2 or len(x) == 0 or x.shape[1] != network.widths[0]:
        raise ValueError(f"x must have shape (N, {network.widths[0]}), a row for each example; got {x.shape}")
    return x.astype(network.parameters.flat.dtype, copy=False)
