"""ReLU networks (notebook 05): the experiments against independent computations, and their Views."""

import math
import re

import numpy as np
import pytest
from scipy import stats

from helpers.lessons.build_he import checks
from helpers.lessons.build_he.experiment import (
    DEEPEST_DEAD_UNITS,
    FACTORS,
    FANNED,
    H_BINS,
    SIZE_LAYERS,
    TRAINED,
    WIDEST_DEAD_UNITS,
    Born,
    DeadUnits,
    Sizes,
    Training,
    count_dead,
    directions,
    lesson_digits,
    networks_that_stand_still,
    run_born,
    run_dead_units,
    run_decay,
    run_leak,
    run_sizes,
    run_training,
    scale_and_dead,
    standard_matrices,
)
from helpers.lessons.build_he.tables import born_table, trainings_table
from helpers.lessons.build_he.views import (
    BornView,
    DeadUnitsView,
    DecayView,
    InsideView,
    SizesView,
    TrainingsView,
    constant_networks,
    inside_layers,
)
from helpers.seeding import seeded
from helpers.statistics import quantiles, wilson_intervals


def shown(band):
    return band.line.get_xdata(), band.line.get_ydata()


# Signals.


@pytest.mark.parametrize("start", FANNED)
def test_the_factor_of_a_layer_is_half_of_n_times_the_variance(start):
    weights = FANNED[start]((300, 300), np.random.default_rng(0))
    assert 300 * weights.var() / 2 == pytest.approx(FACTORS[start], rel=0.02)


@pytest.mark.parametrize("start", FANNED)
def test_decay_is_that_of_one_network_alone(start):
    result = run_decay(start, layers=4, width=12, seeds=3)
    assert result.square.shape == (5, 3)
    h = seeded(3, 2).standard_normal((8, 12))
    rng = seeded(5, 0, 2)
    squares = [np.mean(h**2)]
    for _ in range(4):
        h = np.maximum(h @ FANNED[start]((12, 12), rng), 0)
        squares.append(np.mean(h**2))
    np.testing.assert_allclose(result.square[:, 2], squares, rtol=1e-4)
    np.testing.assert_allclose(result.predicted, FACTORS[start] ** np.array([0.0, 1, 2, 3, 4]))


def test_decay_follows_its_prediction_on_average():
    result = run_decay("Xavier", layers=3, width=64, seeds=200)
    np.testing.assert_allclose(result.square.mean(axis=1) / result.square[0, 0], result.predicted, rtol=0.1)


def test_leak_meets_the_integral():
    slopes = [-1, 0, 0.01, 0.25, 1]
    result = run_leak(slopes, width=256, seeds=4)
    z = np.linspace(-12, 12, 200_001)
    for slope, kept, predicted in zip(slopes, result.kept, result.predicted, strict=True):
        integral = np.trapezoid(np.where(z > 0, z, slope * z) ** 2 * stats.norm.pdf(z), z)
        assert predicted == pytest.approx(integral, rel=1e-6)
        assert kept.mean() == pytest.approx(integral, rel=0.06)


# Trainings.


def training_of(start, layers, steps, loss):
    """Return a Training of which only the losses matter."""
    return Training(start, layers, steps, loss, np.ones((*loss.shape, 1)), np.zeros((*loss.shape, 1)))


def test_training_begins_at_the_loss_of_the_drawn_networks():
    result = run_training("He", layers=3, width=8, steps=20, seeds=2)
    assert result.loss.shape == (2, 2)
    np.testing.assert_array_equal(result.steps, [0, 20])
    rng = seeded(5, 4, 1)
    x, labels = lesson_digits()
    first, second, third = (math.sqrt(2 / shape[0]) * rng.standard_normal(shape) for shape in [(64, 8), (8, 8), (8, 3)])
    logits = np.maximum(np.maximum(x @ first, 0) @ second, 0) @ third
    own = logits[np.arange(200), labels]
    loss = np.mean(np.log(np.exp(logits).sum(axis=1)) - own)
    assert result.loss[0, 1] == pytest.approx(loss)
    assert result.loss[1, 1] < loss


def test_learned_is_below_half_of_guessing():
    half = math.log(3) / 2
    loss = np.array([[2, 2, 2], [half, 2, 2], [half - 0.01, half + 0.01, 0]])
    result = training_of("He", 5, np.array([0, 20, 40]), loss)
    assert list(result.learned) == [True, False, True]
    assert result.half_at == 40
    assert training_of("He", 5, np.array([0]), np.array([[2.0, 2.0]])).half_at == math.inf


