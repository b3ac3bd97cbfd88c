import math

import numpy as np
import pytest
from scipy import stats

from helpers.activations import ACTIVATIONS
from helpers.data import two_spirals, xor
from helpers.figures.style import LOOKS
from helpers.initializers import he_normal, zeros
from helpers.lessons.compare_convergence import checks, experiment
from helpers.lessons.compare_convergence.experiment import (
    CONTEST_STARTS,
    CORNER_STARTS,
    TASKS,
    TRAP_LOSSES,
    Contest,
    Corners,
    RateMap,
    hessian,
    moons,
    of_gain,
    run_contest,
    run_corners,
    run_plateau,
    run_rates,
    run_scaled,
    signals_during,
    watch_scaled,
)
from helpers.lessons.compare_convergence.tables import contests_table, corners_table
from helpers.lessons.compare_convergence.views import (
    ContestsView,
    CornersView,
    PairsView,
    PlateauView,
    RatesView,
    ScaledView,
)
from helpers.networks import dense, forward, logistic_loss
from helpers.seeding import seeded, seeded_many
from helpers.statistics import quantiles
from helpers.training import SGD, fit

# Contests


@pytest.mark.parametrize("task", TASKS)
def test_no_held_out_example_is_trained_on(task):
    task = TASKS[task]()
    seen = {row.tobytes() for row in task.x}
    assert not any(row.tobytes() in seen for row in task.new_x)
    assert len(task.x) == len(task.labels)
    assert len(task.new_x) == len(task.new_labels)


def test_a_contest_is_one_training_for_each_seed():
    contest = run_contest("He", "spirals", seeds=3)
    task = TASKS["spirals"]()
    network = dense(task.widths, he_normal, [seeded(7, 5, 2)])
    history = fit(network, task.x, task.labels, optimizer=SGD(0.3), steps=task.steps, record_every=2)
    np.testing.assert_allclose(contest.loss[:, 2], history.loss[:, 0], rtol=1e-6)
    first = next(step for step, loss in zip(history.steps, history.loss[:, 0], strict=True) if loss <= task.target)
    assert contest.arrival[2] == first
    right = (forward(history.network, task.new_x).logits[0, :, 0] > 0) == task.new_labels
    assert contest.accuracy[2] == right.mean()


def test_a_contest_on_the_digits_reports_loss_and_accuracy_of_every_seed():
    contest = run_contest("He", "digits", seeds=2)
    assert contest.loss.shape == (61, 2)
    assert contest.steps[-1] == 180
    assert (contest.accuracy > 0.8).all()
    assert contest.arrival_interval[0] <= np.median(contest.arrival) <= contest.arrival_interval[1]
    assert contest.accuracy_interval[0] <= np.median(contest.accuracy) <= contest.accuracy_interval[1]


def test_a_wrong_name_is_answered_with_the_right_ones():
    with pytest.raises(ValueError, match=r"start must be one of .*He uniform; got 'Kaiming'"):
        run_contest("Kaiming", "digits")
    with pytest.raises(ValueError, match="task must be one of digits, spirals; got 'moons'"):
        run_contest("He", "moons")
    with pytest.raises(ValueError, match="start must be one of"):
        run_scaled("Kaiming")


# Learning rate and gain


def test_each_cell_of_the_rate_map_is_a_training_of_its_own():
    rates = run_rates(gains=(1.0, 2.0), rates=(0.1, 1.0, 10.0), seeds=2, steps=60)
    assert rates.arrival.shape == (2, 3, 2)
    x, labels = two_spirals(64, seeded(7, 1), turns=1.0)
    for row, gain in enumerate((1.0, 2.0)):
        for column, rate in enumerate((0.1, 1.0, 10.0)):
            draw = lambda shape, rng, gain=gain: gain / math.sqrt(shape[0]) * rng.standard_normal(shape)  # noqa: E731
            network = dense([2, 16, 16, 16, 1], draw, seeded_many(2, 7, 7))
            history = fit(network, x, labels, optimizer=SGD(rate), steps=60, record_every=5)
            np.testing.assert_array_equal(rates.arrival[row, column], history.steps_to(0.3))


