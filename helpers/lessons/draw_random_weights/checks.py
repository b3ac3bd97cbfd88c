"""The exercises of notebook 02, Draw random weights."""

import math

import numpy as np

from helpers.exercise import Wrong, check_explanation, check_randomness, compare, draw, exercise, number


@exercise(
    means="the law asks of the inputs for nothing but their number and E[x²], so these two choose the weights.",
    hints={
        "not centred": (
            "the mean of z is far from 0. What is the mean of your weights?",
            "E[z] is a sum of terms with E[w] in each. From where to where do your weights go?",
        ),
        "mean of x forgotten": (
            "z has a standard deviation of {got}. Did you measure how the inputs vary, or how large they are?",
            "the inputs x have a mean that is not 0. Which of E[x²] and Var(x) does the law speak of?",
        ),
        "square of the mean": (
            "z has a standard deviation of {got}. Did you take the mean first, and square it then?",
            "E[x²] is the mean of the squares, and not the square of the mean. Try both on the numbers 1 and 3.",
        ),
        "inputs ignored": (
            "z has a standard deviation of {got}. Does your function look at the numbers in x?",
            "this would be right for inputs with E[x²] = 1. What is E[x²] of those that you are given?",
        ),
        "number of inputs forgotten": (
            "z has a standard deviation of {got} for {fan_in} inputs. How many terms does a unit add up?",
            "the law has three factors. One of them grows with the width, and yours does not.",
        ),
        "examples for inputs": (
            "z has a standard deviation of {got}. x has {examples} rows: is n the number of rows, or of columns?",
            "a row of x is one input vector. A unit adds up over the numbers in one row: how many are they?",
        ),
        "sum for mean": (
            "z has a standard deviation of {got}. Did you add up squares over all the rows of x?",
            "with more rows your weights become smaller. One row more of the same kind should change nothing.",
        ),
        "fans swapped": (
            "z has a standard deviation of {got}: did you count the units in place of the inputs?",
            "for the shape {shape}, a unit has as many terms to add up as the first number says.",
        ),
        "variance for std": (
            "z has a standard deviation of {got}. Is what you draw with a variance, or its root?",
            "the law speaks of a variance, and NumPy's and our normal numbers take a standard deviation.",
        ),
        "limit for std": (
            "z has a standard deviation of {got}. You draw uniform numbers: from where to where?",
            "a uniform number up to a limit has a smaller standard deviation than the limit. By which factor?",
        ),
        "another scale": (
            "for the shape {shape}, z has a standard deviation of {got}, and should have 1.",
            "write down the law with Var(z) = 1, and turn it round. Then print n and E[x²] in your function.",
        ),
    },
)
def weights_for_inputs(answer, *, rng):
    """Weights that give z a variance of 1 for the inputs at hand, whose mean is not 0: Var(w) = 1 / (n E[x²])."""
    check_randomness(answer, rng, inputs_of(rng, 6), shapes=((6, 4), (6, 3)))
    for shape in [(60, 2000), (200, 2000)]:
        fan_in, fan_out = shape
        x = inputs_of(rng, fan_in)
        z = x @ draw(answer, shape, rng, x.copy())
        scale = math.sqrt(np.mean(z**2))
        if abs(z.mean()) > 0.3 * scale:  # 15 standard errors, since all inputs share most of what they are
            raise Wrong("not centred")
        square = np.mean(x**2)
        wrong = {
            "mean of x forgotten": math.sqrt(square / x.var()),
            "square of the mean": math.sqrt(square) / x.mean(),
            "inputs ignored": math.sqrt(square),
            "number of inputs forgotten": math.sqrt(fan_in),
            "examples for inputs": math.sqrt(fan_in / len(x)),
            "sum for mean": 1 / math.sqrt(len(x)),
            "fans swapped": math.sqrt(fan_in / fan_out),
            "variance for std": 1 / math.sqrt(fan_in * square),
            "limit for std": 1 / math.sqrt(3),
        }
        found = {"shape": shape, "fan_in": fan_in, "examples": len(x)}
        compare(scale, 1, wrong, within=0.08, otherwise="another scale", **found)


def inputs_of(rng, count):
    """Return 8 input vectors of `count` numbers whose mean is 1.5 times their standard deviation."""
    return rng.uniform(2, 3) * (1.5 + rng.standard_normal((8, count)))


@exercise(
    means="the variance of z is 240 · 0.03 · 5 = 36: a limit squared over 3, and a mean squared in E[x²].",
    hints={
        "Var(x) for E[x²]": (
            "the inputs have a mean, and you left it out. Which measure of the inputs is in the law?",
            "inputs that were all 2 would have no variance at all. Would z have none?",
        ),
        "mean of x squared": (
            "E[x²] is more than the square of the mean, as soon as the inputs differ.",
            "E[x²] has two parts: one is the square of the mean. You are given what makes up the other.",
        ),
        "limit for std": (
            "0.3 is the limit of the weights, not their standard deviation.",
            "most uniform numbers lie well inside of the limit. What is their variance?",
        ),
        "both": (
            "two things went wrong at once: what the weights' limit says, and what the inputs' mean does.",
            "write down the law, with a number for each of its three factors. Two of yours need another look.",
        ),
        "the variance": (
            "that is the variance of z. Asked is the standard deviation.",
            "z has a unit and its variance the square of that unit: which of the two is asked for?",
        ),
        "not rooted": (
            "240 terms do not add up to 240 times the size of one: they have either sign.",
            "variances add up, and standard deviations do not. Where does the number of inputs go then?",
        ),
        "one term": (
            "that is the standard deviation of one term, x · w. A unit adds up 240 of them.",
            "the law has three factors: one of them is the number of inputs.",
        ),
        "another number": (
            "not this number. Write down the law, and a number for each of its three factors.",
            "n is 240. Work out E[x²] from the inputs' mean and standard deviation, and Var(w) from the limit.",
        ),
    },
)
def predicted_std(answer, *, rng):
    """The standard deviation of z: 240 inputs of mean 2 and standard deviation 1, weights from U(-0.3, 0.3)."""
    wrong = {
        "Var(x) for E[x²]": math.sqrt(240 * 0.03),
        "mean of x squared": math.sqrt(240 * 0.03 * 4),
        "limit for std": math.sqrt(240 * 0.09 * 5),
        "both": math.sqrt(240 * 0.09),
        "the variance": 36,
        "not rooted": 240 * math.sqrt(0.03 * 5),
        "one term": math.sqrt(0.03 * 5),
    }
    compare(number(answer), 6, wrong, within=0.02, otherwise="another number")


