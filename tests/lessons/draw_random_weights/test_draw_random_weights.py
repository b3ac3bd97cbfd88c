"""The scale of z in one layer (notebook 02): the experiments against independent computations, and their Views."""

import math

import numpy as np
import pytest
from scipy import stats

from helpers.data import digits
from helpers.figures.style import LOOKS
from helpers.lessons.draw_random_weights.experiment import (
    BINS,
    INPUT_DRAWS,
    WEIGHT_DRAWS,
    draw_layer,
    measure_fade,
    measure_scale,
    measure_shape,
    measure_slopes,
)
from helpers.lessons.draw_random_weights.tables import fade_table, scale_table, shape_table
from helpers.lessons.draw_random_weights.views import CENTRES, FLAT, LayerView, ScalesView, ShapesView, SlopesView
from helpers.seeding import seeded

NAMES = ["normal", "uniform"]


@pytest.fixture(scope="module")
def scales():
    return [measure_scale(weights, widths=[10, 100], seeds=5) for weights in NAMES]


@pytest.fixture(scope="module")
def shapes():
    return [measure_shape(weights, widths=(1, 2, 4), seeds=5, units=2000) for weights in NAMES]


# What is drawn


@pytest.mark.parametrize(
    ("weights", "law"),
    [
        ("normal", stats.norm(0, 0.2)),
        ("uniform", stats.uniform(-0.2 * math.sqrt(3), 0.4 * math.sqrt(3))),
        ("uniform(-σ, σ)", stats.uniform(-0.2, 0.4)),
    ],
)
def test_the_weights_follow_their_distribution(weights, law):
    drawn = WEIGHT_DRAWS[weights]((100, 100), np.random.default_rng(0), 0.2).ravel()
    assert stats.kstest(drawn, law.cdf).pvalue > 1e-4


@pytest.mark.parametrize(
    ("inputs", "mean", "second_moment"),
    [("+1 or -1", 0, 1), ("all 1", 1, 1), ("digits' ink", digits()[0].mean(), np.mean(digits()[0] ** 2))],
)
def test_the_inputs_have_their_first_two_moments(inputs, mean, second_moment):
    x = INPUT_DRAWS[inputs]((100, 500), np.random.default_rng(0))
    assert x.shape == (100, 500)
    assert x.mean() == pytest.approx(mean, abs=0.02)
    assert np.mean(x**2) == pytest.approx(second_moment, abs=0.01)


# Layers of many widths


def test_the_variance_and_its_prediction_are_those_of_one_product():
    scale = measure_scale("normal", std=0.3, widths=[7], seeds=2, units=5, inputs=4)
    for seed in range(2):
        x = seeded(2, 2, seed).standard_normal((4, 7))
        z = np.einsum("ni,iu->nu", x, 0.3 * seeded(2, 3, seed).standard_normal((7, 5)))
        assert scale.variance[0, seed] == pytest.approx(np.mean((z - z.mean()) ** 2))
        assert scale.predicted[0, seed] == pytest.approx(np.sum(x**2) / 4 * 0.3**2)
    np.testing.assert_allclose(scale.ratio, scale.variance / scale.predicted)


@pytest.mark.parametrize(("weights", "share"), [("normal", 1), ("uniform", 1), ("uniform(-σ, σ)", 1 / 3)])
def test_the_law_holds_for_what_has_the_variance_that_was_asked_for(weights, share):
    scale = measure_scale(weights, std=0.5, widths=[3, 30, 300], seeds=32)
    np.testing.assert_allclose(scale.ratio.mean(axis=1), share, rtol=0.05)


def test_normal_and_uniform_weights_meet_the_same_inputs(scales):
    np.testing.assert_array_equal(scales[0].predicted, scales[1].predicted)


def test_a_wrong_name_is_answered_with_the_right_ones():
    with pytest.raises(ValueError, match=r"weights must be one of normal, uniform, uniform\(-σ, σ\); got 'gaussian'"):
        measure_scale("gaussian")
    with pytest.raises(ValueError, match="weights must be one of"):
        measure_shape("gaussian")
    with pytest.raises(ValueError, match=r"inputs must be one of .*all 1.*; got 'ink'"):
        draw_layer(10, 0.01, inputs="ink")