def test_the_best_rate_is_that_of_the_earliest_median():
    arrival = np.array([[[9, 5, 7], [math.inf, 1, math.inf]], [[4, 4, 4], [3, 3, math.inf]]])
    rates = RateMap(np.array([1.0, 2.0]), np.array([0.1, 0.5]), arrival)
    np.testing.assert_array_equal(rates.median, [[7, math.inf], [4, 3]])
    np.testing.assert_array_equal(rates.best_rate, [0.1, 0.5])


def test_the_gain_is_that_of_the_weights():
    assert of_gain((400, 500), np.random.default_rng(0), gain=3.0).std() == pytest.approx(3 / 20, rel=0.01)


# The saddle and the plateau


def test_the_hessian_is_that_of_the_loss_itself():
    x, labels = moons()
    network = dense([2, 2, 1], he_normal, [np.random.default_rng(0)], activation="tanh")
    measured = hessian(network, x, labels)
    np.testing.assert_allclose(measured, measured.T, atol=1e-7)

    def loss(*moves):
        moved = network.copy()
        for place, move in moves:
            moved.parameters.flat[0, place] += move
        return logistic_loss(forward(moved, x).logits, labels)[0][0]

    h = 1e-4
    for i, j in [(0, 0), (0, 5), (3, 7), (8, 8)]:
        signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
        corners = sum(a * b * loss((i, a * h), (j, b * h)) for a, b in signs)
        assert measured[i, j] == pytest.approx(corners / (4 * h**2), abs=1e-5)


def test_zero_is_a_saddle_with_one_hidden_layer_and_flat_with_two():
    x, labels = moons()
    length = np.linalg.norm(np.mean((0.5 - labels)[:, np.newaxis] * x, axis=0))
    shallow = np.linalg.eigvalsh(hessian(dense([2, 3, 1], zeros, seeded_many(1, 0), activation="tanh"), x, labels))
    assert shallow.min() == pytest.approx(-length, rel=1e-5)
    deep = np.linalg.eigvalsh(hessian(dense([2, 3, 3, 1], zeros, seeded_many(1, 0), activation="tanh"), x, labels))
    assert np.abs(deep[:-1]).max() < 1e-6
    assert deep[-1] == pytest.approx(0.25)


def test_a_plateau_is_a_training_for_each_scale():
    plateau = run_plateau(1, stds=(0.1, 0.01), seeds=3, steps=30)
    assert plateau.loss.shape == (31, 2, 3)
    x, labels = moons()
    for place, std in enumerate((0.1, 0.01)):
        draw = lambda shape, rng, std=std: std * rng.standard_normal(shape)  # noqa: E731
        network = dense([2, 8, 1], draw, seeded_many(3, 7, 9), activation="tanh")
        history = fit(network, x, labels, optimizer=SGD(1.0), steps=30, record_every=1)
        np.testing.assert_allclose(plateau.loss[:, place], history.loss, rtol=1e-9)
        np.testing.assert_array_equal(plateau.left[place], history.steps_to(0.6))


# XOR


def test_the_levels_are_what_corners_with_a_common_answer_cost():
    def best(labels):
        p = np.linspace(0.01, 0.99, 99_001)
        return min(-sum(np.log(p) if label else np.log(1 - p) for label in labels)) / 4

    two, three = TRAP_LOSSES
    assert two == pytest.approx(best([0, 1]), abs=1e-8)
    assert three == pytest.approx(best([0, 1, 0]), abs=1e-8)


