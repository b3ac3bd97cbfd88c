"""The exercises of notebook 07, Compare convergence."""

import math
from statistics import NormalDist

import numpy as np

from helpers.arguments import is_number
from helpers.exercise import Wrong, array_of, call, compare, exercise, number
from helpers.initializers import he_normal
from helpers.networks import dense
from helpers.training import SGD, fit, steps_to

# Settings of `run_scaled` with which nothing is learned; the exercise hands them over under this name.
FAILING_RUN = {"start": "He", "factor": 1.0, "hidden_layers": 3, "learning_rate": 10.0}


@exercise(
    means="a loss that only touches the target has arrived nowhere yet, and one that became nan never will.",
    hints={
        "first time": (
            "that is the first record at or below the target, as `steps_to` gives it. One loss here rises again later.",
            "a record counts only if all records after it are at or below the target as well. Which part must you see?",
        ),
        "row for step": (
            "you return which row it is: {got}. Asked is the step of that row.",
            "the losses were not recorded at every step. `steps` says at which.",
        ),
        "one record early": (
            "you return the last step at which the loss was above the target. Asked is the first one after it.",
            "which row comes behind the last one that is above? Mind the loss that has no such row.",
        ),
        "nan below": (
            "one loss is nan from some step on, and you count it as arrived.",
            "nan > target is False, and so is nan <= target. Which of the two questions does your code ask?",
        ),
        "never is not inf": (
            "a network that does not stay below the target gets {got} from you. Asked is inf.",
            "argmax of a row of False is 0, and no list of steps has a place for never: find these networks first.",
        ),
        "below alone": (
            "one loss falls to the target and stays exactly there; you do not count it as arrived.",
            "a loss that equals the target is “at or below” it. What does your comparison say of two equal numbers?",
        ),
        "another step": (
            "a network should get {right} and gets {got} from you, with the target {target}.",
            "make a loss of 5 records that falls below the target, rises and falls again; follow it through each line.",
        ),
    },
)
def stays_below(answer, *, rng):
    """The first step from which each loss (T, S) is at or below the target until the end; inf where there is none."""
    records, target = 30, round(float(rng.uniform(0.2, 0.5)), 2)
    steps = np.cumsum(rng.integers(2, 6, records))
    above, below = target + rng.uniform(0.05, 1, (2, records)), target - rng.uniform(0.05, 0.15, (2, records))
    early, middle, late = (int(rng.integers(low, low + 5)) for low in (3, 12, 22))
    row = np.arange(records)
    falls = np.where(row < middle, above[0], below[0])
    at_target = np.where(row < middle, above[1], target)
    rises_between = np.where((row < early) | ((row >= middle) & (row < late)), above[1], below[1])
    rises_in_the_end = np.where((row < early) | (row >= late), above[0], below[1])
    breaks = np.where(row < early, above[1], np.where(row < late, below[0], np.nan))
    never, always = above[0], below[1]
    at_the_last = np.where(row < records - 1, above[0], below[0])
    curves = [falls, at_target, rises_between, rises_in_the_end, breaks, never, always, at_the_last]
    right = np.array([*steps[[middle, middle, late]], *[math.inf] * 3, *steps[[0, -1]]])
    first = steps_to(target, steps, np.transpose(curves))
    order = rng.permutation(len(curves))
    losses = np.transpose(curves)[:, order]

    result = call(answer, target, steps.copy(), losses.copy())
    if any(np.array_equal(result, given) for given in (steps, losses)):
        raise Wrong("returns its input")
    got = steps_from(result, right.shape)[np.argsort(order)]
    wrong = got != right
    if not wrong.any():
        return
    arrives = np.isfinite(right)
    if np.array_equal(got[np.isfinite(first)], first[np.isfinite(first)]):
        raise Wrong("first time")
    if np.array_equal(got[:3], [middle, middle, late]):
        raise Wrong("row for step", got=int(got[0]))
    if np.array_equal(got[:3], steps[[middle - 1, middle - 1, late - 1]]):
        raise Wrong("one record early")
    if wrong[4] and wrong.sum() == 1:
        raise Wrong("nan below")
    if not wrong[arrives].any():
        raise Wrong("never is not inf", got=as_text(got[wrong & ~arrives][0]))
    if wrong[1] and wrong.sum() == 1:
        raise Wrong("below alone")
    place = np.flatnonzero(wrong)[0]
    raise Wrong("another step", right=as_text(right[place]), got=as_text(got[place]), target=f"{target:g}")


