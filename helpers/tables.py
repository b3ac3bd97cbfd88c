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


def race_table(races):
    """One row for each start: the median loss before and after, and how its networks ended."""
    headers = ["start", "loss before", "loss after", "diverged", "learned"]
    rows = [
        [
            race.start,
            race.median_loss[0],
            race.median_loss[-1],
            f"{race.diverged} of {race.loss.shape[1]}",
            f"{race.learned} of {race.loss.shape[1]}",
        ]
        for race in races
    ]
    return table(headers, rows)


def fade_table(fade):
    """One row for each width: the median standard deviation of z, layer by layer."""
    layers = fade.std.shape[1]
    headers = ["inputs of a unit", *(f"layer {layer}" for layer in range(1, layers + 1))]
    medians = np.median(fade.std, axis=2)
    return table(headers, [[width, *row] for width, row in zip(fade.widths, medians, strict=True)])


def scale_table(scales):
    """One row for each width: σ√n, and the medians of the std of z and of measured / predicted var(z)."""
    headers = ["inputs of a unit", "σ √n"]
    columns = [scales[0].widths, scales[0].std * np.sqrt(scales[0].widths)]
    for scale in scales:
        headers += [f"{scale.weights}: std of z", "var / predicted"]
        columns += [np.sqrt(np.median(scale.variance, axis=1)), np.median(scale.ratio, axis=1)]
    return table(headers, zip(*columns, strict=True))


def shape_table(shapes):
    """One row for each width: the median kurtosis of z for each kind of weights."""
    headers = ["n", *(shape.weights for shape in shapes)]
    medians = [np.median(shape.kurtosis, axis=1) for shape in shapes]
    return table(headers, zip(shapes[0].widths, *medians, strict=True))


def signals_table(many):
    """One row for each Signals: the scale of signal and gradient at their far ends, and where they leave float32."""
    depth = many[0].depth
    headers = ["activation", "gain", f"h, layer {depth}", "leaves float32", "δ, layer 1", "leaves float32"]
    rows = []
    for signals in many:
        forward, backward = np.median(signals.forward[-1]), np.median(signals.backward[0])
        diverged, vanished, gone = (
            median_layer(layers) for layers in (signals.diverged_at, signals.zero_at, signals.gradient_zero_at)
        )
        signal_end = f"inf, layer {diverged}" if diverged else f"0, layer {vanished}" if vanished else "–"
        gradient_end = f"0, layer {gone}" if gone else "–"
        row = [signals.activation, f"{signals.gain:g}", scale_text(forward), signal_end]
        rows.append([*row, scale_text(backward), gradient_end])
    return table(headers, rows)


def median_layer(layers):
    """Return the layer by which more than half of the networks are there, None where they never are."""
    middle = np.sort(layers)[len(layers) // 2]
    return int(middle) if np.isfinite(middle) else None


def scale_text(scale):
    """Write a scale with one digit, and no more than the direction of one that is beyond all use."""
    if scale == 0 or not np.isfinite(scale):
        return rounded(scale)
    if not 1e-10 < scale < 1e10:
        return "< 1e-10" if scale < 1 else "> 1e+10"
    return rounded(scale, 1)