def test_corners_are_trained_and_sorted_into_three_outcomes():
    corners = run_corners("relu", 2, seeds=20, steps=400)
    assert corners.starts == tuple(CORNER_STARTS)
    x, labels = xor()
    network = dense([2, 2, 1], he_normal, seeded_many(20, 7, 10), activation="relu")
    loss = fit(network, x, labels, optimizer=SGD(1.0), steps=400, record_every=400).loss[-1]
    np.testing.assert_allclose(corners.loss[corners.starts.index("He")], loss, rtol=1e-6)
    assert (corners.learned.astype(int) + corners.trapped + corners.slow == 1).all()


def test_an_outcome_depends_on_the_last_loss():
    loss = np.array([[0.01, TRAP_LOSSES[0] + 0.01, TRAP_LOSSES[1] - 0.01, math.log(2), 0.2]])
    corners = Corners("tanh", 2, ("He",), loss)
    np.testing.assert_array_equal(corners.learned[0], [True, False, False, False, False])
    np.testing.assert_array_equal(corners.trapped[0], [False, True, True, False, False])
    np.testing.assert_array_equal(corners.slow[0], [False, False, False, True, True])
    theirs = stats.binomtest(2, 5).proportion_ci(method="wilson")
    assert corners.interval("He") == pytest.approx((theirs.low, theirs.high))


# The race with a factor


def test_a_race_grows_to_what_it_is_when_finished():
    *growing, last = watch_scaled("He", seeds=2, factor=0.5, hidden_layers=2)
    finished = run_scaled("He", seeds=2, factor=0.5, hidden_layers=2)
    assert growing[0].progress == 0
    assert last.progress == 1
    np.testing.assert_array_equal(last.loss, finished.loss)
    np.testing.assert_array_equal(growing[3].loss, finished.loss[:4])
    draw = lambda shape, rng: 0.5 * he_normal(shape, rng)  # noqa: E731
    x, labels = two_spirals(64, seeded(7, 1), turns=1.0)
    first = logistic_loss(forward(dense([2, 16, 16, 1], draw, seeded_many(2, 7, 12)), x).logits, labels)[0]
    np.testing.assert_allclose(finished.loss[0], first)


def test_the_race_counts_arrivals_and_divergence():
    race = run_scaled("He", seeds=4)
    for record, step in enumerate(race.steps):
        assert race.arrived[record] == np.sum(race.arrival <= step)
    assert race.diverged == 0
    wild = run_scaled("He", seeds=4, factor=8.0, learning_rate=10.0, hidden_layers=8)
    assert wild.diverged == np.isnan(wild.loss[-1]).sum() > 0


def test_signals_during_are_those_of_the_race_as_it_goes():
    scales = signals_during(10, "He", learning_rate=0.2, factor=0.5, hidden_layers=2, seeds=3)
    x, labels = two_spirals(64, seeded(7, 1), turns=1.0)
    draw = lambda shape, rng: 0.5 * he_normal(shape, rng)  # noqa: E731
    network = dense([2, 16, 16, 1], draw, seeded_many(3, 7, 12))
    h = x @ network.weights[0]  # biases begin at 0
    before = signals_during(0, "He", factor=0.5, hidden_layers=2, seeds=3)
    np.testing.assert_allclose(before[0], np.sqrt(np.mean(np.maximum(h, 0) ** 2, axis=(1, 2))))
    trained = fit(network, x, labels, optimizer=SGD(0.2), steps=10, record_every=10).network
    last = forward(trained, x).signals[2]
    np.testing.assert_allclose(scales[1], np.sqrt(np.mean(last**2, axis=(1, 2))))
    assert scales.shape == (2, 3)


# Views and tables


@pytest.fixture(scope="module")
def contests():
    steps = np.arange(0, 101, 10)
    falling = np.exp(-steps / 30)[:, np.newaxis] * np.linspace(0.6, 0.9, 5)
    flat = np.full_like(falling, 0.69)
    return [
        Contest(task, start, 0.3, steps, flat if start == "small normal" else falling, np.linspace(0.8, 0.9, 5))
        for task in TASKS
        for start in CONTEST_STARTS
    ]


