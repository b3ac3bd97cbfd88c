"""The tables of notebook 05."""

import numpy as np

from helpers.tables import rounded, step_text, table


def trainings_table(trainings):
    """One row for each Training: the median loss at its end, when half of its networks had learned, and how many."""
    headers = ["layers", "start", "loss after", "below half of guessing at step", "learned"]
    rows = [
        [
            training.layers,
            training.start,
            rounded(np.median(training.loss[-1]), 1),
            step_text(training.half_at),
            f"{training.learned.sum()} of {len(training.learned)}",
        ]
        for training in trainings
    ]
    return table(headers, rows)


def born_table(born, layers):
    """One row for each width: the share of networks that are dead after some `layers`, and its bound."""
    headers = ["width"]
    for layer in layers:
        headers += [f"{layer} layers: dead", "bound"]
    rows = []
    for width, counts, bounds in zip(born.widths, born.dead_for_all, born.bound, strict=True):
        shares = [(counts[layer - 1] / born.networks, bounds[layer - 1]) for layer in layers]
        rows.append([width, *(f"{number:.3f}" for pair in shares for number in pair)])
    return table(headers, rows)
