"""Orthogonal starts (notebook 08): the experiments against independent computations, and their Views."""

import math
import re

import numpy as np
import pytest

from helpers.initializers import looks_linear, orthogonal
from helpers.lessons.build_orthogonal.experiment import (
    DEEP_STARTS,
    HALTING_TARGET,
    LINEAR_STARTS,
    LINEAR_TARGETS,
    RATES,
    DeepTraining,
    LinearRace,
    Products,
    Times,
    conv_singular_values,
    deep_digits,
    digits_target,
    halting_networks,
    mirrored_by_shape,
    run_deep,
    run_linear_race,
    run_products,
    run_spectrum,
    run_times,
    sign_of,
    train_product,
)
from helpers.lessons.build_orthogonal.tables import deep_table, linear_table, products_table, times_table
from helpers.lessons.build_orthogonal.views import (
    DeepView,
    LinearRacesView,
    ProductsView,
    SpectrumView,
    TimesView,
    middle_text,
)
from helpers.networks import dense, forward
from helpers.seeding import seeded


def shown(band):
    return band.line.get_xdata(), band.line.get_ydata()


def words(text):
    return [re.split("  +", line) for line in text.split("\n")]


# Products.


@pytest.mark.parametrize("start", LINEAR_STARTS)
def test_products_are_those_of_one_alone(start):
    result = run_products(start, layers=(1, 3), width=5, seeds=3)
    assert result.singular.shape == (2, 3, 5)
    rng = seeded(8, 0, 2)
    matrices = [LINEAR_STARTS[start]((5, 5), rng) for _ in range(3)]
    for place, count in enumerate((1, 3)):
        product = np.eye(5)
        for matrix in matrices[:count]:
            product = product @ matrix
        squares = np.sort(np.linalg.eigvalsh(product @ product.T))[::-1]
        np.testing.assert_allclose(result.singular[place, 2] ** 2, squares, rtol=1e-8)


# Deep linear networks.


def test_the_gradient_of_a_product_is_that_of_differences():
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal((1, 3, 3)) for _ in range(3)]
    target = rng.standard_normal((3, 3))
    before = train_product(weights, target, rate=0.0, steps=0)[0, 0]
    product = weights[0][0] @ weights[1][0] @ weights[2][0]
    assert before == pytest.approx(np.sum((product - target) ** 2) / 2)
    rate, squares = 1e-6, 0
    for layer in range(3):
        for place in np.ndindex(3, 3):
            losses = []
            for step in (1e-5, -1e-5):
                moved = [matrix.copy() for matrix in weights]
                moved[layer][0][place] += step
                losses.append(train_product(moved, target, rate=0.0, steps=0)[0, 0])
            squares += ((losses[0] - losses[1]) / 2e-5) ** 2
    after = train_product(weights, target, rate=rate, steps=1, record_every=1)[1, 0]
    assert (before - after) / rate == pytest.approx(squares, rel=1e-3)


def test_training_a_product_leaves_its_start_alone():
    weights = halting_networks(seeds=2)
    kept = [matrix.copy() for matrix in weights]
    train_product(weights, HALTING_TARGET, rate=0.02, steps=5)
    np.testing.assert_array_equal(weights, kept)


def test_the_sign_is_that_of_the_product():
    weights = halting_networks(seeds=6)
    product = weights[0] @ weights[1] @ weights[2]
    np.testing.assert_array_equal(sign_of(weights), np.sign(np.linalg.det(product)))


@pytest.mark.parametrize("target", LINEAR_TARGETS)
@pytest.mark.parametrize(("layers", "steps"), [(2, 400), (3, 1500)])
def test_who_learns_is_decided_by_the_sign(target, layers, steps):
    """With two layers, rounding errors free those that are stuck some hundred steps later."""
    race = run_linear_race(target, layers=layers, width=3, steps=steps, seeds=12)
    np.testing.assert_array_equal(race.learned, race.same_sign)
    assert len(race.steps) == len(race.loss)
    np.testing.assert_allclose(race.loss[-1, ~race.same_sign], 0.5, atol=0.005)


