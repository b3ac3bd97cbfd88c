"""One place where randomness begins, so that a whole notebook can be run again from other seeds."""

import numpy as np

from helpers.offset import seed_offset


def seeded(*key):
    """Return the random generator that belongs to the integers `key`.

    The same key gives the same numbers, in every notebook and on every machine. Setting the environment
    variable STEP_ZERO_SEED to another integer than 0 changes all of them at once: the stored outputs
    belong to 0, and what a notebook claims must hold for any other.

    Parameters
    ----------
    *key : non-negative int
        For example a notebook's number, an experiment's number and a seed.

    Raises
    ------
    TypeError, ValueError
        If a part of the key, or STEP_ZERO_SEED, is not a non-negative integer.
    """
    for part in key:
        if isinstance(part, bool) or not isinstance(part, (int, np.integer)):
            raise TypeError(f"a key is made of integers, for example seeded(3, 0); got {part!r}")
        if part < 0:
            raise ValueError(f"a key is made of integers from 0 up; got {part}")
    # With its length in front, (3,) and (3, 0) are different keys; NumPy would fill the shorter one with zeros.
    return np.random.default_rng([seed_offset(), len(key), *key])


def seeded_many(count, *key):
    """Return `count` independent generators: seeded(*key, 0), seeded(*key, 1), …"""
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0:
        raise TypeError(f"seeds are counted by an integer from 0 up, for example 16; got {count!r}")
    return [seeded(*key, number) for number in range(count)]
