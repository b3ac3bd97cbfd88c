"""Are second moments predicted and measured as an independent computation has them, and shown as they are?"""

import math
import re

import numpy as np
import pytest
from scipy.integrate import quad

from helpers.activations import ACTIVATIONS, gain_for
from helpers.lessons.unify_variance_scaling import experiment as gains
from helpers.lessons.unify_variance_scaling.experiment import (
    DEPTH,
    MOMENT_GRID,
    PYTORCH_GAINS,
    RULES,
    WEIGHT_KINDS,
    Levels,
    failing_start,
    gain_by_rule,
    predict_levels,
    run_levels,
    run_narrower,
    run_weight_shapes,
    second_moment,
    unit_inputs,
    unit_weights,
)
from helpers.lessons.unify_variance_scaling.tables import levels_table
from helpers.lessons.unify_variance_scaling.views import WEIGHT_LOOKS, LevelsView, NineView, RulesView, WeightsView
from helpers.statistics import quantiles
from helpers.tables import scale_text

KEPT = 0.87962566103423978  # of the standard deviation, by truncation at two of them


def moment_by_quad(name, q):
    """E[f(√q z)²] by SciPy's adaptive integration."""

    def integrand(z):
        value = float(ACTIVATIONS[name](np.array([math.sqrt(q) * z]))[0])
        return value**2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    return sum(quad(integrand, *part, epsabs=1e-13, limit=300)[0] for part in [(-10, 0), (0, 10)])


def levels_from(factor, measured=None, rule="exact", activation="relu", weights="normal"):
    """Hand-made Levels."""
    measured = np.ones((3, 4)) if measured is None else np.array(measured, float)
    return Levels(activation, rule, 1.0, weights, measured, np.ones(len(measured)), MOMENT_GRID, np.array(factor))


# Gains by rule.


@pytest.mark.parametrize(
    ("name", "gain"),
    [
        ("linear", 1),
        ("sigmoid", 1),
        ("tanh", 5 / 3),
        ("relu", 2**0.5),
        ("selu", 0.75),
        ("leaky_relu", 1.4141428569978354),
    ],
)
def test_pytorchs_table(name, gain):
    """The values that torch.nn.init.calculate_gain returns, leaky ReLU at its slope of 0.01."""
    assert gain_by_rule(name, "PyTorch's table") == pytest.approx(gain, rel=1e-12)
    assert len(PYTORCH_GAINS) == 6


@pytest.mark.parametrize("name", ["elu", "silu", "gelu"])
def test_pytorchs_table_has_no_gain_for_the_others(name):
    with pytest.raises(ValueError, match=f"^PyTorch's table has no gain for {name}$"):
        gain_by_rule(name, "PyTorch's table")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_other_rules(name):
    assert gain_by_rule(name, "exact") == gain_for(name)
    assert gain_by_rule(name, "1, as LeCun") == 1
    assert gain_by_rule(name, "√2, as He") == math.sqrt(2)


# What is predicted.


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("q", [1e-3, 0.5, 1.0, 7.0])
def test_second_moments_equal_those_of_scipys_integration(name, q):
    assert float(second_moment(name, q)) == pytest.approx(moment_by_quad(name, q), rel=1e-8)


def test_second_moments_of_an_array():
    q = np.array([0.1, 2.0])
    np.testing.assert_allclose(second_moment("tanh", q), [second_moment("tanh", each) for each in q], rtol=1e-14)


@pytest.mark.parametrize(("name", "gain"), [("tanh", 5 / 3), ("gelu", 1.4), ("relu", 1.0), ("linear", 2.0)])
def test_prediction_goes_from_layer_to_layer(name, gain):
    predicted = predict_levels(name, gain, layers=4)
    q = [1.0]
    for _ in range(3):
        q.append(gain**2 * moment_by_quad(name, q[-1]))
    np.testing.assert_allclose(predicted, q, rtol=1e-7)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_exact_gain_predicts_one_everywhere(name):
    np.testing.assert_allclose(predict_levels(name, gain_for(name)), 1, rtol=1e-7)


def test_tanh_with_five_thirds_settles_elsewhere():
    assert predict_levels("tanh", 5 / 3, layers=300)[-1] == pytest.approx(1.17848, abs=1e-5)


# What is measured.