@exercise(
    means="a variance is a mean of squares, and the zeros count in it: a third of the weights adds nothing.",
    hints={
        "other values": (
            "there are other values in it than -a, 0 and a.",
            "count the different absolute values of what you draw: there must be two, and one of them is 0.",
        ),
        "one side missing": (
            "one of -a and a is never drawn.",
            "NumPy's rng.integers leaves its upper end out. Print the different values that come back.",
        ),
        "no zeros": (
            "no weight is 0. Three values are asked for.",
            "you draw from two values, as a coin does. The third one belongs among those to choose from.",
        ),
        "unequal shares": (
            "0 is {zeros} of all weights, where each of the three values should have the same share.",
            "count how often each value comes. If you round, how wide is the interval that becomes 0?",
        ),
        "a is std": (
            "the weights are too small: a is {got}, and so is the standard deviation that was asked for.",
            "were all the weights -a or a, their standard deviation would be a. What do the zeros make of it?",
        ),
        "a as for uniform": (
            "a is {got} for a standard deviation of {std}: this is the limit of uniform weights.",
            "√3 belongs to numbers between -a and a. Here there are three values: take the mean of their squares.",
        ),
        "root forgotten": (
            "a is {got} for a standard deviation of {std}, too large. Does your factor belong to a, or to a²?",
            "you found how the variance depends on a². Solve for a.",
        ),
        "upside down": (
            "a is {got} for a standard deviation of {std}: the zeros would make the weights smaller still.",
            "the zeros make the standard deviation smaller than a. Does a have to be larger or smaller than std?",
        ),
        "variance for std": (
            "a is {got} for a standard deviation of {std}. Is there a square where none belongs?",
            "twice the standard deviation needs twice the a. Try std = 1 and std = 2.",
        ),
        "another size": (
            "a is {got} for a standard deviation of {std}.",
            "write down the mean of w² over the three values, and ask that it is std².",
        ),
    },
)
def ternary(answer, *, rng):
    """Weights -a, 0 and a, equally likely, of a given standard deviation: a = √1.5 std."""
    std = float(rng.uniform(0.05, 0.5))
    check_randomness(answer, rng, std)
    weights = draw(answer, (150, 100), rng, std)
    size = np.abs(weights).max()
    steps = np.round(weights / size)
    if not np.allclose(steps * size, weights, rtol=0, atol=1e-4 * size):
        raise Wrong("other values")
    negative, zeros, positive = (np.mean(steps == value) for value in (-1, 0, 1))
    if min(negative, positive) == 0:
        raise Wrong("one side missing")
    if zeros == 0:
        raise Wrong("no zeros")
    if max(abs(share - 1 / 3) for share in (negative, zeros, positive)) > 0.03:  # 8 standard errors
        raise Wrong("unequal shares", zeros=zeros)
    wrong = {
        "a is std": std,
        "a as for uniform": math.sqrt(3) * std,
        "root forgotten": 1.5 * std,
        "upside down": math.sqrt(2 / 3) * std,
        "variance for std": 1.5 * std**2,
    }
    compare(size, math.sqrt(1.5) * std, wrong, within=1e-3, otherwise="another size", std=std)


@exercise(
    means="variances add up, so z grows with √n, and any fixed σ fits one width alone.",
    hints={
        "distribution": (
            "uniform weights of the same σ give z of the same scale.",
            "of its weights a unit hears only the variance. Which of the changes touches that?",
        ),
        "in proportion": (
            "a hundredth of the inputs did not make z a hundred times smaller. Compare the two z in the text.",
            "which factor has z lost? And what happens to z when all its weights are multiplied by some factor?",
        ),
        "smaller still": (
            "with fewer inputs z is too small already, and smaller weights make it smaller still.",
            "all weights multiplied by c make every z c times as large. Does z have to grow, or to shrink?",
        ),
        "stds add up": (
            "if they did, 10,000 inputs would give a z 100 times as large as 100 inputs. Does that fit the text?",
            "the terms of z have either sign, and much of the sum cancels. What of them adds up nevertheless?",
        ),
        "limit theorem": (
            "what is said there is about the shape of z. Does it say anything about its scale?",
            "z is close to a Gaussian at 100 inputs, too. Which step of the derivation tells how wide it is?",
        ),
        "mean": (
            "the mean of z is 0 at any width: what is the mean of each of its terms?",
            "E[z] is a sum of zeros, be they few or many. The other equation of the derivation is about the scale.",
        ),
    },
)
def another_width(change, reason, *, rng):
    """What makes up for fewer inputs, and why."""
    mistakes = {"a": "distribution", "b": "in proportion", "d": "smaller still"}
    reasons = {"p": "stds add up", "r": "limit theorem", "s": "mean"}
    check_explanation(change, reason, mistakes, reasons)
