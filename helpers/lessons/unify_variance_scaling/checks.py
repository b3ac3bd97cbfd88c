"""The exercises of notebook 06, Unify variance scaling."""

import math

import numpy as np

from helpers.activations import activation_named, normal_density
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
from helpers.initializers import STD_WITHIN_2, chosen_fan


@exercise(
    means="tanh at q = 0.1 needs 1.09, and a layer multiplies E[δ²] by 1.01 there, in place of 1.18 at q = 1.",
    hints={
        "at one": (
            "that is the gain for E[z²] = 1. {activation} is to be kept at q = {q}.",
            "it returns the same for every q. Which z does f see in a layer whose E[z²] is q?",
        ),
        "q forgotten": (
            "with this gain a layer at q = {q} is followed by one at 1. It should be followed by q again.",
            "g² times the mean is the next layer's E[z²]. What must that be, if not 1?",
        ),
        "q for its root": (
            "f sees numbers that are too small or too large: multiplied by q, z has E[z²] = q².",
            "q is a mean of squares. What must a standard normal number be multiplied by to have E[z²] = q?",
        ),
        "z of size 1": (
            "f sees a standard normal z. In this layer E[z²] is {q}.",
            "the nodes stand for numbers of size 1. Make them the size of this layer before f sees them.",
        ),
        "scale for gain": (
            "this is what Keras and JAX call a scale, what the variance is multiplied by.",
            "gain and scale differ by a root: the gain multiplies the standard deviation.",
        ),
        "upside down": (
            "you return {got}, which is what f leaves of the signal. The gain has to undo that.",
            "at q = {q}, {activation} changes √E[z²] by a factor. Multiplied by your number, does it become 1?",
        ),
        "imprecise": (
            "{got} is close to the gain, but not within 1 %. Which z are left out, or how many were drawn?",
            "a sum from -3 to 3 leaves out too much, and a few thousand draws vary too much. How does the lesson sum?",
        ),
        "another gain": (
            "for {activation} at q = {q} you return {got}, and the next layer's E[z²] is not {q}.",
            "write down what a layer makes of q, as in “Is a balance steady?”; set it equal to q, solve for the gain.",
        ),
    },
)
def gain_that_keeps(answer, *, rng):
    """The gain g with g² E[f(√q z)²] = q, within 1 %."""
    for activation, low, high in [("tanh", 0.1, 0.2), ("silu", 3, 6), ("relu", 0.2, 0.4)]:
        q = float(rng.uniform(low, high))
        got = array_of(call(answer, activation, q), ()).item()
        if got == q:
            raise Wrong("returns its input")
        right = math.sqrt(q / mean_square(activation, math.sqrt(q)))
        wrong = {
            "at one": 1 / math.sqrt(mean_square(activation, 1)),
            "q forgotten": right / math.sqrt(q),
            "q for its root": math.sqrt(q / mean_square(activation, q)),
            "z of size 1": math.sqrt(q / mean_square(activation, 1)),
            "scale for gain": right**2,
            "upside down": 1 / right,
        }
        otherwise = "imprecise" if close(got, right, 0.04) else "another gain"
        compare(got, right, wrong, within=0.01, otherwise=otherwise, activation=activation, q=q)


def mean_square(activation, scale):
    """Return E[f(scale z)²] for standard normal z, as a plain sum over small steps."""
    z, step = np.linspace(-10, 10, 4001, retstep=True)
    return step * np.sum(normal_density(z) * activation_named(activation)(scale * z) ** 2)