def test_the_contests_view_shows_losses_seeds_and_intervals(contests):
    view = ContestsView()
    view.update(contests)
    for contest in contests:
        key = contest.task, contest.start
        np.testing.assert_allclose(view.bands[key].line.get_ydata(), np.median(contest.loss, axis=1))
        assert view.bands[key].line.get_color() == LOOKS[contest.start].color
        whisker = view.whiskers[key]
        np.testing.assert_array_equal(whisker.dots.get_xdata(), contest.arrival)
        arrives = contest.start != "small normal"
        assert whisker.text.get_visible() is not arrives
        if arrives:
            assert tuple(whisker.bar.get_xdata()) == contest.arrival_interval
            assert whisker.middle.get_xdata()[0] == np.median(contest.arrival)
        np.testing.assert_array_equal(view.targets[contest.task].get_ydata(), [0.3, 0.3])
    assert "small normal never, large normal 30" in view.reading(contests)


def test_networks_of_one_number_are_the_same_random_numbers_times_a_constant():
    (xavier,), (he,), (uniform,) = (
        [CONTEST_STARTS[start]((64, 24), rng) for rng in seeded_many(1, 7, 5)]
        for start in ("Xavier", "He", "He uniform")
    )
    np.testing.assert_allclose(he, math.sqrt(88 / 64) * xavier)
    assert abs(np.corrcoef(he.ravel(), uniform.ravel())[0, 1]) < 0.15


def test_the_pairs_view_counts_all_pairs_and_those_of_the_same_number():
    steps, loss = np.arange(0, 61, 3), np.ones((21, 4))
    late, early = loss.copy(), loss.copy()
    for network, (x, h) in enumerate([(30, 30), (36, 30), (42, 45), (60, 15)]):
        late[steps >= x, network] = 0.1
        early[steps >= h, network] = 0.1
    contests = [
        Contest("digits", start, 0.5, steps, curve, np.ones(4)) for start, curve in [("Xavier", late), ("He", early)]
    ]
    view = PairsView()
    view.update(contests)
    crossed, same = ([bar.get_height() for bar in bars] for bars in view.bars)
    gaps = [x - h for x in (30, 36, 42, 60) for h in (30, 30, 45, 15)]
    expected = [np.mean(np.clip(gaps, -24, 24) == place) for place in range(-24, 25, 3)]
    np.testing.assert_allclose(crossed, expected)
    assert {int(place): height for place, height in zip(view.places, same, strict=True) if height} == {
        -3: 0.25,
        0: 0.25,
        6: 0.25,
        24: 0.25,
    }
    assert [label.get_text() for label in view.labels[1]] == ["Xavier first: 25%", "together: 25%", "He first: 50%"]
    assert "of 4 pairs of the same numbers, Xavier is first in 1, He in 2, and 1 arrive together" in view.reading(
        contests
    )


def test_the_rates_view_writes_every_cell_and_frames_the_best():
    arrival = np.array([[[30.0], [math.inf]], [[20.0], [5.0]]])
    rates = RateMap(np.array([1.0, 2.0]), np.array([0.1, 1.0]), arrival)
    view = RatesView(rates.gains, rates.rates)
    view.update(rates)
    assert {place: text.get_text() for place, text in view.texts.items()} == {
        (0, 0): "30",
        (0, 1): "never",
        (1, 0): "20",
        (1, 1): "5",
    }
    shown = view.map.get_array()
    assert shown.mask.tolist() == [[False, True], [False, False]]
    assert shown[1, 1] == pytest.approx(math.log10(5))
    np.testing.assert_array_equal(view.best.get_xdata(), [0, 1])
    assert "gain 1 at rate 0.1: 30, gain 2 at rate 1: 5" in view.reading(rates)