@pytest.mark.parametrize("weights", WEIGHT_KINDS)
@pytest.mark.parametrize("name", ["tanh", "gelu"])
def test_levels_are_those_of_one_network_alone(name, weights):
    """Network 2 of the stack, sent through a plain loop in float64."""
    levels = run_levels(name, "√2, as He", 1.1, weights, width=12, seeds=3)
    drawn = unit_weights(12, 3, 0)[weights.partition(",")[0]][:, 2].astype(float)
    gain = 1.1 * math.sqrt(2) * (KEPT if "uncorrected" in weights else 1)
    z = unit_inputs(12) @ drawn[0]
    expected = [np.mean(z**2)]
    for matrix in drawn[1:]:
        z = ACTIVATIONS[name](z) @ (gain * matrix)
        expected.append(np.mean(z**2))
    assert levels.measured.shape == (DEPTH, 3)
    np.testing.assert_allclose(levels.measured[:, 2], expected, rtol=1e-3)
    np.testing.assert_allclose(levels.predicted, predict_levels(name, gain), rtol=1e-12)
    assert levels.gain == pytest.approx(1.1 * math.sqrt(2))


@pytest.mark.parametrize("weights", ["normal", "truncated, uncorrected"])
def test_narrower_networks_are_cut_out_of_the_wide_ones(weights):
    levels = run_narrower("elu", 1.1, weights, width=25)
    drawn = unit_weights(100, 16, 0)[weights.partition(",")[0]][:, 5, :25, :25].astype(float) * 2
    gain = 1.1 * gain_for("elu") * (KEPT if "uncorrected" in weights else 1)
    z = unit_inputs(25) @ drawn[0]
    for matrix in drawn[1:]:
        z = ACTIVATIONS["elu"](z) @ (gain * matrix)
    assert levels.width == 25
    assert levels.measured[-1, 5] == pytest.approx(np.mean(z**2), rel=1e-3)
    np.testing.assert_array_equal(
        run_narrower("tanh", weights=weights).measured, run_levels("tanh", weights=weights).measured
    )


def test_the_failing_start_takes_the_gain_for_the_scale_and_the_wrong_fan():
    drawn = failing_start((300, 100), np.random.default_rng(0))
    assert drawn.var() == pytest.approx(math.sqrt(2) / 100, rel=0.03)


@pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "uniform"])
def test_unit_weights_have_the_variance_of_one_over_the_width(distribution):
    drawn = unit_weights(20, 8, 0)[distribution].astype(float)
    assert drawn.shape == (DEPTH, 8, 20, 20)
    assert drawn.var() == pytest.approx(1 / 20, rel=0.025)
    assert len(np.unique(drawn.astype(np.float32))) > 0.99 * drawn.size
    ends = {"truncated_normal": 2 / KEPT, "uniform": math.sqrt(3), "normal": 6}
    assert np.abs(drawn).max() * math.sqrt(20) <= ends[distribution] * (1 + 1e-6)


def test_unit_weights_are_kept_small_and_cannot_be_changed():
    kept = unit_weights(100, 16, 0)
    assert sum(kept[name].nbytes for name in ("normal", "truncated_normal", "uniform")) < 60e6
    assert kept["truncated"] is kept["truncated_normal"]
    with pytest.raises(ValueError, match="read-only"):
        kept["uniform"][0] = 0


