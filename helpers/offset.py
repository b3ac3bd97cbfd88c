"""The number by which all seeds are moved. It needs no NumPy, so that controls can be there before it is loaded."""

import os
from contextlib import contextmanager
from contextvars import ContextVar

OFFSET_VARIABLE = "STEP_ZERO_SEED"
_further = ContextVar("further", default=0)  # what other_seeds adds to it


@contextmanager
def other_seeds(further):
    """Within it, draw as if the integer in STEP_ZERO_SEED were larger by `further`."""
    before = _further.set(further)
    try:
        yield
    finally:
        _further.reset(before)


def seed_offset():
    """Return the integer in STEP_ZERO_SEED, 0 where it is not set, and what `other_seeds` adds."""
    text = os.environ.get(OFFSET_VARIABLE, "0")
    if not text.strip().isdecimal():
        raise ValueError(f"{OFFSET_VARIABLE} must be an integer from 0 up, for example 7; got {text!r}")
    return int(text) + _further.get()