def test_scales_and_dead_units_are_those_of_a_plain_loop():
    result = run_training("He", layers=4, width=6, steps=20, seeds=2)
    assert result.scale.shape == (2, 4, 2)
    assert result.dead.shape == (2, 3, 2)
    rng = seeded(5, 4, 1)
    h, _ = lesson_digits()
    for layer, shape in enumerate([(64, 6), (6, 6), (6, 6), (6, 3)]):
        z = h @ (math.sqrt(2 / shape[0]) * rng.standard_normal(shape))
        h = np.maximum(z, 0) if layer < 3 else z
        assert result.scale[0, layer, 1] == pytest.approx(np.sqrt(np.mean(h**2)))
        if layer < 3:
            assert result.dead[0, layer, 1] == np.mean([not (column > 0).any() for column in z.T])


def test_a_layer_is_dead_when_all_of_its_units_are():
    dead = np.array([[[0.5, 0.5], [0.9, 1.0]], [[1.0, 0.2], [0.0, 0.3]]])
    result = Training("He", 3, np.array([0, 20]), np.ones((2, 2)), np.ones((2, 3, 2)), dead)
    np.testing.assert_array_equal(result.dead_layer, [[False, True], [True, False]])


def test_a_network_that_diverged_has_no_dead_layer():
    network, x, _ = networks_that_stand_still()
    network.biases[0][0] = np.nan
    scale, dead = scale_and_dead(network, x)
    assert np.isnan(scale[:, 0]).all()
    assert np.isfinite(scale[:, 1:]).all()
    assert dead[:, 0].max() == 0


def test_the_large_start_is_that_of_notebook_00():
    weights = TRAINED["large normal"]((100, 100), np.random.default_rng(0))
    assert weights.std() == pytest.approx(1, rel=0.03)


def test_the_networks_that_stand_still_are_those_that_the_exercise_asks_for():
    network, x, labels = networks_that_stand_still()
    assert (x.shape, labels.shape) == ((60, 64), (60,))
    for weights, biases in zip(network.weights, network.biases, strict=True):
        assert pytest.approx(weights.shape[1] * weights.var(), rel=0.1) == 1 / 3
        assert abs(biases).max() <= 1 / math.sqrt(weights.shape[1])
        checks.sick_start.insist("c", math.sqrt(2 / (weights.shape[1] * weights.var())))


# How large the values are.


def test_sizes_are_those_of_one_network_alone():
    result = run_sizes("He", width=12, seeds=3)
    h = seeded(3, 2).standard_normal((8, 12)).astype(np.float32)
    rng = seeded(5, 0, 2)
    for layer in range(1, SIZE_LAYERS[-1] + 1):
        h = np.maximum(h @ FANNED["He"]((12, 12), rng), 0)
        if layer in SIZE_LAYERS:
            place = SIZE_LAYERS.index(layer)
            counted, _ = np.histogram(np.log10(h[h > 0]), H_BINS)
            np.testing.assert_allclose(result.shares[place, 2], counted / h.size, atol=1.5 / h.size)
            assert result.zeros[place, 2] == np.mean(h == 0)


def test_the_middle_of_the_sizes_is_the_bin_with_their_median():
    shares = np.zeros((1, 1, len(H_BINS) - 1))
    shares[0, 0, [3, 10, 20]] = [0.2, 0.1, 0.2]
    centre = (H_BINS[10] + H_BINS[11]) / 2
    assert Sizes("He", shares, np.array([[0.5]])).middle == pytest.approx([10**centre])


# Dead networks.


def test_directions_go_round_the_circle():
    points = directions()
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1)
    np.testing.assert_allclose(points[:16], -points[16:], atol=1e-12)


def test_dead_networks_counted_one_by_one():
    networks, width, depth = 40, 3, 6
    rng = seeded(5, 6, width)
    weights = [rng.standard_normal((networks, 2 if layer == 0 else width, width)) for layer in range(depth)]
    one, every = np.zeros(depth, int), np.zeros(depth, int)
    for number in range(networks):
        answers = []
        for x in directions():
            h, silent = x, []
            for matrix in weights:
                h = np.maximum(h @ matrix[number], 0)
                silent.append(not h.any())
            answers.append(silent)
        one += answers[0]
        every += np.all(answers, axis=0)
    np.testing.assert_array_equal(count_dead(width, depth, networks), [one, every])


