"""The tables of notebook 08."""

import numpy as np

from helpers.tables import rounded, step_text, table


def sizes_text(value):
    """Write a singular value; below 1e-10 rounding errors of the largest ones are all that there is."""
    return rounded(value) if value > 1e-10 else "< 1e-10"


def products_table(products, layers):
    """One row for each number of layers: the median smallest, middle and largest singular value of two starts."""
    headers = ["layers"]
    for product in products:
        headers += [f"{product.start}: smallest", "middle", "largest"]
    rows = []
    for layer in layers:
        row = [layer]
        for product in products:
            (values,) = product.singular[product.layers == layer]
            row += [sizes_text(np.median(values[:, place])) for place in (-1, values.shape[1] // 2, 0)]
        rows.append(row)
    return table(headers, rows)


def linear_table(races):
    """One row for each LinearRace: of the starts with the target's sign, and of the others, how many learned."""
    rows = []
    for race in races:
        same, learned = race.same_sign, race.learned
        rows.append(
            [
                race.target,
                f"{(learned & same).sum()} of {same.sum()}",
                f"{(learned & ~same).sum()} of {(~same).sum()}",
                rounded(np.median(race.loss[-1, ~same])) if (~same).any() else "",
            ]
        )
    return table(["target", "same sign: learned", "other sign: learned", "their last loss"], rows)


def times_table(times):
    """One row for each depth: of each start the best rate, and the median step at which it had learned."""
    headers = ["layers"]
    for each in times:
        headers += [f"{each.start}: best rate", "steps"]
    rows = []
    for place, depth in enumerate(times[0].depths):
        row = [depth]
        for each in times:
            middle = np.median(each.times[place])
            row += [rounded(each.rates[place]) if np.isfinite(middle) else "", step_text(middle)]
        rows.append(row)
    return table(headers, rows)


def deep_table(trainings):
    """One row for each DeepTraining: its last losses, and the accuracy of its networks."""
    rows = [
        [
            training.start,
            np.median(training.loss[-1]),
            *(f"{share:.2f}" for share in (training.accuracy.min(), np.median(training.accuracy))),
        ]
        for training in trainings
    ]
    return table(["start", "last loss", "lowest accuracy", "median"], rows)
