"""The exercises of notebook 03, Watch signals vanish."""

import math
from itertools import pairwise

import numpy as np

from helpers.activations import ACTIVATIONS
from helpers.exercise import Wrong, array_of, call, compare, exercise, number, seed_from

# The network that `draw_stuck` draws: its widths, the layers at fault, and by how much their weights are too small.
STUCK_WIDTHS = (64, 48, 24, 60, 30, 50, 20, 40, 10)
STUCK_LAYERS = (2, 4, 7)
STUCK_FACTOR = 1e-3


@exercise(
    means="the mean that all inputs share says nothing about any of them, and this ruler leaves it out.",
    hints={
        "mean kept": (
            "these are the scales of h itself. The message is only what differs between the inputs.",
            "what all inputs share must be taken away before you square. Which mean is that?",
        ),
        "mean over the units": (
            "you took away the mean of each input over its units. The inputs are to be compared with one another.",
            "print the shape of the mean that you take away: it must hold a number for each unit.",
        ),
        "one mean for all units": (
            "you took away one number from all units alike. Each unit has a mean of its own.",
            "two units may differ and still say the same to every input. Along which axis must the mean go?",
        ),
        "from the first input": (
            "you compared the inputs with the first one. Compare them with the mean of all.",
            "the row that you take away is one input's. The mean of all rows belongs there.",
        ),
        "mean of the roots": (
            "you took a root for each unit and averaged the roots.",
            "one mean over inputs and units together comes first, and the root is the last step.",
        ),
        "no root": (
            "these are mean squares. Asked is the root mean square.",
            "a message twice as large must be measured as twice as large. Yours is measured as four times.",
        ),
        "before the activation": (
            "you measured z, what comes out of the matrix. Asked is h.",
            "which array do you measure in layer 1: the one before the activation, or the one after it?",
        ),
        "the message sent on": (
            "the input is measured well, and the next layer is given the wrong thing.",
            "the mean is taken away for the ruler only. What goes into the next layer is all of h.",
        ),
        "activation ignored": (
            'it says the same for "tanh" and for "sigmoid".',
            "the third argument is a name. Look it up in ACTIVATIONS, and apply what you find in each layer.",
        ),
        "input missing": (
            "for {layers} layers it returned {layers} numbers. The input counts as layer 0.",
            "one number is missing, that of x itself. What do you measure before the first layer?",
        ),
        "squares in float32": (
            "float32 messages of {asked} are measured as {got}.",
            "the square of 1e-30 is smaller than any number of float32. In which type do you square?",
        ),
        "another scale": (
            "in layer {layer} the message has the scale {asked}; it says {got}.",
            "try it with no weights at all and x = [[0.0], [2.0]], where it must say 1. Then add one layer.",
        ),
    },
)
def message_scales(answer, *, rng):
    """The root mean square of h minus its mean over the inputs, in layers 0 … L."""
    widths = [7, 5, 9, 4]
    x = rng.standard_normal((6, 7)) + 2 * rng.standard_normal(7)  # with something that all inputs share
    weights = [1.2 / math.sqrt(m) * rng.standard_normal((m, n)) for m, n in pairwise(widths)]
    by_name = {name: measured(answer, x, weights, name) for name in ("tanh", "sigmoid")}
    for name, got in by_name.items():
        right = messages(signals_through(x, weights, name))
        if not np.allclose(got, right, rtol=1e-4):
            if np.allclose(by_name["tanh"], by_name["sigmoid"], rtol=1e-4):
                raise Wrong("activation ignored")
            for mistake, scales in wrong_messages(x, weights, name):
                if np.allclose(got, scales, rtol=1e-4):
                    raise Wrong(mistake)
            layer = int(np.argmax(np.abs(got / right - 1)))
            raise Wrong("another scale", layer=layer, asked=right[layer], got=got[layer])
    x, weights = (1e-30 * x).astype(np.float32), [matrix.astype(np.float32) for matrix in weights]
    got, right = measured(answer, x, weights, "linear"), messages(signals_through(x, weights, "linear"))
    if not np.allclose(got, right, rtol=1e-3, atol=0):
        layer = int(np.argmax(np.abs(got / right - 1)))
        raise Wrong("squares in float32", asked=right[layer], got=got[layer])


