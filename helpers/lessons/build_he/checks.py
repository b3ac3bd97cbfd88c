"""The exercises of notebook 05, Build He."""

import numpy as np

from helpers.exercise import (
    array_of,
    call,
    check_choice,
    check_gaussian,
    check_randomness,
    compare,
    draw,
    exercise,
    number,
)


@exercise(
    means="dropout that divides by keep makes E[h²] larger by 1/keep, and these weights take that back.",
    hints={
        "dropout forgotten": (
            "these are He's weights for ReLU alone. What does dropout do to E[h²]?",
            "a kept h is divided by keep, so h² by keep². Which share of them is kept, and what is left of E[h²]?",
        ),
        "keep upside down": (
            "your standard deviation grows as keep shrinks. Does dropout make E[h²] smaller, or larger?",
            "E[h²] becomes keep · E[(h/keep)²]. Simplify that, and let the weights undo it.",
        ),
        "keep squared": (
            "the dependence on keep is too strong.",
            "h²/keep² is right for a unit that is kept, but only a share of keep of them is. Take the mean over all.",
        ),
        "ReLU forgotten": (
            "without dropout, at keep = 1, a ReLU layer would still lose half of E[h²] with these weights.",
            "ReLU leaves ½ E[z²]: the variance needs a factor for that, beside the one for dropout.",
        ),
        "variance for std": (
            "at fan_in {fan_in} the standard deviation is {got}, far too small.",
            "what you computed is a variance, and `normal` takes a standard deviation.",
        ),
        "fans swapped": (
            "the standard deviation does not change with the number of inputs. Which fan did you take?",
            "`fans` returns (fan_in, fan_out). E[h²] is kept by the number of inputs that one unit sums.",
        ),
        "another std": (
            "for shape {shape} and keep = {keep} the standard deviation is {got}, and that does not keep E[h²].",
            "write E[h²] after ReLU and dropout as a multiple of E[z²]; fan_in · Var(w) times that must be 1.",
        ),
    },
)
def he_with_dropout(answer, *, rng):
    """Weights for ReLU and dropout: Var(w) = 2 keep / fan_in."""
    check_randomness(answer, rng, 0.8)
    for shape, keep in [((400, 100), 0.6), ((100, 400), 0.8)]:
        fan_in, fan_out = shape
        weights = draw(answer, shape, rng, keep)
        right = np.sqrt(2 * keep / fan_in)
        wrong = {
            "dropout forgotten": np.sqrt(2 / fan_in),
            "keep upside down": np.sqrt(2 / (keep * fan_in)),
            "keep squared": np.sqrt(2 * keep**2 / fan_in),
            "ReLU forgotten": np.sqrt(keep / fan_in),
            "variance for std": 2 * keep / fan_in,
            "fans swapped": np.sqrt(2 * keep / fan_out),
        }
        found = {"shape": shape, "keep": keep, "fan_in": fan_in}
        compare(weights.std(), right, wrong, within=0.03, otherwise="another std", **found)
        check_gaussian(weights)


@exercise(
    means="each layer multiplies E[h²] by ½ · 1.2², so 20 of them leave about a thousandth.",
    hints={
        "not squared": (
            "the scale of the weights goes into E[h²] more than once.",
            "E[h²] is a second moment: what multiplies h by 1.2 multiplies it by more.",
        ),
        "ReLU forgotten": (
            "that is what the weights do. And what does each ReLU do?",
            "per layer there are two factors: one from the weights, one from what ReLU throws away.",
        ),
        "one layer": (
            "that is one layer. There are 20.",
            "the factors of the layers multiply: what does 20 times the same factor give?",
        ),
        "times instead of power": (
            "the layers' factors were added. Does each layer add to the signal, or multiply it?",
            "layer 2 begins with what layer 1 left: the factors multiply.",
        ),
        "the scale": (
            "that is the factor of the scale, √E[h²]. Asked is E[h²].",
            "square it: the scale is the root of E[h²].",
        ),
        "upside down": (
            "that is a growth. Does the signal grow or shrink in one layer?",
            "½ · 1.2² is below 1. What is left after 20 layers is smaller than what came in.",
        ),
        "another number": (
            "not {got}. What does a single layer do to E[h²]? Then 20 of them.",
            "start from one layer: E[h²] of the next is ½ fan_in Var(w) E[h²]. Put the 1.2 in, and raise it to 20.",
        ),
    },
)
def left_after_20(answer, *, rng):
    """What 20 ReLU layers leave of E[h²], started with 1.2 times Xavier's weights: (½ · 1.2²)^20."""
    wrong = {
        "not squared": 0.6**20,
        "ReLU forgotten": 1.44**20,
        "one layer": 0.72,
        "times instead of power": 20 * 0.72,
        "the scale": 0.72**10,
        "upside down": 0.72**-20,
    }
    compare(number(answer), 0.72**20, wrong, within=0.05, otherwise="another number")