def test_what_is_conserved_is_conserved():
    """W_lᵀ W_l − W_(l+1) W_(l+1)ᵀ, which is 0 at an orthogonal start, stays small at a small rate."""
    weights = halting_networks(seeds=4)
    moved = [matrix.copy() for matrix in weights]
    rate = 1e-3
    for _ in range(200):
        product = moved[0] @ moved[1] @ moved[2]
        error = product - HALTING_TARGET
        gradients = [
            error @ (moved[1] @ moved[2]).mT,
            moved[0].mT @ error @ moved[2].mT,
            (moved[0] @ moved[1]).mT @ error,
        ]
        moved = [matrix - rate * gradient for matrix, gradient in zip(moved, gradients, strict=True)]
    assert np.abs(moved[0] - weights[0]).max() > 0.05
    assert np.abs(moved[0].mT @ moved[0] - moved[1] @ moved[1].mT).max() < 0.01


def test_the_exercises_networks_stop_where_the_check_says():
    weights = halting_networks()
    loss = train_product(weights, HALTING_TARGET, rate=0.02, steps=2000)[-1]
    stops = sign_of(weights) < 0
    np.testing.assert_allclose(loss[stops], 0.8**2 / 2, rtol=0.01)
    assert loss[~stops].max() < 0.01


def test_the_digits_target_is_the_regression_on_whitened_components():
    target = digits_target()
    values = np.linalg.svd(target, compute_uv=False)
    assert values[9] < 1e-12 < values[8]
    np.testing.assert_allclose(target.sum(axis=1), 0, atol=1e-12)
    assert values[0] < 1  # a correlation


def test_times_are_the_best_of_all_rates():
    result = run_times("orthogonal", depths=(2, 3), steps=60, seeds=3)
    assert result.times.shape == (2, 3)
    rngs = [seeded(8, 2, 2, number) for number in range(3)]
    weights = [np.stack([orthogonal((10, 10), rng) for rng in rngs]) for _ in range(2)]
    target, medians = digits_target(), []
    for rate in RATES:
        with np.errstate(over="ignore", invalid="ignore"):
            loss = train_product(weights, target, rate=rate, steps=60, record_every=1)
        below = loss < np.sum(target**2) / 40
        medians.append(np.median(np.where(below.any(axis=0), below.argmax(axis=0), np.inf)))
    assert np.median(result.times[0]) == min(medians)
    assert result.rates[0] == RATES[np.argmin(medians)]


# Jacobians.


@pytest.mark.parametrize("activation", ["linear", "tanh", "relu"])
def test_a_jacobian_is_that_of_differences(activation):
    depth, gain = 4, 1.1
    result = run_spectrum(activation=activation, depth=depth, gain=gain)
    function = {"linear": lambda z: z, "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}[activation]
    rng = seeded(8, 3, 1)
    weights = [gain * orthogonal((32, 32), rng) for _ in range(depth)]

    def network(x):
        for matrix in weights[:-1]:
            x = function(x @ matrix)
        return x @ weights[-1]

    x = seeded(8, 4).standard_normal((1, 32))
    step = 1e-6 * np.eye(32)
    jacobian = (network(x + step) - network(x - step)) / 2e-6
    values = np.linalg.svd(jacobian, compute_uv=False)
    np.testing.assert_allclose(result.singular["orthogonal"][:, 1], values, rtol=1e-5, atol=1e-8)
    assert ("mirrored" in result.singular) == (activation == "relu")


@pytest.mark.parametrize("depth", [1, 2, 50])
def test_the_mirrored_network_is_isometric(depth):
    np.testing.assert_allclose(run_spectrum(activation="relu", depth=depth).singular["mirrored"], 1, rtol=1e-11)


# The deep ReLU network.


def test_the_mirrored_network_computes_one_matrix_at_its_start():
    network = dense([64, *[32] * 5, 10], mirrored_by_shape, [seeded(8, 6, 0)])
    x, labels = deep_digits(20)
    assert (x.shape, labels.shape) == ((20, 64), (20,))
    odd = forward(network, x).logits + forward(network, -x).logits
    np.testing.assert_allclose(odd, 0, atol=1e-12)


def test_deep_training_starts_from_its_start():
    result = run_deep("He", layers=3, width=8, steps=10, seeds=2)
    np.testing.assert_array_equal(result.steps, [0, 10])
    assert result.accuracy.shape == (2,)
    rng = seeded(8, 6, 1)
    x, labels = deep_digits()
    h = x
    for shape in [(64, 8), (8, 8)]:
        h = np.maximum(h @ DEEP_STARTS["He"](shape, rng), 0)
    logits = h @ DEEP_STARTS["He"]((8, 10), rng)
    loss = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(x)), labels])
    assert result.loss[0, 1] == pytest.approx(loss)


