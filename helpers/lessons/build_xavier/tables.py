"""The tables of notebook 04."""

import numpy as np

from helpers.tables import table


def layers_table(many):
    """One row for each layer of every Layers: the medians of its three scales, over those where they come from."""
    headers = ["layer"]
    columns = [range(1, many[0].depth + 1)]
    for layers in many:
        headers += [f"{layers.start}: h", "δ", "∂L/∂W"]
        columns += [np.median(scales, axis=1)[-layers.depth :] for scales in layers.relative.values()]
    return table(headers, zip(*columns, strict=True))


def jacobians_table(many):
    """One row for each Jacobians: the median over the seeds of its singular values' mean, layer by layer."""
    headers = ["start", *(f"layer {layer}" for layer in many[0].layers)]
    return table(headers, [[jacobians.start, *np.median(jacobians.mean, axis=1)] for jacobians in many])


def backs_table(backs, layers):
    """One row for each Back: the median scale of delta in the given `layers`."""
    headers = ["", *(f"layer {layer}" for layer in layers)]
    rows = []
    for back in backs:
        name = f"{back.activation}, {back.gain:g} × Xavier" + (", centred" if back.centred else "")
        rows.append([name, *(np.median(back.delta[layer - 1]) for layer in layers)])
    return table(headers, rows)