def measured(answer, x, weights, name):
    """Return what the answer says, a number for each layer and one for the input."""
    result = call(answer, x.copy(), [matrix.copy() for matrix in weights], name)
    if np.array_equal(result_array(result), x):
        raise Wrong("returns its input")
    return by_layer(result, len(weights))


def result_array(result):
    """Return `result` as an array; an empty one where it cannot be read as one."""
    try:
        return np.asarray(result)
    except ValueError:
        return np.array([])


def by_layer(result, layers):
    """Return `result` as an array of one number for each of `layers` layers and one for the input."""
    if result_array(result).shape == (layers,):
        raise Wrong("input missing", layers=layers)
    return array_of(result, (layers + 1,))


def signals_through(x, weights, name, sent=lambda h: h):
    """Return the signals of all layers, the input first; `sent` is what a layer gives to the next one."""
    signals = [x]
    for matrix in weights:
        signals.append(ACTIVATIONS[name](sent(signals[-1]) @ matrix))
    return signals


def scale(values):
    return np.sqrt(np.mean(np.square(values, dtype=float)))


def message(h):
    return h - h.mean(axis=0)


def messages(signals):
    return np.array([scale(message(h)) for h in signals])


def wrong_messages(x, weights, name):
    """Return what the known mistakes measure, as pairs of (mistake, scales)."""
    signals = signals_through(x, weights, name)
    before_activation = [x, *(h @ matrix for h, matrix in zip(signals[:-1], weights, strict=True))]
    rulers = [
        ("mean kept", scale),
        ("mean over the units", lambda h: scale(h - h.mean(axis=1, keepdims=True))),
        ("one mean for all units", np.std),
        ("from the first input", lambda h: scale(h - h[0])),
        ("from the first input", lambda h: scale(h[1:] - h[0])),  # of the others alone, as the lesson did it
        ("mean of the roots", lambda h: h.std(axis=0).mean()),
        ("no root", lambda h: scale(message(h)) ** 2),
    ]
    return [
        *((mistake, [ruler(h) for h in signals]) for mistake, ruler in rulers),
        ("before the activation", messages(before_activation)),
        ("the message sent on", messages(signals_through(x, weights, name, sent=message))),
    ]


@exercise(
    means="each layer leaves 0.28 of the scale, so the whole range of float32 is used up after some 80 layers.",
    hints={
        "ReLU forgotten": (
            "that is where it would end without an activation. What does each ReLU do?",
            "ReLU throws away half of E[z²] in every layer. By what does that divide the scale?",
        ),
        "ReLU halves the scale": (
            "you took a half for each ReLU. What is it that ReLU halves?",
            "ReLU leaves half of E[z²], and the scale is the root of that.",
        ),
        "squares": (
            "you compared E[h²] with the bound. It is h itself that float32 has to hold.",
            "your factor is that of E[h²]. Turn it into the factor of the scale first.",
        ),
        "width forgotten": (
            "σ alone is not what a layer does to the scale. How many inputs does each unit sum?",
            "a unit sums 100 inputs. The lesson's gain has the number of inputs in it, too.",
        ),
        "other end": (
            "that is how long a range down to about 1e-38 lasts. float32 has smaller numbers than that.",
            "the bound is the smallest number of all, 1.4e-45. Which one did you take the logarithm of?",
        ),
        "upside down": (
            "a layer above 0 is asked for; got {got}.",
            "both logarithms are below 0 here, and their ratio is above.",
        ),
        "another number": (
            "not {got}. By what does a single layer multiply the scale? How often, to get down to 1.4e-45?",
            "first E[h²]: the weights' factor times ReLU's. Take the root, and ask which power of it is 1.4e-45.",
        ),
    },
)
def last_layer(answer, *, rng):
    """The layer at which ReLU at σ = 0.04 and 100 units a layer reaches the end of float32: factor √(nσ²/2)."""
    float32 = np.finfo(np.float32)
    smallest, gain = math.log(float32.smallest_subnormal), 0.04 * math.sqrt(100)
    factor = math.log(gain / math.sqrt(2))
    wrong = {
        "ReLU forgotten": smallest / math.log(gain),
        "ReLU halves the scale": smallest / math.log(gain / 2),
        "squares": smallest / (2 * factor),
        "width forgotten": smallest / math.log(0.04 / math.sqrt(2)),
        "other end": math.log(float32.tiny) / factor,
        "upside down": -smallest / factor,
    }
    compare(number(answer), smallest / factor, wrong, within=0.03, otherwise="another number")


