"""Do PyTorch and Keras draw, activate, and descend as the helpers do? Both come with the extra `bench`.

Shapes are this course's, ``(*receptive_field, channels_in, channels_out)``, which are Keras's too; PyTorch's are
``(channels_out, channels_in, *receptive_field)``. Keras's named normals are truncated, PyTorch's are not.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers.activations import ACTIVATIONS, gain_for
from helpers.initializers import (
    constant,
    delta_orthogonal,
    he_normal,
    he_uniform,
    identity,
    lecun_normal,
    lecun_uniform,
    normal,
    orthogonal,
    standard_uniform,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
    zeros,
)
from helpers.networks import logistic_loss, softmax_loss
from helpers.training import SGD, Adam, Momentum
from tests.support.samples import assert_alike, sample

# Initializers.

KEPT = stats.truncnorm(-2, 2).std()  # of the std, where the tails beyond ±2 are cut

SHAPES = st.one_of(
    st.tuples(st.integers(50, 200), st.integers(50, 200)),
    st.tuples(st.integers(1, 4), st.integers(40, 80), st.integers(40, 80)),
    st.tuples(st.integers(1, 3), st.integers(2, 4), st.integers(30, 50), st.integers(30, 50)),
)
SEEDS = st.integers(0, 2**31 - 1)
some = settings(max_examples=8, deadline=None)


def he_options(slope, mode):
    return {"a": slope, "mode": mode, "nonlinearity": "leaky_relu"}


IN_TORCH = {
    "normal": (normal, {"std": 0.3}, "normal_", {"std": 0.3}),
    "uniform": (uniform, {"limit": 0.3}, "uniform_", {"a": -0.3, "b": 0.3}),
    "truncated normal": (truncated_normal, {"std": 0.5 * KEPT}, "trunc_normal_", {"std": 0.5, "a": -1, "b": 1}),
    "lecun normal": (lecun_normal, {}, "kaiming_normal_", {"nonlinearity": "linear"}),
    "lecun uniform": (lecun_uniform, {}, "kaiming_uniform_", {"nonlinearity": "linear"}),
    "a layer's default": (standard_uniform, {}, "kaiming_uniform_", he_options(math.sqrt(5), "fan_in")),
    "xavier normal": (xavier_normal, {}, "xavier_normal_", {}),
    "xavier normal, gain": (xavier_normal, {"gain": 5 / 3}, "xavier_normal_", {"gain": 5 / 3}),
    "xavier uniform": (xavier_uniform, {}, "xavier_uniform_", {}),
    "xavier uniform, gain": (xavier_uniform, {"gain": 5 / 3}, "xavier_uniform_", {"gain": 5 / 3}),
    "he normal": (he_normal, {}, "kaiming_normal_", {"nonlinearity": "relu"}),
    "he normal, slope": (he_normal, {"slope": 0.5}, "kaiming_normal_", he_options(0.5, "fan_in")),
    "he normal, fan_out": (he_normal, {"slope": 0.2, "mode": "fan_out"}, "kaiming_normal_", he_options(0.2, "fan_out")),
    "he uniform": (he_uniform, {}, "kaiming_uniform_", {"nonlinearity": "relu"}),
    "he uniform, slope": (he_uniform, {"slope": 0.5}, "kaiming_uniform_", he_options(0.5, "fan_in")),
    "he uniform, fan_out": (
        he_uniform,
        {"slope": 0.2, "mode": "fan_out"},
        "kaiming_uniform_",
        he_options(0.2, "fan_out"),
    ),
}


@pytest.mark.parametrize(("ours", "options", "name", "their_options"), IN_TORCH.values(), ids=IN_TORCH)
@some
@given(shape=SHAPES, seed=SEEDS)
def test_pytorch_draws_the_same_distribution(torch, ours, options, name, their_options, shape, seed):
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    *receptive_field, channels_in, channels_out = shape
    empty = torch.empty(channels_out, channels_in, *receptive_field)
    fill = getattr(torch.nn.init, name)
    assert_alike(
        sample(lambda: ours(shape, rng, **options), shape),
        sample(lambda: fill(empty, generator=generator, **their_options).numpy().copy(), shape),
    )


def scaling(scale, mode, distribution):
    return {"scale": scale, "mode": mode, "distribution": distribution}


# Keras's TruncatedNormal takes the std before the cut; its VarianceScaling, the one after.
IN_KERAS = {
    "normal": (normal, {"std": 0.3}, "RandomNormal", {"stddev": 0.3}),
    "uniform": (uniform, {"limit": 0.3}, "RandomUniform", {"minval": -0.3, "maxval": 0.3}),
    "truncated normal": (truncated_normal, {"std": 0.5 * KEPT}, "TruncatedNormal", {"stddev": 0.5}),
    "lecun normal": (variance_scaling, scaling(1, "fan_in", "truncated_normal"), "LecunNormal", {}),
    "lecun uniform": (lecun_uniform, {}, "LecunUniform", {}),
    "xavier normal": (variance_scaling, scaling(1, "fan_avg", "truncated_normal"), "GlorotNormal", {}),
    "xavier uniform": (xavier_uniform, {}, "GlorotUniform", {}),
    "he normal": (variance_scaling, scaling(2, "fan_in", "truncated_normal"), "HeNormal", {}),
    "he uniform": (he_uniform, {}, "HeUniform", {}),
    **{
        f"{ours}, {mode}": (
            variance_scaling,
            scaling(1.7, mode, ours),
            "VarianceScaling",
            scaling(1.7, mode, theirs),
        )
        for ours, theirs in [
            ("normal", "untruncated_normal"),
            ("truncated_normal", "truncated_normal"),
            ("uniform", "uniform"),
        ]
        for mode in ("fan_in", "fan_out", "fan_avg")
    },
}


@pytest.mark.parametrize(("ours", "options", "name", "their_options"), IN_KERAS.values(), ids=IN_KERAS)
@some
@given(shape=SHAPES, seed=SEEDS)
def test_keras_draws_the_same_distribution(keras, ours, options, name, their_options, shape, seed):
    rng = np.random.default_rng(seed)
    # An initializer that is given a number repeats itself at every call; one that is given a SeedGenerator does not.
    theirs = getattr(keras.initializers, name)(**their_options, seed=keras.random.SeedGenerator(seed))
    assert_alike(
        sample(lambda: ours(shape, rng, **options), shape),
        sample(lambda: theirs(shape).numpy(), shape),
    )


def test_the_comparison_notices_swapped_fans_and_missing_tails(torch):
    rng, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    empty = torch.empty(60, 50)  # of 50 inputs and 60 outputs

    def he():
        return torch.nn.init.kaiming_normal_(empty, nonlinearity="relu", generator=generator).numpy().copy()

    theirs = sample(he, (50, 60))
    assert_alike(sample(lambda: he_normal((50, 60), rng), (50, 60)), theirs)
    for wrong in (
        lambda: he_normal((60, 50), rng),
        lambda: variance_scaling((50, 60), rng, scale=2, distribution="truncated_normal"),
    ):
        with pytest.raises(AssertionError):
            assert_alike(sample(wrong, (50, 60)), theirs)


def test_zeros_and_constants_are_the_libraries(torch, keras):
    np.testing.assert_array_equal(zeros((3, 4)), torch.nn.init.zeros_(torch.ones(3, 4)))
    np.testing.assert_array_equal(zeros((3, 4)), keras.initializers.Zeros()((3, 4)).numpy())
    for theirs in (
        torch.nn.init.constant_(torch.zeros(3, 4), 0.7).numpy(),
        keras.initializers.Constant(0.7)((3, 4)).numpy(),
    ):
        np.testing.assert_array_equal(constant((3, 4), value=0.7, dtype=np.float32), theirs)


# Orthogonal weights: the structure is exact, and the draws are compared by their weights and their determinants


def orthogonal_of(library, torch, keras, jax, shape, gain, count):
    """Return `count` orthogonal matrices of a library, in this course's layout."""
    if library == "torch":
        generator = torch.Generator().manual_seed(0)
        empty = torch.empty(shape[::-1], dtype=torch.float64)
        return [torch.nn.init.orthogonal_(empty, gain, generator=generator).numpy().T.copy() for _ in range(count)]
    if library == "keras":
        theirs = keras.initializers.Orthogonal(gain, seed=keras.random.SeedGenerator(0))
        return [keras.ops.convert_to_numpy(theirs(shape)) for _ in range(count)]
    draw = jax.nn.initializers.orthogonal(gain)
    return [np.asarray(draw(key, shape)) for key in jax.random.split(jax.random.key(0), count)]


