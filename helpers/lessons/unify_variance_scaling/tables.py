"""The tables of notebook 06."""

import numpy as np

from helpers.tables import scale_text, table


def levels_table(many):
    """One row for each activation: E[z²] of the median network in the last layer, by the rule for the gain."""
    rules = list(dict.fromkeys(levels.rule for levels in many))
    ends = {}
    for levels in many:
        ends.setdefault(levels.activation, {})[levels.rule] = scale_text(np.median(levels.measured[-1]))
    headers = ["activation", *(f"gain {rule}" for rule in rules)]
    return table(headers, [[name, *(row.get(rule, "–") for rule in rules)] for name, row in ends.items()])