@exercise(
    means="each layer brings luck of its own, which partly averages out; one matrix brings the same luck every time.",
    hints={
        "one matrix": (
            "every layer multiplies by the same weights. Where does the generator begin its numbers?",
            "a generator that is made again from the same seed starts again from its first number. Where is it made?",
        ),
        "input in the weights": (
            "the input and the weights of a layer are the same random numbers.",
            "two generators made from the same seed give the same numbers: one to the input, one to a layer.",
        ),
        "shared by two networks": (
            "the networks of seeds {seed} and {next_seed} have layers in common.",
            "layer 2 of seed 7 and layer 1 of seed 8 must not get the same generator. Does yours know which is which?",
        ),
        "seed ignored": (
            "the networks of two seeds have the same weights.",
            "follow `seed` through your code: the weights of every layer must depend on it.",
        ),
        "not repeatable": (
            "called twice with the same seed, it gave different numbers.",
            "it draws from somewhere that does not depend on `seed`: np.random.…, or a generator made without it.",
        ),
        "input missing": (
            "for {layers} layers it returned {layers} numbers. The scale of the input comes first.",
            "one number is missing: measure the input before the first layer.",
        ),
        "only the end": (
            "it returned one number. Asked is the scale in every layer, the input's first.",
            "keep a list of the scales, and add to it in each round of the loop.",
        ),
        "mean square": (
            "at gain {gain} a layer multiplies what you return by {got}, the square of the gain.",
            "you return E[h²]. Asked is the scale, its root.",
        ),
        "gain ignored": (
            "at gain {gain} a layer multiplies the scale by {got}.",
            "σ must be gain/√width. What happens to `gain` in your code?",
        ),
        "another gain": (
            "at gain {gain} and {width} units a layer multiplies the scale by {got}.",
            "without activation a layer's factor is σ√width, and should be the gain. Which σ do your weights have?",
        ),
        "another input": (
            "the scale of the input should be about 1; it is {got}.",
            "the scale is the root of the mean over the units, and the input's numbers are standard normal.",
        ),
    },
)
def scales_through(answer, *, rng):
    """The scales in all layers of a linear network with weights of its own in each layer, made from a seed."""
    seed = seed_from(rng)
    check_layers_of_their_own(answer, seed)
    gain, layers, width = 3.0, 4, 200
    runs = np.array([by_layer(call(answer, gain, layers, width, seed + k), layers) for k in range(12)])
    grown = scale(runs[:, 1:] / runs[:, :-1])
    wrong = {"mean square": gain**2, "gain ignored": 1}
    compare(grown, gain, wrong, within=0.06, otherwise="another gain", gain=gain, width=width)
    compare(scale(runs[:, 0]), 1, {}, within=0.1, otherwise="another input")


def check_layers_of_their_own(answer, seed, layers=6):
    """Raise the mistake of networks whose layers have numbers in common, or that `seed` does not determine.

    With one unit a layer, a layer's factor is the absolute value of its only weight.
    """
    result = call(answer, 1.0, layers, 1, seed)
    if np.size(result_array(result)) == 1:
        raise Wrong("only the end")
    scales = by_layer(result, layers)
    if not np.allclose(scales, by_layer(call(answer, 1.0, layers, 1, seed), layers), rtol=1e-9):
        raise Wrong("not repeatable")
    others = by_layer(call(answer, 1.0, layers, 1, seed + 1), layers)
    if np.any(scales[:-1] == 0) or np.any(others[:-1] == 0):
        raise Wrong("another input", got=0.0)
    factors, other_factors = scales[1:] / scales[:-1], others[1:] / others[:-1]
    if np.allclose(factors, other_factors, rtol=1e-5):
        raise Wrong("seed ignored")
    if np.allclose(factors, factors[0], rtol=1e-5):
        raise Wrong("one matrix")
    networks = [(factors, scales[0]), (other_factors, others[0])]
    if all(np.isclose(own, first, rtol=1e-5).any() for own, first in networks):  # in one alone it may be chance
        raise Wrong("input in the weights")
    shared = np.isclose(factors[:, np.newaxis], other_factors, rtol=1e-5).any(axis=1)
    if shared.sum() >= layers // 2:
        raise Wrong("shared by two networks", seed=seed, next_seed=seed + 1)


