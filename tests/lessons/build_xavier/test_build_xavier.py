"""Are the networks of notebook 04 measured rightly, and do the pictures show what was computed?

Scales are compared with a plain loop in float64, histograms with np.histogram, gradients with the networks of the
library; the paper's 0.5 and 0.8 and the law 1/(2 l) with their closed forms.
"""

import math

import numpy as np
import pytest

from helpers import initializers
from helpers.data import gaussian_inputs
from helpers.lessons.build_xavier import checks
from helpers.lessons.build_xavier.experiment import (
    CLASSES,
    DEEPEST_LAYERS,
    GRADIENT_BINS,
    INPUT_COUNT,
    SIGNAL_BINS,
    SIZE_BINS,
    UNIFORM_STARTS,
    WIDTHS_BY_NAME,
    Back,
    TanhDecay,
    layers_of,
    networks_that_stall,
    run_back,
    run_jacobians,
    run_layers,
    run_paper,
    run_tanh_decay,
    shares_of,
    variance_after_tanh,
)
from helpers.lessons.build_xavier.tables import backs_table, jacobians_table, layers_table
from helpers.lessons.build_xavier.views import LayersView, PaperView, TanhDecayView, ThreeScalesView
from helpers.seeding import seeded, seeded_many
from helpers.statistics import quantiles
from helpers.tables import rounded

DERIVATIVES = {"tanh": lambda z: 1 - np.tanh(z) ** 2, "relu": lambda z: (z > 0) * 1.0}
FUNCTIONS = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}
QUARTER_CIRCLE_MEAN = 8 / (3 * math.pi)  # of the singular values of a large square matrix with n Var(W) = 1


def plain_scales(start, activation, widths, rng):
    """Return the scales of h, delta and weight gradients in one network, by a loop over layers and over inputs."""
    f, slope = FUNCTIONS[activation], DERIVATIVES[activation]
    weights = [UNIFORM_STARTS[start](shape, rng) for shape in zip(widths, [*widths[1:], CLASSES], strict=True)]
    sums = [np.zeros_like(matrix) for matrix in weights]
    signals, deltas = [], []
    for number, x in enumerate(gaussian_inputs(INPUT_COUNT, widths[0], seeded(4, 0))):
        h, z = [x], []
        for matrix in weights:
            z.append(h[-1] @ matrix)
            h.append(f(z[-1]))
        p = np.exp(z[-1]) / np.exp(z[-1]).sum()
        delta = [(p - (np.arange(CLASSES) == number % CLASSES)) / INPUT_COUNT]
        for layer in range(len(weights) - 1, 0, -1):
            delta.insert(0, (weights[layer] @ delta[0]) * slope(z[layer - 1]))
        for layer, total in enumerate(sums):
            total += np.outer(h[layer], delta[layer])
        signals.append(h[:-1])
        deltas.append(delta[:-1])
    by_layer = [
        [np.sqrt(np.mean(np.square(values))) for values in zip(*many, strict=True)] for many in (signals, deltas)
    ]
    return *by_layer, [np.sqrt(np.mean(total**2)) for total in sums[:-1]]


# What is measured.


@pytest.mark.parametrize("start", UNIFORM_STARTS)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_scales_are_those_of_a_plain_loop(start, activation):
    rngs = seeded_many(3, 4, 1)
    layers = layers_of(start, activation, (8, 12, 7, 5), rngs)
    expected = plain_scales(start, activation, (8, 12, 7, 5), seeded(4, 1, 2))
    for ours, theirs in zip((layers.signal, layers.delta, layers.weight_gradient), expected, strict=True):
        np.testing.assert_allclose(ours[:, 2], theirs, rtol=2e-4)