def test_the_bound_is_the_product():
    born = run_born([2, 5], depth=4, networks=10)
    np.testing.assert_array_equal(born.layers, [1, 2, 3, 4])
    for row, width in zip(born.bound, born.widths, strict=True):
        for layer, bound in zip(born.layers, row, strict=True):
            assert bound == pytest.approx(1 - math.prod([1 - 2.0**-width] * layer))


def test_one_unit_loses_half_of_the_inputs_in_a_layer():
    lost, _ = count_dead(1, 3, 4000)
    np.testing.assert_allclose(lost / 4000, [1 / 2, 3 / 4, 7 / 8], atol=0.035)


# Dead units.


@pytest.mark.parametrize(("variance", "slope", "depth", "width"), [(2.0, 0.0, 4, 5), (1.0, 0.25, 3, 48)])
def test_dead_units_are_those_of_one_network_alone(variance, slope, depth, width):
    result = run_dead_units(variance=variance, slope=slope, depth=depth, width=width)
    x, *matrices = standard_matrices(0)
    h = x.astype(float)
    for layer in range(depth):
        fan_in = h.shape[1]
        z = h @ matrices[layer][3, :fan_in, :width].astype(float) * math.sqrt(variance / fan_in)
        assert result.scale[layer, 3] == pytest.approx(np.sqrt(np.mean(z**2)), rel=1e-4)
        assert result.dead[layer, 3] == pytest.approx(np.mean([not (column > 0).any() for column in z.T]))
        h = np.where(z > 0, z, slope * z)


def test_the_matrices_are_standard_normal_and_differ():
    _, first, second, *others = standard_matrices(0)
    assert first.shape == (16, 64, WIDEST_DEAD_UNITS)
    assert len(others) == DEEPEST_DEAD_UNITS - 2
    assert not np.array_equal(first[:, :48], second)
    assert stats.kstest(np.concatenate([first.ravel(), second.ravel()]), "norm").pvalue > 1e-4


def test_dead_units_begin_alike_at_any_depth():
    shallow, deep = run_dead_units(depth=3), run_dead_units(depth=6)
    np.testing.assert_array_equal(shallow.dead, deep.dead[:3])