@exercise(
    means="each of the three lets a thousandth through, so a billionth is left, and none can learn before the others.",
    hints={
        "not layers": (
            "a list of layers' numbers is asked for, for example [1, 8]; got {got}.",
            "write whole numbers from 1 to {layers} in square brackets; got {got}.",
        ),
        "counted from 0": (
            "each of these layers hands on what it gets. Where do you begin to count?",
            "the first layer is layer 1, and its matrix is `stuck.weights[0]`. Is the layer that you mean one further?",
        ),
        "the layers after": (
            "these layers are handed a small signal, and make it no smaller. Where was it lost?",
            "divide the scale of each layer by that of the layer below it. You named the layers that come next.",
        ),
        "more of them": (
            "what you found is right, and there is more to find.",
            "look at the signal again, up to the last layer: how often does its scale drop at once?",
        ),
        "a healthy one": (
            "layer {got} makes nothing smaller. Its signal may be small, but it was so when it came in.",
            "a layer is judged by what it does: compare its scale with that of the layer below it, not with 1.",
        ),
        "too few": (
            "for {layers} layers {layers} standard deviations are asked for; got {got}.",
            "write a list of {layers} numbers, in the order of your layers.",
        ),
        "as they are": (
            "that is what layer {layer} has now. What do the weights of the healthy layers have?",
            "what is σ·√n in a healthy layer? The layers at fault should have the same.",
        ),
        "fan_out": (
            "with this σ layer {layer} would do well on the way back. It is the way up that should keep its scale.",
            "a unit of layer {layer} sums as many numbers as the layer below has units. You took its own layer's.",
        ),
        "the variance": (
            "for layer {layer} you wrote a variance, 1/n. Asked is the standard deviation.",
            "σ is the root of the variance. Compare yours with the σ of a healthy layer of about that width.",
        ),
        "the factor": (
            "{got} is what layer {layer} lacks. Asked is the standard deviation that its weights should have.",
            "measure the standard deviation of the layer's weights, and multiply it by your factor.",
        ),
        "another std": (
            "layer {layer} would multiply the scale by {factor} with this σ.",
            "in the healthy layers σ·√n is 1. Solve that for σ, with the n of layer {layer}.",
        ),
    },
)
def stuck(faulty, stds, *, rng):
    """Which layers of `draw_stuck` let nearly nothing through, and the standard deviation 1 / √fan_in for each."""
    layers = layer_numbers(faulty)
    if set(layers) == {layer - 1 for layer in STUCK_LAYERS}:
        raise Wrong("counted from 0")
    if set(layers) == {layer + 1 for layer in STUCK_LAYERS}:
        raise Wrong("the layers after")
    healthy = [layer for layer in layers if layer not in STUCK_LAYERS]
    if healthy:
        raise Wrong("a healthy one", got=healthy[0])
    if len(set(layers)) < len(STUCK_LAYERS):
        raise Wrong("more of them")
    given = result_array(stds)
    if given.size != len(layers):
        raise Wrong("too few", layers=len(layers), got=given.size)
    for layer, std in zip(layers, array_of(given.ravel(), (len(layers),)), strict=True):
        fan_in, fan_out = STUCK_WIDTHS[layer - 1], STUCK_WIDTHS[layer]
        right = 1 / math.sqrt(fan_in)
        wrong = {
            "as they are": STUCK_FACTOR * right,
            "fan_out": 1 / math.sqrt(fan_out),
            "the variance": 1 / fan_in,
            "the factor": 1 / STUCK_FACTOR,
        }
        compare(std, right, wrong, within=0.1, otherwise="another std", layer=layer, factor=std / right)


def layer_numbers(faulty):
    """Return a list of numbers of layers as whole numbers; raise Wrong where it is none."""
    numbers = result_array(faulty).ravel()
    highest = len(STUCK_WIDTHS) - 1
    whole = numbers.size > 0 and np.issubdtype(numbers.dtype, np.integer)
    if not whole or numbers.min() < 0 or numbers.max() > highest + 1:
        raise Wrong("not layers", got=repr(faulty), layers=highest)
    return [int(layer) for layer in numbers]
