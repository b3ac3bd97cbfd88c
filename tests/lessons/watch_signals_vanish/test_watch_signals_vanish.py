"""Are signals and gradients sent as the networks send them, and do the pictures show what was computed?

The passes are compared with networks.forward and networks.backward, and with central differences; the scales
with a computation of one network alone; the layers at which float32 ends with their closed form.
"""

import math
import re

import numpy as np
import pytest

from helpers import networks, training
from helpers.activations import ACTIVATIONS
from helpers.data import digits
from helpers.lessons.watch_signals_vanish import checks, experiment
from helpers.lessons.watch_signals_vanish.experiment import (
    DEEPEST_SIGNALS,
    FIVE,
    FLOAT32_MAX,
    FLOAT32_MIN,
    MATRICES,
    STUCK_LAYERS,
    Signals,
    draw_stuck,
    first_layer,
    fresh_weights,
    run_histograms,
    run_reuse,
    run_signals,
    run_taper,
)
from helpers.lessons.watch_signals_vanish.tables import signals_table
from helpers.lessons.watch_signals_vanish.views import (
    HistogramsView,
    ReuseView,
    SignalsView,
    SignalView,
    backward_outcome,
    forward_outcome,
)
from helpers.propagation import scale_of, send_forward
from helpers.seeding import seeded


def result_from(forward_scales, backward_scales, activation="relu", gain=1.0):
    return Signals(activation, gain, MATRICES[0], np.array(forward_scales, float), np.array(backward_scales, float), 8)


# The two passes.


# The experiments.


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_scales_are_those_of_one_network_alone(name):
    """Network 2 of the stack, sent through a plain loop in float64."""
    result = run_signals(name, gain=1.3, depth=6, width=12, seeds=3)
    f = ACTIVATIONS[name]
    rng = seeded(3, 1, 2)
    weights = [1.3 / math.sqrt(12) * rng.standard_normal((12, 12), dtype=np.float32) for _ in range(6)]
    h = [seeded(3, 2).standard_normal((8, 12))]
    z = []
    for matrix in weights:
        z.append(h[-1] @ matrix.astype(float))
        h.append(f(z[-1]))
    delta = [seeded(3, 3, 2).standard_normal((8, 12), dtype=np.float32).astype(float)]
    for layer in (5, 4, 3, 2, 1):
        delta.insert(0, (delta[0] @ weights[layer].T) * f.derivative(z[layer - 1]))

    np.testing.assert_allclose(result.forward[:, 2], [np.sqrt((a**2).mean()) for a in h], rtol=1e-4)
    np.testing.assert_allclose(result.backward[:, 2], [np.sqrt((a**2).mean()) for a in delta], rtol=1e-4)


def test_shapes_and_layers():
    result = run_signals("tanh", depth=7, width=10, seeds=5)
    assert result.forward.shape == (8, 5)
    assert result.backward.shape == (7, 5)
    assert result.depth == 7
    assert result.seeds == 5
    assert list(result.layers) == list(range(8))


def test_a_shallow_network_begins_the_deep_one():
    deep, shallow = (run_signals("relu", depth=depth, width=10, seeds=4) for depth in (20, 8))
    np.testing.assert_array_equal(deep.forward[:9], shallow.forward)


def test_weights_have_the_standard_deviation_that_was_asked_for():
    drawn = np.array(fresh_weights(2.5, 30, width=40, seeds=4))
    assert drawn.dtype == np.float32
    assert drawn.std() == pytest.approx(2.5 / math.sqrt(40), rel=5 / math.sqrt(2 * drawn.size))
    assert abs(drawn.mean()) < 5 * drawn.std() / math.sqrt(drawn.size)


def test_another_offset_draws_other_weights(monkeypatch):
    first = run_signals("linear", depth=3, width=8, seeds=2).forward
    monkeypatch.setenv("STEP_ZERO_SEED", "5")
    other = run_signals("linear", depth=3, width=8, seeds=2).forward
    monkeypatch.setenv("STEP_ZERO_SEED", "0")
    again = run_signals("linear", depth=3, width=8, seeds=2).forward
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("gain", [4.0, 10.0])
def test_linear_networks_diverge_where_the_power_says(gain):
    result = run_signals("linear", gain=gain)
    predicted = math.log(FLOAT32_MAX) / math.log(gain)
    assert np.abs(result.diverged_at - predicted).max() < 4
    assert np.isinf(result.zero_at).all()
    assert np.isnan(result.backward).all(), "a network without an output has no gradient"


