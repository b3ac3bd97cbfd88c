r"""Initializers: functions that draw a network's first weights.

Each is called as ``initializer(shape, rng, ...)`` and returns a new array. Shapes are
``(fan_in, fan_out)`` for a dense layer, used as ``z = x @ W + b``, and
``(*receptive_field, channels_in, channels_out)`` for a convolution kernel.
Notation: ``std`` is the standard deviation σ of one weight, ``limit`` the a of U(-a, a).
"""

import math
import sys
from numbers import Integral, Real

import numpy as np


def fans(shape):
    r"""Count the inputs that feed one unit (fan_in) and the units that one input feeds (fan_out).

    .. math:: \text{fan\_in} = r\,c_\text{in}, \qquad \text{fan\_out} = r\,c_\text{out}

    with :math:`r` the number of positions in the receptive field, 1 for a dense layer. Built in notebook 02.

    Only the shape is asked, as PyTorch and Keras do. A grouped convolution's kernel is
    ``(*receptive_field, channels_in / groups, channels_out)``, and nothing in it tells the number of groups: fan_in is
    what one output sees, but fan_out is `groups` times too large. The same happens in PyTorch, whose weights are
    ``(channels_out, channels_in / groups, *receptive_field)``, and in Keras's Conv2D. A depthwise kernel is a grouped
    one with a group for each input channel: its fan_in is r. Keras's DepthwiseConv2D writes it
    ``(*receptive_field, channels_in, depth_multiplier)``, and there fan_in is channels_in times too large, and
    fan_out right. Draw such a kernel as ``(*receptive_field, 1, channels_in * depth_multiplier)``, and reshape it.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_in, fan_out)``, or ``(*receptive_field, channels_in, channels_out)``.

    Returns
    -------
    (int, int)

    Raises
    ------
    TypeError, ValueError
        If `shape` is not a tuple of at least two positive integers.

    Examples
    --------
    >>> fans((784, 100))
    (784, 100)
    >>> fans((3, 3, 16, 32))
    (144, 288)
    >>> fans((3, 3, 1, 32))  # depthwise: each of 32 outputs sees one channel
    (9, 288)
    """
    *receptive_field, channels_in, channels_out = checked_shape(shape)
    receptive = math.prod(receptive_field)
    return receptive * channels_in, receptive * channels_out


def zeros(shape, rng=None, *, dtype=float):
    r"""Every weight is 0. Right for biases; for hidden weights it leaves nothing to learn from.

    .. math:: W_{ij} = 0

    Built in notebook 01. `rng` is accepted, and not used, so that every initializer is called alike.
    """
    return np.zeros(checked_shape(shape), dtype=checked_dtype(dtype))


def constant(shape, rng=None, *, value=0.1, dtype=float):
    r"""Every weight is the same number: all units of a layer compute the same thing.

    .. math:: W_{ij} = \text{value}

    Built in notebook 01. `rng` is accepted, and not used, so that every initializer is called alike.
    """
    value = checked_finite(value, "value")
    return np.full(checked_shape(shape), value, dtype=checked_dtype(dtype))


def normal(shape, rng, *, std=0.01, dtype=float):
    r"""Gaussian weights of one fixed standard deviation, whatever the layer's width.

    .. math:: W \sim \mathcal{N}(0, \sigma^2), \qquad \sigma = \text{std}

    Built in notebook 02.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_in, fan_out)``, or ``(*receptive_field, channels_in, channels_out)``.
    rng : numpy.random.Generator
    std : float, at least 0
        Standard deviation of one weight.

    Returns
    -------
    ndarray of `shape` and `dtype`

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind above; the message names one that is.
    """
    std, dtype = checked_scale(std, "std"), checked_dtype(dtype)
    return std * checked_rng(rng).standard_normal(checked_shape(shape)).astype(dtype, copy=False)


def uniform(shape, rng, *, limit=0.01, dtype=float):
    r"""Uniform weights between -limit and limit, whatever the layer's width.

    .. math:: W \sim \mathcal{U}(-a, a), \qquad a = \text{limit}, \qquad \operatorname{Var}(W) = a^2/3

    Built in notebook 02. To match a Gaussian's variance, take ``limit = math.sqrt(3) * std``.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_in, fan_out)``, or ``(*receptive_field, channels_in, channels_out)``.
    rng : numpy.random.Generator
    limit : float, at least 0
        Largest absolute value of a weight.

    Returns
    -------
    ndarray of `shape` and `dtype`

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind above; the message names one that is.
    """
    limit, dtype = checked_scale(limit, "limit"), checked_dtype(dtype)
    return checked_rng(rng).uniform(-limit, limit, checked_shape(shape)).astype(dtype, copy=False)


