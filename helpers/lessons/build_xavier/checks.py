"""The exercises of notebook 04, Build Xavier."""

import math

import numpy as np

from helpers.exercise import (
    Wrong,
    array_of,
    call,
    check_randomness,
    close,
    compare,
    draw,
    exercise,
    number,
)


@exercise(
    means="each head is a layer of its own: Xavier takes its fans, and not those of the matrix that holds all.",
    hints={
        "as one matrix": (
            "for shape {shape} and {heads} heads the standard deviation is {got}: that of one wide layer. How many "
            "units does the output of one head have?",
            "an input feeds all heads, but the loss of each head comes back on a way of its own. Which fan_out does "
            "Xavier ask for?",
        ),
        "both divided": (
            "both fans were divided by the number of heads. Does each head see all of the inputs, or a part of them?",
            "every unit, in whatever head, sums all the inputs: look at the shape of x @ W.",
        ),
        "heads multiplied": (
            "the fan_out that you use grows with the number of heads. Is one head wider than all of them together?",
            "the columns are shared out among the heads. How many does one head get?",
        ),
        "fan_in alone": (
            "the standard deviation is that of LeCun. Xavier asks for a second fan.",
            "Xavier's variance is 2 over a sum of two fans. Which two are they in one head?",
        ),
        "the 2 forgotten": (
            "the standard deviation is {got}, too small by √2.",
            "fan_in · Var(w) and fan_out · Var(w) shall be 1 on average. What is their sum then?",
        ),
        "variance for std": (
            "the standard deviation is {got}, far too small for shape {shape}.",
            "what you computed is a variance, and `normal` takes a standard deviation.",
        ),
        "limit for std": (
            "the standard deviation is {got}. You draw uniform numbers: from where to where?",
            "a uniform number up to a limit has a smaller standard deviation than the limit. By which factor?",
        ),
        "one head repeated": (
            "the heads have the same weights. They would all say the same.",
            "draw numbers for the whole matrix. What you repeat, or copy, are weights that were drawn once.",
        ),
        "another std": (
            "for shape {shape} and {heads} heads the standard deviation is {got}.",
            "write down the shape of the weights of one head alone, and Xavier for that shape.",
        ),
    },
)
def xavier_heads(answer, *, rng):
    """Xavier for several heads in one matrix: Var(w) = 2 / (fan_in + fan_out / heads)."""
    check_randomness(answer, rng, 2, shapes=((6, 4), (5, 6)))
    for shape, heads in [((120, 240), 6), ((300, 200), 2)]:
        fan_in, fan_out = shape
        weights = draw(answer, shape, rng, heads)
        parts = np.split(weights, heads, axis=1)
        if any(np.array_equal(parts[0], part) for part in parts[1:]):
            raise Wrong("one head repeated")
        right = math.sqrt(2 / (fan_in + fan_out / heads))
        wrong = {
            "as one matrix": math.sqrt(2 / (fan_in + fan_out)),
            "both divided": math.sqrt(2 * heads / (fan_in + fan_out)),
            "heads multiplied": math.sqrt(2 / (fan_in + fan_out * heads)),
            "fan_in alone": math.sqrt(1 / fan_in),
            "the 2 forgotten": right / math.sqrt(2),
            "variance for std": right**2,
            "limit for std": right / math.sqrt(3),
        }
        compare(weights.std(), right, wrong, within=0.025, otherwise="another std", shape=shape, heads=heads)


@exercise(
    means="E[h²] is multiplied by 1.5 and E[δ²] by 0.5: where fans differ, Xavier keeps neither.",
    hints={
        "the signal": (
            "that is what the layer does to the signal, on its way up. Asked is δ, on its way down.",
            "which of the two fans is the number of terms in a sum of the way down?",
        ),
        "as Xavier wishes": (
            "1 is what Xavier wants on average. What does it reach in a layer whose fans differ?",
            "put the two fans into Xavier's variance, and multiply by the fan that the way down sums over.",
        ),
        "the scale": (
            "that is the factor of the scale. Asked is E[δ²].",
            "square it: the scale is the root of E[δ²].",
        ),
        "LeCun": (
            "that would be with a variance of 1/fan_in. Xavier has another one.",
            "Xavier divides 2 by the sum of both fans.",
        ),
        "the 2 forgotten": (
            "that is half of it. What stands above the line in Xavier's variance?",
            "the two factors are 1 on average: up and down together make 2.",
        ),
        "upside down": (
            "that is a growth. Does a sum over fewer units make δ larger or smaller here?",
            "your quotient stands on its head. δ sums over the smaller of the two fans.",
        ),
        "another number": (
            "not {got}. What is Var(w) in this layer? And how many terms does a δ sum, on its way down?",
            "first Var(w) from 300 and 100, then the number of terms of the way down times that.",
        ),
    },
)
def delta_left(answer, *, rng):
    """What a linear layer of 300 inputs and 100 units makes of E[δ²] under Xavier: fan_out · 2 / (300 + 100)."""
    wrong = {
        "the signal": 1.5,
        "as Xavier wishes": 1,
        "the scale": math.sqrt(0.5),
        "LeCun": 1 / 3,
        "the 2 forgotten": 0.25,
        "upside down": 2,
    }
    compare(number(answer), 0.5, wrong, within=0.02, otherwise="another number")