@exercise(
    means="dead is a unit that no input wakes; one that sleeps through half of them is at work.",
    hints={
        "share of zeros": (
            "in a layer where each unit sleeps through half of the inputs, it says {got}. No unit there is dead.",
            "it averages over inputs and units at once. First ask each unit about all of its inputs, then average.",
        ),
        "any input": (
            "a unit that sleeps through one input is counted as dead.",
            "dead means z ≤ 0 for every input, and not for some input.",
        ),
        "inputs instead of units": (
            "it counts inputs to which all units say nothing. Dead is a property of a unit.",
            "z has a row for each input and a column for each unit: along which axis must all be z ≤ 0?",
        ),
        "zero is alive": (
            "a unit whose z is exactly 0 for every input is counted as alive. What does ReLU pass on there?",
            "relu(0) is 0, and its derivative there is 0 too. Is your comparison strict?",
        ),
        "number instead of share": (
            "it returns {got}: the number of dead units. Asked is their share.",
            "divide by the number of units.",
        ),
        "another share": (
            "for a layer in which {dead} of {units} units are dead it says {got}.",
            "build a z by hand, of 3 inputs and 2 units, of which one is negative throughout, and follow each line.",
        ),
    },
)
def dead_share(answer, *, rng):
    """The share of units with z ≤ 0 for every input, of z with a row an input and a column a unit."""
    inputs, units = 40, 24
    dead = int(rng.integers(3, 9))
    z = rng.standard_normal((inputs, units))
    z[0], z[1] = np.abs(z[0]), -np.abs(z[1])  # each unit wakes once, and sleeps once
    z[:, :dead] = -np.abs(z[:, :dead])
    z[:, 0] = 0
    z[2] = -np.abs(z[2])  # an input to which all units say nothing
    got = array_of(call(answer, z.copy()), ()).item()
    wrong = {
        "share of zeros": np.mean(z <= 0),
        "any input": 1,
        "inputs instead of units": np.mean((z <= 0).all(axis=1)),
        "zero is alive": (dead - 1) / units,
        "number instead of share": dead,
    }
    compare(got, dead / units, wrong, within=1e-6, otherwise="another share", dead=dead, units=units)


@exercise(
    means="biases can keep up the scale of h while the digits are lost: ask what differs between two inputs.",
    hints={
        "dead": (
            "about half of the units are silent for all digits, and half are not. What do those that speak say?",
            "take two digits and compare their h in layer 16, unit by unit. By how much do they differ?",
        ),
        "saturated": (
            "look at the outputs: of which size are they?",
            "a loss close to log 3 says that no class is preferred. Are such outputs large?",
        ),
        "explodes": (
            "measure δ in layer 19 and in layer 1: in which of the two is it larger?",
            "δ on its way down is multiplied by something in each layer. Is that more than 1 here, or less?",
        ),
        "upside down": (
            "that is what is wrong. Would your number make the weights larger, or smaller?",
            "your quotient stands on its head: what shrinks must be multiplied by more than 1.",
        ),
        "squared": (
            "that is what is wrong. Your number is right for the variance, not for the weights.",
            "weights that are multiplied by a number have a variance that is multiplied by its square.",
        ),
        "ReLU forgotten": (
            "that is what is wrong. Your number would do for layers that throw nothing away.",
            "with your number n Var(w) is 1. Which value does ReLU need?",
        ),
        "from Xavier": (
            "that is what is wrong. Your number leads from Xavier to He. Did these weights start as Xavier's?",
            "measure n Var(w) in one of the layers, and compare it with what He asks for.",
        ),
        "another factor": (
            "that is what is wrong. Multiplied by {got}, the weights would not keep what differs between two digits.",
            "by what does δ shrink in one layer? Or measure n Var(w), and compare it with what ReLU needs.",
        ),
    },
)
def sick_start(wrong, times, *, rng):
    """What keeps the sick networks from learning, and by what their weights must be multiplied: √6."""
    check_choice(wrong, {"a": "dead", "b": "saturated", "d": "explodes"})
    known = {
        "upside down": 1 / np.sqrt(6),
        "squared": 6,
        "ReLU forgotten": np.sqrt(3),
        "from Xavier": np.sqrt(2),
    }
    compare(number(times), np.sqrt(6), known, within=0.1, otherwise="another factor")