@pytest.mark.parametrize("library", ["torch", "keras", "jax"])
@pytest.mark.parametrize("shape", [(30, 30), (20, 40), (40, 20)])
def test_the_libraries_orthogonal_weights_are_ours(torch, keras, jax, library, shape):
    rng, count = np.random.default_rng(0), 40
    theirs = orthogonal_of(library, torch, keras, jax, shape, 1.5, count)
    ours = [orthogonal(shape, rng, gain=1.5) for _ in range(count)]
    for weights in (*theirs, *ours):
        tall = weights if shape[0] >= shape[1] else weights.T
        np.testing.assert_allclose(tall.T @ tall, 1.5**2 * np.eye(min(shape)), atol=1e-5)
    assert_alike(np.ravel(ours), np.ravel(theirs))


@pytest.mark.parametrize("library", ["torch", "keras", "jax"])
def test_the_libraries_fix_the_sign(torch, keras, jax, library):
    theirs = orthogonal_of(library, torch, keras, jax, (3, 3), 1.0, 200)
    positive = (np.linalg.det(theirs) > 0).sum()
    assert abs(positive - 100) < 6 * math.sqrt(200) / 2


@pytest.mark.parametrize("shape", [(3, 3, 4, 6), (4, 4, 3, 3), (2, 5, 2, 3)])
def test_jax_puts_delta_orthogonal_where_we_do(jax, shape):
    theirs = np.asarray(jax.nn.initializers.delta_orthogonal(2.0)(jax.random.key(0), shape))
    ours = delta_orthogonal(shape, np.random.default_rng(0), gain=2.0)
    places = [np.argwhere(np.abs(kernel).sum(axis=(2, 3)) > 0).tolist() for kernel in (ours, theirs)]
    assert places[0] == places[1]
    for kernel in (ours, theirs):
        centre = kernel[tuple(places[0][0])]
        np.testing.assert_allclose(centre @ centre.T, 4 * np.eye(shape[-2]), atol=1e-5)