def test_inputs_have_a_mean_square_of_one():
    np.testing.assert_allclose(np.mean(unit_inputs(30) ** 2, axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize("name", ["linear", "tanh", "elu", "selu"])
def test_wide_networks_come_as_predicted(name):
    levels = run_levels(name, "exact", width=100)
    np.testing.assert_allclose(levels.measured[:5].mean(axis=1), levels.predicted[:5], rtol=0.25)


def test_another_offset_draws_other_weights(monkeypatch):
    first = run_levels("tanh", width=8, seeds=2).measured
    monkeypatch.setenv("STEP_ZERO_SEED", "5")
    other = run_levels("tanh", width=8, seeds=2).measured
    monkeypatch.setenv("STEP_ZERO_SEED", "0")
    np.testing.assert_array_equal(first, run_levels("tanh", width=8, seeds=2).measured)
    assert not np.array_equal(first, other)


# Where the layers lead.


@pytest.mark.parametrize(
    ("name", "rule", "rests"),
    [
        ("tanh", "exact", [(1, True)]),
        ("tanh", "PyTorch's table", [(1.178, True)]),
        ("tanh", "1, as LeCun", []),
        ("sigmoid", "exact", [(1, True)]),
        ("selu", "exact", [(1, True)]),
        ("selu", "PyTorch's table", [(0.02303, True)]),
        ("gelu", "exact", [(1, False)]),
        ("silu", "exact", [(1, False)]),
        ("gelu", "√2, as He", []),
        ("relu", "exact", []),
        ("linear", "√2, as He", []),
    ],
)
def test_rests(name, rule, rests):
    found = run_levels(name, rule, width=8, seeds=2).rests
    assert [steady for _, steady in found] == [steady for _, steady in rests]
    np.testing.assert_allclose([q for q, _ in found], [q for q, _ in rests], rtol=0.01)


def test_rests_of_a_hand_made_curve():
    assert levels_from(MOMENT_GRID**-0.5).rests == [(pytest.approx(1), True)]
    assert levels_from((MOMENT_GRID / 100) ** 0.5).rests == [(pytest.approx(100), False)]
    assert levels_from(np.full(len(MOMENT_GRID), 1 + 1e-9)).rests == []


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_factor_is_what_a_layer_does_to_q(name):
    levels = run_levels(name, "exact", times=1.1, width=8, seeds=2)
    place = 50
    expected = (1.1 * gain_for(name)) ** 2 * moment_by_quad(name, MOMENT_GRID[place]) / MOMENT_GRID[place]
    assert levels.factor[place] == pytest.approx(expected, rel=1e-6)


# The weights' shapes.


@pytest.mark.parametrize(
    ("weights", "std", "kurtosis", "largest"),
    [
        ("normal", 1, 3, 6),
        ("truncated_normal", 1, 2.366, 2 / KEPT),
        ("uniform", 1, 1.8, 3**0.5),
        ("truncated, uncorrected", KEPT, 2.366, 2),
    ],
)
def test_shapes(weights, std, kurtosis, largest):
    shapes = run_weight_shapes(weights)
    assert shapes.density.shape == (32, 16)
    np.testing.assert_allclose(shapes.density.sum(axis=0) * 0.25, 1, atol=0.001)
    np.testing.assert_allclose(shapes.std, std, rtol=0.04)
    np.testing.assert_allclose(shapes.kurtosis.mean(), kurtosis, rtol=0.02)
    assert shapes.largest.max() <= largest * (1 + 1e-6)
    drawn = unit_weights(100, 16, 0)[weights.partition(",")[0]][0, 3].astype(float).ravel() * 10
    drawn *= KEPT if "uncorrected" in weights else 1
    assert shapes.kurtosis[3] == pytest.approx(np.mean(drawn**4) / np.mean(drawn**2) ** 2)
    assert shapes.density[16, 3] * 0.25 == pytest.approx(np.mean((drawn >= 0) & (drawn < 0.25)), abs=2e-4)


# Bad arguments.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: run_levels("rleu"), "activation must be one of linear, "),
        (lambda: run_levels("relu", "best"), f"rule must be one of {', '.join(RULES)}; got 'best'"),
        (lambda: run_levels("relu", "exact", -1), "times must be at least 0"),
        (lambda: run_levels("relu", "exact", math.inf), "times must be finite"),
        (
            lambda: run_levels("relu", weights="truncated"),
            f"weights must be one of {', '.join(WEIGHT_KINDS)}; got 'truncated'",
        ),
        (lambda: run_levels("gelu", "PyTorch's table"), "PyTorch's table has no gain for gelu"),
        (lambda: run_weight_shapes("flat"), "weights must be one of "),
        (lambda: second_moment("swish", 1.0), "activation must be one of linear, "),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


# The table and the pictures.


def test_levels_table():
    many = [
        levels_from(MOMENT_GRID, [[1], [0.5]], "exact", "relu"),
        levels_from(MOMENT_GRID, [[1], [3e-12]], "√2, as He", "relu"),
        levels_from(MOMENT_GRID, [[1], [20]], "exact", "gelu"),
    ]
    lines = [re.split("  +", line) for line in levels_table(many).split("\n")]
    assert lines[0] == ["activation", "gain exact", "gain √2, as He"]
    assert lines[2] == ["relu", "0.5", "< 1e-10"]
    assert lines[3] == ["gelu", "20", "–"]


def assert_course(course, levels):
    np.testing.assert_array_equal(course.band.line.get_xdata(), levels.layers)
    np.testing.assert_allclose(course.band.line.get_ydata(), np.median(levels.measured, axis=1))
    np.testing.assert_array_equal(course.prediction.get_ydata(), levels.predicted)


def test_levels_view_shows_one_rule_and_nothing_else():
    view = LevelsView()
    view.update(run_levels("relu", "exact", width=8, seeds=4))
    levels = run_levels("gelu", "√2, as He", 1.25, width=8, seeds=4)
    view.update(levels)
    assert_course(view.courses["√2, as He"], levels)
    np.testing.assert_array_equal(view.factors["√2, as He"].line.get_ydata(), levels.factor)
    assert view.text.get_text() == "gelu, gain 1.77, width 8"
    for rule in RULES:
        if rule != "√2, as He":
            assert len(view.courses[rule].band.line.get_xdata()) == 0
            assert len(view.courses[rule].prediction.get_xdata()) == 0
            assert len(view.factors[rule].line.get_xdata()) == 0


@pytest.mark.parametrize(("name", "steady", "away"), [("tanh", 1, 0), ("gelu", 0, 1), ("relu", 0, 0)])
def test_dots_and_rings_stand_where_the_factor_is_one(name, steady, away):
    view = LevelsView()
    view.update(run_levels(name, width=8, seeds=2))
    factor = view.factors["exact"]
    assert len(factor.steady.get_xdata()) == steady
    assert len(factor.watershed.get_xdata()) == away
    for artist in (factor.steady, factor.watershed):
        np.testing.assert_allclose(artist.get_xdata(), 1, rtol=0.01)
        np.testing.assert_array_equal(artist.get_ydata(), 1)


def test_levels_view_says_what_it_shows():
    levels = run_levels("tanh", "PyTorch's table", weights="uniform")
    low, middle, high = (scale_text(edge) for edge in quantiles(levels.measured[-1]))
    assert LevelsView().reading(levels) == (
        f"tanh, gain 1.67, uniform, width 100: E[z²] at layer 30 is {middle} in the median network, "
        f"{low} to {high} in the middle 80 %; predicted 1."
    )


def test_levels_view_keeps_its_background_while_a_control_moves(monkeypatch):
    view = LevelsView()
    view.update(run_levels("relu", width=8, seeds=4))
    monkeypatch.setattr(view, "_draw_background", lambda: pytest.fail("the background was drawn again"))
    view.update(run_levels("linear", "√2, as He", 2.0, width=8, seeds=4))
    assert len(view.png()) < 30_000


def test_rules_view_shows_three_rules():
    many = [run_levels("tanh", rule, width=8, seeds=4) for rule in RulesView.rules]
    view = RulesView()
    view.update(many)
    for levels in many:
        assert_course(view.courses[levels.rule], levels)
        np.testing.assert_array_equal(view.factors[levels.rule].line.get_ydata(), levels.factor)
    told = [text.get_text() for text in view.left.get_legend().get_texts()]
    assert told == list(RulesView.rules)
    assert view.reading(many).startswith("tanh: E[z²] of the median network at layer 30: ")


def test_nine_view_has_a_panel_for_each_activation():
    many = [run_levels(name, rule, width=8, seeds=4) for name in ACTIVATIONS for rule in NineView.rules]
    view = NineView()
    view.update(many)
    assert [axes.get_title() for axes in view.figure.axes] == list(ACTIVATIONS)
    for levels in many:
        line = view.courses[levels.activation][levels.rule].line
        assert line.axes.get_title() == levels.activation
        np.testing.assert_allclose(line.get_ydata(), np.median(levels.measured, axis=1))


def test_nine_view_tells_which_signals_are_kept():
    ends = {"1, as LeCun": 0.05, "√2, as He": 2, "exact": 11}
    many = [levels_from(MOMENT_GRID, [[1], [end]], rule) for rule, end in ends.items()]
    told = NineView().reading(many)
    assert told.endswith("at layer 30, gain 1, as LeCun: none; gain √2, as He: relu; gain exact: none.")


def test_weights_view_shows_the_densities_and_the_signals():
    pairs = [(run_weight_shapes(kind), run_levels("relu", weights=kind)) for kind in WEIGHT_LOOKS]
    view = WeightsView()
    view.update(pairs)
    for shapes, levels in pairs:
        outline = view.outlines[shapes.weights].get_data()
        np.testing.assert_array_equal(outline.edges, shapes.edges)
        np.testing.assert_allclose(outline.values, np.median(shapes.density, axis=1))
        area = view.areas[shapes.weights].get_data()
        np.testing.assert_array_equal(area.values, quantiles(shapes.density)[2])
        np.testing.assert_array_equal(area.baseline, quantiles(shapes.density)[0])
        assert_course(view.courses[shapes.weights], levels)
    assert "(truncated, uncorrected)" in view.reading(pairs)


def test_moments_on_the_grid_are_kept_between_calls():
    assert gains.moments_on_grid("tanh") is gains.moments_on_grid("tanh")
    np.testing.assert_array_equal(gains.moments_on_grid("tanh"), second_moment("tanh", MOMENT_GRID))
