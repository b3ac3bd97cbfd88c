import re

import numpy as np
import pytest

from helpers.activations import activation_named
from helpers.data import xor
from helpers.lessons.break_the_symmetry import experiment as symmetry
from helpers.lessons.break_the_symmetry.experiment import (
    PRODUCTS,
    ROUNDING_WIDTHS,
    alike,
    descend,
    distinct_units,
    first_units,
    five_stripes,
    gap_between,
    gradients,
    last_backwards,
    ordinary,
    run_failure,
    run_parting,
    run_rounding,
    run_untying,
    threes,
    watch_untying,
    with_one,
)
from helpers.lessons.break_the_symmetry.views import TIED, FailuresView, PartingView, RoundingView, UntyingView
from helpers.networks import backward, dense, forward, logistic_loss
from helpers.training import SGD, fit

EVERY_PRODUCT = pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)


def generators(count):
    return [np.random.default_rng(number) for number in range(count)]


def some_units(inputs=3, width=5, stack=2):
    return first_units("random", inputs, width, generators(stack))


def as_network(units, activation):
    """The same networks, as helpers.networks keeps them."""
    stack, rows, width = units.shape
    network = dense(
        [rows - 2, width, 1], lambda shape, rng: np.zeros(shape), generators(stack), activation=activation, dtype=float
    )
    network.weights[0][...] = units[:, :-2]
    network.biases[0][...] = units[:, -2:-1]
    network.weights[1][...] = np.swapaxes(units[:, -1:], 1, 2)
    return network


def as_units(parameters):
    """Weights and biases of helpers.networks, or their gradients, as columns."""
    first, last = parameters.weights
    return np.concatenate([first, parameters.biases[0], np.swapaxes(last, 1, 2)], axis=1)


def some_data(inputs=3, count=20):
    rng = np.random.default_rng(7)
    return rng.standard_normal((count, inputs)), rng.integers(2, size=count)


# The network whose units are columns, against helpers.networks


