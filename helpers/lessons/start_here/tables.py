"""The tables of notebook 00."""

from helpers.arguments import checked_choice
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
            f"{race.learned} of {race.seeds}",
        ]
        for race in races
    ]
    return table(headers, rows)


def bet_text(bet, races):
    """Say how a reader's bet, a list of starts, came out; a start has learned if most of its networks have."""
    starts = [race.start for race in races]
    bet = [checked_choice(start, starts, "a start that you bet on") for start in bet]
    if not bet:
        return "Your bet: none."
    learned = [race.start for race in races if race.learned > race.seeds / 2]
    right = sum((start in bet) == (start in learned) for start in starts)
    return f"Your bet: {', '.join(bet)}. Learned: {', '.join(learned)}. You are right about {right} of {len(starts)}."