# Five layers


def test_the_fade_is_that_of_tanh_layers_in_a_row():
    fade = measure_fade(widths=(6, 3), layers=3, std=0.4, seeds=2, inputs=5)
    for place, width in enumerate((6, 3)):
        for seed in range(2):
            rng = seeded(2, 1, place, seed)
            signal = seeded(2, 0, place).standard_normal((5, width))
            for layer in range(3):
                z = signal @ (0.4 * rng.standard_normal((width, width)))
                assert fade.std[place, layer, seed] == pytest.approx(np.std(z))
                signal = np.tanh(z)


# The distribution of z


def test_one_weight_keeps_its_distribution_and_the_sum_of_two_makes_a_triangle():
    shape = measure_shape("uniform", widths=(1, 2), seeds=16)
    box = stats.uniform(-math.sqrt(3), 2 * math.sqrt(3))
    triangle = stats.triang(0.5, -math.sqrt(6), 2 * math.sqrt(6))
    for place, law in enumerate((box, triangle)):
        expected = np.diff(law.cdf(BINS)) / np.diff(BINS)
        np.testing.assert_allclose(shape.density[place].mean(axis=1), expected, atol=0.02)
        assert shape.kurtosis[place].mean() == pytest.approx(3 + law.stats(moments="k"), abs=0.05)


def test_the_sum_of_normal_weights_is_normal_at_every_width():
    shape = measure_shape("normal", seeds=8)
    expected = np.diff(stats.norm.cdf(BINS)) / np.diff(BINS)
    np.testing.assert_allclose(shape.density.mean(axis=2), np.tile(expected, (7, 1)), atol=0.02)
    np.testing.assert_allclose(shape.kurtosis.mean(axis=1), 3, atol=0.15)


# One layer


@pytest.mark.parametrize("width", [1, 100, 4096])
@pytest.mark.parametrize("inputs", ["+1 or -1", "all 1"])
def test_the_prediction_for_inputs_of_one_is_sigma_root_n(width, inputs):
    layer = draw_layer(width, 0.01, "uniform", inputs)
    assert layer.predicted == pytest.approx(0.01 * math.sqrt(width))
    assert layer.measured == pytest.approx(layer.predicted, rel=0.25)


def test_the_saturated_share_is_the_tail_of_the_gaussian():
    assert draw_layer(100, 0.1).saturated == pytest.approx(2 * stats.norm.sf(2), abs=0.01)
    assert draw_layer(100, 0.001).saturated == 0


def test_sigma_changes_the_scale_and_nothing_else():
    small, large = draw_layer(30, 0.01), draw_layer(30, 0.1)
    assert large.measured == pytest.approx(10 * small.measured)
    np.testing.assert_allclose(small.density, large.density, atol=1e-3)


# An activation and its slope


@pytest.mark.parametrize(("name", "steepest", "edge"), [("tanh", 1, 1.818), ("sigmoid", 0.25, 2.063)])
def test_slopes_are_differences_of_the_values_and_flat_beyond_an_edge(name, steepest, edge):
    slopes = measure_slopes(name)
    np.testing.assert_allclose(slopes.slopes[1:-1], np.gradient(slopes.values, slopes.z)[1:-1], atol=1e-3)
    assert slopes.slopes.max() == pytest.approx(steepest)
    np.testing.assert_array_equal(slopes.flat, np.abs(slopes.z) > edge)


# Views and tables


def test_the_slopes_view_shows_each_activation_and_its_slope():
    many = [measure_slopes(name) for name in ("tanh", "relu")]
    view = SlopesView(["tanh", "relu"])
    view.update(many)
    for slopes in many:
        np.testing.assert_array_equal(view.values[slopes.activation].get_ydata(), slopes.values)
        np.testing.assert_array_equal(view.slopes[slopes.activation].get_ydata(), slopes.slopes)
    assert view.reading(many) == (
        "tanh: the slope is at most 1, and below 0.1 up to z = -1.8 and from z = 1.8 on. "
        "relu: the slope is at most 1, and below 0.1 up to z = 0."
    )


