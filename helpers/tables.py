"""Results as fixed-width text: what a reader compares at a glance, and nbval to the letter."""

import math

import numpy as np


def table(headers, rows):
    """Return a text table: the first column to the left, the others to the right.

    Parameters
    ----------
    headers : sequence of str
    rows : sequence of sequences
        Text and whole numbers stand as they are, floats rounded to two significant digits.
    """
    cells = [[str(header) for header in headers], *([cell_text(cell) for cell in row] for row in rows)]
    if any(len(row) != len(headers) for row in cells):
        raise ValueError(f"every row needs {len(headers)} cells, one for each of {', '.join(headers)}")
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def cell_text(value):
    """Write one cell: a float with two significant digits, anything else as it is."""
    if isinstance(value, (float, np.floating)):
        return rounded(value)
    return str(value)


def rounded(value, digits=2):
    """Write a number with `digits` significant digits: 0.69, 42, 5.2e-03, 3.0e+05, inf."""
    if not math.isfinite(value):
        return str(float(value))
    if value == 0:
        return "0"
    if not 1e-3 <= abs(value) < 1e4:
        return f"{value:.{digits - 1}e}"
    value = float(f"{value:.{digits - 1}e}")
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:.{decimals}f}"


def step_text(steps):
    """Write after how many steps something was reached, or that it was not."""
    return f"{steps:.0f}" if math.isfinite(steps) else "never"


def scale_text(scale):
    """Write a scale with one digit, and no more than the direction of one that is beyond all use."""
    if scale == 0 or not np.isfinite(scale):
        return rounded(scale)
    if not 1e-10 < scale < 1e10:
        return "< 1e-10" if scale < 1 else "> 1e+10"
    return rounded(scale, 1)
