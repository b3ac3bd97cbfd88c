"""The tables of notebook 02."""

import numpy as np

from helpers.tables import table


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
