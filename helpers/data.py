"""Small data sets: made here from a generator, or shipped with the course. Nothing is downloaded."""

from importlib.resources import files

import numpy as np

from helpers.arguments import checked_count, checked_finite, checked_rng, checked_scale, checked_shape


def two_spirals(count, rng, *, turns=1.5, noise=0.05):
    """Return two interleaved spirals, which no straight line separates.

    Parameters
    ----------
    count : int, even
        Number of points, half on each spiral.
    rng : numpy.random.Generator
    turns : float
        How often each spiral winds round the origin.
    noise : float
        Standard deviation of the jitter, in units of the plane; the outer radius is 1.

    Returns
    -------
    x : ndarray (count, 2)
    labels : ndarray (count,) of 0 and 1
    """
    labels, noise, turns = checked_halves(count), checked_scale(noise, "noise"), checked_finite(turns, "turns")
    radius = np.sqrt(checked_rng(rng).uniform(0.02, 1, count))
    angle = 2 * np.pi * turns * radius + np.pi * labels
    x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return x + noise * rng.standard_normal(x.shape), labels


def two_moons(count, rng, *, noise=0.1):
    """Return two half circles that reach into each other.

    Parameters and returns as for `two_spirals`; the half circles have radius 1, and the whole has mean 0.
    """
    labels, noise = checked_halves(count), checked_scale(noise, "noise")
    angle = checked_rng(rng).uniform(0, np.pi, count)
    side = 1 - 2 * labels
    x = np.column_stack([side * np.cos(angle) + labels - 0.5, side * np.sin(angle) + labels / 2 - 0.25])
    return x + noise * rng.standard_normal(x.shape), labels


def xor():
    """Return the four corners of a square and whether their signs differ: the smallest task that needs hidden units.

    Returns
    -------
    x : ndarray (4, 2) of -1 and 1
    labels : ndarray (4,) of 0 and 1
    """
    x = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    return x, np.array([0, 1, 1, 0])


def gaussian_inputs(count, size, rng):
    """Return `count` inputs of `size` independent standard normal numbers, (count, size): E[x²] is 1."""
    shape = checked_count(count, "count"), checked_count(size, "size")
    return checked_rng(rng).standard_normal(checked_shape(shape))


def digits():
    """Return 1,797 handwritten digits as 8 × 8 pictures.

    Returns
    -------
    x : ndarray (1797, 64), ink between 0 and 1
    labels : ndarray (1797,) of 0 … 9

    Notes
    -----
    E. Alpaydin & C. Kaynak (1998), Optical Recognition of Handwritten Digits, the test part, from the UCI
    Machine Learning Repository, https://doi.org/10.24432/C50P49, under CC BY 4.0.
    """
    with files("helpers").joinpath("digits.npz").open("rb") as file, np.load(file) as stored:
        return stored["ink"].astype(float) / 16, stored["label"].astype(int)


def three_digits(count, rng):
    """Return `count` pictures of the digits 0, 1 and 2, (count, 64) with E[x] = 0 and E[x²] = 1, and their labels."""
    return standard_digits(count, rng, kinds=3)


def standard_digits(count, rng, *, kinds=10):
    """Return `count` pictures of digits below `kinds`, (count, 64) with E[x] = 0 and E[x²] = 1, and their labels."""
    x, labels = digits()
    chosen = checked_rng(rng).permutation(np.flatnonzero(labels < kinds))[: checked_count(count, "count")]
    x = x[chosen]
    return (x - x.mean()) / x.std(), labels[chosen]


def checked_halves(count):
    """Return `count` labels, the first half 0 and the second half 1."""
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 2 or count % 2:
        raise ValueError(f"count must be an even integer from 2 up, for example 256; got {count!r}")
    checked_shape((count, 2))
    return np.repeat([0, 1], count // 2)
