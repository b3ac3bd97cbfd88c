"""The tables of notebook 00."""

from helpers.tables import step_text, table


def race_table(races):
    """One row for each start: the median loss before and after, and how its networks ended."""
    headers = ["start", "loss before", "loss after", "step at loss 0.1", "learned"]
    rows = [
        [
            race.start,
            race.median_loss[0],
            race.median_loss[-1],
            step_text(race.steps_to(0.1)),
            f"{race.learned} of {race.loss.shape[1]}",
        ]
        for race in races
    ]
    return table(headers, rows)