def truncated_normal(shape, rng, *, std=0.01, dtype=float):
    r"""Gaussian weights without tails: what falls beyond two standard deviations is drawn again.

    .. math:: W = \frac{\text{std}}{0.8796\ldots}\,Z, \qquad Z \sim \mathcal{N}(0, 1) \text{ given } |Z| \le 2

    Cutting the tails leaves a standard deviation of 0.8796…, so the draws are divided by it, and that of one
    weight is `std`. The largest weight is 2.27 std. Keras's and JAX's "normal" initializers draw these. Built in
    notebook 06. Parameters, returns and errors as for `normal`.
    """
    std, dtype = checked_scale(std, "std"), checked_dtype(dtype)
    draws = checked_rng(rng).standard_normal(checked_shape(shape))
    outside = np.abs(draws) > 2
    while outside.any():
        draws[outside] = rng.standard_normal(outside.sum())
        outside = np.abs(draws) > 2
    return (std / STD_WITHIN_2 * draws).astype(dtype, copy=False)


# The standard deviation of a standard normal number that lies between -2 and 2: √(1 - 4φ(2) / (2Φ(2) - 1)).
STD_WITHIN_2 = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))


def lecun_normal(shape, rng, *, dtype=float):
    r"""Gaussian weights that keep the variance of the forward signal in a layer without activation.

    .. math:: W \sim \mathcal{N}(0, \sigma^2), \qquad \sigma = 1/\sqrt{\text{fan\_in}}

    LeCun, Bottou, Orr & Müller (1998), Efficient BackProp, eq. 16. Built in notebook 04.
    """
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=math.sqrt(1 / fan_in), dtype=dtype)


def lecun_uniform(shape, rng, *, dtype=float):
    r"""Uniform weights with the variance of `lecun_normal`.

    .. math:: W \sim \mathcal{U}(-a, a), \qquad a = \sqrt{3/\text{fan\_in}}

    LeCun, Bottou, Orr & Müller (1998), Efficient BackProp, eq. 16. Built in notebook 04.
    """
    fan_in, _ = fans(shape)
    return uniform(shape, rng, limit=math.sqrt(3 / fan_in), dtype=dtype)


def xavier_normal(shape, rng, *, gain=1.0, dtype=float):
    r"""Gaussian weights whose variance serves the forward and the backward pass at once.

    .. math:: W \sim \mathcal{N}(0, \sigma^2), \qquad
              \sigma = \text{gain}\,\sqrt{\frac{2}{\text{fan\_in} + \text{fan\_out}}}

    Glorot & Bengio (2010), eq. 12. Built in notebook 04.
    """
    fan_in, fan_out = fans(shape)
    std = checked_scale(gain, "gain") * math.sqrt(2 / (fan_in + fan_out))
    return normal(shape, rng, std=std, dtype=dtype)


def xavier_uniform(shape, rng, *, gain=1.0, dtype=float):
    r"""Uniform weights with the variance of `xavier_normal`.

    .. math:: W \sim \mathcal{U}(-a, a), \qquad a = \text{gain}\,\sqrt{\frac{6}{\text{fan\_in} + \text{fan\_out}}}

    Glorot & Bengio (2010), eq. 16. Built in notebook 04.
    """
    fan_in, fan_out = fans(shape)
    limit = checked_scale(gain, "gain") * math.sqrt(6 / (fan_in + fan_out))
    return uniform(shape, rng, limit=limit, dtype=dtype)


def he_normal(shape, rng, *, slope=0.0, mode="fan_in", dtype=float):
    r"""Gaussian weights that keep E[x²] the same from layer to layer under ReLU, or leaky ReLU.

    .. math:: W \sim \mathcal{N}(0, \sigma^2), \qquad \sigma = \sqrt{\frac{2}{(1 + s^2)\,\text{fan}}}

    with :math:`s` the slope of the leaky ReLU below zero, 0 for ReLU. ``mode="fan_in"`` keeps the forward
    signal, ``mode="fan_out"`` the gradient. He et al. (2015), eq. 10, 14 and 15. Built in notebook 05.
    """
    fan = chosen_fan(shape, mode)
    std = math.sqrt(2 / ((1 + checked_slope(slope) ** 2) * fan))
    return normal(shape, rng, std=std, dtype=dtype)


def he_uniform(shape, rng, *, slope=0.0, mode="fan_in", dtype=float):
    r"""Uniform weights with the variance of `he_normal`.

    .. math:: W \sim \mathcal{U}(-a, a), \qquad a = \sqrt{\frac{6}{(1 + s^2)\,\text{fan}}}

    He et al. (2015), eq. 10, 14 and 15. Built in notebook 05.
    """
    fan = chosen_fan(shape, mode)
    limit = math.sqrt(6 / ((1 + checked_slope(slope) ** 2) * fan))
    return uniform(shape, rng, limit=limit, dtype=dtype)


