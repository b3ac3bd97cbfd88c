"""The exercises of notebook 01, Break the symmetry."""

import math

import numpy as np

from helpers.activations import sigmoid
from helpers.exercise import Wrong, array_of, call, check_explanation, check_randomness, compare, draw, exercise, number


@exercise(
    means="what twins pass on together, one of them can pass on alone: they add nothing to what a layer can say.",
    hints={
        "not three arrays": (
            "three arrays are asked for, (weights, biases, outgoing); got {kind}.",
            "return the three in one tuple, in the order in which they came in; got {kind}.",
        ),
        "parts disagree": (
            "the three arrays belong to no one layer: weights {weights}, biases {biases}, outgoing {outgoing}.",
            "a unit that goes takes a column of weights, a bias and a row of outgoing along; the shapes that came back "
            "are {weights}, {biases} and {outgoing}.",
        ),
        "twins left": (
            "of {units} units, {right} compute something of their own, and {left} are left.",
            "a unit can have more than one twin, and twins need not stand side by side. Print which columns are left.",
        ),
        "bias forgotten": (
            "two units with equal weights were taken for twins, although their biases differ.",
            "a bias is one more incoming weight. Does your comparison see it?",
        ),
        "outgoing compared": (
            "two units that compute the same were kept, because their outgoing weights differ.",
            "what a unit computes depends on what comes into it. What it passes on afterwards makes it no other unit.",
        ),
        "units lost": (
            "of {units} units, {right} compute something of their own, and only {left} are left.",
            "of a pair of twins one must stay, and a unit without a twin stays in any case.",
        ),
        "outgoing dropped": (
            "the right units are left, but what their twins passed on is lost.",
            "a twin that goes leaves its outgoing weights behind. Who has to take them over?",
        ),
        "averaged": (
            "the right units are left, but their outgoing weights are means. Does the next layer take a mean?",
            "write down what the next layer gets from two twins of the value h, and factor out h.",
        ),
        "counted": (
            "the right units are left, but each passes on its own outgoing weights, times the number of its twins.",
            "twins may pass on different weights: how much of h does the next layer get from each of them?",
        ),
        "order mixed": (
            "the units and their outgoing weights are the right ones, and do not stand in the same order.",
            "print which unit stands in each column of weights, and whose outgoing weights stand in that row: does "
            "one of your steps sort?",
        ),
        "other answers": (
            "it has as many units as it should, but other answers than the layer it was given.",
            "try it with a layer of two equal units and one output, and compare the answers before and after by hand.",
        ),
    },
)
def without_twins(answer, *, rng):
    """A layer in which each unit stands once, with the outgoing weights of all its twins."""
    kinds = np.array([0, 0, 1, 2, 0, 3, 2, 4, 0])  # unit by unit, which of five it is
    inputs, outputs, units = 3, 2, len(kinds)
    weights, biases = rng.standard_normal((inputs, 5)), rng.standard_normal(5)
    weights[:, 3] = weights[:, 1]  # these two differ in their biases alone
    outgoing = rng.standard_normal((units, outputs))
    outgoing[[4, 8]], outgoing[6] = outgoing[0], outgoing[3]  # some twins pass on the same, some do not

    given = weights[:, kinds], biases[kinds], outgoing
    result = layer_of(call(answer, *(part.copy() for part in given)), inputs, outputs)
    check_units(result, given, right=5)

    x = rng.standard_normal((20, inputs))
    answers = answers_of(x, *result)
    of_kind = [outgoing[kinds == kind] for kind in range(5)]
    summed = np.array([rows.sum(axis=0) for rows in of_kind])
    if alike(answers, answers_of(x, weights, biases, summed)):
        return
    wrong = [
        ("outgoing dropped", [rows[0] for rows in of_kind]),
        ("outgoing dropped", [rows[-1] for rows in of_kind]),
        ("averaged", [rows.mean(axis=0) for rows in of_kind]),
        ("counted", [len(rows) * rows[0] for rows in of_kind]),
    ]
    for mistake, passed_on in wrong:
        if alike(answers, answers_of(x, weights, biases, np.array(passed_on))):
            raise Wrong(mistake)
    if alike(np.sort(result[2], axis=0), np.sort(summed, axis=0)):
        raise Wrong("order mixed")
    raise Wrong("other answers")


