import math

import numpy as np
import pytest
from scipy import stats

from helpers.activations import ACTIVATIONS
from helpers.data import two_spirals, xor
from helpers.experiments.convergence import (
    CORNER_STARTS,
    LEVELS,
    STARTS,
    TASKS,
    Contest,
    Corners,
    RateMap,
    bootstrap_interval,
    earlier,
    hessian,
    moons,
    of_gain,
    run_contest,
    run_corners,
    run_gain,
    run_plateau,
    run_rates,
    standard,
    told_apart,
    watch_gain,
    wilson_interval,
    wrong_winner,
)
from helpers.figures.bands import quantiles
from helpers.figures.convergence import ContestsView, CornersView, GainView, PlateauView, RatesView
from helpers.figures.style import LOOKS
from helpers.initializers import he_normal, zeros
from helpers.networks import dense, forward, logistic_loss
from helpers.seeding import seeded, seeded_many
from helpers.tables import contests_table, corners_table
from helpers.training import SGD, fit

# Intervals


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("size", [8, 31, 32])
def test_the_bootstrap_interval_is_scipys(size, level):
    values = np.exp(np.random.default_rng(0).standard_normal(size))
    ours = bootstrap_interval(values, np.random.default_rng(1), level=level, resamples=8000)
    theirs = stats.bootstrap(
        (values,),
        np.median,
        confidence_level=level,
        n_resamples=8000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    # The medians take few different values, so two sets of resamples differ by a neighbouring value at most.
    spread = np.diff(np.sort(values)).max()
    assert np.abs(np.array(ours) - theirs).max() < spread
    assert np.mean(np.isclose(ours, theirs, rtol=0.05)) >= 0.5


def test_the_bootstrap_interval_takes_the_same_share_of_medians_off_both_ends():
    values = np.arange(7.0)
    picks = np.random.default_rng(3).integers(7, size=(200, 7))
    medians = sorted(np.median(values[row]) for row in picks)
    assert bootstrap_interval(values, np.random.default_rng(3), level=0.9, resamples=200) == (medians[10], medians[189])


def test_networks_that_never_arrive_count_as_late():
    values = [10, 12, 14, 16, 18, math.inf]
    low, high = bootstrap_interval(values, np.random.default_rng(0))
    assert 10 <= low < 16
    assert high == math.inf
    assert bootstrap_interval([math.inf] * 3, np.random.default_rng(0)) == (math.inf, math.inf)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(("count", "total"), [(0, 1), (0, 32), (1, 32), (3, 32), (64, 128), (31, 32), (32, 32)])
def test_the_wilson_interval_is_scipys(count, total, level):
    theirs = stats.binomtest(count, total).proportion_ci(level, method="wilson")
    assert wilson_interval(count, total, level=level) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_what_the_intervals_refuse():
    rng = np.random.default_rng(0)
    for values in ([], [1, math.nan], [[1, 2]], "12", [True]):
        with pytest.raises(ValueError, match=r"values must be a sequence of at least one number, for example \[55, 60"):
            bootstrap_interval(values, rng)
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator.*got int"):
        bootstrap_interval([1, 2], 0)
    for level in (0, 1, 95, math.nan, "high", None, True):
        with pytest.raises(ValueError, match=f"level must lie between 0 and 1, for example 0.95; got {level!r}"):
            bootstrap_interval([1, 2], rng, level=level)
        with pytest.raises(ValueError, match="level must lie between 0 and 1"):
            wilson_interval(1, 2, level=level)
    for count, total in [(-1, 3), (4, 3), (0, 0), (0.5, 3), (True, 3), ("1", 3), (1, None), (1, 10**400)]:
        with pytest.raises(
            ValueError, match=f"count must be a whole number from 0 to total.*got {count!r} of {total!r}"
        ):
            wilson_interval(count, total)


# Comparisons


def test_earlier_counts_the_pairs_that_mann_and_whitney_count():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 20), rng.integers(2, 12, 30)
    ties = np.mean([[x == y for y in b] for x in a])
    assert earlier(a, b) + ties / 2 == pytest.approx(stats.mannwhitneyu(b, a).statistic / 600)
    assert earlier([math.inf], [math.inf]) == 0
    assert earlier([5], [math.inf]) == 1


def test_the_median_of_one_run_names_the_wrong_winner_as_often_as_pairs_do():
    rng = np.random.default_rng(0)
    faster, slower = rng.normal(50, 8, 40), rng.normal(55, 8, 40)
    assert wrong_winner(faster, slower, 1, rng, repeats=40_000) == pytest.approx(earlier(slower, faster), abs=0.01)
    assert wrong_winner(faster, slower, 25, rng) < wrong_winner(faster, slower, 5, rng)
    with pytest.raises(ValueError, match="runs must be a whole number from 1 up"):
        wrong_winner(faster, slower, 0, rng)
    with pytest.raises(ValueError, match="repeats must be a whole number from 1 up"):
        wrong_winner(faster, slower, 1, rng, repeats="many")


