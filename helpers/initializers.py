r"""Initializers: functions that draw a network's first weights.

Each is called as ``initializer(shape, rng, ...)`` and returns a new array. Shapes are
``(fan_in, fan_out)`` for a dense layer, used as ``z = x @ W + b``, and
``(*receptive_field, channels_in, channels_out)`` for a convolution kernel.
Notation: ``std`` is the standard deviation σ of one weight, ``limit`` the a of U(-a, a).
"""

import math

import numpy as np

from helpers.arguments import checked_choice, checked_dtype, checked_finite, checked_rng, checked_scale, checked_shape


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


def standard_uniform(shape, rng, *, dtype=float):
    r"""Uniform weights with a third of LeCun's variance: the standard until 2010, PyTorch's default today.

    .. math:: W \sim \mathcal{U}(-a, a), \qquad a = 1/\sqrt{\text{fan\_in}}, \qquad
              \operatorname{Var}(W) = 1/(3\,\text{fan\_in})

    Glorot & Bengio (2010), eq. 1 and 15.
    """
    fan_in, _ = fans(shape)
    return uniform(shape, rng, limit=1 / math.sqrt(fan_in), dtype=dtype)


def xavier_normal(shape, rng, *, gain=1.0, dtype=float):
    r"""Gaussian weights whose variance serves the forward and the backward pass at once.

    .. math:: W \sim \mathcal{N}(0, \sigma^2), \qquad
              \sigma = \text{gain}\,\sqrt{\frac{2}{\text{fan\_in} + \text{fan\_out}}}

    Glorot & Bengio (2010), eq. 12. Built in notebook 04.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_in, fan_out)``, or ``(*receptive_field, channels_in, channels_out)``.
    rng : numpy.random.Generator
    gain : float, at least 0
        By which every weight is multiplied, for an activation that needs more than 1; see `gain_for`.
    dtype : data type
        Of the weights; float64 where it is not given.

    Returns
    -------
    ndarray of `shape` and `dtype`

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind above; the message names one that is.

    Examples
    --------
    >>> weights = xavier_normal((300, 100), np.random.default_rng(0))
    >>> weights.shape
    (300, 100)
    >>> print(f"{weights.std():.3f}, promised {math.sqrt(2 / (300 + 100)):.3f}")
    0.071, promised 0.071
    >>> xavier_normal((300,), np.random.default_rng(0))
    Traceback (most recent call last):
    ValueError: shape needs at least (fan_in, fan_out), for example (784, 100); got (300,)
    """
    fan_in, fan_out = fans(shape)
    std = checked_scale(gain, "gain") * math.sqrt(2 / (fan_in + fan_out))
    return normal(shape, rng, std=std, dtype=dtype)


def xavier_uniform(shape, rng, *, gain=1.0, dtype=float):
    r"""Uniform weights with the variance of `xavier_normal`.

    .. math:: W \sim \mathcal{U}(-a, a), \qquad a = \text{gain}\,\sqrt{\frac{6}{\text{fan\_in} + \text{fan\_out}}}

    Glorot & Bengio (2010), eq. 16. Built in notebook 04.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_in, fan_out)``, or ``(*receptive_field, channels_in, channels_out)``.
    rng : numpy.random.Generator
    gain : float, at least 0
        By which every weight is multiplied, for an activation that needs more than 1; see `gain_for`.
    dtype : data type
        Of the weights; float64 where it is not given.

    Returns
    -------
    ndarray of `shape` and `dtype`

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind above; the message names one that is.

    Examples
    --------
    >>> weights = xavier_uniform((300, 100), np.random.default_rng(0))
    >>> limit = math.sqrt(6 / (300 + 100))
    >>> print(f"largest {abs(weights).max():.3f}, limit {limit:.3f}, std {weights.std():.2f}")
    largest 0.122, limit 0.122, std 0.07
    """
    fan_in, fan_out = fans(shape)
    limit = checked_scale(gain, "gain") * math.sqrt(6 / (fan_in + fan_out))
    return uniform(shape, rng, limit=limit, dtype=dtype)


def he_normal(shape, rng, *, slope=0.0, mode="fan_in", dtype=float):
    r"""Gaussian weights that keep E[x²] the same from layer to layer under ReLU, or leaky ReLU.

    .. math:: W \sim \mathcal{N}(0, \sigma^2), \qquad \sigma = \sqrt{\frac{2}{(1 + s^2)\,\text{fan}}}

    with :math:`s` the slope of the leaky ReLU below zero, 0 for ReLU. ``mode="fan_in"`` keeps the forward
    signal, ``mode="fan_out"`` the gradient. He et al. (2015), eq. 10, 14 and 15. Built in notebook 05.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_in, fan_out)``, or ``(*receptive_field, channels_in, channels_out)``.
    rng : numpy.random.Generator
    slope : float
        Of the leaky ReLU below zero; 0 is ReLU, 1 no activation at all.
    mode : str
        "fan_in" keeps the forward signal, "fan_out" the gradient, "fan_avg" is their mean.
    dtype : data type
        Of the weights; float64 where it is not given.

    Returns
    -------
    ndarray of `shape` and `dtype`

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind above; the message names one that is.

    Examples
    --------
    >>> weights = he_normal((200, 100), np.random.default_rng(0))
    >>> print(f"{weights.std():.2f}, promised {math.sqrt(2 / 200):.2f}")
    0.10, promised 0.10
    >>> he_normal((3, 3, 16, 32), np.random.default_rng(0), slope=0.1, mode="fan_out").shape
    (3, 3, 16, 32)
    >>> he_normal((200, 100), np.random.default_rng(0), mode="out")
    Traceback (most recent call last):
    ValueError: mode must be one of fan_in, fan_out, fan_avg; got 'out'
    """
    fan = chosen_fan(shape, mode)
    std = math.sqrt(2 / ((1 + checked_slope(slope) ** 2) * fan))
    return normal(shape, rng, std=std, dtype=dtype)


