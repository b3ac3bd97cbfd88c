"""The race of six starts (notebook 00): the experiment and its Views."""

import math
import re

import numpy as np
import pytest

from helpers.lessons.start_here.experiment import PLANE_EDGE, PLANE_GRID, SIX_STARTS, run_race, watch_race
from helpers.lessons.start_here.tables import bet_text, race_table
from helpers.lessons.start_here.views import RacesView, RaceView
from helpers.statistics import quantiles
from tools.course.markdown import without_links
from tools.course.notebook import read_notebook
from tools.course.places import lesson_paths


@pytest.fixture(scope="module")
def races():
    return [run_race(start, steps=40, seeds=4, width=8) for start in SIX_STARTS]


def test_zeros_stay_at_the_loss_of_guessing(races):
    np.testing.assert_allclose(races[0].loss, math.log(2), atol=1e-6)


def test_a_race_seen_step_by_step_ends_as_the_whole(races):
    *_, last = watch_race("He", steps=40, seeds=4, width=8)
    np.testing.assert_array_equal(last.loss, races[-1].loss)
    np.testing.assert_array_equal(last.network.parameters.flat, races[-1].network.parameters.flat)


def test_progress_runs_from_0_to_1():
    progress = [race.progress for race in watch_race("He", steps=25, seeds=2, width=4, record_every=10)]
    assert progress == [0, 0.4, 0.8, 1]


def test_an_earlier_race_keeps_its_network_while_the_training_goes_on():
    training = watch_race("He", steps=20, seeds=2, width=4)
    first = next(training)
    before = first.network.parameters.flat.copy()
    list(training)
    np.testing.assert_array_equal(first.network.parameters.flat, before)


def test_a_number_is_the_standard_deviation_of_normal_weights():
    by_number, by_name = (run_race(start, steps=20, seeds=3, width=8) for start in (1.0, "large normal"))
    np.testing.assert_array_equal(by_number.loss, by_name.loss)
    assert (by_number.start, by_name.start) == ("σ = 1", "large normal")


@pytest.mark.parametrize(("steps", "records"), [(300, 61), (3000, 601), (40, 41), (1, 2)])
def test_a_race_is_recorded_sixty_times_or_every_5_steps(steps, records):
    assert len(run_race("He", steps=steps, seeds=1, width=2, hidden_layers=1).steps) == records


def test_dead_units_answer_0_to_every_point(races):
    assert (races[0].dead_units == 8).all(), "from zeros no unit answers anything else"
    assert (races[1].dead_units[0] < 8).all()
    race = next(watch_race("He", seeds=3, width=8))
    race.network.weights[0][1] = 0
    race.network.biases[0][1] = -1  # z is -1 whatever comes in
    race.network.biases[1][2, 0, 5] = -1e6
    assert race.dead_units.shape == (4, 3)
    assert race.dead_units[0, 1] == 8
    assert (race.dead_units[1:, 1] == 8).all(), "what comes after a dead layer, with biases of 0, is dead as well"
    assert race.dead_units[1, 2] >= 1


def test_the_decision_is_what_the_first_network_says_of_the_plane(races):
    race = races[-1]
    corner = np.array([[-PLANE_EDGE, -PLANE_EDGE]])
    signal = corner
    for layer, (weights, biases) in enumerate(zip(race.network.weights, race.network.biases, strict=True)):
        signal = signal @ weights[0] + biases[0]
        if layer < len(race.network.weights) - 1:
            signal = np.maximum(signal, 0)
    assert race.decision.shape == (PLANE_GRID, PLANE_GRID)
    assert race.decision[0, 0] == pytest.approx(1 / (1 + math.exp(-signal[0, 0])))


def test_a_loss_that_is_no_number_counts_as_infinite():
    race = run_race("large normal", learning_rate=1e6, steps=30, seeds=3, width=8)
    assert race.diverged == np.sum(~np.isfinite(race.loss[-1]))
    assert not np.isnan(race.median_loss).any()


def test_the_view_shows_the_median_and_the_band_of_the_race(races):
    view = RaceView()
    view.update(races[-1])
    low, middle, high = quantiles(races[-1].loss)
    line = view.bands["He"].line
    np.testing.assert_array_equal(line.get_xdata(), races[-1].steps)
    np.testing.assert_array_equal(line.get_ydata(), middle)
    outline = view.bands["He"].area.get_paths()[0].vertices[:, 1]
    np.testing.assert_array_equal(outline[: len(low)], low)
    np.testing.assert_array_equal(outline[len(low) : 2 * len(low)], high[::-1])


def test_an_unknown_start_lists_the_known_ones():
    for start in ("he", None, ["He"]):
        message = f"start must be one of {', '.join(SIX_STARTS)}; got {start!r}"
        with pytest.raises(ValueError, match=re.escape(message)):
            run_race(start)


def test_the_view_shows_one_start_at_a_time(races):
    view = RaceView()
    view.update(races[-1])
    view.update(races[0])
    assert view.name.get_text() == "zeros, 4 seeds"
    assert [start for start, band in view.bands.items() if len(band.line.get_xdata())] == ["zeros"]


def test_the_view_shows_the_points_and_the_decision(races):
    view = RaceView()
    view.update(races[-1])
    np.testing.assert_array_equal(view.plane.map.get_array(), races[-1].decision.astype(np.float32))
    for label, points in enumerate(view.plane.points):
        shown = np.column_stack([points.get_xdata(), points.get_ydata()])
        np.testing.assert_array_equal(shown, races[-1].x[races[-1].labels == label])


def test_the_view_of_all_starts_shows_each(races):
    view = RacesView()
    view.update(races)
    for race in races:
        np.testing.assert_array_equal(view.planes[race.start].map.get_array(), race.decision.astype(np.float32))
        assert len(view.bands[race.start].line.get_xdata()) == len(race.steps)
    assert view.reading(races).count("learned") == 1


def test_the_table_has_a_row_for_each_start(races):
    rows = race_table(races).splitlines()
    assert len(rows) == 2 + len(SIX_STARTS)
    assert rows[2].split() == ["zeros", "0.69", "0.69", "never", "0", "of", "4"]


def test_a_bet_is_told_what_came_of_it(races):
    assert bet_text([], races) == "Your bet: none."
    won = [race.start for race in races if race.learned > 2]
    assert bet_text(won, races).endswith("right about 6 of 6.") or not won
    lost = [race.start for race in races if race.learned <= 2]
    assert bet_text(lost, races).startswith(f"Your bet: {', '.join(lost)}. Learned: ")
    assert bet_text(lost, races).endswith("right about 0 of 6.")
    with pytest.raises(ValueError, match=re.escape("a start that you bet on must be one of zeros, constant")):
        bet_text(["he"], races)


def test_the_view_names_a_standard_deviation():
    race = run_race(0.3, steps=20, seeds=4, width=8)
    view = RaceView()
    view.update(race)
    assert view.name.get_text() == "σ = 0.3, 4 seeds"
    assert view.reading(race).startswith("σ = 0.3: after 20 steps ")
    assert [start for start, band in view.bands.items() if len(band.line.get_xdata())] == ["normal"]


def test_a_reader_sees_the_first_curve_within_two_minutes():
    """At 200 words a minute: what stands before the race, code included."""
    cells = read_notebook(lesson_paths()[0]).cells
    race = next(number for number, cell in enumerate(cells) if "RacesView" in cell.source)
    words = sum(len(without_links(cell.source).split()) for cell in cells[: race + 1])
    assert words <= 2 * 200
