"""What an argument must be. Each function returns the argument, or raises an error that names a right one."""

import math
import sys
from itertools import pairwise
from numbers import Integral, Real

import numpy as np


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


def checked_choice(choice, choices, name):
    """Return `choice` if it is one of `choices`."""
    if not isinstance(choice, str) or choice not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {choice!r}")
    return choice


def checked_count(count, name):
    """Return `count` if it is a whole number from 1 up."""
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(f"{name} must be a whole number from 1 up, for example 100; got {count!r}")
    return int(count)


def checked_most(count, most, name):
    """Return `count` if it is a whole number from 1 to `most`."""
    if checked_count(count, name) > most:
        raise ValueError(f"{name} must be a whole number from 1 to {most}; got {count}")
    return count


def checked_widths(widths):
    """Return `widths` as a tuple of at least two positive ints."""
    widths = tuple(widths) if np.iterable(widths) else (widths,)
    whole = all(isinstance(width, (int, np.integer)) and not isinstance(width, bool) for width in widths)
    if len(widths) < 2 or not whole or min(widths) < 1:
        raise ValueError(
            f"widths must be at least two positive integers, inputs first, for example [2, 32, 1]; got {widths}"
        )
    for shape in pairwise(widths):
        checked_shape(shape)
    return tuple(int(width) for width in widths)


def checked_sample(values):
    """Return `values` as an array if it is a row of numbers, none of them nan."""
    wanted = "values must be a sequence of at least one number, for example [55, 60, math.inf]"
    array = np.asarray(values)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iuf" or np.isnan(array).any():
        raise ValueError(f"{wanted}, and none may be nan; got {values!r}")
    return array.astype(float)


def checked_level(level):
    """Return `level` if it lies between 0 and 1."""
    if not is_number(level) or not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, for example 0.95; got {level!r}")
    return level


def checked_events(count, total):
    """Return `count` and `total` if they are whole numbers, 0 ≤ count ≤ total, and there is at least one trial."""
    whole = all(isinstance(number, Integral) and not isinstance(number, bool) for number in (count, total))
    if not whole or not 0 <= count <= total or not 1 <= total <= LARGEST:
        wanted = "count must be a whole number from 0 to total, for example 3 of 32"
        raise ValueError(f"{wanted}; got {count!r} of {total!r}")
    return int(count), int(total)