def he_uniform(shape, rng, *, slope=0.0, mode="fan_in", dtype=float):
    r"""Uniform weights with the variance of `he_normal`.

    .. math:: W \sim \mathcal{U}(-a, a), \qquad a = \sqrt{\frac{6}{(1 + s^2)\,\text{fan}}}

    He et al. (2015), eq. 10, 14 and 15. Built in notebook 05.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_in, fan_out)``, or ``(*receptive_field, channels_in, channels_out)``.
    rng : numpy.random.Generator
    slope : float
        Of the leaky ReLU below zero; 0 is ReLU, 1 no activation at all.
    mode : str
        "fan_in" keeps the forward signal, "fan_out" the gradient, "fan_avg" is their mean.
    dtype : data type
        Of the weights; float64 where it is not given.

    Returns
    -------
    ndarray of `shape` and `dtype`

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind above; the message names one that is.

    Examples
    --------
    >>> weights = he_uniform((200, 100), np.random.default_rng(0))
    >>> limit = math.sqrt(6 / 200)
    >>> print(f"largest {abs(weights).max():.3f}, limit {limit:.3f}, std {weights.std():.2f}")
    largest 0.173, limit 0.173, std 0.10
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


def orthogonal(shape, rng, *, gain=1.0, dtype=float):
    r"""Weights that keep every length and every angle: orthonormal columns, or rows, times `gain`.

    .. math:: W = \text{gain}\;Q, \qquad Q^T Q = I \text{ (fan\_in} \ge \text{fan\_out)}
              \quad\text{or}\quad Q Q^T = I

    Q comes from the QR decomposition of a Gaussian matrix, and is multiplied by the signs of R's diagonal: every
    orthogonal matrix is then equally likely (Haar's measure). A layer that gets narrower keeps the lengths of the
    gradient, one that gets wider those of the signal; of its own weights each has the standard deviation
    gain / √max(fan_in, fan_out). A kernel is flattened to (receptive · channels_in, channels_out) and is orthogonal
    as that matrix, which does not make the convolution one; see `delta_orthogonal`.
    Saxe, McClelland & Ganguli (2014), section 3. Built in notebook 08.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_in, fan_out)``, or ``(*receptive_field, channels_in, channels_out)``.
    rng : numpy.random.Generator
    gain : float, at least 0
        The length of every column, or row.
    dtype : data type
        Of the weights; float64 where it is not given.

    Returns
    -------
    ndarray of `shape` and `dtype`

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind above; the message names one that is.

    Examples
    --------
    >>> weights = orthogonal((5, 3), np.random.default_rng(0))
    >>> print(np.allclose(weights.T @ weights, np.eye(3)))
    True
    """
    shape, gain, dtype = checked_shape(shape), checked_scale(gain, "gain"), checked_dtype(dtype)
    rows, columns = math.prod(shape[:-1]), shape[-1]
    tall = checked_rng(rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diag(r))
    q = q if rows >= columns else q.T
    return (gain * q).reshape(shape).astype(dtype, copy=False)


def identity(shape, rng=None, *, gain=1.0, dtype=float):
    r"""Every unit passes on one input: the identity matrix times `gain`, cut to the shape.

    .. math:: W_{ij} = \text{gain} \cdot [i = j]

    A kernel has the matrix at its centre and zeros elsewhere, so that the convolution passes its input on; see
    `centre_of`. Built in notebook 08. `rng` is accepted, and not used, so that every initializer is called alike.
    """
    shape, gain = checked_shape(shape), checked_scale(gain, "gain")
    weights = np.zeros(shape, dtype=checked_dtype(dtype))
    weights[centre_of(shape)] = gain * np.eye(*shape[-2:])
    return weights


def delta_orthogonal(shape, rng, *, gain=1.0, dtype=float):
    r"""A kernel whose convolution keeps every length: orthogonal at its centre, 0 everywhere else.

    .. math:: K_c = \text{gain}\;Q, \qquad Q Q^T = I, \qquad K_r = 0 \text{ for } r \ne c

    Xiao et al. (2018), algorithm 2. Built in notebook 08.

    Parameters
    ----------
    shape : tuple of int
        ``(*receptive_field, channels_in, channels_out)``, with no more channels in than out.
    rng : numpy.random.Generator
    gain : float, at least 0
    dtype : data type
        Of the weights; float64 where it is not given.

    Returns
    -------
    ndarray of `shape` and `dtype`

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind above; the message names one that is.

    Examples
    --------
    >>> kernel = delta_orthogonal((3, 3, 4, 8), np.random.default_rng(0))
    >>> print(np.count_nonzero(kernel), np.allclose(kernel[1, 1] @ kernel[1, 1].T, np.eye(4)))
    32 True
    >>> delta_orthogonal((3, 3, 8, 4), np.random.default_rng(0))
    Traceback (most recent call last):
    ValueError: delta_orthogonal needs at most as many channels in as out, for example (3, 3, 16, 32); got (3, 3, 8, 4)
    """
    shape = checked_shape(shape)
    if shape[-2] > shape[-1]:
        wanted = "at most as many channels in as out, for example (3, 3, 16, 32)"
        raise ValueError(f"delta_orthogonal needs {wanted}; got {shape}")
    kernel = np.zeros(shape, dtype=checked_dtype(dtype))
    kernel[centre_of(shape)] = orthogonal(shape[-2:], rng, gain=gain)
    return kernel


def centre_of(shape):
    """Return the place in the receptive field that sees the output's own position, under padding "same".

    A kernel of even size k has no middle; with padding "same", Keras, JAX and PyTorch all put (k - 1) // 2 zeros in
    front, and that place sees the output's own position.
    """
    return tuple((size - 1) // 2 for size in shape[:-2])


def looks_linear(shape, rng, *, gain=1.0, mirror="both", dtype=float):
    r"""Weights with which ReLU layers pass everything on: each unit has a mirror image that is on when it is off.

    .. math:: W_\text{out} = (Q \;\; {-Q}), \qquad
              W_\text{both} = \begin{pmatrix} Q & -Q \\ -Q & Q \end{pmatrix}, \qquad
              W_\text{in} = \begin{pmatrix} Q \\ -Q \end{pmatrix}

    with :math:`Q` from `orthogonal`, times `gain`. The first layer takes ``mirror="out"``, hidden ones "both", and
    the last "in". Since relu(u) - relu(-u) = u, the network then computes the product of all Q. Balduzzi et al. (2017),
    section 4. Built in notebook 08.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_in, fan_out)``, or ``(*receptive_field, channels_in, channels_out)``; what is mirrored must be even.
    rng : numpy.random.Generator
    gain : float, at least 0
    mirror : str
        "out", "both" or "in": which side of the weights meets mirrored units.
    dtype : data type
        Of the weights; float64 where it is not given.

    Returns
    -------
    ndarray of `shape` and `dtype`

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind above; the message names one that is.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, first = rng.standard_normal((10, 4)), looks_linear((4, 8), rng, mirror="out")
    >>> last = looks_linear((8, 4), rng, mirror="in")
    >>> answers = np.maximum(x @ first, 0) @ last
    >>> print(np.allclose((answers**2).sum(axis=1), (x**2).sum(axis=1)))
    True
    """
    *receptive, channels_in, channels_out = shape = checked_shape(shape)
    mirror_in = checked_choice(mirror, MIRRORS, "mirror") in ("in", "both")
    mirror_out = mirror in ("out", "both")
    if (mirror_in and channels_in % 2) or (mirror_out and channels_out % 2):
        raise ValueError(f"what is mirrored must be even, for example (64, 32) with mirror='both'; got {shape}")
    half = (*receptive, channels_in // (1 + mirror_in), channels_out // (1 + mirror_out))
    weights = orthogonal(half, rng, gain=gain, dtype=dtype)
    if mirror_in:
        weights = np.concatenate([weights, -weights], axis=-2)
    if mirror_out:
        weights = np.concatenate([weights, -weights], axis=-1)
    return weights


MIRRORS = ("out", "both", "in")


def chosen_fan(shape, mode):
    """Return the layer's fan that `mode` names: "fan_in", "fan_out", or their mean, "fan_avg"."""
    fan_in, fan_out = fans(shape)
    by_mode = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    return by_mode[checked_choice(mode, by_mode, "mode")]


def checked_slope(slope):
    """Return the leaky ReLU's slope below zero as a float if it is finite."""
    return checked_finite(slope, "slope")


INITIALIZERS = {
    "zeros": zeros,
    "constant": constant,
    "normal": normal,
    "uniform": uniform,
    "truncated_normal": truncated_normal,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "standard_uniform": standard_uniform,
    "xavier_normal": xavier_normal,
    "xavier_uniform": xavier_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "variance_scaling": variance_scaling,
    "orthogonal": orthogonal,
    "identity": identity,
    "delta_orthogonal": delta_orthogonal,
    "looks_linear": looks_linear,
}


def initializer_named(name):
    """Return the initializer registered under `name`; the error of an unknown name lists the known ones."""
    return INITIALIZERS[checked_choice(name, INITIALIZERS, "initializer")]
