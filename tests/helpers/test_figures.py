"""What all Views share: the redraw of what moved, the picture, the band over seeds."""

import io

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from PIL import Image

from helpers.figures.bands import Band
from helpers.figures.base import KEPT, SHARPNESS, View
from helpers.figures.style import LOOKS
from helpers.statistics import quantiles


class CurveView(View):
    size = (3, 2)

    def build(self):
        self.axes = self.figure.subplots()
        self.axes.set(xlim=(0, 10), ylim=(0, 10))
        self.band = Band(self, self.axes, LOOKS["He"], "He")
        self.drawn = 0

    def move(self, values):
        self.axes.set_title(f"{values.shape[1]} seeds")
        self.band.move(np.arange(len(values)), values)

    def reading(self, values):
        return f"The median ends at {np.median(values[-1]):.1f}."

    def _draw_background(self):
        self.drawn += 1
        super()._draw_background()


def spread(seeds=5):
    return np.linspace(1, 9, 11)[:, np.newaxis] + np.linspace(-0.5, 0.5, seeds)


def decoded(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_the_background_is_drawn_again_only_when_it_changes():
    view = CurveView()
    view.update(spread())
    view.update(spread() / 2)
    assert view.drawn == 1
    view.update(spread(seeds=6))
    assert view.drawn == 2


def test_a_moved_view_draws_what_a_fresh_one_draws():
    moved, fresh = CurveView(), CurveView()
    moved.update(spread() / 2)
    moved.update(spread())
    fresh.update(spread())
    np.testing.assert_array_equal(decoded(moved.png()), decoded(fresh.png()))


def test_the_picture_has_the_size_that_it_is_shown_at_times_the_sharpness():
    view = CurveView()
    view.update(spread())
    data, metadata = view.mimebundle(spread(), view.png())
    assert metadata["image/png"]["width"] == 288
    assert decoded(data["image/png"]).shape[1] == pytest.approx(SHARPNESS * 288, abs=1)
    assert metadata["image/png"]["alt"] == data["text/plain"] == "The median ends at 9.0."


def test_the_band_holds_the_middle_80_percent():
    low, middle, high = quantiles(np.arange(11.0)[np.newaxis])
    assert (low, middle, high) == (1, 5, 9)


def test_nan_counts_as_infinitely_large():
    low, middle, high = quantiles(np.array([[1.0, 2.0, np.nan, 3.0, np.nan]]))
    assert (low, middle, high) == (1, 3, np.inf)


def test_a_curve_stops_where_its_median_is_no_finite_number():
    view = CurveView()
    values = spread()
    values[6:] = np.inf
    view.update(values)
    assert list(view.band.line.get_xdata()) == [0, 1, 2, 3, 4, 5]


def test_a_band_ends_at_the_edge_of_its_axes():
    view = CurveView()
    values = spread()
    values[:, -1] = np.inf
    view.update(values)
    assert view.band.area.get_paths()[0].vertices[:, 1].max() == 10


def test_show_prints_the_reading_below_the_picture(capsys):
    CurveView().show(spread())
    assert capsys.readouterr().out.endswith("The median ends at 9.0.\n")


def greys(view):
    """Return how many pixels have exactly the grey of what was kept."""
    grey = [int(KEPT[place : place + 2], 16) for place in (1, 3, 5)]
    return (np.asarray(view.canvas.buffer_rgba())[..., :3] == grey).all(axis=-1).sum()


def test_a_kept_curve_stays_in_thin_grey_below_what_is_drawn_later():
    view = CurveView()
    view.update(spread())
    before = view.png()
    kept = view.keep(spread())
    view.update(spread() / 2)
    assert greys(view) > 30
    (line,) = kept
    np.testing.assert_array_equal(line.get_ydata(), np.median(spread(), axis=1))
    assert line.get_markevery() == view.band.line.get_markevery()
    assert line.get_marker() == view.band.line.get_marker()
    assert line.get_zorder() < view.band.line.get_zorder()
    view.forget(kept)
    view.update(spread())
    assert view.png() == before


def test_a_kept_curve_costs_a_later_move_no_redraw_of_the_background():
    view = CurveView()
    view.update(spread())
    view.keep(spread())
    view.update(spread())
    drawn = view.drawn
    view.update(spread() / 2)
    assert view.drawn == drawn


def test_nothing_is_left_of_a_curve_that_is_not_shown():
    view = CurveView()
    view.update(spread())
    view.band.line.set_visible(False)
    assert view.keep(spread()) == []
    view.band.line.set_visible(True)
    assert view.keep(spread() * np.nan) == []


class OutlinesView(View):
    size = (3, 2)

    def build(self):
        axes = self.figure.subplots()
        axes.set(xlim=(0, 4), ylim=(0, 4))
        self.bars = self.moving(axes.stairs([0.0, 0.0], [0, 1, 2], fill=True))
        self.ridges = self.moving(axes.add_collection(LineCollection([]), autolim=False))
        (self.ring,) = axes.plot([], [], "o", mfc="white", mec="red")
        self.moving(self.ring)

    def move(self, height):
        self.bars.set_data([height, 1])
        self.ridges.set_segments([[(3, 1), (4, height)]])
        self.ring.set_data([2], [height])

    def reading(self, height):
        return f"{height} high"


def test_outlines_lines_of_a_collection_and_rings_are_kept_too():
    view = OutlinesView()
    view.update(2)
    bars, ridges, ring = view.keep(3)
    view.update(1)
    assert list(bars.get_data().values) == [3, 1]
    assert not bars.get_fill()
    np.testing.assert_array_equal(ridges.get_segments()[0], [(3, 1), (4, 3)])
    assert ring.get_ydata() == [3]
    assert ring.get_markerfacecolor() == "white"
    assert greys(view) > 30
