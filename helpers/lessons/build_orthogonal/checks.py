"""The exercises of notebook 08, Build orthogonal."""

import numpy as np

from helpers.exercise import Wrong, check_choice, check_randomness, compare, draw, exercise, number

DRAWS = 200  # enough to tell 0.5 from 0.8 and more, by six standard errors


@exercise(
    means="half of all orthogonal matrices are rotations, and one column turned round makes the others such.",
    hints={
        "not orthogonal": (
            "W Wᵀ is not the identity: it is {got} off.",
            "begin with `orthogonal`, and then do nothing that changes the length of a column.",
        ),
        "reflections left": (
            "of {draws} matrices of size {n}, {got} have the determinant −1.",
            "where the determinant is −1, one change of sign is needed, and what changes the sign of a determinant is "
            "an odd number of columns. How many columns does −W turn round?",
        ),
        "not random enough": (
            "all are rotations, but not all rotations are equally likely: the first weight is positive in {got} of "
            "{draws} draws.",
            "every rotation must have the same chance. Does your code ask for the sign of a single weight, or turn "
            "round a column that it need not?",
        ),
    },
)
def rotation(answer, *, rng):
    """Draw orthogonal matrices of determinant 1, all of them equally likely: (n, n) for any n."""
    check_randomness(answer, rng, shapes=((4, 4), (3, 3)))
    for n in (2, 3, 4):
        drawn = np.stack([draw(answer, (n, n), rng) for _ in range(DRAWS)])
        off = np.abs(drawn @ drawn.mT - np.eye(n)).max()
        if off > 1e-6:
            raise Wrong("not orthogonal", got=off)
        reflections = int((np.linalg.det(drawn) < 0).sum())
        if reflections:
            raise Wrong("reflections left", got=reflections, n=n, draws=DRAWS)
        for corner in (drawn[:, 0, 0], drawn[:, -1, -1]):
            positive = int((corner > 0).sum())
            if abs(positive - DRAWS / 2) > 6 * np.sqrt(DRAWS) / 2:
                raise Wrong("not random enough", got=positive, draws=DRAWS)


@exercise(
    means="the length is doubled, and shared out among 16 times as many units: 2² / 16.",
    hints={
        "kept": (
            "that would be so if orthogonal weights kept E[x²]. What do they keep?",
            "the length of z is that of x. Over how many units is it shared out?",
        ),
        "upside down": (
            "that is a growth. There are more units for the same length.",
            "your quotient stands on its head: which of the two layers has more units to share out among?",
        ),
        "the scale": (
            "that is the factor of the scale, √E[z²]. Asked is E[z²].",
            "square it: the scale is the root of E[z²].",
        ),
        "gain forgotten": (
            "that is right for a gain of 1. Here it is 2.",
            "all weights are doubled. What does that do to z, and to z²?",
        ),
        "gain not squared": (
            "the gain goes into E[z²] more than once.",
            "twice the weights, twice the z: what becomes of z²?",
        ),
        "another number": (
            "not {got}. What does the layer do to the length of x, and over how many units is it shared out?",
            "write E[z²] as the squared length of z, divided by the number of its units.",
        ),
    },
)
def widened(answer, *, rng):
    """E[z²] / E[x²] of an orthogonal layer of gain 2 from 50 to 800 units: 2² · 50 / 800."""
    wrong = {
        "kept": 4,
        "upside down": 4 * 16,
        "the scale": 0.5,
        "gain forgotten": 1 / 16,
        "gain not squared": 1 / 8,
    }
    compare(number(answer), 0.25, wrong, within=0.02, otherwise="another number")


@exercise(
    means="each unit needs its mirror image, on both sides: then ReLU throws nothing away.",
    hints={
        "not mirrored in": (
            "the layer does not take the difference of an incoming unit and its mirror image: the upper and the lower "
            "half of its rows must be opposite.",
            "relu(u) − relu(−u) is u. With which weights do the rows of relu(u), and those of relu(−u), enter?",
        ),
        "not mirrored out": (
            "what it passes on has no mirror images: the left and the right half of its columns must be opposite.",
            "the next layer needs z and −z. Which columns give −z?",
        ),
        "gain": (
            "the signs are right, but the layer multiplies every length by {got}.",
            "the mirror makes up for what ReLU throws away. What is left for a factor to make up for?",
        ),
        "not orthogonal": (
            "mirrored it is, but it does not keep every length: some directions are stretched, some shrink.",
            "a block must be orthogonal, of half the size. What is your block drawn from?",
        ),
    },
)
def mirrored(answer, *, rng):
    """A hidden layer (n, n) of mirrored units, [[Q, -Q], [-Q, Q]], that keeps every length under ReLU."""
    check_randomness(answer, rng, shapes=((6, 6), (4, 4)))
    for n in (8, 20):
        weights = draw(answer, (n, n), rng)
        half = n // 2
        if not np.allclose(weights[:half], -weights[half:], atol=1e-6):
            raise Wrong("not mirrored in")
        if not np.allclose(weights[:, :half], -weights[:, half:], atol=1e-6):
            raise Wrong("not mirrored out")
        stretched = np.linalg.svd(weights[:half, :half], compute_uv=False)
        if stretched[0] > (1 + 1e-6) * stretched[-1]:
            raise Wrong("not orthogonal")
        if abs(stretched[0] - 1) > 1e-6:
            raise Wrong("gain", got=float(stretched[0]))


@exercise(
    means="the start has the other sign, so one direction of the target is given up: the one that costs least.",
    hints={
        "vanished": (
            "look at the gradient at the start: is it small? And the loss falls at first.",
            "the others of these networks have gradients of the same size, and learn.",
        ),
        "rate": (
            "with a tenth of the rate and ten times the steps the very same networks stop at the same loss.",
            "a rate that is too large shows in a loss that jumps. Compare the networks that learn with those that "
            "do not: in what do their starts differ?",
        ),
        "capacity": (
            "the networks that learn have just as many layers and weights.",
            "a product of square matrices can be any matrix. Can it get there from where it starts?",
        ),
        "largest": (
            "that is what is wrong. They give up one direction, and your number belongs to the one that costs most.",
            "gradient descent keeps what lowers the loss most. Which direction does it give up?",
        ),
        "half forgotten": (
            "that is what is wrong. Your number lacks the ½ in front of the loss.",
            "the loss is ½ ‖error‖²: what is left over is one singular value, squared, times what?",
        ),
        "not squared": (
            "that is what is wrong. Your number has a singular value in it that is not squared.",
            "the loss is ½ ‖error‖², and the error is one singular value.",
        ),
        "all": (
            "that is what is wrong. Your number is the loss of a network that learns nothing at all.",
            "they give up one direction only. Which?",
        ),
        "another loss": (
            "that is what is wrong. But they do not stop at {got}.",
            "train them for longer, or think: one singular value of the target is missing. Which, and what does it "
            "cost?",
        ),
    },
)
def stopped(wrong, left, *, rng):
    """Why some deep linear networks stop, and at which loss for a target of singular values 2, 1.5 and 0.8."""
    check_choice(wrong, {"a": "vanished", "b": "rate", "d": "capacity"})
    known = {
        "largest": 2.0**2 / 2,
        "half forgotten": 0.8**2,
        "not squared": 0.8 / 2,
        "all": (2.0**2 + 1.5**2 + 0.8**2) / 2,
    }
    compare(number(left), 0.8**2 / 2, known, within=0.05, otherwise="another loss")