@exercise(
    means="E[δ²] at the bottom over E[δ²] at the top says what the way down costs, whatever size it began with.",
    hints={
        "upside down": (
            "for a network whose δ shrinks on the way down it says more than 1.",
            "which layer comes first on the way back? Divide what arrives by what set out.",
        ),
        "the scale": (
            "it returns {got}, the root of what is asked.",
            "asked is the factor of E[δ²]: do you take a root somewhere?",
        ),
        "sums": (
            "it compares sums of squares. A wider layer has a larger sum, however small each number is.",
            "take the mean over the layer's units, and not the sum or the norm.",
        ),
        "means": (
            "it compares means of δ, and not of its square. Numbers of both signs cancel.",
            "a δ is as often negative as positive. Square first, and take the mean then.",
        ),
        "one layer": (
            "it compares two neighbouring layers. Asked is the whole way, from the last layer to the first.",
            "which elements of the list belong to the last layer and to the first?",
        ),
        "size of the loss": (
            "twice the gradients give another answer. The way down costs the same whatever sets out.",
            "divide by what stands at the top, and the size of the loss drops out.",
        ),
        "another ratio": (
            "for deltas whose mean squares are {sizes}, the lowest layer first, it says {got}.",
            "make two layers by hand, one with δ = 1 throughout and one with δ = 2, and follow each line.",
        ),
    },
)
def delta_kept(answer, *, rng):
    """E[δ²] of the first layer over that of the last one, from the list of all layers' deltas, lowest first."""
    widths, sizes = (8, 20, 12, 30), (0.3, 0.7, 2.0, 5.0)
    deltas = [size * (0.5 + rng.standard_normal((10, width))) for width, size in zip(widths, sizes, strict=True)]
    got = array_of(call(answer, [delta.copy() for delta in deltas]), ()).item()
    squares = [np.mean(delta**2) for delta in deltas]
    totals = [np.sum(delta**2) for delta in deltas]
    right = squares[0] / squares[-1]
    if close(got, right, 1e-4):
        return
    seen = {"got": got, "sizes": ", ".join(f"{square:.2g}" for square in squares)}
    for mistake, value in [
        ("upside down", 1 / right),
        ("the scale", math.sqrt(right)),
        ("sums", totals[0] / totals[-1]),
        ("sums", math.sqrt(totals[0] / totals[-1])),
        ("means", deltas[0].mean() / deltas[-1].mean()),
        ("means", (deltas[0].mean() / deltas[-1].mean()) ** 2),
        ("one layer", squares[0] / squares[1]),
        ("one layer", squares[-2] / squares[-1]),
        ("size of the loss", squares[0]),
    ]:
        if close(got, value, 1e-4):
            raise Wrong(mistake, **seen)
    raise Wrong("another ratio", **seen)


@exercise(
    means="h falls on its way up through these layers, and δ on its way down; a weight's gradient is their product.",
    hints={
        "not layers": (
            "the layers are asked for as a list of whole numbers from 1 to 10, like [1, 2].",
            "write the numbers of the layers between brackets, with commas between them; got {got}.",
        ),
        "one too low": (
            "each of your layers is one below a layer that is at fault. Do you count from 0, or do you read δ alone?",
            "weights[0] belongs to layer 1. And δ of a layer has passed the weights of the layers above, not its own: "
            "where it falls between two layers, whose weights has it just come through?",
        ),
        "the level ones": (
            "those are the layers whose weight gradients are small. What is a weight's gradient the product of?",
            "a small product says that one of its factors is small, and that comes from another layer. At which "
            "layers do h and δ themselves jump?",
        ),
        "some missing": (
            "these layers are at fault, and they are not all.",
            "divide the scale of each layer's h by that of the layer below, for all ten. How many fall out of line?",
        ),
        "healthy ones": (
            "among these layers are some that leave h and δ as they should.",
            "print h's scale layer by layer, and keep the layers at which it falls far more than at others.",
        ),
        "upside down": (
            "the layers are right. Would your number make their weights larger, or smaller?",
            "your quotient stands on its head: what is too small must be multiplied by more than 1.",
        ),
        "squared": (
            "the layers are right. Your number is far too large: did you compare E[h²], or variances?",
            "weights that are multiplied by a number multiply h by it, and h² by its square. Take a root.",
        ),
        "another factor": (
            "the layers are right. Multiplied by {got}, their weights are not Xavier's.",
            "measure their standard deviation, and compare it with the one that Xavier has for 64 inputs and 64 units.",
        ),
    },
)
def sick_layers(layers, times, *, rng):
    """Which layers of the sick networks have too small weights, and by what these must be multiplied."""
    named, sick = layer_numbers(layers), {3, 7, 8}
    if named != sick:
        if named == {layer - 1 for layer in sick}:
            raise Wrong("one too low")
        if not named & sick:
            raise Wrong("the level ones")
        raise Wrong("some missing" if named < sick else "healthy ones")
    right = math.sqrt(2 / (64 + 64)) / 0.001
    wrong = {"upside down": 1 / right, "squared": right**2}
    compare(number(times), right, wrong, within=0.25, otherwise="another factor")


def layer_numbers(answer):
    """Return the layers that the reader listed, as a set of whole numbers."""
    try:
        numbers = [float(item) for item in answer]
    except (TypeError, ValueError):
        raise Wrong("not layers", got=repr(answer)) from None
    if not all(item in range(1, 11) for item in numbers):
        raise Wrong("not layers", got=repr(answer))
    return {int(item) for item in numbers}