def layer_of(result, inputs, outputs):
    """Return the weights, biases and outgoing weights of a layer, whatever its number of units."""
    if not isinstance(result, (tuple, list)):
        raise Wrong("not three arrays", kind=type(result).__name__)
    if len(result) != 3:
        raise Wrong("not three arrays", kind=f"{len(result)} of them")
    weights, biases, outgoing = map(numbers_in, result)
    if weights.ndim != 2 or weights.shape[0] != inputs:
        turned = weights.ndim == 2 and weights.shape[1] == inputs
        raise Wrong("transposed" if turned else "wrong shape", asked=f"({inputs}, units)", got=weights.shape)
    left = weights.shape[1]
    if biases.shape != (left,) or outgoing.shape != (left, outputs):
        raise Wrong("parts disagree", weights=weights.shape, biases=biases.shape, outgoing=outgoing.shape)
    return weights, biases, outgoing


def numbers_in(part):
    """Return one of the three parts as an array of floats, of any shape."""
    try:
        shape = np.shape(part)
    except ValueError:  # a list of lists of different lengths
        raise Wrong("not an array", kind=type(part).__name__) from None
    return array_of(part, shape)


def check_units(result, given, right):
    """Raise the mistake that the number of units shows, `right` being the right one."""
    left, units = len(result[1]), len(given[1])
    if left == right:
        return
    if left == units and all(map(np.array_equal, result, given)):
        raise Wrong("returns its input")
    named = {right - 1: "bias forgotten", right + 1: "outgoing compared"}
    raise Wrong(named.get(left, "twins left" if left > right else "units lost"), left=left, right=right, units=units)


def answers_of(x, weights, biases, outgoing):
    """Return what the layer after these units gets from them."""
    return sigmoid(x @ weights + biases) @ outgoing


def alike(result, other):
    """Say whether two arrays agree, be one of them computed in float32."""
    return np.allclose(result, other, rtol=1e-4, atol=1e-5)


@exercise(
    means="each factor of ten costs 20 steps more, so a millionth of the noise takes little more than twice as long.",
    hints={
        "in proportion": (
            "twice as many zeros, twice as many steps? Try that rule on the two numbers that you are given.",
            "from 1e-3 to 1e-6 the zeros double, and the steps do more than double. What is it that grows evenly?",
        ),
        "all decades": (
            "the price of a factor of ten is right, and the sum begins in the wrong place: try it on noise of 1e-3.",
            "the law has a constant in it, besides the price of a factor of ten. Fit both to the two numbers given.",
        ),
        "half the way": (
            "how many factors of ten lie between 1e-6 and 1e-12, and how many between 1e-3 and 1e-6?",
            "you paid for three factors of ten, as between the two noises given. The way from 1e-6 is longer.",
        ),
        "extra alone": (
            "that is how many steps more the smaller noise costs than 1e-6 does.",
            "asked is the step at which the units part, counted from the start of the training.",
        ),
        "multiplied": (
            "the steps do not grow by the same factor each time, but by the same number.",
            "it is the difference between the units that is multiplied, in each step. What does the time do then?",
        ),
        "as many times": (
            "a millionth of the noise does not take a million times as long.",
            "a small difference grows by the same factor in each step. How many steps make up for a factor of ten?",
        ),
        "another number": (
            "not this number. What does a factor of ten cost here? The two numbers that you are given tell.",
            "between 1e-3 and 1e-6 lie three factors of ten and 60 steps. Go on from 1e-6 in the same way.",
        ),
    },
)
def steps_to_part(answer, *, rng):
    """When noise of 1e-12 parts the units, if 1e-3 needs 40 steps and 1e-6 needs 100: 20 more for each decade."""
    wrong = {
        "in proportion": 200,
        "all decades": 240,
        "half the way": 160,
        "extra alone": 120,
        "multiplied": 100 * 2.5**2,
        "as many times": 100 * 1e6,
    }
    compare(number(answer), 220, wrong, within=0.02, otherwise="another number")