def test_the_papers_network_is_measured_one_by_one_as_in_a_stack():
    alone = run_paper("Xavier", width=20, depth=3, seeds=4)
    together = layers_of("Xavier", "tanh", [20] * 4, seeded_many(4, 4, 2))
    assert alone.widths == together.widths == (20, 20, 20, 20)
    for name in ("signal", "delta", "weight_gradient"):
        np.testing.assert_allclose(getattr(alone, name), getattr(together, name), rtol=1e-5)
    pooled = alone.signal_shares.sum(axis=2)
    np.testing.assert_allclose(pooled, 1)  # tanh stays between the bins' ends


def test_shapes():
    layers = run_layers("He", "relu", 4, "widening: 16 to 128", seeds=5)
    assert (layers.depth, layers.seeds) == (4, 5)
    assert layers.signal.shape == (5, 5)
    assert layers.delta.shape == layers.weight_gradient.shape == (4, 5)
    assert layers.size_shares.shape == (4, 5, len(SIZE_BINS) - 1)
    assert layers.signal_shares is layers.delta_shares is layers.weight_gradient_shares is None

    paper = run_paper("LeCun", width=10, depth=2, seeds=3)
    assert paper.size_shares is None
    assert paper.signal_shares.shape == (2, 3, len(SIGNAL_BINS) - 1)
    assert paper.delta_shares.shape == paper.weight_gradient_shares.shape == (2, 3, len(GRADIENT_BINS) - 1)


@pytest.mark.parametrize(("name", "ends"), WIDTHS_BY_NAME.items())
def test_widths_go_evenly_from_the_first_to_the_last(name, ends):
    widths = run_layers("Xavier", depth=4, widths=name, seeds=1).widths
    assert (widths[0], widths[-1]) == ends
    ratios = np.divide(widths[1:], widths[:-1])
    assert ratios == pytest.approx((ends[1] / ends[0]) ** (1 / 4), rel=0.05)


def test_relative_scales_are_1_where_they_come_from():
    relative = run_layers("standard", depth=3, seeds=4).relative
    np.testing.assert_array_equal(relative["signal h"][0], 1)
    np.testing.assert_array_equal(relative["delta δ"][-1], 1)
    np.testing.assert_array_equal(relative["weight gradient ∂L/∂W"][-1], 1)


@pytest.mark.parametrize("units", [1, np.array([1.0, 2.0, 0.5])])
def test_shares_are_those_of_numpys_histogram(units):
    values = np.random.default_rng(0).standard_normal((3, 10, 40))
    edges = np.linspace(-2, 2, 12)
    shares = shares_of(values, units, edges)
    for row, stack, unit in zip(shares, values, np.broadcast_to(units, 3), strict=True):
        np.testing.assert_allclose(row, np.histogram(stack / unit, edges)[0] / 400)


def test_shares_of_many_values_are_those_of_every_kth():
    values = np.random.default_rng(1).standard_normal((2, 1000))
    edges = np.linspace(-3, 3, 10)
    shares = shares_of(values, 1, edges, most_values=250)
    np.testing.assert_allclose(shares[1], np.histogram(values[1, ::4], edges)[0] / 250)


def test_zero_falls_into_the_middle_bin():
    for edges in (SIGNAL_BINS, GRADIENT_BINS):
        shares = shares_of(np.zeros((1, 7), np.float32), 1, edges)
        assert shares[0].argmax() == (len(edges) - 1) // 2
        assert shares.sum() == 1


def test_sizes_are_counted_by_powers_of_ten_and_zeros_in_no_bin():
    layers = run_layers("He", "relu", 2, seeds=3)
    rng = seeded(4, 1, 1)
    h = gaussian_inputs(INPUT_COUNT, 64, seeded(4, 0))
    for shares in layers.size_shares[:, 1]:
        h = np.maximum(h @ initializers.he_uniform((64, 64), rng), 0)
        counted, _ = np.histogram(np.log10(h[h > 0]), SIZE_BINS)
        np.testing.assert_allclose(shares, counted / h.size, atol=3 / h.size)  # a rounding may move one to a neighbour
        assert 0.4 < shares.sum() < 0.6