@pytest.mark.parametrize(
    ("one", "other", "apart"), [((1, 2), (3, 4), True), ((3, 4), (1, 2), True), ((1, 3), (3, 4), False)]
)
def test_intervals_that_share_a_point_are_not_told_apart(one, other, apart):
    assert told_apart(one, other) is apart


# Contests


def test_the_standard_start_has_a_third_of_lecuns_variance():
    weights = standard((100, 400), np.random.default_rng(0))
    assert np.abs(weights).max() <= 0.1
    assert weights.var() == pytest.approx(1 / 300, rel=0.02)


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
        run_gain("Kaiming")


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

    two, three = LEVELS
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
    loss = np.array([[0.01, LEVELS[0] + 0.01, LEVELS[1] - 0.01, math.log(2), 0.2]])
    corners = Corners("tanh", 2, ("He",), loss)
    np.testing.assert_array_equal(corners.learned[0], [True, False, False, False, False])
    np.testing.assert_array_equal(corners.trapped[0], [False, True, True, False, False])
    np.testing.assert_array_equal(corners.slow[0], [False, False, False, True, True])
    theirs = stats.binomtest(2, 5).proportion_ci(method="wilson")
    assert corners.interval("He") == pytest.approx((theirs.low, theirs.high))


# The race with a gain


def test_a_race_grows_to_what_it_is_when_finished():
    *growing, last = watch_gain("He", seeds=2, gain=0.5, hidden_layers=2)
    finished = run_gain("He", seeds=2, gain=0.5, hidden_layers=2)
    assert growing[0].progress == 0
    assert last.progress == 1
    np.testing.assert_array_equal(last.loss, finished.loss)
    np.testing.assert_array_equal(growing[3].loss, finished.loss[:4])
    draw = lambda shape, rng: 0.5 * he_normal(shape, rng)  # noqa: E731
    x, labels = two_spirals(64, seeded(7, 1), turns=1.0)
    first = logistic_loss(forward(dense([2, 16, 16, 1], draw, seeded_many(2, 7, 12)), x).logits, labels)[0]
    np.testing.assert_allclose(finished.loss[0], first)


def test_the_race_counts_arrivals_and_divergence():
    race = run_gain("He", seeds=4)
    for record, step in enumerate(race.steps):
        assert race.arrived[record] == np.sum(race.arrival <= step)
    assert race.diverged == 0
    wild = run_gain("He", seeds=4, gain=8.0, learning_rate=10.0, hidden_layers=8)
    assert wild.diverged == np.isnan(wild.loss[-1]).sum() > 0


# Views and tables


@pytest.fixture(scope="module")
def contests():
    steps = np.arange(0, 101, 10)
    falling = np.exp(-steps / 30)[:, np.newaxis] * np.linspace(0.6, 0.9, 5)
    flat = np.full_like(falling, 0.69)
    return [
        Contest(task, start, 0.3, steps, flat if start == "small normal" else falling, np.linspace(0.8, 0.9, 5))
        for task in TASKS
        for start in STARTS
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
            loss = np.array([[0.01] * 8 + [LEVELS[0]] * k for k in (1, 2, 3, 4)], dtype=object)
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
        {"start": "small normal", "gain": 0.125, "learning_rate": 0.01, "hidden_layers": 1},
        {"start": "large normal", "gain": 8.0, "learning_rate": 10.0, "hidden_layers": 8},
    ],
)
def test_the_gain_view_shows_the_race_and_the_reference(settings):
    reference = run_gain("He", seeds=4)
    view = GainView(reference)
    view.update(reference)
    background = view._background
    race = run_gain(seeds=4, **settings)
    view.update(race)
    assert view._background is background
    _, middle, _ = quantiles(race.loss)
    shown = np.isfinite(middle)
    np.testing.assert_allclose(view.bands[race.start].line.get_ydata(), middle[shown])
    np.testing.assert_array_equal(view.counts[race.start].get_ydata(), race.arrived)
    np.testing.assert_array_equal(view.count_before.get_ydata(), reference.arrived)
    others = [view.counts[start] for start in STARTS if start != race.start]
    assert all(len(line.get_xdata()) == 0 for line in others)
    assert f"× {race.gain:g}, rate {race.learning_rate:g}, {race.hidden_layers} layer" in view.told.get_text()
    assert f"{race.arrived[-1]} of 4 have arrived" in view.reading(race)
    assert (f"{race.diverged} have diverged" in view.reading(race)) is (race.diverged > 0)


def test_the_contests_table_holds_medians_and_intervals(contests):
    header, _, first, second, *_ = contests_table(contests).split("\n")
    assert header.split()[:3] == ["task", "start", "steps"]
    assert first.split()[:7] == ["digits", "small", "normal", "never", "never", "…", "never"]
    assert second.split()[3] == "30"
    assert second.split()[7] == "85%"


def test_every_start_and_activation_has_a_look():
    assert set(STARTS) | set(CORNER_STARTS) | set(CornersView.activations) <= set(LOOKS)
    assert set(CornersView.activations) <= set(ACTIVATIONS)