def test_linear_networks_vanish_where_the_power_says():
    result = run_signals("linear", gain=0.1)
    predicted = math.log(FLOAT32_MIN) / math.log(0.1)
    assert np.abs(result.zero_at - predicted).max() < 4
    assert np.isinf(result.diverged_at).all()
    assert np.abs(result.gradient_zero_at - (DEEPEST_SIGNALS - predicted)).max() < 4


def test_ends_of_hand_made_scales():
    result = result_from([[1, 1, 1], [0, 2, 3], [0, np.inf, 4], [0, np.nan, 5]], [[0, np.nan, 6], [0, 1, 7], [1, 1, 8]])
    assert list(result.zero_at) == [1, np.inf, np.inf]
    assert list(result.diverged_at) == [np.inf, 2, np.inf]
    assert list(result.gradient_zero_at) == [2, np.inf, np.inf]


def test_first_layer():
    happened = np.array([[False, True, False], [True, True, False]])
    assert list(first_layer(happened)) == [1, 0, np.inf]


def test_one_matrix_reused_is_a_matrix_power():
    result = run_signals("linear", depth=5, matrices=MATRICES[1], width=9, seeds=2)
    matrix = fresh_weights(1.0, 1, width=9, seeds=2)[0].astype(float)
    x = seeded(3, 2).standard_normal((8, 9))
    np.testing.assert_allclose(result.forward[5], scale_of(x @ np.linalg.matrix_power(matrix, 5)), rtol=1e-4)


def test_reuse_takes_its_growth_from_the_largest_eigenvalue():
    reuse = run_reuse()
    matrices = fresh_weights(1.0, 1)[0]
    largest = [max(abs(np.linalg.eigvals(matrix.astype(float)))) for matrix in matrices]
    np.testing.assert_allclose(reuse.radius, largest)
    np.testing.assert_allclose(reuse.growth, (reuse.reused.forward[100] / reuse.reused.forward[50]) ** 0.02, rtol=1e-12)
    np.testing.assert_allclose(reuse.growth, reuse.radius, rtol=0.03)
    np.testing.assert_array_equal(reuse.fresh.forward, run_signals("linear").forward)


@pytest.mark.parametrize(("fan", "ahead", "back"), [("fan_in", 1, 1 / 4), ("fan_out", 4, 1)])
def test_taper_moves_the_scale_by_the_root_of_the_widths(fan, ahead, back):
    result = run_taper([256, *range(256, 0, -16)], fan)
    assert np.median(result.forward[-1] / result.forward[0]) == pytest.approx(ahead, rel=0.25)
    assert np.median(result.backward[0] / result.backward[-1]) == pytest.approx(back, rel=0.25)


def test_histograms_count_what_was_sent():
    result = run_histograms("tanh", 4.0, layers=(1, 3), bins=10, seeds=2)
    weights = fresh_weights(4.0, 3, seeds=2)
    x = seeded(3, 2).standard_normal((8, 48)).astype(np.float32)
    h = send_forward(x, weights, ACTIVATIONS["tanh"])[0][3]
    assert result.shares.shape == (2, 2, 10)
    np.testing.assert_allclose(result.shares.sum(axis=2), 1)
    np.testing.assert_allclose(result.saturated[1], (np.abs(h) > 0.99).mean(axis=(1, 2)), atol=0.004)
    np.testing.assert_allclose(result.shares[1, :, -1], (h >= 0.8).mean(axis=(1, 2)), atol=0.004)


