"""The tables of notebook 03."""

import numpy as np

from helpers.tables import scale_text, table


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