@exercise(
    means="one random number for each weight, so no two units are equal and the tie is broken.",
    hints={
        "units tied": (
            "distinct units: {distinct} of {units}. Does each unit get noise that no other one has?",
            "print the shape of the noise before it is added. Along which axis does NumPy repeat it?",
        ),
        "inputs alike": (
            "the units differ now, but all the weights of a unit got the same noise.",
            "noise is to be added to each weight. How many random numbers are drawn here, and how many weights are "
            "there?",
        ),
        "value lost": (
            "the weights lie around 0, not around the value {around}.",
            "the noise is to be added to the value. What became of the value?",
        ),
        "not centred": (
            "the mean of the weights is {got}, for the value {around}: the noise pulls to one side.",
            "noise must be negative as often as positive. From where to where does yours go?",
        ),
        "noise times value": (
            "at noise {noise} and value {around}, the weights have a standard deviation of {got}.",
            "your noise is larger where the value is larger. Is it added, or multiplied?",
        ),
        "variance for std": (
            "the standard deviation is {got}, where noise was {noise}. Is a square in it?",
            "noise is a standard deviation here: what you draw with is its square.",
        ),
        "limit for std": (
            "the standard deviation is {got}, where noise was {noise}. Is noise the largest value of what you draw?",
            "numbers between -noise and noise have a smaller standard deviation. What else can you draw?",
        ),
        "another size": (
            "at noise {noise} and value {around}, the weights have a standard deviation of {got}.",
            "set the value to 0: the standard deviation of what is left must be the noise. Follow it line by line.",
        ),
    },
)
def nearly_constant(answer, *, rng):
    """Weights that are a value and noise of their own, of a given standard deviation."""
    check_randomness(answer, rng, 0.5, 0.02)
    for shape, value, noise in [((200, 100), 0.5, 0.02), ((100, 200), -2.0, 0.1)]:
        weights = draw(answer, shape, rng, value, noise)
        found = {"around": value, "noise": noise}
        units = shape[1]
        distinct = len(np.unique(weights, axis=1).T)
        if distinct < units:
            raise Wrong("units tied", units=units, distinct=distinct)
        if np.ptp(weights, axis=0).max() == 0:
            raise Wrong("inputs alike")
        tolerated = 0.1 * weights.std()  # 14 standard errors
        if abs(weights.mean() - value) > tolerated:
            lost = abs(weights.mean()) < tolerated
            raise Wrong("value lost" if lost else "not centred", got=weights.mean(), **found)
        wrong = {
            "noise times value": noise * abs(value),
            "variance for std": noise**2,
            "limit for std": noise / math.sqrt(3),
        }
        compare(weights.std(), noise, wrong, within=0.04, otherwise="another size", **found)


@exercise(
    means="zeros have no gradient where f(0) = 0; where it is not 0, all units learn, and all learn the same.",
    hints={
        "all three": (
            "a tie needs units that move. Do they, in all three networks?",
            "take the networks one by one. What is f(0), and what do the outgoing weights get at the first step?",
        ),
        "constant alone": (
            "one more of the networks has units that move.",
            "f(0) is not 0 for every activation. Follow the first two steps of a network where it is not.",
        ),
        "zeros alone": (
            "the units of a constant start have a gradient. Do they become different by it?",
            "take two units with equal weights in and out. Write down the gradient of each, and compare.",
        ),
        "equal gradients": (
            "this is true of all three networks, so it cannot tell them apart.",
            "equal gradients are a tie if they are not 0. What decides whether they are, in a network of zeros?",
        ),
        "slope": (
            "a steeper slope lets more come back, and not less.",
            "at the first step, all that comes back has passed weights of 0, and is 0 at any slope. Which of the "
            "gradients does not need it?",
        ),
        "nothing back": (
            "at the first step nothing comes back, that is true. Are the outgoing weights still 0 at the second?",
            "ask what comes into the output layer at the first step, and what its weights learn from that.",
        ),
    },
)
def tied_starts(tied, reason, *, rng):
    """Which of three failures are ties, and what decides it."""
    mistakes = {"a": "all three", "c": "constant alone", "d": "zeros alone"}
    reasons = {"p": "equal gradients", "r": "slope", "s": "nothing back"}
    check_explanation(tied, reason, mistakes, reasons)