def test_the_scales_view_shows_ratio_and_standard_deviation(scales):
    view = ScalesView(NAMES)
    view.update(scales)
    for scale in scales:
        ratio, std = view.ratios[scale.weights].line, view.stds[scale.weights].line
        np.testing.assert_array_equal(ratio.get_xdata(), [10, 100])
        np.testing.assert_allclose(ratio.get_ydata(), np.median(scale.ratio, axis=1))
        np.testing.assert_allclose(std.get_ydata(), np.sqrt(np.median(scale.variance, axis=1)))
        assert ratio.get_color() == std.get_color() == LOOKS[scale.weights].color
    widths, predicted = view.line.get_data()
    np.testing.assert_allclose(predicted, 0.01 * np.sqrt(widths))
    assert view.right.get_title() == "σ = 0.01 for every width"
    assert f"between {scales[0].ratio.min():.2g} and {scales[0].ratio.max():.2g}" in view.reading(scales)


def test_the_shapes_view_shows_density_and_kurtosis(shapes):
    view = ShapesView(NAMES)
    view.update(shapes)
    assert [axes.get_title() for axes in view.axes] == ["n = 1", "n = 4"]
    for shape in shapes:
        for bands, place in zip(view.densities, (0, 2), strict=True):
            np.testing.assert_array_equal(bands[shape.weights].line.get_xdata(), CENTRES)
            np.testing.assert_allclose(bands[shape.weights].line.get_ydata(), np.median(shape.density[place], axis=1))
        line = view.kurtoses[shape.weights].line
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 4])
        np.testing.assert_allclose(line.get_ydata(), np.median(shape.kurtosis, axis=1))


@pytest.mark.parametrize(("width", "std"), [(1, 0.001), (10, 0.01), (100, 0.1), (4096, 1.0)])
def test_the_layer_view_shows_dot_line_histogram_and_flat_zones(width, std):
    view = LayerView()
    layer = draw_layer(width, std, "uniform", "digits' ink")
    view.update(layer)
    assert view.dot.get_data() == ([width], [layer.measured])
    widths, predicted = view.line.get_data()
    assert np.exp(np.interp(np.log(width), np.log(widths), np.log(predicted))) == pytest.approx(layer.predicted)
    np.testing.assert_array_equal(view.bars.get_data().values, layer.density)
    left, right = view.flat
    edge = min(FLAT / layer.predicted, 4)
    assert (left.get_x(), left.get_x() + left.get_width()) == pytest.approx((-4, -edge))
    assert (right.get_x(), right.get_x() + right.get_width()) == pytest.approx((edge, 4))
    assert f"std of z {layer.measured:.2g}" in view.text.get_text()
    assert f"{layer.saturated:.0%} of z lie beyond ±2" in view.reading(layer)


def test_a_moved_slider_leaves_the_background_of_the_layer_view():
    view = LayerView()
    view.update(draw_layer(10, 0.01))
    background = view._background
    view.update(draw_layer(4096, 1.0, "uniform(-σ, σ)", "all 1"))
    assert view._background is background


def test_the_tables_hold_the_medians(scales, shapes):
    assert [line.split()[0] for line in scale_table(scales).split("\n")[2:]] == ["10", "100"]
    assert scale_table(scales).split("\n")[2].split()[1] == "0.032"
    assert [line.split()[0] for line in shape_table(shapes).split("\n")[2:]] == ["1", "2", "4"]
    assert shape_table(shapes).split("\n")[2].split()[2] == "1.8"
    fade = measure_fade(widths=(4,), layers=2, seeds=3, inputs=5)
    _, _, row = fade_table(fade).split("\n")
    assert [float(cell) for cell in row.split()] == pytest.approx([4, *np.median(fade.std[0], axis=1)], rel=0.06)