def test_a_network_without_a_signal_is_constant():
    assert list(DeadUnits(2.0, 0.0, 4, np.array([[1.0, 1.0], [0.0, 0.5]]), np.zeros((2, 2))).constant) == [True, False]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: run_decay("she"), "start must be one of Xavier, He, standard"),
        (lambda: run_training("zeros"), "start must be one of"),
        (lambda: run_dead_units(depth=51), "depth must be a whole number from 1 to 50; got 51"),
        (lambda: run_dead_units(width=0), "width must be a whole number from 1 up"),
        (lambda: run_dead_units(width=49), "width must be a whole number from 1 to 48; got 49"),
        (lambda: run_dead_units(variance=-1.0), "variance must be at least 0"),
        (lambda: run_leak([math.inf]), "slope must be finite"),
    ],
)
def test_bad_input_says_what_is_right(call, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        call()


# Tables and Views.


def two_trainings():
    steps = np.array([0, 20, 40])
    low, high = np.array([[1.2, 1.4], [0.8, 0.4], [0.04, 0.04]]), np.array([[1.1, 1.1]] * 3)
    return [training_of("He", 6, steps, low), training_of("Xavier", 30, steps, high)]


def test_trainings_table():
    lines = [re.split("  +", line) for line in trainings_table(two_trainings()).split("\n")]
    assert lines[2] == ["6", "He", "0.04", "30", "2 of 2"]
    assert lines[3] == ["30", "Xavier", "1", "never", "0 of 2"]


def test_born_table():
    born = Born(np.array([1, 2]), 10, np.array([[5, 8], [2, 5]]), np.array([[0, 4], [0, 1]]))
    lines = [re.split("  +", line) for line in born_table(born, [1, 2]).split("\n")]
    assert lines[0] == ["width", "1 layers: dead", "bound", "2 layers: dead", "bound"]
    assert lines[2] == ["1", "0.000", "0.500", "0.400", "0.750"]
    assert lines[3] == ["2", "0.000", "0.250", "0.100", "0.438"]


def test_decay_view_shows_medians_and_predictions():
    decays = [run_decay(start, layers=5, width=16) for start in FANNED]
    leak = run_leak([-1, 0, 0.5], width=32)
    view = DecayView()
    view.update([decays, leak])
    for decay in decays:
        np.testing.assert_array_equal(shown(view.bands[decay.start])[0], range(6))
        np.testing.assert_allclose(shown(view.bands[decay.start])[1], np.median(decay.square, axis=1))
        np.testing.assert_array_equal(view.predicted[decay.start].get_ydata(), decay.predicted)
    np.testing.assert_array_equal(shown(view.leak)[0], leak.slopes)
    np.testing.assert_allclose(shown(view.leak)[1], np.median(leak.kept, axis=1))
    assert view.reading([decays, leak]).startswith("E[h²] at layer 5, median of 16: Xavier ")


def test_trainings_view_has_a_panel_for_each_depth():
    trainings = two_trainings()
    view = TrainingsView()
    view.update(trainings)
    assert [axes.get_title() for axes in view.panels] == ["6 layers", "30 layers"]
    np.testing.assert_allclose(shown(view.bands[0]["He"])[1], [1.3, 0.6, 0.04])
    np.testing.assert_allclose(shown(view.bands[1]["Xavier"])[1], [1.1] * 3)
    assert len(shown(view.bands[0]["Xavier"])[0]) == 0
    assert view.reading(trainings).endswith("He with 6 layers 2, Xavier with 30 layers 0.")


def test_sizes_view_shows_a_hill_for_each_layer():
    two = [run_sizes(start, width=16, seeds=5) for start in SizesView.starts]
    view = SizesView()
    view.update(two)
    for sizes in two:
        outline = view.hills[sizes.start][1].get_segments()
        assert len(outline) == len(SIZE_LAYERS)
        _, middle, high = quantiles(np.swapaxes(sizes.shares, 1, 2))
        np.testing.assert_allclose(outline[2][:, 1], 3 + 0.85 * middle[2] / high[2].max())
        assert view.words[sizes.start][0].get_text() == f"{np.median(sizes.zeros[0]):.0%} are 0"
    assert view.reading(two).startswith("The median size of the values that are not 0, in layers 1, 10, 20, 30: Xavier")


def test_inside_view_shows_four_layers_of_each_start():
    two = [run_training(start, layers=8, width=6, steps=40, seeds=3) for start in InsideView.starts]
    view = InsideView()
    view.update(two)
    assert list(inside_layers(two[0])) == [1, 3, 5, 7]
    assert [text.get_text() for text in view.legend.get_texts()] == ["layer 1", "layer 3", "layer 5", "layer 7"]
    for training in two:
        for band, layer in zip(view.bands[training.start], (1, 3, 5, 7), strict=True):
            np.testing.assert_allclose(shown(band)[1], np.median(training.scale[:, layer - 1], axis=1))
    assert "from step 0 to step 40: Xavier, " in view.reading(two)


def test_born_view_shows_shares_bounds_and_intervals():
    born = run_born([1, 2, 3, 4, 5], depth=50, networks=50)
    view = BornView()
    view.update(born)
    for curves, counts in zip(view.curves, (born.dead_for_one, born.dead_for_all), strict=True):
        for curve, count, bound in zip(curves, counts, born.bound, strict=True):
            np.testing.assert_array_equal(curve.line.get_ydata(), count / 50)
            np.testing.assert_array_equal(curve.bound.get_ydata(), bound)
            corners = curve.area.get_paths()[0].vertices
            np.testing.assert_allclose(corners[:50, 1], wilson_intervals(count, 50)[0])
    assert [text.get_text() for text in view.legend.get_texts()] == [f"{width} wide" for width in born.widths]
    assert "dead at layer 25: 1 wide 1.0 (bound 1.0)" in view.reading(born)


def test_dead_units_view_shows_the_medians():
    units = run_dead_units(depth=10, width=8)
    view = DeadUnitsView()
    view.update(units)
    np.testing.assert_array_equal(shown(view.dead)[0], range(1, 11))
    np.testing.assert_allclose(shown(view.scale)[1], np.median(units.scale, axis=1))
    np.testing.assert_allclose(shown(view.dead)[1], np.median(units.dead, axis=1))
    assert view.words[0].get_text().startswith("median at layer 10: ")
    assert view.words[1].get_text() == constant_networks(units)
    assert view.reading(units).startswith("Variance 2 / fan_in, slope 0, width 8: at layer 10 ")


def test_dead_units_view_keeps_its_background_while_a_slider_moves(monkeypatch):
    view = DeadUnitsView()
    view.update(run_dead_units())
    monkeypatch.setattr(view, "_draw_background", lambda: pytest.fail("the background was drawn again"))
    view.update(run_dead_units(width=2, depth=50))
    assert view.words[1].get_text() == "16 of 16 networks are dead"
    assert len(view.png()) < 30_000
