"""The tables of notebook 07."""

import numpy as np

from helpers.tables import step_text, table


def contests_table(contests):
    """One row for each Contest: median steps to the target and median held-out accuracy, with their intervals."""
    headers = ["task", "start", "steps", "95 % interval", "held-out accuracy", "95 % interval"]
    rows = []
    for contest in contests:
        low, high = (step_text(end) for end in contest.arrival_interval)
        least, most = (f"{end:.0%}" for end in contest.accuracy_interval)
        row = [contest.task, contest.start, step_text(np.median(contest.arrival)), f"{low} … {high}"]
        rows.append([*row, f"{np.median(contest.accuracy):.0%}", f"{least} … {most}"])
    return table(headers, rows)


def corners_table(many):
    """One row for each start of each Corners: how its networks ended, and the interval of the trapped share."""
    headers = ["hidden units", "start", "learned", "slow", "trapped", "95 % interval"]
    rows = []
    for corners in many:
        for place, start in enumerate(corners.starts):
            counts = [outcome[place].sum() for outcome in (corners.learned, corners.slow, corners.trapped)]
            low, high = corners.interval(start)
            rows.append([f"{corners.hidden} {corners.activation}", start, *counts, f"{low:.0%} … {high:.0%}"])
    return table(headers, rows)
