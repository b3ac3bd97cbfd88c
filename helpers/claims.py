"""Statements that the notebooks assert in code."""

import numpy as np


class ClaimFailed(AssertionError):
    """A sentence of the course turned out false."""


def claim(text, holds):
    """Print "✓ text" where `holds` is true; raise ClaimFailed where it is not.

    Parameters
    ----------
    text : str
        The sentence, as a reader would say it.
    holds : bool
        What the experiment says; write it as a comparison, so that its two sides can be read.

    Raises
    ------
    ClaimFailed
        If `holds` is false.
    TypeError
        If `holds` is not one truth value: an array would hide which of its elements fails.
    """
    if not isinstance(holds, (bool, np.bool_)):
        raise TypeError(
            f"claim needs one truth value, for example x.max() < 1 or np.all(x < 1); got {type(holds).__name__}"
        )
    if not holds:
        raise ClaimFailed(f"✗ {text}")
    print(f"✓ {text}")