@pytest.mark.parametrize("depth", [0, 101, 2.5, True, "7"])
def test_an_impossible_depth_is_named(depth):
    with pytest.raises(ValueError, match="depth must be a whole number of layers from 1 to 100"):
        run_signals("relu", depth=depth)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: run_signals("rleu"), "activation must be one of linear, "),
        (lambda: run_signals("relu", gain=-1), "gain must be at least 0"),
        (lambda: run_signals("relu", matrices="two"), "matrices must be one of fresh in each layer, one, reused"),
        (lambda: run_taper([4, 0], "fan_in"), "widths must be at least two positive integers"),
        (lambda: run_taper([4, 4], "fan"), "mode must be one of fan_in, fan_out, fan_avg"),
        (lambda: run_histograms("relu", 1.0), "activation must be one of tanh, sigmoid"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_weights_kept_between_calls_stay_small_and_cannot_be_changed():
    kept = experiment.standard_weights(48, 16, 0)
    assert kept.nbytes < 30e6
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 0


# The network that does not train.


def loss_after(network):
    """The last loss of 200 steps on a hundred digits, as the exercise shows them."""
    x, labels = (part[:100] for part in digits())
    return training.fit(network, x, labels, loss="softmax", optimizer=training.SGD(0.3), steps=200).loss[-1, 0]


def mended(layers):
    network = draw_stuck()
    for layer in layers:
        weights = network.weights[layer - 1]
        weights *= 1 / math.sqrt(weights.shape[1]) / weights.std()
    return network


@pytest.mark.parametrize("offset", ["0", "3"])
def test_the_stuck_network_does_not_train_and_the_mended_one_does(offset, monkeypatch):
    monkeypatch.setenv("STEP_ZERO_SEED", offset)
    assert loss_after(draw_stuck()) == pytest.approx(math.log(10), abs=0.02)
    assert loss_after(mended(STUCK_LAYERS)) < 0.1
    assert loss_after(mended(STUCK_LAYERS[1:])) < 0.1, "one such layer alone does not keep it from learning"


def test_the_signals_of_the_stuck_network_say_which_layers_are_at_fault():
    trace = networks.forward(draw_stuck(), digits()[0][:100])
    scales = np.array([scale_of(h).mean() for h in [*trace.signals, trace.logits]])
    assert tuple(np.flatnonzero(scales[1:] / scales[:-1] < 0.02) + 1) == STUCK_LAYERS


# The words, the table, and the pictures.


@pytest.mark.parametrize(
    ("forward_scales", "backward_scales", "ahead", "back"),
    [
        ([[1, 1], [0.5, 0.5]], [[0.25, 0.25]], "median at layer 1: 0.50", "median at layer 1: 0.25"),
        (
            [[1, 1], [np.inf, 2]],
            [[np.nan, 1]],
            "1 of 2 diverged, first at layer 1",
            "1 of 2 have no finite output, so no gradient",
        ),
        (
            [[1, 1], [np.inf] * 2],
            [[np.nan] * 2],
            "all 2 diverged, first at layer 1",
            "all 2 have no finite output, so no gradient",
        ),
        ([[1, 1], [0, 0]], [[0, 0]], "all 2 exactly 0 from layer 1", "all 2 exactly 0 up to layer 1"),
        ([[1, 1], [0, 1]], [[0, 1]], "1 of 2 exactly 0 at layer 1", "1 of 2 exactly 0 at layer 1"),
        ([[1, 1], [1, 1]], [[np.inf, 1]], "median at layer 1: 1.0", "1 of 2 diverged at layer 1"),
    ],
)
def test_outcomes(forward_scales, backward_scales, ahead, back):
    result = result_from(forward_scales, backward_scales)
    assert forward_outcome(result) == ahead
    assert backward_outcome(result) == back


def test_signals_table():
    dead = result_from([[1] * 3, [0] * 3], [[0] * 3], gain=0.25)
    alive = result_from([[1] * 3, [2, 3, 4]], [[1e-12] * 3])
    lines = [re.split("  +", line) for line in signals_table([dead, alive]).split("\n")]
    assert lines[0] == ["activation", "gain", "h, layer 1", "leaves float32", "δ, layer 1", "leaves float32"]
    assert lines[2] == ["relu", "0.25", "0", "0, layer 1", "0", "0, layer 1"]
    assert lines[3] == ["relu", "1", "3", "–", "< 1e-10", "–"]


def shown(band):
    return band.line.get_xdata(), band.line.get_ydata()


def test_signal_view_shows_the_medians_and_nothing_else():
    result = run_signals("tanh", gain=4.0, depth=10, width=8)
    view = SignalView()
    view.update(result)
    for band, places, values in [
        (view.forward["tanh"], result.layers, result.forward),
        (view.backward["tanh"], result.layers[1:], result.backward),
    ]:
        np.testing.assert_array_equal(shown(band)[0], places)
        np.testing.assert_allclose(shown(band)[1], np.median(values, axis=1))
    assert all(len(shown(view.forward[name])[0]) == 0 for name in FIVE if name != "tanh")
    assert [text.get_text() for text in view.words] == [forward_outcome(result), backward_outcome(result)]
    assert "tanh, gain 4, 10 layers of 8 units" in view.reading(result)


def test_signal_view_stops_the_curve_where_the_networks_diverge():
    result = run_signals("linear", gain=4.0)
    view = SignalView()
    view.update(result)
    layers, scales = shown(view.forward["linear"])
    assert np.isfinite(scales).all()
    assert abs(layers[-1] - np.median(result.diverged_at)) <= 1
    assert len(shown(view.backward["linear"])[0]) == 0
    assert "all 16 diverged, first at layer" in view.reading(result)


def test_signal_view_keeps_its_background_while_a_slider_moves(monkeypatch):
    view = SignalView()
    view.update(run_signals("relu"))
    monkeypatch.setattr(view, "_draw_background", lambda: pytest.fail("the background was drawn again"))
    view.update(run_signals("sigmoid", gain=0.25, depth=20))
    assert len(view.png()) < 30_000


def test_signals_view_has_a_column_for_each_gain():
    columns = [[run_signals(name, gain=gain, depth=5, width=8) for name in FIVE] for gain in (0.25, 1.0, 4.0)]
    view = SignalsView()
    view.update(columns)
    assert [axes.get_title() for axes in view.upper] == ["gain 0.25", "gain 1, magnified", "gain 4"]
    for forward_bands, backward_bands, column in zip(view.forward, view.backward, columns, strict=True):
        for result in column:
            np.testing.assert_allclose(shown(forward_bands[result.activation])[1], np.median(result.forward, axis=1))
            np.testing.assert_allclose(shown(backward_bands[result.activation])[1], np.median(result.backward, axis=1))


def test_signals_view_reads_out_where_float32_ends():
    dead = result_from([[1] * 2, [0] * 2], [[0] * 2])
    diverged = result_from([[1] * 2, [np.inf] * 2], [[np.nan] * 2], "linear")
    quiet = [result_from([[1] * 2, [1] * 2], [[1] * 2], gain=4.0)]
    assert SignalsView().reading([[dead, diverged], quiet]) == (
        "Gain 1: the signal diverges in linear; the signal reaches 0 in relu; the gradient reaches 0 in relu. "
        "Gain 4: all stay within float32."
    )


def test_histograms_view_shows_the_medians():
    rows = [("tanh", 0.5), ("tanh", 1.0), ("tanh", 4.0), ("sigmoid", 1.0)]
    many = [run_histograms(name, gain) for name, gain in rows]
    view = HistogramsView()
    view.update(many)
    for row, histograms in enumerate(many):
        assert view.panels[row, 0].get_ylabel() == f"{histograms.activation}\ngain {histograms.gain:g}"
        for column in range(4):
            heights = view.middles[row][column].get_data().values
            median = np.median(histograms.shares[column], axis=0)
            top = np.quantile(histograms.shares[column], 0.9, axis=0).max()
            np.testing.assert_allclose(heights, median / top)
    assert [axes.get_title() for axes in view.panels[0]] == ["layer 1", "layer 5", "layer 10", "layer 20"]
    assert "in tanh at gain 4" in view.reading(many)


def test_reuse_view_shows_both_and_the_eigenvalues():
    reuse = run_reuse()
    view = ReuseView()
    view.update(reuse)
    np.testing.assert_allclose(shown(view.bands["fresh"])[1], np.median(reuse.fresh.forward, axis=1))
    np.testing.assert_allclose(shown(view.bands["reused"])[1], np.median(reuse.reused.forward, axis=1))
    np.testing.assert_array_equal(view.points.get_xdata(), reuse.radius)
    np.testing.assert_array_equal(view.points.get_ydata(), reuse.growth)
    assert "of 16 seeds runs from" in view.reading(reuse)


def test_the_check_knows_the_network_that_the_exercise_hands_over():
    for name in ("STUCK_WIDTHS", "STUCK_LAYERS", "STUCK_FACTOR"):
        assert getattr(checks, name) == getattr(experiment, name)