def test_identities_are_the_libraries(torch, keras):
    np.testing.assert_array_equal(identity((3, 5)), torch.nn.init.eye_(torch.ones(5, 3)).numpy().T)
    np.testing.assert_array_equal(identity((3, 5), gain=2), keras.initializers.Identity(2)((3, 5)).numpy())
    theirs = torch.nn.init.dirac_(torch.ones(4, 3, 3, 5)).numpy().transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(identity((3, 5, 3, 4)), theirs)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("size", [3, 4, 5, 6])
def test_our_identity_is_one_under_padding_same(torch, keras, jax, size):
    """At an even size too, in all three: the centre is at (k - 1) // 2."""
    picture = np.random.default_rng(0).standard_normal((1, 8, 8, 2)).astype(np.float32)
    kernel = identity((size, size, 2, 2), dtype=np.float32)
    in_torch = torch.nn.functional.conv2d(
        torch.tensor(picture.transpose(0, 3, 1, 2)), torch.tensor(kernel.transpose(3, 2, 0, 1)), padding="same"
    )
    in_jax = jax.lax.conv_general_dilated(picture, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    in_keras = keras.ops.convert_to_numpy(keras.ops.conv(picture, kernel, padding="same", data_format="channels_last"))
    for theirs in (in_torch.numpy().transpose(0, 2, 3, 1), np.asarray(in_jax), in_keras):
        np.testing.assert_allclose(theirs, picture, atol=1e-6)


# Activations, losses, optimizers: exact, in float64, against PyTorch's own derivatives


@pytest.mark.parametrize("name", ["linear", "relu"])
def test_pytorchs_gain_is_the_exact_one_where_it_is_exact(torch, name):
    assert gain_for(name) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-12)


def in_torch(torch, name):
    functional = torch.nn.functional
    return {"linear": lambda z: z.clone(), "sigmoid": torch.sigmoid, "tanh": torch.tanh}.get(
        name, getattr(functional, name, None)
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_pytorchs_activation_has_the_same_values_and_derivatives(torch, name):
    z = torch.linspace(-8, 8, 400, dtype=torch.float64, requires_grad=True)
    value = in_torch(torch, name)(z)
    value.sum().backward()
    points = z.detach().numpy()
    np.testing.assert_allclose(ACTIVATIONS[name](points), value.detach(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ACTIVATIONS[name].derivative(points), z.grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("classes", [1, 4])
def test_pytorchs_loss_and_its_gradient_are_the_same(torch, classes):
    rng = np.random.default_rng(0)
    logits, labels = 3 * rng.standard_normal((1, 20, classes)), rng.integers(max(2, classes), size=20)
    theirs = torch.tensor(logits[0], requires_grad=True)
    if classes == 1:
        found = logistic_loss(logits, labels)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(theirs[:, 0], torch.tensor(labels).double())
    else:
        found = softmax_loss(logits, labels)
        loss = torch.nn.functional.cross_entropy(theirs, torch.tensor(labels))
    loss.backward()
    np.testing.assert_allclose(found[0][0], loss.item(), rtol=1e-13)
    np.testing.assert_allclose(found[1][0], theirs.grad, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(
    ("ours", "name", "options"),
    [
        (SGD(0.1), "SGD", {"lr": 0.1}),
        (Momentum(0.1), "SGD", {"lr": 0.1, "momentum": 0.9}),
        (Adam(0.1), "Adam", {"lr": 0.1}),
        (Adam(0.1, beta1=0.5, beta2=0.9, epsilon=0.1), "Adam", {"lr": 0.1, "betas": (0.5, 0.9), "eps": 0.1}),
    ],
    ids=["sgd", "momentum", "adam", "adam with options"],
)
def test_pytorchs_optimizer_takes_the_same_steps(torch, ours, name, options):
    rng = np.random.default_rng(0)
    parameters = rng.standard_normal((1, 30))
    theirs = torch.tensor(parameters)
    optimizer = getattr(torch.optim, name)([theirs], **options)
    ours.start(parameters)
    for gradient in rng.standard_normal((20, 1, 30)):
        ours.update(parameters, gradient)
        theirs.grad = torch.tensor(gradient)
        optimizer.step()
    np.testing.assert_allclose(parameters, theirs, rtol=1e-12)