def steps_from(result, shape):
    """Return `result` as an array of steps of this shape; steps may be inf, and nan stands for itself."""
    try:
        steps = np.asarray(result, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise Wrong("not an array", kind=type(result).__name__) from None
    array_of(np.zeros(steps.shape), shape)
    return steps


def as_text(step):
    """Write a step without decimals, as far as it has none."""
    return f"{step:g}"


@exercise(
    means="of six equal runs each is the earliest one time in six: whatever is tried five times wins five in six.",
    hints={
        "a single run": (
            "that would be right for one run of A against one of B. A has five tries.",
            "the earliest of five is earlier than a single one in most cases. In how many?",
        ),
        "as if independent": (
            "you treat the five comparisons with B as independent. They share the same run of B.",
            "if B's run is a very early one, A loses all five comparisons together. Which of the six is the earliest?",
        ),
        "B's chance": (
            "that is how often B's run is the earliest of all.",
            "you have the chance that A's best is not before B. What is left?",
        ),
        "five runs in all": (
            "A has five runs. How many runs are there with that of B?",
            "count all runs, those of A and that of B: each is as likely as any other to be the earliest.",
        ),
        "all five": (
            "that is small: did you ask that all five of A's runs beat B?",
            "it is enough if one of A's five is before B.",
        ),
        "percent": (
            "a probability is asked for, a number between 0 and 1; got {got}.",
            "divide by 100: a probability is at most 1.",
        ),
        "another number": (
            "not {got}. Put all runs, A's and B's, in the order of their arrival. Who is first?",
            "all runs are from one distribution, so each is as likely to be the first. How many are A's, of how many?",
        ),
    },
)
def best_of_five(answer, *, rng):
    """The probability that the earliest of five runs is before a sixth of the same distribution: 5/6."""
    wrong = {
        "a single run": 1 / 2,
        "as if independent": 1 - 1 / 2**5,
        "B's chance": 1 / 6,
        "five runs in all": 4 / 5,
        "all five": 1 / 2**5,
        "percent": 100 * 5 / 6,
    }
    compare(number(answer), 5 / 6, wrong, within=0.015, otherwise="another number")


@exercise(
    means="32 networks of each start are 32 trials, and no way of comparing them makes more.",
    hints={
        "all pairs": (
            "for {size} networks of each start you return [{low}, {high}], as narrow as from {size} × {size} trials.",
            "each network of A was compared with all of B. How many comparisons know nothing of each other?",
        ),
        "ties as trials": (
            "pairs that arrive at the same step, or of which neither arrives, count as trials for you.",
            "a pair without a first one decides nothing: leave it out of the total too.",
        ),
        "ties as wins": (
            "pairs that arrive at the same step, or of which neither arrives, count as won by A for you.",
            "what does your comparison say of two equal steps? Such a pair is no win, and no trial either.",
        ),
        "never left out": (
            "you leave out pairs in which one network never arrives. Does such a pair decide nothing?",
            "inf is later than any step: if only one of the two arrives, it was the first.",
        ),
        "neither counted": (
            "pairs of which neither network arrives are among your trials.",
            "two networks that never arrive are equal, as two of the same step: inf == inf is True.",
        ),
        "the other start": (
            "that is the interval for B to be first.",
            "smaller steps are earlier. In which of the two comparisons did you count?",
        ),
        "not Wilson's": (
            "count and total are right, but the interval is not Wilson's.",
            "p ± 1.96 √(p(1 - p)/n) says too much where p is near 0 or 1. `wilson_interval` needs count and total.",
        ),
        "another interval": (
            "{wins} of {trials} pairs are won by A, and Wilson's interval for that is not [{low}, {high}].",
            "print your count and your total: they should be {wins} and {trials}.",
        ),
    },
)
def win_interval(answer, *, rng):
    """Wilson's interval for the share of pairs of equal number that A wins, of those that have a winner."""
    # Finite steps with A first, with B first, and equal; then neither, only A and only B arrive.
    counts = (6, 3, 4, 3, int(rng.integers(4, 7)), 2)
    kind = rng.permutation(np.repeat(np.arange(6), counts))
    early = rng.integers(10, 50, len(kind)).astype(float)
    late = early + rng.integers(1, 30, len(kind))
    a = np.choose(kind, [early, late, early, np.inf, early, np.inf])
    b = np.choose(kind, [late, early, early, np.inf, np.inf, early])

    got = array_of(call(answer, a.copy(), b.copy()), (2,))
    size, ties = len(kind), counts[2] + counts[3]
    wins, losses = counts[0] + counts[4], counts[1] + counts[5]
    trials = wins + losses
    won_of_all, lost_of_all = (int(np.sum(first[:, np.newaxis] < second)) for first, second in ((a, b), (b, a)))
    p = wins / trials
    reach = NormalDist().inv_cdf(0.975) * math.sqrt(p * (1 - p) / trials)
    right = wilson(wins, trials)
    if agree(got, right):
        return
    for mistake, interval in [
        ("all pairs", wilson(won_of_all, won_of_all + lost_of_all)),
        ("all pairs", wilson(won_of_all, size**2)),
        ("ties as trials", wilson(wins, size)),
        ("ties as wins", wilson(wins + ties, size)),
        ("never left out", wilson(counts[0], counts[0] + counts[1])),
        ("neither counted", wilson(wins, trials + counts[3])),
        ("the other start", wilson(losses, trials)),
        ("not Wilson's", (p - reach, p + reach)),
    ]:
        if agree(got, interval):
            raise Wrong(mistake, size=size, low=got[0], high=got[1])
    raise Wrong("another interval", wins=wins, trials=trials, low=got[0], high=got[1])


def wilson(count, total):
    """Return Wilson's 95 % interval as the two roots of its quadratic equation."""
    p, z = count / total, NormalDist().inv_cdf(0.975)
    return np.sort(np.roots([1 + z**2 / total, -(2 * p + z**2 / total), p**2]).real)


def agree(interval, other):
    """Say whether both ends of two intervals are the same, up to the rounding of 1.96."""
    return bool(np.all(np.abs(interval - np.asarray(other)) < 0.001))


@exercise(
    means="the start was sound; the first steps were so long that they threw the networks out of it.",
    hints={
        "not settings": (
            "four settings are asked for, in a dictionary with the keys of FAILING_RUN; got {got}.",
            "write {{**FAILING_RUN, ...}} with the one key that you change, and its new value.",
        ),
        "nothing changed": (
            "these are the settings that do not train.",
            "one of the four values must be another one. Which of them do the signals blame?",
        ),
        "more than one": (
            "you have changed {got} settings. One is enough, and with two you do not learn which it was.",
            "put back all but one, and run it again.",
        ),
        "another start": (
            "you have changed the start. What was wrong with its signals at step 0?",
            "before the training, each layer hands on a signal of about the size that it gets. When does that end?",
        ),
        "another network": (
            "you have changed the network. Other networks of this depth learn the spirals, in the lesson too.",
            "the signals pass all three layers well at step 0. What happens between step 0 and step 1?",
        ),
        "too long": (
            "at {got} {arrived} of 16 networks arrive, in place of 14. It is the right setting.",
            "print the signals after 1, 2 and 5 steps with your value: do they still run away, or die?",
        ),
        "too short": (
            "at {got} {arrived} of 16 networks arrive within 150 steps, in place of 14. It is the right setting.",
            "their signals are sound, and their loss falls. Why are they not there yet?",
        ),
        "not a rate": (
            "the learning rate must be a number above 0; got {got}.",
            "a learning rate is one positive number, such as those of the lesson's Explorer; got {got}.",
        ),
    },
)
def mended(answer, *, rng):
    """The settings with another learning rate, one at which 14 of 16 networks arrive within 150 steps."""
    if not isinstance(answer, dict) or set(answer) != set(FAILING_RUN):
        raise Wrong("not settings", got=type(answer).__name__)
    changed = [name for name, value in FAILING_RUN.items() if answer[name] != value]
    if not changed:
        raise Wrong("nothing changed")
    if len(changed) > 1:
        raise Wrong("more than one", got=len(changed))
    if changed == ["hidden_layers"]:
        raise Wrong("another network")
    if changed != ["learning_rate"]:
        raise Wrong("another start")
    rate = answer["learning_rate"]
    if not is_number(rate) or not 0 < rate < math.inf:
        raise Wrong("not a rate", got=repr(rate))
    arrived = arrivals_at(rate, rng)
    if arrived < 14:
        raise Wrong("too long" if rate > 1 else "too short", got=f"{rate:g}", arrived=arrived)


def arrivals_at(rate, rng):
    """Return how many of 16 He networks with random numbers from `rng` arrive on two spirals at this rate."""
    labels = np.arange(64) % 2
    radius = np.sqrt(rng.uniform(0.02, 1, 64))
    angle = 2 * np.pi * radius + np.pi * labels
    x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]) + 0.05 * rng.standard_normal((64, 2))
    network = dense([2, 16, 16, 16, 1], he_normal, rng.spawn(16))
    with np.errstate(over="ignore", invalid="ignore"):
        history = fit(network, x, labels, optimizer=SGD(rate), steps=150, record_every=5)
    return int(np.isfinite(history.steps_to(0.3)).sum())