def variance_scaling(shape, rng, *, scale=1.0, mode="fan_in", distribution="normal", dtype=float):
    r"""The one formula behind LeCun, Xavier and He: a variance of scale / fan.

    .. math:: \operatorname{Var}(W) = \frac{\text{scale}}{\text{fan}}

    LeCun is scale 1 with "fan_in", Xavier scale 1 with "fan_avg", He scale 2 with "fan_in"; in general the scale
    is the square of the activation's gain. Built in notebook 06.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_in, fan_out)``, or ``(*receptive_field, channels_in, channels_out)``.
    rng : numpy.random.Generator
    scale : float, at least 0
    mode : str
        "fan_in", "fan_out" or "fan_avg".
    distribution : str
        "normal", "truncated_normal" or "uniform".

    Returns
    -------
    ndarray of `shape` and `dtype`

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind above; the message names one that is.
    """
    std = math.sqrt(checked_scale(scale, "scale") / chosen_fan(shape, mode))
    distribution = checked_choice(distribution, DISTRIBUTIONS, "distribution")
    if distribution == "uniform":
        return uniform(shape, rng, limit=math.sqrt(3) * std, dtype=dtype)
    if distribution == "truncated_normal":
        return truncated_normal(shape, rng, std=std, dtype=dtype)
    return normal(shape, rng, std=std, dtype=dtype)


DISTRIBUTIONS = ("normal", "truncated_normal", "uniform")


def chosen_fan(shape, mode):
    """Return the layer's fan that `mode` names: "fan_in", "fan_out", or their mean, "fan_avg"."""
    fan_in, fan_out = fans(shape)
    by_mode = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    return by_mode[checked_choice(mode, by_mode, "mode")]


INITIALIZERS = {
    "zeros": zeros,
    "constant": constant,
    "normal": normal,
    "uniform": uniform,
    "truncated_normal": truncated_normal,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "xavier_normal": xavier_normal,
    "xavier_uniform": xavier_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "variance_scaling": variance_scaling,
}


def initializer_named(name):
    """Return the initializer registered under `name`; the error of an unknown name lists the known ones."""
    return INITIALIZERS[checked_choice(name, INITIALIZERS, "initializer")]


# What an argument must be. Each returns the argument, or raises an error that names a right one.


def checked_shape(shape):
    """Return `shape` as a tuple of at least two positive ints."""
    example = "for example (784, 100)"
    if isinstance(shape, np.ndarray):
        shape = shape.tolist()
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"shape must be a tuple (fan_in, fan_out), {example}; got {shape!r}")
    shape = tuple(shape)
    if not all(isinstance(size, Integral) and not isinstance(size, bool) for size in shape):
        raise TypeError(f"shape must hold integers, {example}; got {shape}")
    if len(shape) < 2:
        raise ValueError(f"shape needs at least (fan_in, fan_out), {example}; got {shape}")
    if min(shape) < 1:
        raise ValueError(f"every size in shape must be at least 1, {example}; got {shape}")
    shape = tuple(int(size) for size in shape)
    if math.prod(shape) > sys.maxsize:
        raise ValueError(f"shape must be one that a computer can hold, {example}; got {shape}")
    return shape


def checked_dtype(dtype):
    """Return `dtype` as NumPy's own if it is a type of floats: weights of any other cannot be drawn or trained."""
    try:
        found = np.dtype(dtype)
    except (TypeError, ValueError):
        found = None
    if found is None or found.kind != "f":
        raise TypeError(f"dtype must be a type of floats, for example float or numpy.float32; got {dtype!r}")
    return found


def checked_count(count, name):
    """Return `count` if it is a whole number from 1 up."""
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(f"{name} must be a whole number from 1 up, for example 100; got {count!r}")
    return int(count)


def checked_rng(rng):
    """Return `rng` if it is a numpy.random.Generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator, for example numpy.random.default_rng(0); got {type(rng).__name__}"
        )
    return rng


def is_number(value):
    """Say whether `value` is one real number; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def checked_finite(value, name):
    """Return `value` as a float if it is one finite number."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number, for example 0.1; got {value!r}")
    try:
        number = float(value)
    except OverflowError:  # an integer may be larger than every float
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, for example 0.1; got {number}")
    if abs(number) > LARGEST:
        raise ValueError(f"{name} must lie between {-LARGEST:g} and {LARGEST:g}, for example 0.1; got {number}")
    return number


LARGEST = 1e100  # of a number that is given: its square, times any fan, is finite, too


def checked_scale(value, name):
    """Return `value` as a float if it is finite and not negative."""
    if checked_finite(value, name) < 0:
        raise ValueError(f"{name} must be at least 0, for example 0.1; got {value}")
    return float(value)


def checked_slope(slope):
    """Return the leaky ReLU's slope below zero as a float if it is finite."""
    return checked_finite(slope, "slope")


def checked_choice(choice, choices, name):
    """Return `choice` if it is one of `choices`."""
    if not isinstance(choice, str) or choice not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {choice!r}")
    return choice