def test_weight_gradients_stay_level_while_deltas_vanish():
    layers = run_paper("standard", width=200, seeds=16)
    signal, delta, gradient = (np.median(values, axis=1) for values in layers.relative.values())
    # h pays for l - 1 layers, δ for L - l, each at most 1/√3 of the scale; their product for L - 1 in every layer.
    assert (signal[2:] / signal[1:-1]).max() < 1.03 / math.sqrt(3)
    assert (delta[:-1] / delta[1:]).max() < 1.03 / math.sqrt(3)
    assert np.abs(gradient - 1).max() < 0.15


# The paper's 0.5 and 0.8.


@pytest.mark.parametrize(("start", "c", "paper"), [("standard", math.sqrt(1 / 3), 0.5), ("Xavier", 1, 0.8)])
def test_mean_singular_value_is_the_papers(start, c, paper):
    """The paper gives one digit: its number stands for what lies within 0.05 of it, and so does the closed form.

    The sum of the n singular values keeps a spread of order c whatever n is, so their mean is within a few c/n.
    """
    width = 300
    values = np.linalg.svd(UNIFORM_STARTS[start]((width, width), seeded(4, 31)), compute_uv=False)
    assert values.mean() == pytest.approx(QUARTER_CIRCLE_MEAN * c, abs=4 * c / width)
    assert QUARTER_CIRCLE_MEAN * c == pytest.approx(paper, abs=0.05)

    top = np.median(run_jacobians(start, width=width, depth=8, seeds=4).mean[-1])
    assert top == pytest.approx(paper, abs=0.05)


def test_a_jacobian_is_the_derivative_of_a_layer():
    """Singular values from central differences, the network rebuilt by hand."""
    width = 6
    jacobians = run_jacobians("Xavier", width=width, depth=3, seeds=2)
    rng = seeded(4, 3, 1)
    weights = [initializers.xavier_uniform((width, width), rng) for _ in range(3)]
    h = gaussian_inputs(1, width, seeded(4, 4))[0]
    for layer, matrix in enumerate(weights, start=1):
        if layer > 1:
            steps = 1e-6 * np.eye(width)
            jacobian = (np.tanh((h + steps) @ matrix) - np.tanh((h - steps) @ matrix)) / 2e-6
            values = np.linalg.svd(jacobian, compute_uv=False)
            place = list(jacobians.layers).index(layer)
            assert jacobians.mean[place, 1] == pytest.approx(values.mean(), rel=1e-6)
            assert jacobians.root_mean_square[place, 1] == pytest.approx(np.sqrt(np.mean(values**2)), rel=1e-6)
        h = np.tanh(h @ matrix)


# tanh at depth, and sigmoid.