@exercise(
    means="relu² squares an error too: 1 % too much becomes 2 % in the next layer, so no gain makes it steady.",
    hints={
        "as ReLU": (
            "√2 is the gain of ReLU itself, and this is its square.",
            "for positive z, f(z)² is z⁴. Take the mean of that; it is not the square of E[z²].",
        ),
        "half forgotten": (
            "that is the gain of f(z) = z². What does relu² do with a negative z?",
            "z⁴ counts for positive z alone. Which share of all z is that?",
        ),
        "scale for gain": (
            "that is what the variance is multiplied by, Keras's and JAX's scale. Asked is the gain.",
            "the gain multiplies the standard deviation: one root is missing.",
        ),
        "the mean square": (
            "that is E[f(z)²]. Which factor on the weights undoes it?",
            "the next layer's E[z²] is g² E[f(z)²]. Which g makes that 1?",
        ),
        "upside down": (
            "that is larger than 1. Does relu² make E[z²] larger or smaller?",
            "you have the root of E[f(z)²]. The gain must undo this factor.",
        ),
        "variance": (
            "you took the variance of f(z). Does the next layer's z know the mean of f(z)?",
            "subtract nothing: the next layer sums w · f(z), and the mean of f(z) counts like all the rest.",
        ),
        "another number": (
            "not {got}. Write f(z)² as a power of z first. For which z does it count?",
            "E[f(z)²] is a part of E[z⁴]: not every z counts. And the lesson says what the gain makes of E[f(z)²].",
        ),
    },
)
def gain_of_relu_squared(answer, *, rng):
    """The gain of relu(z)²: E[f²] = ½ E[z⁴] = 3/2."""
    wrong = {
        "as ReLU": math.sqrt(2),
        "half forgotten": 1 / math.sqrt(3),
        "scale for gain": 2 / 3,
        "the mean square": 3 / 2,
        "upside down": math.sqrt(3 / 2),
        "variance": 1 / math.sqrt(3 / 2 - 1 / 4),
    }
    compare(number(answer), math.sqrt(2 / 3), wrong, within=0.02, otherwise="another number")


@exercise(
    means="cut, and then widened: that is what Keras and JAX call normal, where cut is 2.",
    hints={
        "piled up": (
            "{share} of the weights repeat another one. What should become of a number beyond the cut?",
            "no number may be moved, neither to the end nor to 0. What does the lesson do with one that is too large?",
        ),
        "in the weights' units": (
            "the shape of the distribution depends on std: with 0.1 other weights are cut than with 2.",
            "cut is a multiple of the standard deviation. Compare it with the numbers before std has multiplied them.",
        ),
        "beyond the cut": (
            "{share} of the weights are beyond {end} standard deviations, the most that is possible at cut = {cut}.",
            "a number that was drawn again can be beyond the cut as well. How often do you look?",
        ),
        "not corrected": (
            "at cut = {cut} the standard deviation is {got} times what was asked for. What do missing tails change?",
            "without tails a distribution is narrower. By how much? That is what the lesson divides by.",
        ),
        "corrected for 2": (
            "at cut = {cut} the standard deviation is {got} times what was asked for; at cut = 2 it would be right.",
            "0.8796 is what a cut at 2 leaves. Find what is left within ±cut: the same integral with other ends.",
        ),
        "variance for std": (
            "the standard deviation is {got} times what was asked for. Did you divide by a variance?",
            "the integral of z² gives the variance of what is left. The weights are divided by its root.",
        ),
        "another std": (
            "the standard deviation is {got} times what was asked for, at cut = {cut}.",
            "print the standard deviation before std multiplies the numbers, and find what makes it 1.",
        ),
        "another distribution": (
            "nothing is beyond the cut, but what is within it is not what is left of a normal distribution.",
            "compare a histogram of yours with one of `truncated_normal`, at cut = 2: they should look alike.",
        ),
    },
)
def cut_normal(answer, *, rng):
    """Normal weights, drawn again where they are beyond ±cut, divided by the std that this leaves."""
    check_randomness(answer, rng, 2.0, 0.8)  # a cut at which much is drawn again
    shape = (200, 100)
    narrow, wide, two = (draw(answer, shape, rng, std, cut) / std for std, cut in [(0.1, 1.5), (2.0, 1.5), (0.5, 2.0)])
    shapes = [np.abs(weights).mean() / weights.std() for weights in (narrow, wide)]
    if not close(*shapes, 0.03):
        raise Wrong("in the weights' units")
    for weights, cut in [(narrow, 1.5), (two, 2.0)]:
        inside = math.erf(cut / math.sqrt(2))  # the probability of being there
        left = math.sqrt(1 - 2 * cut * normal_density(cut) / inside)
        size = np.abs(weights) / weights.std()  # so that the shape shows, whatever the standard deviation is
        repeated = 1 - len(np.unique(weights)) / weights.size
        if repeated > 0.01:
            raise Wrong("piled up", share=f"{repeated:.0%}")
        end = cut / left
        beyond = np.mean(size > 1.02 * end)
        if beyond > 0:
            raise Wrong("beyond the cut", share=f"{beyond:.1%}", cut=cut, end=end)
        mean_size = 2 * (normal_density(0) - normal_density(cut)) / inside / left
        compare(size.mean(), mean_size, {}, within=0.015, otherwise="another distribution")
        wrong = {"not corrected": left, "corrected for 2": left / STD_WITHIN_2, "variance for std": 1 / left}
        compare(weights.std(), 1, wrong, within=0.02, otherwise="another std", cut=cut)