def test_orthogonal_relu_networks_have_the_gain_of_he():
    weights = DEEP_STARTS["orthogonal"]((32, 32), np.random.default_rng(0))
    np.testing.assert_allclose(weights @ weights.T, 2 * np.eye(32), atol=1e-12)


# Convolutions.


@pytest.mark.parametrize("shape", [(3, 3, 2, 3), (2, 3, 2, 2), (1, 1, 3, 2)])
def test_the_singular_values_of_a_convolution_are_those_of_its_matrix(shape):
    kernel = np.random.default_rng(0).standard_normal(shape)
    size, (height, width, channels, _) = 4, shape
    rows = []
    for place in np.ndindex(size, size, channels):
        picture = np.zeros((size, size, channels))
        picture[place] = 1
        out = sum(np.roll(picture, (-i, -j), axis=(0, 1)) @ kernel[i, j] for i in range(height) for j in range(width))
        rows.append(out.ravel())
    values = np.linalg.svd(np.array(rows), compute_uv=False)
    np.testing.assert_allclose(conv_singular_values(kernel, size), values, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: run_products("he"), "start must be one of Gaussian, orthogonal"),
        (lambda: run_linear_race("rotation"), "target must be one of identity, reflection"),
        (lambda: run_times("He"), "start must be one of Gaussian, orthogonal"),
        (lambda: run_deep("Xavier"), "start must be one of He, orthogonal, mirrored"),
        (lambda: run_spectrum(depth=51), "depth must be a whole number from 1 to 50; got 51"),
        (lambda: run_spectrum(gain=-1.0), "gain must be at least 0"),
        (lambda: run_spectrum(activation="step"), "activation must be one of"),
    ],
)
def test_bad_input_says_what_is_right(call, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        call()


# Tables and Views.


def two_products():
    values = np.array([[[2.0, 1.0, 1e-12]] * 3, [[4.0, 1.0, 0.5]] * 3])
    return [Products("Gaussian", np.array([1, 50]), values), Products("orthogonal", np.array([1, 50]), values)]


def two_races():
    steps, same = np.array([0, 5, 10]), np.array([True, True, False])
    loss = np.array([[2.0, 2.0, 2.0], [0.1, 0.3, 0.6], [0.0, 0.005, 0.5]])
    return [LinearRace("identity", steps, loss, same), LinearRace("reflection", steps, loss[:, ::-1], ~same[::-1])]


def two_times():
    depths = np.array([2, 4])
    slow = Times("Gaussian", depths, np.array([0.5, 0.1]), np.array([[5.0, 7.0, 9.0], [9.0, math.inf, math.inf]]))
    return [slow, Times("orthogonal", depths, np.array([0.5, 0.25]), np.array([[4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]))]


def three_trainings():
    steps, loss = np.array([0, 10]), np.array([[2.4, 2.6], [0.1, 0.3]])
    return [DeepTraining(start, steps, loss, np.array([0.9, 1.0])) for start in DEEP_STARTS]


def test_products_table():
    lines = words(products_table(two_products(), [1, 50]))
    assert lines[2] == ["1", "< 1e-10", "1.0", "2.0", "< 1e-10", "1.0", "2.0"]
    assert lines[3] == ["50", "0.50", "1.0", "4.0", "0.50", "1.0", "4.0"]


def test_linear_table():
    lines = words(linear_table(two_races()))
    assert lines[2] == ["identity", "2 of 2", "0 of 1", "0.50"]


def test_times_table():
    lines = words(times_table(two_times()))
    assert lines[2] == ["2", "0.50", "7", "0.50", "5"]
    assert lines[3] == ["4", "never", "0.25", "8"]


def test_deep_table():
    assert words(deep_table(three_trainings()))[2] == ["He", "0.20", "0.90", "0.95"]


def test_products_view_shows_medians():
    products, view = two_products(), ProductsView()
    view.update(products)
    np.testing.assert_allclose(shown(view.bands["Gaussian"]["largest"])[1], [2, 4])
    np.testing.assert_allclose(shown(view.bands["orthogonal"]["middle"])[1], [1, 1])
    np.testing.assert_allclose(shown(view.bands["Gaussian"]["smallest"])[1], [1e-11, 0.5])
    assert view.reading(products).endswith("Gaussian, largest 4.0, middle 1.0; orthogonal, largest 4.0, middle 1.0.")


def test_linear_races_view_tells_the_groups_apart():
    races, view = two_races(), LinearRacesView()
    view.update(races)
    np.testing.assert_allclose(shown(view.bands["identity"]["the target's sign"])[1], [2, 0.2, 0.0025])
    np.testing.assert_allclose(shown(view.bands["identity"]["the other sign"])[1], [2, 0.6, 0.5])
    assert view.reading(races).startswith("How many learned the target: identity, 2 of 2 with its sign and 0 of 1")
    alone = LinearRace("identity", races[0].steps, races[0].loss, np.array([True] * 3))
    view.update([alone])
    assert len(shown(view.bands["identity"]["the other sign"])[0]) == 0


def test_times_view_ends_where_nobody_arrives():
    times, view = two_times(), TimesView()
    view.update(times)
    np.testing.assert_array_equal(shown(view.bands["Gaussian"])[0], [2])
    np.testing.assert_array_equal(shown(view.bands["orthogonal"])[1], [5, 8])
    assert view.reading(times) == "Median steps of 3 networks with 2, 4 layers: Gaussian 7, never; orthogonal 5, 8."


def test_spectrum_view_shows_medians_down_to_its_floor():
    view = SpectrumView()
    spectrum = run_spectrum(activation="relu", depth=30)
    view.update(spectrum)
    np.testing.assert_allclose(shown(view.bands["mirrored"])[1], 1, rtol=1e-9)
    expected = np.median(np.maximum(spectrum.singular["Gaussian"], 1e-11), axis=1)
    np.testing.assert_allclose(shown(view.bands["Gaussian"])[1], expected)
    assert view.reading(spectrum).startswith("relu, 30 layers, gain 1: singular values: Gaussian, largest ")
    view.update(run_spectrum(activation="tanh", depth=3))
    assert len(shown(view.bands["mirrored"])[0]) == 0
    assert [middle_text(value) for value in (0.5, 1e-12)] == ["0.50", "below 1e-10"]


def test_spectrum_view_keeps_its_background_while_a_slider_moves(monkeypatch):
    view = SpectrumView()
    view.update(run_spectrum())
    monkeypatch.setattr(view, "_draw_background", lambda: pytest.fail("the background was drawn again"))
    view.update(run_spectrum(activation="relu", depth=50, gain=2.0))


def test_deep_view_shows_medians():
    trainings, view = three_trainings(), DeepView()
    view.update(trainings)
    np.testing.assert_allclose(shown(view.bands["mirrored"])[1], [2.5, 0.2])
    assert (
        view.reading(trainings) == "Median loss of 2 networks after 10 steps: He 0.20, orthogonal 0.20, mirrored 0.20."
    )


def test_mirrored_layers_know_their_place():
    first, hidden, last = (mirrored_by_shape(shape, np.random.default_rng(0)) for shape in [(64, 8), (8, 8), (8, 10)])
    np.testing.assert_array_equal(first[:, :4], -first[:, 4:])
    np.testing.assert_array_equal(hidden[:4], -hidden[4:])
    np.testing.assert_array_equal(last[:4], -last[4:])
    np.testing.assert_array_equal(hidden, looks_linear((8, 8), np.random.default_rng(0)))