@pytest.mark.parametrize("variance", [0.01, 0.3, 1.0, 4.0])
def test_variance_after_tanh(variance):
    """Against Gauss and Hermite's rule, another than the helper's."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(150)
    expected = np.sum(weights * np.tanh(math.sqrt(variance) * nodes) ** 2) / math.sqrt(2 * math.pi)
    assert variance_after_tanh(variance) == pytest.approx(expected, rel=1e-6)


def test_variance_goes_down_like_1_over_twice_the_depth():
    decay = run_tanh_decay(depth=60, width=64, seeds=8)
    assert decay.measured.shape == (60, 8)
    np.testing.assert_array_equal(decay.law, 1 / (2 * np.arange(1, 61)))
    assert decay.expected[59] == pytest.approx(decay.law[59], rel=0.05)
    # 1/v grows by 2 - (5/3) v a layer, the next term of tanh's series: between 1.8 and 2 here.
    growth = np.diff(1 / decay.expected)[9:]
    assert growth.min() > 1.8
    assert growth.max() < 2
    assert decay.measured[9].mean() == pytest.approx(decay.expected[9], rel=0.3)


def test_decay_is_that_of_a_plain_loop():
    decay = run_tanh_decay(depth=3, width=16, seeds=2)
    rng = seeded(4, 5, 1)
    h = gaussian_inputs(8, 16, rng)
    for layer in range(3):
        h = np.tanh(h @ initializers.xavier_uniform((16, 16), rng))
        assert decay.measured[layer, 1] == pytest.approx(np.mean(h**2), rel=1e-5)


def test_centred_sigmoid_with_four_times_the_weights_is_tanh():
    centred, twin = (
        run_back("sigmoid", gain=4, centred=True, depth=6, width=12, seeds=3),
        run_back("tanh", depth=6, width=12, seeds=3),
    )
    np.testing.assert_allclose(centred.delta, twin.delta, rtol=1e-9)
    assert twin.delta.shape == (6, 3)


def test_sigmoid_lets_a_quarter_through():
    back = run_back("sigmoid", depth=5, width=400, seeds=4)
    passed = back.delta[:-1] / back.delta[1:]
    assert passed.max() < 0.25 * 1.05  # the slope is at most 1/4, and 400 units leave the matrix a spread of some 3 %


def test_the_sick_layers_are_those_that_the_exercise_asks_for():
    networks, x, labels = networks_that_stall()
    assert (x.shape, labels.shape) == ((100, 64), (100,))
    times = [math.sqrt(2 / sum(weights.shape[1:])) / weights.std() for weights in networks.weights]
    sick = [layer for layer, factor in enumerate(times, start=1) if factor > 2]
    checks.sick_layers.insist(sick, times[sick[0] - 1])
    assert np.delete(times, np.subtract(sick, 1)) == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: run_layers("xavier"), "start must be one of standard, LeCun, Xavier, He"),
        (lambda: run_paper("Glorot", width=4), "start must be one of"),
        (lambda: run_jacobians("LeCunn", width=4), "start must be one of"),
        (lambda: run_layers("He", "softplus"), "activation must be one of"),
        (lambda: run_layers("He", "relu", 0), "depth must be a whole number of layers from 1 to 10; got 0"),
        (lambda: run_layers("He", "relu", DEEPEST_LAYERS + 1), "depth must be a whole number"),
        (lambda: run_layers("He", "relu", 2.0), "depth must be a whole number"),
        (lambda: run_layers("He", "relu", 2, "equal"), "widths must be one of equal: 64, narrowing"),
        (lambda: run_back("tanh", gain=-1), "gain must be at least 0"),
    ],
)
def test_a_wrong_argument_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# The pictures.


def test_layers_view_shows_the_scales_and_the_histograms():
    view, layers = LayersView(), run_layers("standard", depth=4, seeds=5)
    view.update(layers)
    for name, first in (("signal h", 0), ("delta δ", 1), ("weight gradient ∂L/∂W", 1)):
        places, values = view.bands[name].line.get_data()
        np.testing.assert_array_equal(places, np.arange(first, 5))
        np.testing.assert_allclose(values, np.median(layers.relative[name], axis=1))

    outlines = view.outlines.get_segments()
    assert len(outlines) == len(view.spreads.get_paths()) == 4
    low, middle, high = quantiles(np.swapaxes(layers.size_shares, 1, 2))
    centres = 10 ** ((SIZE_BINS[:-1] + SIZE_BINS[1:]) / 2)
    for layer, outline in enumerate(outlines):
        np.testing.assert_allclose(outline[:, 0], centres)
        np.testing.assert_allclose(outline[:, 1], layer + 1 + 0.9 * middle[layer] / high[layer].max())
    top_of_last = view.spreads.get_paths()[3].vertices[:, 1]
    assert top_of_last.max() == pytest.approx(4.9)
    assert top_of_last.min() == pytest.approx(4 + 0.9 * low[3].min() / high[3].max())


def test_layers_view_forgets_the_layers_of_a_deeper_network():
    view = LayersView()
    view.update(run_layers("Xavier", depth=6, seeds=3))
    view.update(run_layers("Xavier", depth=1, seeds=3))
    assert len(view.outlines.get_segments()) == 1
    assert len(view.bands["delta δ"].line.get_xdata()) == 1


def test_three_scales_view_says_beside_each_curve_what_is_left():
    view, layers = ThreeScalesView(), run_paper("standard", width=40, seeds=3)
    view.update(layers)
    assert view.axes.get_title() == "standard start, tanh, 5 hidden layers of 40 units"
    for (name, scales), end in zip(layers.relative.items(), (-1, 0, 0), strict=True):
        middle = np.median(scales, axis=1)
        np.testing.assert_allclose(view.bands[name].line.get_ydata(), middle)
        assert rounded(middle[end]) in view.words[name].get_text()
    assert view.reading(layers) == LayersView().reading(layers)


def test_layers_reading_tells_the_medians():
    layers = run_layers("Xavier", "linear", 2, "narrowing: 128 to 16", seeds=3)
    reading = LayersView().reading(layers)
    assert "Xavier, linear, 2 hidden layers of 128 to 16 units" in reading
    assert "1 hidden layer of 64 units" in LayersView().reading(run_layers("He", depth=1, seeds=2))
    assert f"{np.median(layers.signal[-1] / layers.signal[0]):.1f}" in reading


def test_a_layer_without_a_value_in_sight_is_a_line():
    view, layers = LayersView(), run_layers("Xavier", depth=2, seeds=3)
    layers.size_shares[1] = 0
    view.update(layers)
    np.testing.assert_array_equal(view.outlines.get_segments()[1][:, 1], 2)


def test_paper_view_shows_all_thirty_histograms():
    view = PaperView()
    two = [run_paper(start, width=16, seeds=3) for start in ("standard", "Xavier")]
    view.update(two)
    for place, layers in enumerate(two):
        assert layers.start in view.panels[place, 0].get_ylabel()
        columns = (layers.signal_shares, layers.delta_shares, layers.weight_gradient_shares)
        for column, shares in enumerate(columns):
            top = view.panels[place, column].get_ylim()[1]
            for band, of_layer in zip(view.bands[place][column], shares, strict=True):
                np.testing.assert_allclose(band.line.get_ydata(), np.median(of_layer, axis=0))
                assert of_layer.max() < top
    assert "standard, layer 1 over layer 5: h" in view.reading(two)


def test_decay_view_shows_the_three_curves():
    layers = np.arange(1, 101)
    decay = TanhDecay(layers, np.linspace([0.5, 0.3, 0.4], 0.01, 100), np.linspace(0.4, 0.005, 100))
    view = TanhDecayView()
    view.update(decay)
    np.testing.assert_allclose(view.band.line.get_ydata(), np.median(decay.measured, axis=1))
    np.testing.assert_array_equal(view.expected.get_ydata(), decay.expected)
    np.testing.assert_array_equal(view.law.get_ydata(), 1 / (2 * layers))
    assert view.reading(decay).endswith("0.01 at layer 100 (1/(2 l) says 0.005).")


# The tables.


def test_tables_show_medians():
    many = [run_layers(start, depth=2, seeds=3) for start in ("standard", "Xavier")]
    lines = layers_table(many).splitlines()
    assert lines[0].split()[:5] == ["layer", "standard:", "h", "δ", "∂L/∂W"]
    assert lines[3].split()[2:4] == ["1.0", "1.0"]
    assert len(lines[2].split()) == 7

    jacobians = run_jacobians("standard", width=20, seeds=3)
    row = jacobians_table([jacobians]).splitlines()[2].split()
    assert row[0] == "standard"
    assert float(row[1]) == pytest.approx(np.median(jacobians.mean[0]), abs=0.006)

    back = Back("sigmoid", 4.0, True, np.array([[0.1, 0.3, 0.2], [1.0, 1.0, 1.1]]))
    assert backs_table([back], [2, 1]).splitlines()[2].split()[-2:] == ["1.0", "0.20"]
    assert backs_table([back], [2, 1]).splitlines()[2].startswith("sigmoid, 4 × Xavier, centred")