@exercise(
    means="a gain in the place of a scale costs every layer 30 %, and the wrong fan makes the signal go in zigzag.",
    hints={
        "unchanged": (
            "these weights have the variance of those of failing_start.",
            "print E[z²] layer by layer with your start, as above. Which of the two things has changed?",
        ),
        "still fading": (
            "the zigzag is gone. From one layer to the next, what is left of E[z²] now?",
            "with your start a layer leaves {kept} of E[z²]. ReLU leaves ½ of it: which scale undoes that?",
        ),
        "still in zigzag": (
            "two layers together keep E[z²] now. And each by itself, from {fan_in} units to {fan_out}?",
            "forward, a unit of the next layer sums over all units of this one. Which fan counts them?",
        ),
        "the mean of both": (
            "from {fan_in} units to {fan_out} you divide by the mean of the two, a compromise for two directions.",
            "only E[z²] is to be kept here, on the way forward. How many terms does one z have?",
        ),
        "too large": (
            "you have mended it twice: E[z²] grows now, by a factor of {kept} in each layer.",
            "the scale is the square of the gain. What is the gain of ReLU, and what its square?",
        ),
        "another variance": (
            "from {fan_in} units to {fan_out} a layer makes {kept} times E[z²] of it; asked is 1.",
            "n · var(w) · ½ E[z²] is the next layer's E[z²], with n terms in each sum. Solve for var(w).",
        ),
    },
)
def mended_start(answer, *, rng):
    """Weights of variance 2 / fan_in, for layers of any widths."""
    check_randomness(answer, rng)
    shapes = [(240, 60), (60, 240), (120, 120)]
    kept = [fan_in * draw(answer, (fan_in, fan_out), rng).var() / 2 for fan_in, fan_out in shapes]
    if all(close(each, 1, 0.12) for each in kept):
        return
    place = int(np.argmax(np.abs(np.log(kept))))
    fan_in, fan_out = shapes[place]
    found = {"fan_in": fan_in, "fan_out": fan_out, "kept": kept[place]}
    for mistake, scale, mode in [
        ("unchanged", math.sqrt(2), "fan_out"),
        ("still fading", math.sqrt(2), "fan_in"),
        ("still fading", 1, "fan_in"),
        ("still in zigzag", 2, "fan_out"),
        ("the mean of both", 2, "fan_avg"),
        ("the mean of both", math.sqrt(2), "fan_avg"),
        ("too large", 4, "fan_in"),
        ("too large", 2 * math.sqrt(2), "fan_in"),
    ]:
        expected = [shape[0] * scale / chosen_fan(shape, mode) / 2 for shape in shapes]
        if all(close(each, wanted, 0.12) for each, wanted in zip(kept, expected, strict=True)):
            raise Wrong(mistake, **found)
    raise Wrong("another variance", **found)