@EVERY_PRODUCT
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_the_gradients_are_those_of_helpers_networks(activation, product):
    (x, targets), units, bias = some_data(), some_units(), np.array([[[0.3]], [[-0.2]]])
    loss, by_units, by_bias = gradients(units, bias, with_one(x), targets, activation_named(activation), product)
    network = as_network(units, activation)
    network.biases[1][...] = bias
    trace = forward(network, x)
    expected_loss, logits_gradient = logistic_loss(trace.logits, targets)
    expected = backward(network, trace, logits_gradient).parameters
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-12)
    np.testing.assert_allclose(by_units, as_units(expected), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(by_bias, expected.biases[1], rtol=1e-10, atol=1e-14)


@EVERY_PRODUCT
def test_descend_is_plain_gradient_descent(product):
    (x, targets), units = some_data(), some_units()
    records = list(
        descend(
            units,
            with_one(x),
            targets,
            activation="tanh",
            product=product,
            learning_rate=0.3,
            steps=25,
            record_every=10,
        )
    )
    history = fit(as_network(units, "tanh"), x, targets, optimizer=SGD(0.3), steps=25, record_every=10)
    assert [record[0] for record in records] == history.steps.tolist() == [0, 10, 20, 25]
    np.testing.assert_allclose([record[1] for record in records], history.loss, rtol=1e-10)
    np.testing.assert_allclose(records[-1][2], as_units(history.network.parameters), rtol=1e-8)
    np.testing.assert_allclose(records[-1][3], history.network.biases[1], rtol=1e-8)


# The three products


@EVERY_PRODUCT
def test_a_product_is_the_matrix_product_but_for_rounding(product):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((6, 9)), rng.standard_normal((4, 9, 5))
    np.testing.assert_allclose(product(a, b), a @ b, rtol=0, atol=1e-14)


@pytest.mark.parametrize("width", range(2, 20))
def test_equal_columns_have_equal_products_to_the_last_bit(width):
    rng = np.random.default_rng(width)
    a, column = rng.standard_normal((7, 50)), rng.standard_normal((50, 1))
    product = alike(a, np.repeat(column, width, axis=1))
    assert (product == product[:, :1]).all()


def test_last_backwards_differs_in_the_last_column_alone():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((40, 50)), rng.standard_normal((50, 6))
    differs = (alike(a, b) != last_backwards(a, b)).any(axis=0)
    assert differs.tolist() == [False] * 5 + [True]


# Starts, and how alike their units are


def test_the_starts():
    for start in symmetry.UNIT_STARTS:
        units = first_units(start, 3, 5, generators(2))
        assert units.shape == (2, 5, 5)
        assert units.dtype == float
        assert (units[:, 3] == 0).all(), "biases start at 0"
    assert (first_units("zeros", 3, 5, generators(2)) == 0).all()
    constant = first_units("constant", 3, 5, generators(2), value=0.2)
    assert (np.delete(constant, 3, axis=1) == 0.2).all()
    assert distinct_units(first_units("twins", 3, 5, generators(2))).tolist() == [4, 4]
    assert distinct_units(first_units("random", 3, 5, generators(2))).tolist() == [5, 5]


def test_random_weights_have_a_standard_deviation_of_one_over_the_root_of_fan_in():
    units = first_units("random", 100, 400, generators(1))[0]
    assert units[:100].std() == pytest.approx(1 / 10, rel=0.02)
    assert units[-1].std() == pytest.approx(1 / 20, rel=0.15)


def test_noise_is_added_to_every_number_of_a_unit():
    still = first_units("constant", 40, 50, generators(1))
    noisy = first_units("constant", 40, 50, generators(1), noise=1e-3)
    assert (noisy - still).std() == pytest.approx(1e-3, rel=0.05)
    assert ((noisy - still) != 0).all()


def test_an_unknown_start_lists_the_known_ones():
    with pytest.raises(ValueError, match=re.escape("start must be one of zeros, constant, twins, random; got 'ones'")):
        run_untying("ones")


@pytest.mark.parametrize("noise", [-1e-3, np.nan, np.inf])
def test_a_bad_noise_is_refused(noise):
    with pytest.raises(ValueError, match="noise must be"):
        run_untying("constant", noise)


def test_the_gap_is_the_largest_difference_in_one_number():
    units = np.array([[[1.0, 1.0, 1.5], [0.0, -3.0, 0.0]], [[2.0, 2.0, 2.0], [4.0, 4.0, 4.0]]])
    assert gap_between(units).tolist() == [3.0, 0.0]


@pytest.mark.parametrize(("tolerance", "count"), [(0.0, 4), (0.1, 3), (1.0, 2), (10.0, 1)])
def test_distinct_units_are_counted_up_to_a_tolerance(tolerance, count):
    columns = [[0.0, 0.0], [0.0, 0.0], [0.0, 0.05], [0.5, 0.0], [3.0, 0.0]]
    assert distinct_units(np.array(columns).T[np.newaxis], tolerance).tolist() == [count]


# The tasks


def test_five_stripes():
    x, labels = five_stripes()
    assert x.shape == (32, 1)
    assert (x[0, 0], x[-1, 0]) == (-4, 4)
    assert np.count_nonzero(np.diff(labels)) == 4
    assert labels[0] == labels[-1] == 0
    assert (labels == labels[::-1]).all()


def rising(labels):
    """The rising answers of least loss: neighbours that would fall answer alike, with their mean."""
    blocks = []
    for label in labels:
        blocks.append([float(label), 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (one, count), (other, more) = blocks[-2:]
            blocks[-2:] = [[(count * one + more * other) / (count + more), count + more]]
    return blocks


def test_the_best_that_only_rises_or_only_falls_is_a_single_jump():
    _, labels = five_stripes()
    assert len(rising(labels)) == len(rising(labels[::-1])) == 2


def test_threes():
    x, targets = threes()
    assert x.shape == (100, 64)
    assert targets.sum() == 12
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-12)


# The experiments


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_zeros_have_no_gradient(activation):
    failure = run_failure("zeros", activation)
    assert failure.gradient == 0
    assert (failure.units == 0).all()
    assert failure.bias[0] < -1
    share = threes()[1].mean()
    assert failure.loss[-1, 0] == pytest.approx(-share * np.log(share) - (1 - share) * np.log(1 - share), abs=1e-3)


@pytest.mark.parametrize(("start", "activation", "distinct"), [("zeros", "sigmoid", 1), ("constant", "tanh", 1)])
def test_tied_units_move_as_one(start, activation, distinct):
    failure = run_failure(start, activation)
    assert failure.distinct.tolist() == [distinct]
    assert np.abs(failure.pictures).max() > 0.05
    assert (failure.pictures == failure.pictures[0]).all()


def test_twins_stay_twins():
    failure = run_failure("twins", seeds=3)
    assert failure.distinct.tolist() == [7, 7, 7]
    assert (failure.units[:, :, 0] == failure.units[:, :, 1]).all()
    assert failure.loss.shape == (11, 3)
    assert (failure.loss[-1] < failure.loss[0] / 4).all()


def growth_of_a_difference(learning_rate=1.0, settle=300):
    """The factor by which a small difference between two tied units grows, from second derivatives.

    Of the loss's second derivative, what belongs to the difference of two equal units is the part of one unit
    that is not shared with the others: the sum over the points of dL/dlogit times the second derivative of
    a · tanh(w x + b) by (w, b, a).
    """
    x, targets = five_stripes()
    *_, (_, _, units, bias) = descend(
        first_units("constant", 1, 8, generators(1)),
        with_one(x),
        targets,
        activation="tanh",
        product=alike,
        learning_rate=learning_rate,
        steps=settle,
        record_every=settle,
    )
    w, b, a = units[0, :, 0]
    h = np.tanh(w * x[:, 0] + b)
    _, delta_out = logistic_loss((8 * a * h)[np.newaxis, :, np.newaxis] + bias, targets)
    g, slope, curve = delta_out[0, :, 0], 1 - h**2, -2 * h * (1 - h**2)
    inputs = [x[:, 0], np.ones_like(h)]
    second = np.zeros((3, 3))
    for i, one in enumerate(inputs):
        second[i, 2] = second[2, i] = (g * slope * one).sum()
        for j, other in enumerate(inputs):
            second[i, j] = (g * a * curve * one * other).sum()
    return 1 - learning_rate * np.linalg.eigvalsh(second)[0]


def test_the_steps_a_decade_follow_from_the_second_derivative():
    parting = run_parting(exponents=[6, 8, 10], seeds=4)
    assert parting.steps_a_decade == pytest.approx(1 / np.log10(growth_of_a_difference()), rel=0.02)


def test_parted_is_the_first_step_with_a_visible_difference():
    parting = run_parting(exponents=[2, 3], seeds=3)
    assert parting.gap.shape == (len(parting.steps), 2, 3)
    for noise, seed in np.ndindex(2, 3):
        first = next(step for step, gap in enumerate(parting.gap[:, noise, seed]) if gap > 0.1)
        assert parting.parted[noise, seed] == first


def test_on_xor_the_line_bends():
    cost = np.diff(np.median(run_parting([2, 4, 6], task=xor, seeds=4).parted, axis=1))
    assert cost[1] > 1.3 * cost[0]


def test_units_that_have_not_parted_say_so():
    parting = run_parting(exponents=[2, 12], seeds=2, steps=100)
    assert np.isfinite(parting.parted[0]).all()
    assert np.isinf(parting.parted[1]).all()


def test_an_untying_grows_until_it_is_done():
    runs = list(watch_untying("constant", 1e-4, 4, "tanh", seeds=2, steps=60, record_every=20))
    assert [run.progress for run in runs] == [0, 1 / 3, 2 / 3, 1]
    assert runs[-1].steps.tolist() == [0, 20, 40, 60]
    assert runs[-1].gap.shape == runs[-1].distinct.shape == runs[-1].loss.shape == (4, 2)
    whole = run_untying("constant", 1e-4, 4, "tanh", seeds=2, steps=60, record_every=20)
    np.testing.assert_array_equal(whole.gap, runs[-1].gap)
    np.testing.assert_array_equal(whole.loss, runs[-1].loss)


@pytest.mark.parametrize("width", [2, 3, 4, 7, 8, 13, 16])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("start", ["zeros", "constant", "twins"])
def test_without_noise_tied_units_stay_tied_to_the_last_bit(start, activation, width):
    untying = run_untying(start, 0.0, width, activation, seeds=2, steps=300)
    assert (untying.gap == 0).all()


def test_the_gap_of_twins_is_that_of_the_twins_alone():
    untying = run_untying("twins", 1e-6, seeds=2, steps=20)
    assert (untying.gap < 1e-4).all()
    assert (untying.distinct < 8).all()


def test_rounding_unties_what_is_not_computed_alike():
    together, one_back = run_rounding("alike"), run_rounding("last backwards")
    assert together.gap.shape == (len(together.steps), len(ROUNDING_WIDTHS))
    assert (together.gap == 0).all()
    assert (one_back.gap[0] == 0).all()
    assert (one_back.gap[-1] > 0.1).all()
    assert (one_back.gap[one_back.steps <= 100] < 1e-12).all()


def test_an_unknown_product_lists_the_known_ones():
    with pytest.raises(ValueError, match=re.escape("product must be one of alike, last backwards, ordinary; got '@'")):
        run_rounding("@")


def test_the_ordinary_product_is_numpys():
    a, b = np.random.default_rng(0).standard_normal((2, 5, 5))
    np.testing.assert_array_equal(ordinary(a, b), a @ b)


# The views


def test_failures_view_shows_each_units_change():
    failures = [run_failure("zeros"), run_failure("zeros", "sigmoid"), run_failure("constant"), run_failure("twins")]
    view = FailuresView()
    view.update(failures)
    for failure, picture, name, outcome in zip(failures, view.pictures, view.names, view.outcomes, strict=True):
        shown = np.ma.filled(picture.get_array(), np.nan)
        largest = np.abs(failure.pictures).max() or 1
        for unit in range(8):
            tile = shown[:, 9 * unit : 9 * unit + 8]
            np.testing.assert_allclose(tile * largest, failure.pictures[unit], atol=1e-12)
        assert np.isnan(shown[:, 8::9]).all()
        assert name.get_text() == f"{failure.start},\n{failure.activation}"
        assert outcome.get_text().startswith(f"{failure.distinct[0]} of 8 distinct\nloss 0.")
    assert [pair.get_visible() for pair in view.twins] == [False, False, False, True]
    assert view.reading(failures).endswith("twins, tanh: 7 of 8 distinct units.")


def test_parting_view_shows_the_curves_and_the_line():
    parting = run_parting(exponents=[2, 4], seeds=3)
    view = PartingView()
    view.update(parting)
    for number in range(2):
        x, y = view.curves[number].line.get_data()
        np.testing.assert_array_equal(x, parting.steps)
        np.testing.assert_allclose(y, np.median(parting.gap[:, number], axis=1))
    assert [name.get_text() for name in view.names] == ["ε = 1e-2", "ε = 1e-4", "", "", "", ""]
    assert len(view.curves[2].line.get_xdata()) == 0
    x, y = view.line.line.get_data()
    np.testing.assert_array_equal(x, parting.noise)
    np.testing.assert_allclose(y, np.median(parting.parted, axis=1))
    assert re.fullmatch(
        r"With noise of 1e-02 the units part after about \d+ steps, with 1e-04 after about \d+.", view.reading(parting)
    )


def test_rounding_view_shows_every_width_and_says_nothing_of_the_processor():
    roundings = [run_rounding(product, steps=60) for product in PRODUCTS]
    view = RoundingView()
    view.update(roundings)
    for rounding in roundings:
        for line, gap in zip(view.lines[rounding.product], rounding.gap.T, strict=True):
            np.testing.assert_array_equal(line.get_xdata(), rounding.steps)
            np.testing.assert_array_equal(line.get_ydata(), np.where(gap > 0, gap, TIED))
    reading = view.reading(roundings)
    assert "all columns alike: after 60 steps the units are tied to the last bit at 6 of 6 widths." in reading
    assert "computer" not in reading


def test_untying_view_shows_gap_count_and_loss():
    view = UntyingView()
    for start, noise in [("twins", 0.0), ("constant", 1e-4)]:
        untying = run_untying(start, noise, 4, seeds=3, steps=100)
        view.update(untying)
        gap, distinct, loss = (band.line.get_ydata() for band in view.bands[start])
        np.testing.assert_allclose(gap, np.maximum(np.median(untying.gap, axis=1), TIED))
        np.testing.assert_allclose(distinct, np.median(untying.distinct, axis=1))
        np.testing.assert_allclose(loss, np.median(untying.loss, axis=1))
        for other in {"zeros", "constant", "twins"} - {start}:
            assert all(len(band.line.get_xdata()) == 0 for band in view.bands[other])
        assert view.count.get_text() == "all 4"
        assert list(view.all_units.get_ydata()) == [4, 4]
    assert view.reading(untying).startswith("constant, noise 0.0001: after 100 steps the median network has ")
    assert "twins, no noise:" in view.reading(run_untying("twins", 0.0, 4, seeds=2, steps=20))