def test_the_plateau_view_shows_curves_and_steps():
    plateaus = [run_plateau(1, seeds=3), run_plateau(2, seeds=3, steps=100, record_every=5)]
    view = PlateauView(plateaus[0].std)
    view.update(plateaus)
    for number, curve in enumerate(view.curves):
        np.testing.assert_allclose(curve.line.get_ydata(), np.median(plateaus[0].loss[:, number], axis=1))
    for plateau in plateaus:
        _, middle, _ = quantiles(plateau.left)
        shown = np.isfinite(middle)
        line = view.depths[plateau.hidden_layers].line
        np.testing.assert_array_equal(line.get_xdata(), plateau.std[shown])
        np.testing.assert_array_equal(line.get_ydata(), middle[shown])
    assert "2 hidden: " in view.reading(plateaus)


def test_the_corners_view_shows_shares_and_intervals():
    view = CornersView()
    many = []
    for activation in view.activations:
        for number in view.hidden:
            loss = np.array([[0.01] * 8 + [TRAP_LOSSES[0]] * k for k in (1, 2, 3, 4)], dtype=object)
            loss = np.array([(row + [0.01] * 4)[:12] for row in loss], dtype=float)
            many.append(Corners(activation, number, tuple(CORNER_STARTS), loss))
    view.update(many)
    for corners in many:
        for number, start in enumerate(corners.starts):
            key = corners.activation, corners.hidden, start
            assert view.points[key].get_ydata()[0] == pytest.approx((number + 1) / 12)
            assert tuple(view.bars[key].get_ydata()) == corners.interval(start)
    assert "small normal 1, large normal 2, Xavier 3, He 4" in view.reading(many)
    rows = corners_table(many[:1]).split("\n")[2:]
    assert [row.split()[-6:-3] for row in rows] == [
        ["11", "0", "1"],
        ["10", "0", "2"],
        ["9", "0", "3"],
        ["8", "0", "4"],
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"start": "He"},
        {"start": "small normal", "factor": 0.125, "learning_rate": 0.01, "hidden_layers": 1},
        {"start": "large normal", "factor": 8.0, "learning_rate": 10.0, "hidden_layers": 8},
    ],
)
def test_the_scaled_view_shows_the_race(settings):
    view = ScaledView(seeds=4)
    view.update(run_scaled("He", seeds=4))
    background = view._background
    race = run_scaled(seeds=4, **settings)
    view.update(race)
    assert view._background is background
    _, middle, _ = quantiles(race.loss)
    shown = np.isfinite(middle)
    np.testing.assert_allclose(view.bands[race.start].line.get_ydata(), middle[shown])
    np.testing.assert_array_equal(view.counts[race.start].get_ydata(), race.arrived)
    others = [view.counts[start] for start in CONTEST_STARTS if start != race.start]
    assert all(len(line.get_xdata()) == 0 for line in others)
    assert f"× {race.factor:g}, rate {race.learning_rate:g}, {race.hidden_layers} layer" in view.label.get_text()
    assert f"{race.arrived[-1]} of 4 have arrived" in view.reading(race)
    assert (f"{race.diverged} have diverged" in view.reading(race)) is (race.diverged > 0)


def test_the_contests_table_holds_medians_and_intervals(contests):
    header, _, first, second, *_ = contests_table(contests).split("\n")
    assert header.split()[:3] == ["task", "start", "steps"]
    assert first.split()[:7] == ["digits", "small", "normal", "never", "never", "…", "never"]
    assert second.split()[3] == "30"
    assert second.split()[7] == "85%"


def test_every_start_and_activation_has_a_look():
    assert set(CONTEST_STARTS) | set(CORNER_STARTS) | set(CornersView.activations) <= set(LOOKS)
    assert set(CornersView.activations) <= set(ACTIVATIONS)


def test_the_check_knows_the_settings_that_the_exercise_hands_over():
    assert checks.FAILING_RUN == experiment.FAILING_RUN


@pytest.mark.parametrize("seed", range(10))
def test_the_check_sees_networks_arrive_at_a_sound_rate_and_not_at_the_one_handed_over(seed):
    assert checks.arrivals_at(0.3, seeded(seed)) >= 14
    assert checks.arrivals_at(checks.FAILING_RUN["learning_rate"], seeded(seed)) == 0
